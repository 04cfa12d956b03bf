//! The state directory: the CA of this host's cluster, and the records of its nodes.

use super::{place::machine_id, published::Published, record::HostRecord, socket};
use crate::{
    config::{NodeId, check_cluster, check_node},
    env,
    error::{Error, Kind, Result, io},
    security::{ClusterCa, Folder, inode, read_all},
};
use rustix::{
    fs::{FlockOperation, flock, fstat},
    io::Errno,
};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The lock is held for the few milliseconds that a new CA or a record takes, by each of the processes that start at once.
const LOCK_WAIT: Duration = Duration::from_secs(20);

/// The state directory of one cluster on this host, opened and checked. Cheap to clone. Its functions block on files.
#[derive(Clone, Debug)]
pub struct HostState(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    cluster: String,
    folder: Folder,
    nodes: Folder,
}

/// A record and whether its owner lives.
enum Found {
    Live(Box<HostRecord>),
    /// A live one that this version can't read.
    Strange,
    Dead(File),
    Gone,
}

impl HostState {
    /// Opens the directory of a cluster, made on first use: `TWINSPAN_HOME`, else `~/.local/state/twinspan`, below it
    /// `<machine id>/<cluster>`. Shell, cron, systemd and CI find the same one.
    pub fn open(cluster: &str) -> Result<HostState> {
        HostState::open_below(&HostState::base()?, cluster)
    }

    /// The folders of this host's clusters, whether they exist or not.
    pub fn clusters() -> Result<PathBuf> {
        Ok(HostState::base()?.join(machine_id()))
    }

