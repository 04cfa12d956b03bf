//! A node's place among the nodes of this host: its socket and record, and the look-out for others.

use super::engine::{Input, Inputs};
use crate::{
    config::NodeId,
    env,
    error::{Error, Kind, Result},
    link::{Address, Links},
    membership::{
        Watch,
        host::{HostRecord, HostState, Published},
    },
};
use parking_lot::Mutex;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::task::{AbortHandle, JoinSet};

/// Records that are dialled at once.
const DIALS: usize = 8;
/// Pause between two looks while a listed node is no member, and otherwise.
const SOON: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(10);

/// Blocking file work, on the runtime's threads for it.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal(format!("file work ended early: {e}")))?
}

/// What a node holds in the state directory of this host.
pub(super) struct Home {
    state: HostState,
    published: Arc<Mutex<Option<Published>>>,
    socket: PathBuf,
    watch: Option<AbortHandle>,
}

/// The file of a socket that no record names; removed when dropped.
struct Bound(Option<PathBuf>);

impl Drop for Bound {
    fn drop(&mut self) {
        if let Some(socket) = &self.0 {
            let _ = std::fs::remove_file(socket);
        }
    }
}

/// Where the look-out reports.
#[derive(Clone)]
pub(super) struct Lookout {
    pub(super) me: NodeId,
    /// Whether Unix sockets are dialled.
    pub(super) unix: bool,
    pub(super) links: Weak<Links>,
    pub(super) inputs: Inputs,
    pub(super) watch: Arc<Watch>,
}

impl Home {
    /// Listens on the node's socket, then shows the record: nobody may see a node that doesn't listen yet.
    pub(super) async fn settle(state: HostState, id: NodeId, name: &str, tcp: Vec<String>, links: &Arc<Links>) -> Result<Home> {
        let asked = state.clone();
        let socket = blocking(move || asked.socket_path(id)).await?;
        links.listen_unix(&socket).await?;
        // Until the record names it, only we know of the file.
        let mut bound = Bound(Some(socket.clone()));
        let record = HostRecord::of(id, name, socket.clone(), tcp);
        let shown = state.clone();
        let published = blocking(move || shown.publish(&record)).await?;
        bound.0 = None;
        Ok(Home { state, published: Arc::new(Mutex::new(Some(published))), socket, watch: None })
    }

    /// Where others of this host dial it.
    pub(super) fn address(&self) -> String {
        Address::Unix(self.socket.clone()).to_string()
    }

    /// Dials every node that is listed here; returns who they are.
    pub(super) async fn meet(&self, lookout: &Lookout) -> Result<Vec<NodeId>> {
        lookout.round(&self.state).await
    }

    /// Looks again from time to time: for nodes that came without being noticed, and for what cleaners removed.
    pub(super) fn keep_watch(&mut self, lookout: Lookout) -> Result<()> {
        let (state, published, socket) = (self.state.clone(), self.published.clone(), self.socket.clone());
        let watch = env::spawn(async move {
            loop {
                let listed = lookout.round(&state).await.unwrap_or_default();
                let all_here = {
                    let members = lookout.watch.current();
                    listed.iter().all(|node| members.get(*node).is_some())
                };
                tokio::time::sleep(if all_here { LATER } else { SOON }).await;
                if let Err(error) = stay_visible(&lookout, &state, &published, &socket).await {
                    tracing::warn!(%error, "this node's record or socket vanished and could not be made again");
                }
            }
        })?;
        self.watch = Some(watch.abort_handle());
        Ok(())
    }

    /// Takes the record and the socket away.
    pub(super) async fn leave(mut self) {
        if let Some(watch) = self.watch.take() {
            watch.abort();
        }
        let (published, socket) = (self.published.clone(), self.socket.clone());
        // What can't be removed is found dead by the next node that looks.
        let _ = blocking(move || {
            // Taken here: the look-out may be publishing again, with the lock in its hand.
            let published = published.lock().take();
            drop(published);
            let _ = std::fs::remove_file(socket);
            Ok(())
        })
        .await;
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.abort();
        }
    }
}

impl Lookout {
    async fn round(&self, state: &HostState) -> Result<Vec<NodeId>> {
        let asked = state.clone();
        let records: Vec<_> = blocking(move || asked.live()).await?.into_iter().filter(|record| record.id != self.me).collect();
        let listed = records.iter().map(|record| record.id).collect();
        let mut dials = JoinSet::new();
        for record in records {
            if dials.len() == DIALS {
                dials.join_next().await;
            }
            let Some(links) = self.links.upgrade() else { break };
            let known = self.watch.current().get(record.id).is_some();
            if known || links.live(record.id).is_some() {
                continue;
            }
            let socket = self.unix.then(|| Address::Unix(record.socket.clone()));
            let mut addresses: Vec<_> = socket.into_iter().collect();
            addresses.extend(record.tcp.iter().filter_map(|text| text.parse().ok()));
            let inputs = self.inputs.clone();
            let texts = addresses.iter().map(Address::to_string).collect();
            let place = record.place.clone();
            dials.spawn(async move {
                match links.open(record.id, Some(&record.name), &addresses).await {
                    Ok(_) => {
                        let _ = inputs.try_send(Input::Hint { peer: record.id, place, addresses: texts });
                    }
                    Err(error) => tracing::debug!(%error, node = %record.name, "a node of this host can't be reached"),
                }
            });
        }
        while dials.join_next().await.is_some() {}
        Ok(listed)
    }
}

async fn stay_visible(lookout: &Lookout, state: &HostState, published: &Arc<Mutex<Option<Published>>>, socket: &Path) -> Result<()> {
    let intact = published.lock().as_ref().is_none_or(Published::check);
    let Some(links) = lookout.links.upgrade() else { return Ok(()) };
    if intact {
        return Ok(());
    }
    if !socket.exists() {
        links.listen_unix(socket).await?;
    }
    let (published, cluster) = (published.clone(), state.cluster().to_owned());
    blocking(move || {
        // The directory itself may be gone: it is made again.
        let state = HostState::open(&cluster)?;
        match published.lock().as_mut() {
            Some(published) => published.again(&state),
            None => Err(Error::new(Kind::Closed, "the node is leaving")),
        }
    })
    .await
}
