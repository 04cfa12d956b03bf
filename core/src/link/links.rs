//! The links of one node: one pair link a peer, opened on first need, and at most one bulk link beside it.

use super::{
    Address, Budget, Link, LinkEnd, Me, Outside, PeerInfo, Purpose, Reactor, Receiver, Verdict,
    accept::{self, Listener, Met},
    bulk::Outgoing,
    dial::{self, Dialled, Failed},
    guest::{Guest, RETIRED},
    handshake,
    opening::Opening,
    rendezvous::Rendezvous,
    socket::Socket,
};
use crate::{
    config::NodeId,
    env,
    error::{Error, Kind, Result},
    security::{Expect, Identity},
    wire::{self, Frame, FrameKind, Hello},
};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::*},
    },
    time::Duration,
};
use tokio::{sync::watch, task::AbortHandle, time::sleep};

/// Two links that were born within this time of one another come from both sides dialling at once. A peer that dials later has lost the
/// link that we still see.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Time for the holder of a name to answer when another node claims it.
const HOLDER_TIME: Duration = Duration::from_secs(1);
/// Time for the peers of a closed node to end their side.
const LINGER: Duration = Duration::from_secs(3);
/// Pause between two looks whether the last ones have gone.
pub(super) const LOOK_PAUSE: Duration = Duration::from_millis(2);
/// Links beyond the limit that may exist while others are being closed for them.
const LEAVING: usize = 32;

/// What the node does for its links. Called on tokio or on the leading thread: it may only queue.
pub trait Probe: Send + Sync + 'static {
    /// A pair link is open, and calls to its peer take it from now on. Its first frames may have come before.
    fn up(&self, link: &Arc<Link>);
    /// Where the peer can be reached, as far as the node knows.
    fn addresses(&self, peer: NodeId) -> Vec<Address>;
    /// What became known about a peer: `Down` and `Alive` by dialling it again after its link broke, `Suspect` and `Alive` also by its
    /// silence on an open link. A link that ends is told to [`Receiver::closed`] besides.
    fn verdict(&self, peer: NodeId, verdict: Verdict, why: &str);
}

/// Bounds of a node's links.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Pair links; beyond that the longest idle is closed for a new one.
    pub links: usize,
    /// Largest body.
    pub max_payload: usize,
    /// Bytes for bodies that wait or grow.
    pub budget: Arc<Budget>,
    /// A pair link without a call for so long is closed.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { links: 256, max_payload: wire::MAX_PAYLOAD, budget: Budget::new(512 << 20), idle: Duration::from_secs(60) }
    }
}

/// A pair link in the cache.
pub(super) struct Entry {
    pub(super) link: Arc<Link>,
    pub(super) guest: Arc<Guest>,
    /// Where it was dialled; empty for a link that the peer dialled.
    addresses: Vec<Address>,
}

pub(super) type Outcome = Result<Arc<Link>, Failed>;

#[derive(Default)]
pub(super) struct State {
    /// Every pair link that has not ended, the leaving ones too, by serial.
    pub(super) pairs: HashMap<u64, Arc<Entry>>,
    pub(super) opening: HashMap<NodeId, Arc<watch::Sender<Option<Outcome>>>>,
    listeners: Vec<AbortHandle>,
    pub(super) beating: bool,
}

/// The links of one node.
pub struct Links {
    weak: Weak<Links>,
    identity: Arc<Identity>,
    pub(super) me: Arc<Me>,
    pub(super) receiver: Arc<dyn Receiver>,
    pub(super) probe: Arc<dyn Probe>,
    pub(super) limits: Limits,
    /// Which link new calls take. Replaced under the lock of `state`, read without it.
    pub(super) live: ArcSwap<HashMap<NodeId, Arc<Entry>>>,
    pub(super) state: Mutex<State>,
    pub(super) rendezvous: Rendezvous<Arc<Link>>,
    pub(super) outgoing: Outgoing,
    pub(super) keep_idle: AtomicBool,
    serials: AtomicU64,
    closed: AtomicBool,
    draining: AtomicBool,
    met: Met,
    outside: OnceLock<Arc<dyn Outside>>,
}