    fn base() -> Result<PathBuf> {
        Ok(match std::env::var_os("TWINSPAN_HOME").filter(|home| !home.is_empty()) {
            Some(home) => PathBuf::from(home),
            None => {
                std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".local/state/twinspan")).ok_or_else(|| {
                    Error::new(Kind::BadConfig, "this user has no home directory").advice("Set TWINSPAN_HOME to a directory of this user.")
                })?
            }
        })
    }

    /// The same below another directory than the user's.
    pub fn open_below(base: &Path, cluster: &str) -> Result<HostState> {
        check_cluster(cluster)?;
        let folder = Folder::private(&base.join(machine_id()))?.child(cluster)?;
        let nodes = folder.child("nodes")?;
        let state = HostState(Arc::new(Opened { cluster: cluster.into(), folder, nodes }));
        state.ca(env::wall_clock())?;
        Ok(state)
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.0.cluster
    }

    /// Where the directory is.
    pub fn path(&self) -> &Path {
        self.0.folder.path()
    }

    /// Root and issuer, made or renewed where necessary.
    pub fn ca(&self, now: Duration) -> Result<ClusterCa> {
        let _locked = self.0.folder.lock(Some("lock"), LOCK_WAIT)?;
        ClusterCa::load(&self.0.folder, &self.0.cluster, now)
    }

    /// The root's certificate as its file holds it, for clients.
    pub fn root_pem(&self) -> Result<Vec<u8>> {
        self.0.folder.read("ca.pem")?.ok_or_else(|| {
            let message = format!("{} has no ca.pem", self.path().display());
            Error::new(Kind::BadConfig, message).advice("Restore the file, or stop all nodes of the cluster and remove the directory.")
        })
    }

    /// Where the socket of a node is to be bound: a private directory that exists, a path of at most 100 bytes.
    pub fn socket_path(&self, node: NodeId) -> Result<PathBuf> {
        socket::socket_path(node)
    }

    /// Lets the others see a node, which listens already. Refused if a live node has its name. A record of the same id that
    /// vanished, or whose socket did, is replaced.
    pub fn publish(&self, record: &HostRecord) -> Result<Published> {
        check_node(&record.name)?;
        let content = serde_json::to_vec(record).map_err(|e| Error::internal(format!("a record can't be written: {e}")))?;
        let nodes = &self.0.nodes;
        let _locked = self.0.folder.lock(Some("lock"), LOCK_WAIT)?;
        if let Some(holder) = self.swept()?.into_iter().find(|other| other.name == record.name && other.id != record.id) {
            let message =
                format!("name: `{}` is taken in the cluster `{}` by process {} of this host", record.name, self.0.cluster, holder.pid);
            return Err(Error::new(Kind::AlreadyExists, message)
                .advice(format!("Stop that process (pid {}), or join with another `name`.", holder.pid)));
        }
        let (name, aside) = (record.id.to_string(), format!("{}.tmp", record.id));
        let mut file = nodes.create_file(&aside, 0o600)?;
        // Locked before anybody can see it: a visible record without a lock is a dead one.
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|e| io("cannot lock a node's record", e.into()))?;
        file.write_all(&content).map_err(|e| io("cannot write a node's record", e))?;
        nodes.rename(&aside, &name)?;
        let stat = fstat(&file).map_err(|e| io("cannot look at a node's record", e.into()))?;
        Ok(Published::new(self.clone(), record.clone(), file, inode(&stat)))
    }

    /// The nodes of this host that live: those whose record is locked. Dead ones are cleaned up.
    pub fn live(&self) -> Result<Vec<HostRecord>> {
        let mut live = Vec::new();
        let mut dead = false;
        // One that is being written is left alone: even a look's shared lock, for an instant, would keep its owner from locking it.
        for name in self.0.nodes.files()?.into_iter().filter(|name| !name.ends_with(".tmp")) {
            match self.look(&name)? {
                Found::Live(record) => live.push(*record),
                Found::Dead(_) => dead = true,
                Found::Strange | Found::Gone => {}
            }
        }
        if dead {
            let _locked = self.0.folder.lock(Some("lock"), LOCK_WAIT)?;
            return self.swept();
        }
        live.sort_by_key(|record| record.id);
        Ok(live)
    }

    /// Names of records whose owner is dead; the next node that joins removes them with their sockets. Changes nothing.
    pub fn dead(&self) -> Result<Vec<String>> {
        let mut dead = Vec::new();
        for name in self.0.nodes.files()?.into_iter().filter(|name| !name.ends_with(".tmp")) {
            if let Found::Dead(file) = self.look(&name)? {
                dead.push(read(&file).map_or(name, |record| record.name));
            }
        }
        Ok(dead)
    }

    pub(super) fn nodes(&self) -> &Folder {
        &self.0.nodes
    }

    /// Lists and cleans. The caller holds `lock`, so nobody publishes meanwhile: what isn't locked now is dead.
    fn swept(&self) -> Result<Vec<HostRecord>> {
        let nodes = &self.0.nodes;
        let mut live = Vec::new();
        for name in nodes.files()? {
            match self.look(&name)? {
                Found::Live(record) => live.push(*record),
                Found::Dead(file) => {
                    let same = fstat(&file).is_ok_and(|stat| nodes.inode(&name) == Some(inode(&stat)));
                    if !same {
                        continue;
                    }
                    if let Some(record) = read(&file) {
                        socket::remove(&record.socket, record.id);
                    }
                    nodes.remove(&name)?;
                }
                Found::Strange | Found::Gone => {}
            }
        }
        live.sort_by_key(|record| record.id);
        Ok(live)
    }

    fn look(&self, name: &str) -> Result<Found> {
        let Some(file) = self.0.nodes.open_file(name)? else {
            return Ok(Found::Gone);
        };
        // Shared: two that look at once don't take each other for the owner, whose lock is exclusive.
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(Found::Dead(file)),
            // Not renamed yet: its owner is still publishing and will see us.
            Err(Errno::WOULDBLOCK) if name.ends_with(".tmp") => Ok(Found::Gone),
            Err(Errno::WOULDBLOCK) => Ok(read(&file).filter(|record| record.id.to_string() == name).map_or_else(
                || {
                    tracing::warn!(record = name, "a live node's record can't be read: is it of another version?");
                    Found::Strange
                },
                |record| Found::Live(Box::new(record)),
            )),
            Err(e) => Err(io(format_args!("cannot lock {}", self.0.nodes.path().join(name).display()), e.into())),
        }
    }
}

fn read(file: &File) -> Option<HostRecord> {
    serde_json::from_slice(&read_all(file).ok()?).ok()
}
