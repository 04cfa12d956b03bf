//! A visit to a cluster: joined, asked, left without a trace.

use super::{
    cluster::{Cluster, LANGUAGE},
    console::Interrupt,
    exit::Stop,
};
use crate::{
    bridge::{self, Given, Op, Pending},
    config::{MethodSpec, Settings, TypeSpec},
    env,
    error::{Error, Executed, Kind, Result},
    membership::host::HostState,
    security::names_in,
};
use minicbor_serde::{from_slice, to_vec};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Pause between two looks at signals while waiting.
const LOOK: Duration = Duration::from_millis(50);
/// Time for leaving.
const FAREWELL: Duration = Duration::from_secs(2);

/// A member as the command line shows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) language: String,
    pub(super) pid: u32,
    pub(super) host: String,
    pub(super) version: String,
    pub(super) app: String,
    pub(super) app_version: String,
    /// Milliseconds since 1970, by its own clock.
    pub(super) started: u64,
    pub(super) addresses: Vec<String>,
    pub(super) state: String,
    pub(super) services: Vec<String>,
}

impl Member {
    /// A node of the command line itself, here for a moment.
    pub(super) fn is_visitor(&self) -> bool {
        self.language == LANGUAGE
    }
}

/// Who serves a service.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) language: String,
    pub(super) ready: bool,
}

/// A service as its live providers describe it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Service {
    pub(super) name: String,
    #[serde(default)]
    pub(super) doc: Option<String>,
    pub(super) providers: Vec<Provider>,
    pub(super) methods: Vec<MethodSpec>,
    #[serde(default)]
    pub(super) types: Vec<TypeSpec>,
}

/// The answer of join.
#[derive(Deserialize)]
struct Joined {
    node: u64,
    cluster: String,
}

/// A joined node of the command line. Dropping it leaves the cluster.
pub(super) struct Session {
    pub(super) cluster: String,
    pub(super) interrupt: Interrupt,
    /// What is listed on this host, but is no member: it doesn't answer.
    pub(super) silent: Vec<Silent>,
    node: u64,
}

/// A node that lives, as its lock says, and doesn't answer.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Silent {
    pub(super) name: String,
    pub(super) pid: u32,
}

impl Session {
    /// Joins the cluster, unless nobody is there.
    pub(super) fn open(cluster: &Cluster) -> Result<Session, Stop> {
        let spec = cluster.visit();
        let settings = Settings::resolve(&spec, &names_in)?;
        let one_host = settings.identity.is_none();
        if one_host && settings.seeds.is_empty() {
            somebody_here(&settings.cluster)?;
        }
        let interrupt = Interrupt::listen()?;
        let joined = bridge::start(Op::Join(to_vec(&spec).map_err(|e| Error::internal(e.to_string()))?))?;
        let answer = wait(joined, &interrupt, Some(env::now() + cluster.limit()), "join")?;
        let joined: Joined = read(&answer.value()?)?;
        let mut session = Session { cluster: joined.cluster, interrupt, silent: Vec::new(), node: joined.node };
        if one_host {
            session.silent = session.silent_here()?;
        }
        Ok(session)
    }

    /// Listed on this host and not a member, in spite of the time that joining gave it.
    fn silent_here(&self) -> Result<Vec<Silent>> {
        let members = self.members()?;
        let listed = HostState::open(&self.cluster)?.live()?;
        let strange = listed.into_iter().filter(|record| !members.iter().any(|member| member.id == record.id.to_string()));
        // Visitors come and go while we look.
        let strange = strange.filter(|record| !record.name.starts_with(super::cluster::PROGRAM));
        Ok(strange.map(|record| Silent { name: record.name, pid: record.pid }).collect())
    }

    /// All members, this visitor included.
    pub(super) fn members(&self) -> Result<Vec<Member>> {
        read(&bridge::members(self.node)?)
    }

    pub(super) fn services(&self) -> Result<Vec<Service>> {
        read(&bridge::services(self.node)?)
    }

    /// Prepares a method; `options` are those of the neck.
    pub(super) fn method(&self, options: &impl Serialize) -> Result<u64> {
        bridge::method(self.node, &to_vec(options).map_err(|e| Error::internal(e.to_string()))?)
    }

    /// Starts an operation and waits for it, until Ctrl-C.
    pub(super) fn run(&self, op: Op) -> Result<Given, Stop> {
        wait(bridge::start(op)?, &self.interrupt, None, "")
    }

    /// Waits for an operation that was started, until Ctrl-C.
    pub(super) fn wait(&self, pending: Pending) -> Result<Given, Stop> {
        wait(pending, &self.interrupt, None, "")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let options = to_vec(std::collections::BTreeMap::from([("timeout_ms", 0)])).unwrap_or_default();
        // What can't be told is found out by the others when the process has ended.
        let Ok(mut leaving) = bridge::start(Op::Close(self.node, options)) else { return };
        let until = env::now() + FAREWELL;
        while leaving.park(LOOK).is_none() && env::now() < until {}
    }
}

/// `Unavailable` if no node of the cluster runs on this host: then nothing is made here, no CA and no folder.
fn somebody_here(cluster: &str) -> Result<()> {
    let folder = HostState::clusters()?;
    let nobody = |more: String| {
        let text = format!("no node of the cluster `{cluster}` runs on this host{more}");
        Err(Error::new(Kind::Unavailable, text)
            .advice("Start a program that joins it, check the cluster's name, or give --seeds and --identity for one of several hosts."))
    };
    if !folder.join(cluster).join("ca.pem").exists() {
        let known = known(&folder);
        return nobody(if known.is_empty() { String::new() } else { format!("; known here are: {}", known.join(", ")) });
    }
    let live = HostState::open(cluster)?.live()?;
    if live.iter().all(|record| record.name.starts_with(super::cluster::PROGRAM)) { nobody(String::new()) } else { Ok(()) }
}

/// Clusters that this host had nodes of, some of them.
fn known(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter(|e| e.path().join("ca.pem").exists()).map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.truncate(8);
    names
}

fn wait(mut pending: Pending, interrupt: &Interrupt, until: Option<Instant>, what: &str) -> Result<Given, Stop> {
    loop {
        // First: a stream whose items come quickly always has an answer.
        if let Some(code) = interrupt.code() {
            return Err(Stop::Interrupted(code));
        }
        if let Some(answer) = pending.park(LOOK) {
            return Ok(answer?);
        }
        if until.is_some_and(|until| until <= env::now()) {
            let error = Error::new(Kind::DeadlineExceeded, "the cluster didn't answer in time").executed(Executed::No).operation(what);
            return Err(error.advice("Give it more with --timeout, or run `twinspan doctor`.").into());
        }
    }
}

fn read<'a, T: Deserialize<'a>>(encoded: &'a [u8]) -> Result<T> {
    from_slice(encoded).map_err(|e| Error::internal(format!("what the core tells can't be read: {e}")))
}