impl Links {
    /// No link yet, and no listener. `receiver` gets the frames of the pair links, large bodies in place; it is told of every pair link's end,
    /// also when another link to the same peer stays ([`Links::live`] tells).
    pub fn new(identity: Arc<Identity>, me: Arc<Me>, receiver: Arc<dyn Receiver>, probe: Arc<dyn Probe>, limits: Limits) -> Arc<Links> {
        Arc::new_cyclic(|weak| Links {
            weak: weak.clone(),
            identity,
            me,
            receiver,
            probe,
            live: ArcSwap::default(),
            state: Mutex::default(),
            rendezvous: Rendezvous::new(limits.max_payload, limits.budget.clone()),
            outgoing: Outgoing::default(),
            keep_idle: AtomicBool::new(false),
            serials: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            met: Met::default(),
            outside: OnceLock::new(),
            limits,
        })
    }

    /// The link that calls to this peer take, if there is one. Takes no lock.
    pub fn live(&self, peer: NodeId) -> Option<Arc<Link>> {
        self.live.load().get(&peer).map(|entry| entry.link.clone())
    }

    /// The link to this peer, made if there is none. However many ask at once, it is dialled once. `name` decides where the peer's certificate
    /// carries no id. Errors name every address and why it failed.
    pub async fn open(self: &Arc<Self>, peer: NodeId, name: Option<&str>, addresses: &[Address]) -> Result<Arc<Link>> {
        self.reach(peer, name, addresses).await.map_err(|failed| failed.error)
    }

    /// A link to whichever member of the cluster listens at this address.
    pub async fn open_seed(self: &Arc<Self>, address: &str) -> Result<Arc<Link>> {
        let addresses = [address.parse::<Address>()?];
        if self.is_closed() {
            return Err(accept::closed(&self.me.name));
        }
        self.make_room()?;
        let dialled = dial::dial(&self.identity, &self.me, &Expect::default(), wire::Purpose::Pair, &addresses).await;
        self.dialled(dialled.map_err(|failed| failed.error)?)
    }

    /// Listens on a Unix socket at this path, which must be free. It is the caller who removes the file.
    pub async fn listen_unix(self: &Arc<Self>, path: &Path) -> Result<()> {
        self.listen(Listener::unix(path)?)
    }

    /// Listens on `host:port`; gives the address that was bound.
    pub async fn listen_tcp(self: &Arc<Self>, address: &str) -> Result<SocketAddr> {
        let (listener, local) = Listener::tcp(address).await?;
        self.listen(listener)?;
        Ok(local)
    }

    fn listen(&self, listener: Listener) -> Result<()> {
        let task = env::spawn(accept::serve(listener, self.weak.clone()))?;
        self.state.lock().listeners.push(task.abort_handle());
        Ok(())
    }

    /// The pair links that calls take.
    pub fn all(&self) -> Vec<Arc<Link>> {
        self.live.load().values().map(|entry| entry.link.clone()).collect()
    }

    /// Pair links that have not ended, the leaving ones too.
    pub fn count(&self) -> usize {
        self.state.lock().pairs.len()
    }

    /// Whether links without calls stay open, as in a small cluster on one host.
    pub fn keep_idle(&self, keep: bool) {
        self.keep_idle.store(keep, Relaxed);
    }

    /// Takes no further calls of anybody; calls that were accepted are finished. Whoever comes now is told so, and sees who is here.
    pub fn drain(&self) {
        self.draining.store(true, SeqCst);
        if let Some(outside) = self.outside.get() {
            outside.drain();
        }
        let entries: Vec<_> = self.state.lock().pairs.values().cloned().collect();
        for entry in entries {
            let _ = entry.link.go_away();
        }
    }

    /// Waits until the clients that are no nodes have their last answers and have gone.
    pub async fn clients_gone(&self) {
        while self.outside.get().is_some_and(|outside| outside.connections() > 0) {
            sleep(LOOK_PAUSE).await;
        }
    }

    /// Ends everything: listeners, then links, with `Bye` after what is queued.
    pub fn close(&self) {
        self.closed.store(true, SeqCst);
        if let Some(outside) = self.outside.get() {
            outside.close();
        }
        let (listeners, entries, opening) = {
            let mut state = self.state.lock();
            self.live.store(Arc::default());
            let entries: Vec<_> = state.pairs.values().cloned().collect();
            (std::mem::take(&mut state.listeners), entries, std::mem::take(&mut state.opening))
        };
        listeners.iter().for_each(AbortHandle::abort);
        // Nobody waits for a dial that may take seconds.
        for waiters in opening.values() {
            waiters.send_replace(Some(Err(Failed { error: accept::closed(&self.me.name), verdict: Verdict::Suspect })));
        }
        let links: Vec<_> = entries.iter().map(|entry| entry.link.clone()).chain(self.outgoing.links()).collect();
        links.iter().for_each(|link| link.close(true));
        // A peer that stands still would answer neither `Bye` nor calls.
        entries.iter().for_each(|entry| entry.link.fail_calls("this node closed it"));
        let open: Vec<_> = links.into_iter().filter(|link| !link.has_ended()).collect();
        if !open.is_empty() {
            // Without a runtime there are no links.
            let _ = env::spawn(async move {
                sleep(LINGER).await;
                open.iter().filter(|link| !link.has_ended()).for_each(|link| link.give_up("the peer did not end it"));
            });
        }
    }

    /// Says who serves clients that are no nodes; until then they are refused.
    pub fn welcome(&self, outside: Arc<dyn Outside>) {
        let _ = self.outside.set(outside);
    }

    pub(super) fn outside(&self) -> Option<Arc<dyn Outside>> {
        self.outside.get().filter(|_| !self.is_closed()).cloned()
    }

    /// What the listeners met.
    pub fn met(&self) -> &Met {
        &self.met
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What this node tells about itself on every link.
    pub fn me(&self) -> &Me {
        &self.me
    }

    pub(super) fn itself(&self) -> Weak<Links> {
        self.weak.clone()
    }

    // Opening.

    /// Like [`Links::open`]; a failure says besides what it means for the peer.
    pub async fn reach(self: &Arc<Self>, peer: NodeId, name: Option<&str>, addresses: &[Address]) -> Outcome {
        if let Some(link) = self.live(peer) {
            return Ok(link);
        }
        let failed = |error| Failed { error, verdict: Verdict::Suspect };
        let (mut outcome, opening) = {
            let mut state = self.state.lock();
            if self.is_closed() {
                return Err(failed(accept::closed(&self.me.name)));
            }
            match state.opening.get(&peer) {
                Some(others) => (others.subscribe(), None),
                None => {
                    let (send, receive) = watch::channel(None);
                    state.opening.insert(peer, Arc::new(send));
                    (receive, Some(Opening { links: self.clone(), peer, over: false }))
                }
            }
        };
        // Without the lock: an `Opening` that is dropped takes it.
        if let Some(opening) = opening {
            let expect = Expect { node: Some(peer), name: name.map(str::to_owned) };
            let addresses = if addresses.is_empty() { self.probe.addresses(peer) } else { addresses.to_vec() };
            env::spawn(async move {
                let outcome = opening.links.dial_pair(&expect, &addresses).await;
                opening.done(outcome);
            })
            .map_err(failed)?;
        }
        let found = outcome.wait_for(Option::is_some).await.map_err(|_| failed(Error::internal("a dial ended early")))?;
        found.clone().unwrap_or_else(|| Err(failed(Error::internal("a dial without an outcome"))))
    }

    async fn dial_pair(&self, expect: &Expect, addresses: &[Address]) -> Outcome {
        let failed = |error| Failed { error, verdict: Verdict::Suspect };
        self.make_room().map_err(failed)?;
        match dial::dial(&self.identity, &self.me, expect, wire::Purpose::Pair, addresses).await {
            Ok(dialled) => self.dialled(dialled).map_err(failed),
            Err(failed) => Err(*failed),
        }
    }

    /// The link that stays for a connection that we dialled.
    fn dialled(&self, Dialled { met, socket, address }: Dialled) -> Result<Arc<Link>> {
        let (link, guest) = self.start(met, socket, true)?;
        self.enter(link, guest, vec![address])
    }

    /// A connection that a listener brought and that has had its `Welcome`.
    pub(super) fn accepted(&self, met: handshake::Met, socket: Socket) -> Result<()> {
        let (link, guest) = self.start(met, socket, false)?;
        match guest.purpose {
            Purpose::Pair => self.enter(link, guest, Vec::new()).map(|_| ()),
            Purpose::Bulk => {
                self.bulk_up(&link, &guest);
                Ok(())
            }
        }
    }

    /// Puts a connection behind the reactor. Frames may come before this returns.
    pub(super) fn start(&self, met: handshake::Met, socket: Socket, dialled_by_us: bool) -> Result<(Arc<Link>, Arc<Guest>)> {
        let purpose = match met.purpose {
            wire::Purpose::Pair => Purpose::Pair,
            wire::Purpose::Bulk => Purpose::Bulk,
        };
        let about = met.about;
        let peer = PeerInfo {
            node: about.from,
            name: about.name,
            language: (!about.language.is_empty()).then_some(about.language),
            purpose,
            dialled_by_us,
            features: about.features & self.me.features,
            record_version: about.record_version,
            record_digest: about.record_digest.and_then(|digest| digest.try_into().ok()),
        };
        let serial = self.serials.fetch_add(1, Relaxed) + 1;
        let guest = Guest::new(self.weak.clone(), serial, peer.node, purpose, self.limits.max_payload);
        let socket = socket.into_fd().map_err(|e| crate::error::io("a connection can't be taken over", e))?;
        let link = Link::start(&Reactor::get()?, socket, met.tls, met.early, peer, guest.clone())?;
        Ok((link, guest))
    }

    /// Enters a pair link and decides which one calls take from now on.
    fn enter(&self, link: Arc<Link>, guest: Arc<Guest>, addresses: Vec<Address>) -> Result<Arc<Link>> {
        let peer = guest.peer;
        let (stays, leaves, new) = {
            let mut state = self.state.lock();
            if self.is_closed() || guest.ended.load(SeqCst) {
                link.close(true);
                let gone = Error::new(Kind::Unavailable, format!("the link to `{}` ended at once", link.peer().name));
                return Err(if self.is_closed() { accept::closed(&self.me.name) } else { gone });
            }
            // A certificate made ahead carries no id: its owner may not take the id, and with it the calls, of another.
            if let Some(other) = state.pairs.values().find(|other| other.guest.peer == peer && other.link.peer().name != link.peer().name) {
                let text = format!("node `{}` uses the id of node `{}`", link.peer().name, other.link.peer().name);
                link.close(true);
                return Err(Error::new(Kind::Unauthenticated, text));
            }
            let entry = Arc::new(Entry { link, guest, addresses });
            state.pairs.insert(entry.guest.serial, entry.clone());
            let old = self.live.load().get(&peer).cloned();
            let (stays, leaves, new) = match old {
                Some(old) if !self.replaces(&entry, &old) => (old, Some(entry), false),
                old => {
                    let mut live = HashMap::clone(&self.live.load());
                    live.insert(peer, entry.clone());
                    self.live.store(Arc::new(live));
                    (entry, old, true)
                }
            };
            if let Some(waiters) = state.opening.get(&peer) {
                waiters.send_replace(Some(Ok(stays.link.clone())));
            }
            if !state.beating {
                state.beating = super::beat::start(self.weak.clone());
            }
            (stays, leaves, new)
        };
        if new {
            self.probe.up(&stays.link);
        }
        if let Some(leaves) = leaves {
            self.retire(leaves.guest.serial);
        }
        if stays.guest.heard.load(SeqCst) {
            self.retire(stays.guest.serial);
        }
        if self.draining.load(SeqCst) {
            let _ = stays.link.go_away();
        }
        Ok(stays.link.clone())
    }

    /// Both sides must come to the same answer: of two links dialled at once the one dialled by the smaller node stays, else the newer.
    fn replaces(&self, new: &Entry, old: &Entry) -> bool {
        let (ours, theirs) = (new.link.peer().dialled_by_us, old.link.peer().dialled_by_us);
        let at_once = new.guest.born.saturating_duration_since(old.guest.born) < AT_ONCE && old.link.is_open();
        if ours == theirs || !at_once {
            return true;
        }
        ours == (self.me.node < new.guest.peer)
    }

    /// Closes the longest idle link if there are too many.
    fn make_room(&self) -> Result<()> {
        let idle = {
            let state = self.state.lock();
            if state.pairs.len() < self.limits.links {
                return Ok(());
            }
            if state.pairs.len() >= self.limits.links + LEAVING {
                return Err(Error::new(
                    Kind::Overloaded,
                    format!("node `{}` has {} links, more are not allowed", self.me.name, state.pairs.len()),
                ));
            }
            let quiet = |e: &&Arc<Entry>| e.link.outstanding() == 0 && !e.guest.retiring.load(SeqCst);
            state.pairs.values().filter(quiet).min_by_key(|e| e.guest.pulse.lock().idle_since).map(|e| e.guest.serial)
        };
        if let Some(serial) = idle {
            self.retire(serial);
        }
        Ok(())
    }

    /// Decides about a peer whose certificate and `Hello` are right.
    pub(super) async fn admit(&self, hello: Hello) -> Result<()> {
        let (them, id) = (&hello.about.name, hello.about.from);
        if self.is_closed() {
            return Err(accept::closed(&self.me.name));
        }
        if hello.purpose == wire::Purpose::Bulk {
            let known = self.state.lock().pairs.values().any(|entry| entry.guest.peer == id);
            let unknown =
                || Error::new(Kind::Protocol, format!("node `{them}` opens a bulk link to `{}` without a pair link", self.me.name));
            return if known { Ok(()) } else { Err(unknown()) };
        }
        if *them == self.me.name {
            // One that drains makes way for its successor.
            let drains = self.draining.load(SeqCst);
            return Err(if drains { accept::closed(&self.me.name) } else { taken(them, self.me.node) });
        }
        let holder = self.live.load().values().find(|e| e.link.peer().name == *them && e.guest.peer != id).cloned();
        if let Some(holder) = holder {
            if self.answers(&holder.link).await {
                return Err(taken(them, holder.guest.peer));
            }
            holder.link.give_up("its name passed to another node, and it didn't answer");
        }
        self.make_room()
    }

    /// Whether the peer shows a sign of life within a second.
    async fn answers(&self, link: &Arc<Link>) -> bool {
        let asked = env::now();
        let _ = link.send(Frame::number(FrameKind::Ping, 0));
        while link.is_open() && env::now().saturating_duration_since(asked) < HOLDER_TIME {
            sleep(Duration::from_millis(20)).await;
            if link.last_heard() > asked {
                return true;
            }
        }
        false
    }

    // Leaving.

    /// No new call takes this link. Once its open ones are answered on both sides, its dialler closes it.
    pub(super) fn retire(&self, serial: u64) {
        let entry = {
            let state = self.state.lock();
            let Some(entry) = state.pairs.get(&serial).cloned() else { return };
            self.unpublish(&entry.guest);
            entry
        };
        entry.link.refuse_calls("another link to this peer takes the calls");
        entry.guest.retiring.store(true, SeqCst);
        self.go_on_retiring(&entry);
    }

    /// What a retiring link needs next.
    pub(super) fn go_on_retiring(&self, Entry { link, guest, .. }: &Entry) {
        if !guest.retiring.load(SeqCst) {
            return;
        }
        // Without an open call and none to come, nothing of ours that the peer must still answer can be on its way.
        if link.outstanding() == 0 && !guest.said.swap(true, SeqCst) {
            let _ = link.send(Frame { flags: RETIRED, ..Frame::number(FrameKind::GoAway, u64::MAX) });
        }
        if guest.said.load(SeqCst) && guest.heard.load(SeqCst) && link.peer().dialled_by_us && link.is_open() {
            link.close(true);
        }
    }

    /// Takes a link out of the way of new calls. The lock of `state` is held.
    fn unpublish(&self, guest: &Guest) -> bool {
        let current = self.live.load();
        let mine = current.get(&guest.peer).is_some_and(|entry| entry.guest.serial == guest.serial);
        if mine {
            let mut live = HashMap::clone(&current);
            live.remove(&guest.peer);
            self.live.store(Arc::new(live));
        }
        mine
    }

    /// A pair link ended. Runs on the leading thread.
    pub(super) fn pair_closed(&self, guest: &Guest, link: &Arc<Link>, end: &LinkEnd) {
        let peer = guest.peer;
        let (entry, was_live, last) = {
            let mut state = self.state.lock();
            let entry = state.pairs.remove(&guest.serial);
            (entry, self.unpublish(guest), !state.pairs.values().any(|other| other.guest.peer == peer))
        };
        self.rendezvous.pair_ended(peer, guest.serial, last);
        self.outgoing.drop_bodies(link);
        if last && let Some(bulk) = self.outgoing.forget(peer) {
            bulk.close(true);
        }
        self.receiver.closed(link, end);
        let broke = matches!(end, LinkEnd::Lost(_) | LinkEnd::Broken(_));
        if was_live && broke && !self.is_closed() {
            self.redial(peer, link.peer().name.clone(), entry.map(|e| e.addresses.clone()).unwrap_or_default(), end.to_string());
        }
    }

    /// One attempt to find out what a broken link means.
    fn redial(&self, peer: NodeId, name: String, dialled: Vec<Address>, why: String) {
        let Some(links) = self.weak.upgrade() else { return };
        let probe = self.probe.clone();
        let task = env::spawn(async move {
            let mut addresses = dialled;
            addresses.extend(links.probe.addresses(peer).into_iter().filter(|a| !addresses.contains(a)).collect::<Vec<_>>());
            if addresses.is_empty() {
                return links.probe.verdict(peer, Verdict::Suspect, &why);
            }
            match links.reach(peer, Some(&name), &addresses).await {
                Ok(_) => links.probe.verdict(peer, Verdict::Alive, "it welcomed a new link"),
                Err(failed) => links.probe.verdict(peer, failed.verdict, failed.error.message()),
            }
        });
        if let Err(e) = task {
            probe.verdict(peer, Verdict::Suspect, e.message());
        }
    }

    /// Where a peer whose pair link we dialled was found.
    pub(super) fn found_at(&self, peer: NodeId) -> Vec<Address> {
        let state = self.state.lock();
        state.pairs.values().filter(|e| e.guest.peer == peer).flat_map(|e| e.addresses.iter().cloned()).collect()
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("me", &self.me).field("live", &self.live.load().len()).finish_non_exhaustive()
    }
}

fn taken(name: &str, holder: NodeId) -> Error {
    Error::new(Kind::AlreadyExists, format!("the name `{name}` belongs to another live node ({})", holder.short()))
}
