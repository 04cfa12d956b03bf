//! Whole nodes' links over real sockets: opening, both dialling at once, leaving, breaking, silence, large bodies.
#![cfg(not(twinspan_loom))]

use super::{Address, Answer, Answered, Budget, Limits, Link, LinkEnd, Links, Me, Probe, Receiver, Verdict, handshake};
use crate::{
    config::NodeId,
    env,
    error::{Error, Executed, Kind, Result},
    security::{Identity, dev_certs},
    wire::{Extensions, Frame, FrameKind},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock, Weak,
        mpsc::{Receiver as Inbox, SyncSender, sync_channel},
    },
    time::Duration,
};

const WAIT: Duration = Duration::from_secs(10);

/// A node of a test: it echoes every call.
struct Node {
    links: Arc<Links>,
    id: NodeId,
    name: String,
    socket: PathBuf,
    told: Arc<Told>,
}

/// What its links told the node.
#[derive(Default)]
struct Told {
    links: OnceLock<Weak<Links>>,
    ups: Mutex<Vec<NodeId>>,
    ends: Mutex<Vec<LinkEnd>>,
    verdicts: Mutex<Vec<(NodeId, Verdict)>>,
    addresses: Mutex<Vec<Address>>,
    /// Calls are kept instead of answered.
    held: Mutex<Option<Held>>,
    order: Mutex<Vec<(u64, usize)>>,
}

impl Receiver for Told {
    fn frame(&self, link: &Arc<Link>, frame: Frame) {
        if frame.kind != FrameKind::Call {
            return;
        }
        self.order.lock().push((frame.id, frame.body.len()));
        if let Some(held) = self.held.lock().as_mut() {
            return held.push((link.clone(), frame.id));
        }
        if let Some(links) = self.links.get().and_then(Weak::upgrade)
            && let Err(e) = links.reply(link, frame.id, frame.body, 1)
        {
            let _ = links.fail(link, frame.id, e.encode().into(), 1);
        }
    }

    fn closed(&self, _link: &Arc<Link>, end: &LinkEnd) {
        self.ends.lock().push(end.clone());
    }
}

impl Probe for Told {
    fn up(&self, link: &Arc<Link>) {
        self.ups.lock().push(link.peer().node);
    }

    fn addresses(&self, _peer: NodeId) -> Vec<Address> {
        self.addresses.lock().clone()
    }

    fn verdict(&self, peer: NodeId, verdict: Verdict, _why: &str) {
        self.verdicts.lock().push((peer, verdict));
    }
}

type Held = Vec<(Arc<Link>, u64)>;

struct Answering(SyncSender<Answer>);

impl Answered for Answering {
    fn answered(self: Arc<Self>, answer: Answer) {
        let _ = self.0.try_send(answer);
    }
}

/// The folder of one test's cluster.
struct Cluster(tempfile::TempDir);

impl Cluster {
    fn new() -> Cluster {
        Cluster(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn node(&self, name: &str, id: NodeId, limits: Limits) -> Node {
        dev_certs(self.path(), &[name.to_owned()], "dev", 10).unwrap();
        let identity = Identity::from_folder(&self.path().join(name), id).unwrap();
        let told = Arc::new(Told::default());
        let links = Links::new(identity, Arc::new(Me::new(id, name, "rust", 0)), told.clone(), told.clone(), limits);
        told.links.set(Arc::downgrade(&links)).unwrap();
        let socket = self.path().join(format!("{}.sock", id.short()));
        let (l, s) = (links.clone(), socket.clone());
        env::block_on(async move { l.listen_unix(&s).await }).unwrap().unwrap();
        Node { links, id, name: name.into(), socket, told }
    }

    fn two(&self) -> (Node, Node) {
        (self.node("ada", NodeId::from_bytes([1; 16]), limits()), self.node("bob", NodeId::from_bytes([2; 16]), limits()))
    }
}

fn limits() -> Limits {
    Limits::default()
}

impl Node {
    fn address(&self) -> Vec<Address> {
        vec![Address::Unix(self.socket.clone())]
    }

    fn open(&self, peer: &Node) -> Result<Arc<Link>> {
        let (links, id, name, addresses) = (self.links.clone(), peer.id, peer.name.clone(), peer.address());
        env::block_on(async move { links.open(id, Some(&name), &addresses).await }).unwrap()
    }

    fn ask(&self, peer: NodeId, payload: Bytes) -> Result<Inbox<Answer>> {
        let (send, receive) = sync_channel(1);
        let extensions = Extensions { target: Some("echo.echo".into()), ..Extensions::default() };
        self.links.call(peer, extensions, payload, false, Arc::new(Answering(send)))?;
        Ok(receive)
    }

    fn echo(&self, peer: NodeId, payload: Bytes) -> Bytes {
        match self.ask(peer, payload).unwrap().recv_timeout(WAIT).unwrap() {
            Answer::Reply { payload, load: 1 } => payload,
            other => panic!("{other:?}"),
        }
    }

    fn fails(&self, peer: NodeId, payload: Bytes) -> Error {
        match self.ask(peer, payload).unwrap().recv_timeout(WAIT).unwrap() {
            Answer::Fail { error, .. } => Error::decode(&error),
            other => panic!("{other:?}"),
        }
    }
}

/// Waits until a condition holds; a test's deadline.
fn until(what: &str, condition: impl Fn() -> bool) {
    let start = env::now();
    while !condition() {
        assert!(start.elapsed() < WAIT, "{what} did not come true within {WAIT:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn bytes(length: usize) -> Bytes {
    (0..length).map(|n| (n % 251) as u8).collect::<Vec<u8>>().into()
}

#[test]
fn one_link_however_many_ask() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    let (links, id, addresses) = (ada.links.clone(), bob.id, bob.address());
    let opened = env::block_on(async move {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (links, addresses) = (links.clone(), addresses.clone());
            tasks.spawn(async move { links.open(id, None, &addresses).await.unwrap() });
        }
        tasks.join_all().await
    })
    .unwrap();
    assert!(opened.iter().all(|link| Arc::ptr_eq(link, &opened[0])));
    assert_eq!((opened[0].peer().node, opened[0].peer().name.as_str(), opened[0].peer().dialled_by_us), (bob.id, "bob", true));
    assert_eq!(ada.echo(bob.id, bytes(64)), bytes(64));
    until("the accepted link", || bob.links.live(ada.id).is_some());
    assert_eq!(bob.echo(ada.id, bytes(100)), bytes(100));
    assert_eq!((ada.links.count(), bob.links.count()), (1, 1));
    assert_eq!((&ada.told.ups.lock()[..], &bob.told.ups.lock()[..]), (&[bob.id][..], &[ada.id][..]));
}

#[test]
fn a_seed_and_tcp() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    let (to, from) = (bob.links.clone(), ada.links.clone());
    let link = env::block_on(async move {
        let address = to.listen_tcp("127.0.0.1:0").await.unwrap();
        from.open_seed(&address.to_string()).await.unwrap()
    })
    .unwrap();
    assert_eq!(link.peer().node, bob.id);
    assert_eq!(ada.echo(bob.id, bytes(1000)), bytes(1000));
}

#[test]
fn nobody_there_and_somebody_else() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    let (links, nobody) = (ada.links.clone(), NodeId::from_bytes([9; 16]));
    let missing = cluster.path().join("missing.sock");
    let error = env::block_on(async move { links.open(nobody, Some("carl"), &[Address::Unix(missing)]).await }).unwrap().unwrap_err();
    assert!(error.kind() == Kind::Unavailable && error.message().contains("`carl`") && error.message().contains("missing.sock"), "{error}");
    let (links, addresses) = (ada.links.clone(), bob.address());
    let error = env::block_on(async move { links.open(nobody, None, &addresses).await }).unwrap().unwrap_err();
    assert!(error.message().contains("`bob`"), "{error}");
    assert!(ada.ask(bob.id, Bytes::new()).is_err_and(|e| e.kind() == Kind::Unavailable && e.was_executed() == Executed::No));
}

#[test]
fn both_dial_at_once_and_no_call_is_lost() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    for round in 0..100 {
        let (a, b) = (ada.links.clone(), bob.links.clone());
        let (to_b, to_a, id_a, id_b) = (bob.address(), ada.address(), ada.id, bob.id);
        let opened = env::block_on(async move { tokio::join!(a.open(id_b, None, &to_b), b.open(id_a, None, &to_a)) }).unwrap();
        opened.0.unwrap();
        opened.1.unwrap();
        // Calls from both sides while one of the links leaves.
        let calls: Vec<_> = (0..40).map(|n| if n % 2 == 0 { ada.ask(bob.id, bytes(n)) } else { bob.ask(ada.id, bytes(n)) }).collect();
        for (n, call) in calls.into_iter().enumerate() {
            match call.unwrap().recv_timeout(WAIT).unwrap() {
                Answer::Reply { payload, .. } => assert_eq!(payload, bytes(n)),
                other => panic!("round {round}, call {n}: {other:?}"),
            }
        }
        until("one link", || ada.links.count() == 1 && bob.links.count() == 1);
        let (a, b) = (ada.links.live(bob.id).unwrap(), bob.links.live(ada.id).unwrap());
        assert_ne!(a.peer().dialled_by_us, b.peer().dialled_by_us, "round {round}");
        a.close(true);
        until("none", || ada.links.count() == 0 && bob.links.count() == 0);
    }
    assert!(ada.told.verdicts.lock().is_empty() && bob.told.verdicts.lock().is_empty());
    let welcomed = [&ada, &bob].map(|node| node.links.met().welcomed.load(std::sync::atomic::Ordering::Relaxed));
    assert!(welcomed.iter().all(|n| *n > 50), "hardly ever two links at once: {welcomed:?}");
}

#[test]
fn a_broken_link_is_dialled_again() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    let first = ada.open(&bob).unwrap();
    until("both", || bob.links.live(ada.id).is_some());
    // Something between the two resets the connection.
    bob.links.live(ada.id).unwrap().close(false);
    until("the verdict", || ada.told.verdicts.lock().contains(&(bob.id, Verdict::Alive)));
    let second = ada.links.live(bob.id).unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(ada.echo(bob.id, bytes(10)), bytes(10));
}

#[test]
fn a_dead_peer_is_down() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    ada.open(&bob).unwrap();
    until("both", || bob.links.live(ada.id).is_some());
    // As when the process is killed: no Bye, no listener, no socket file.
    let link = bob.links.live(ada.id).unwrap();
    std::fs::remove_file(&bob.socket).unwrap();
    let id = bob.id;
    let carl = cluster.node("carl", NodeId::from_bytes([3; 16]), limits());
    ada.open(&carl).unwrap();
    link.close(false);
    until("down", || ada.told.verdicts.lock().contains(&(id, Verdict::Down)));
    assert!(ada.links.live(id).is_none());
    // Another node at the address is as good as nobody: the address is the old one, the certificate is for another name.
    let stolen = carl.links.live(ada.id);
    until("carl's", || carl.links.live(ada.id).is_some());
    drop(stolen);
    std::fs::remove_file(&carl.socket).unwrap();
    let eve = cluster.node("eve", NodeId::from_bytes([4; 16]), limits());
    std::fs::rename(&eve.socket, &carl.socket).unwrap();
    carl.links.live(ada.id).unwrap().close(false);
    until("carl is down", || ada.told.verdicts.lock().contains(&(carl.id, Verdict::Down)));
}

/// A peer that shakes hands and then says nothing, as when its process is stopped.
#[test]
fn a_silent_peer_is_suspect_then_dead() {
    let cluster = Cluster::new();
    let ada = cluster.node("ada", NodeId::from_bytes([1; 16]), limits());
    dev_certs(cluster.path(), &["mute".to_owned()], "dev", 10).unwrap();
    let (id, path) = (NodeId::from_bytes([8; 16]), cluster.path().join("mute.sock"));
    let identity = Identity::from_folder(&cluster.path().join("mute"), id).unwrap();
    let (links, socket) = (ada.links.clone(), path.clone());
    let kept = env::block_on(async move {
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        let me = Me::new(id, "mute", "rust", 0);
        let (opened, stream) = tokio::join!(async { links.open(id, Some("mute"), &[Address::Unix(socket)]).await }, async {
            let (mut stream, _) = listener.accept().await.unwrap();
            handshake::accept(&mut stream, &identity, &me, |_| async { Ok(()) }).await.unwrap();
            stream
        });
        opened.unwrap();
        (listener, stream)
    })
    .unwrap();
    let start = env::now();
    let call = ada.ask(id, bytes(5)).unwrap();
    until("suspect", || ada.told.verdicts.lock().contains(&(id, Verdict::Suspect)));
    assert!(start.elapsed() >= Duration::from_millis(600) && start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
    match call.recv_timeout(WAIT).unwrap() {
        Answer::Lost { executed: Executed::Maybe, why } => assert!(why.contains("nothing came for 3 s"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(start.elapsed() >= Duration::from_millis(2900) && start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // Its listener is there but nobody shakes hands: that is silence, not death.
    let verdicts = || ada.told.verdicts.lock().len();
    until("dialled again", || verdicts() == 2);
    assert_eq!(ada.told.verdicts.lock()[1], (id, Verdict::Suspect));
    drop(kept);
}

#[test]
fn leaving_says_bye() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    ada.open(&bob).unwrap();
    until("both", || bob.links.live(ada.id).is_some());
    bob.links.close();
    until("bye", || ada.told.ends.lock().contains(&LinkEnd::Bye));
    assert!(ada.links.live(bob.id).is_none() && ada.told.verdicts.lock().is_empty());
    until("ended", || bob.links.count() == 0);
    let error = bob.open(&ada).unwrap_err();
    assert_eq!(error.kind(), Kind::Closed);
}

#[test]
fn draining_finishes_what_was_accepted() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    *bob.told.held.lock() = Some(Vec::new());
    ada.open(&bob).unwrap();
    let call = ada.ask(bob.id, bytes(5)).unwrap();
    until("the call", || bob.told.held.lock().as_ref().is_some_and(|held| held.len() == 1));
    bob.links.drain();
    until("refusing", || ada.ask(bob.id, bytes(6)).is_err());
    let (link, id) = bob.told.held.lock().as_mut().unwrap().pop().unwrap();
    bob.links.reply(&link, id, bytes(5), 0).unwrap();
    assert!(matches!(call.recv_timeout(WAIT).unwrap(), Answer::Reply { payload, load: 0 } if payload == bytes(5)));
    // Who comes only now may look at it, but not call it; its successor takes the name elsewhere.
    let late = cluster.node("late", NodeId::from_bytes([7; 16]), limits());
    late.open(&bob).unwrap();
    until("told", || late.ask(bob.id, bytes(6)).is_err());
    let heir = cluster.node("bob", NodeId::from_bytes([8; 16]), limits());
    assert_eq!(heir.open(&bob).unwrap_err().kind(), Kind::Closed);
}

#[test]
fn an_idle_link_is_closed_in_order() {
    let cluster = Cluster::new();
    let short = || Limits { idle: Duration::from_millis(300), ..limits() };
    let ada = cluster.node("ada", NodeId::from_bytes([1; 16]), short());
    let bob = cluster.node("bob", NodeId::from_bytes([2; 16]), limits());
    ada.open(&bob).unwrap();
    assert_eq!(ada.echo(bob.id, bytes(10)), bytes(10));
    until("closed", || ada.links.count() == 0 && bob.links.count() == 0);
    assert!(matches!(bob.told.ends.lock()[..], [LinkEnd::Bye]), "{:?}", bob.told.ends.lock());
    assert!(ada.told.verdicts.lock().is_empty() && bob.told.verdicts.lock().is_empty());
    // The next call needs a link again, and gets one.
    ada.open(&bob).unwrap();
    assert_eq!(ada.echo(bob.id, bytes(10)), bytes(10));
}

#[test]
fn a_name_has_one_live_holder() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    ada.open(&bob).unwrap();
    until("both", || bob.links.live(ada.id).is_some());
    let twin = cluster.node("ada", NodeId::from_bytes([5; 16]), limits());
    let error = twin.open(&bob).unwrap_err();
    assert!(error.kind() == Kind::AlreadyExists && error.message().contains("`ada`"), "{error}");
    ada.links.close();
    until("gone", || bob.links.live(ada.id).is_none());
    twin.open(&bob).unwrap();
}

#[test]
fn there_is_a_bound_of_links() {
    let cluster = Cluster::new();
    let ada = cluster.node("ada", NodeId::from_bytes([1; 16]), Limits { links: 2, ..limits() });
    let peers: Vec<Node> = (2..6).map(|n| cluster.node(&format!("n{n}"), NodeId::from_bytes([n; 16]), limits())).collect();
    for peer in &peers {
        ada.open(peer).unwrap();
        until("room", || ada.links.count() <= 2);
        assert_eq!(ada.echo(peer.id, bytes(9)), bytes(9));
    }
}

#[test]
fn large_bodies_go_both_ways() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    ada.open(&bob).unwrap();
    until("both", || bob.links.live(ada.id).is_some());
    for length in [super::INLINE_MOST, super::INLINE_MOST + 1, 1 << 20, 20 << 20] {
        // Bob accepted the pair link: his first large call makes Ada dial the bulk link.
        assert!(bob.echo(ada.id, bytes(length)) == bytes(length), "{length}");
        assert!(ada.echo(bob.id, bytes(length)) == bytes(length), "{length}");
    }
    let many: Vec<_> = (0..24).map(|n| (n, ada.ask(bob.id, bytes(100_000 * n + 1)).unwrap())).collect();
    for (n, call) in many {
        match call.recv_timeout(WAIT).unwrap() {
            Answer::Reply { payload, .. } => assert!(payload == bytes(100_000 * n + 1)),
            other => panic!("{n}: {other:?}"),
        }
    }
    until("the budget", || ada.links.limits.budget.used() == 0 && bob.links.limits.budget.used() == 0);
    assert_eq!((ada.links.count(), bob.links.count()), (1, 1));
}

#[test]
fn too_large_a_body_is_refused() {
    let cluster = Cluster::new();
    let ada = cluster.node("ada", NodeId::from_bytes([1; 16]), limits());
    let small = Limits { max_payload: 1 << 20, ..limits() };
    let bob = cluster.node("bob", NodeId::from_bytes([2; 16]), small);
    ada.open(&bob).unwrap();
    until("both", || bob.links.live(ada.id).is_some());
    let error = ada.fails(bob.id, bytes((1 << 20) + 1));
    assert_eq!((error.kind(), error.was_executed()), (Kind::PayloadTooLarge, Executed::No), "{error}");
    assert!(bob.told.order.lock().is_empty());
    assert!(bob.ask(ada.id, bytes((1 << 20) + 1)).is_err_and(|e| e.kind() == Kind::PayloadTooLarge));
    // The links and their calls live on, also while the refused body is still thrown away.
    assert!(ada.echo(bob.id, bytes(1 << 20)) == bytes(1 << 20));
    let bulk = ada.links.outgoing.links()[0].clone();
    for more in [1, 65_536, 65_537, 1 << 20] {
        let refused = ada.ask(bob.id, bytes((1 << 20) + more)).unwrap();
        assert!(ada.echo(bob.id, bytes(1 << 20)) == bytes(1 << 20), "{more}");
        assert!(matches!(refused.recv_timeout(WAIT).unwrap(), Answer::Fail { .. }));
        assert!(Arc::ptr_eq(&bulk, &ada.links.outgoing.links()[0]), "{more}");
    }
    // A receiver without memory refuses as well, and so does a sender.
    let carl = cluster.node("carl", NodeId::from_bytes([3; 16]), Limits { budget: Budget::new(200_000), ..limits() });
    ada.open(&carl).unwrap();
    until("both", || carl.links.live(ada.id).is_some());
    assert_eq!(ada.fails(carl.id, bytes(300_000)).kind(), Kind::Overloaded);
    assert!(carl.ask(ada.id, bytes(300_000)).is_err_and(|e| e.kind() == Kind::Overloaded));
}

#[test]
fn a_broken_bulk_link_fails_its_transfers_only() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    ada.open(&bob).unwrap();
    assert!(ada.echo(bob.id, bytes(1 << 20)) == bytes(1 << 20));
    *bob.told.held.lock() = Some(Vec::new());
    let small = ada.ask(bob.id, bytes(10)).unwrap();
    let large: Vec<_> = (0..6).map(|_| ada.ask(bob.id, bytes(24 << 20)).unwrap()).collect();
    bob.links.outgoing.links()[0].close(false);
    // What arrived whole is answered, the rest failed as not executed, and nothing hangs.
    let start = env::now();
    let mut ended = vec![false; large.len()];
    while ended.iter().any(|done| !done) {
        assert!(start.elapsed() < WAIT, "{ended:?}");
        let held: Vec<_> = bob.told.held.lock().as_mut().map(std::mem::take).unwrap_or_default();
        for (link, id) in held {
            bob.links.reply(&link, id, bytes(3), 0).unwrap();
        }
        for (call, done) in large.iter().zip(&mut ended) {
            match call.recv_timeout(Duration::from_millis(5)) {
                Ok(Answer::Reply { .. }) => *done = true,
                Ok(Answer::Fail { error, .. }) => {
                    let error = Error::decode(&error);
                    assert_eq!((error.kind(), error.was_executed()), (Kind::Unavailable, Executed::No), "{error}");
                    *done = true;
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => {}
            }
        }
    }
    assert!(matches!(small.recv_timeout(WAIT).unwrap(), Answer::Reply { .. }));
    *bob.told.held.lock() = None;
    assert!(ada.echo(bob.id, bytes(1 << 20)) == bytes(1 << 20), "a new bulk link");
    until("the budget", || ada.links.limits.budget.used() == 0 && bob.links.limits.budget.used() == 0);
}

#[test]
fn a_cancelled_call_leaves_nothing_behind() {
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    ada.open(&bob).unwrap();
    let (send, receive) = sync_channel(1);
    let (link, id) = ada.links.call(bob.id, Extensions::default(), bytes(30 << 20), false, Arc::new(Answering(send))).unwrap();
    ada.links.cancel(&link, id);
    until("the budget", || ada.links.limits.budget.used() == 0 && bob.links.limits.budget.used() == 0);
    assert!(receive.try_recv().is_err() || link.outstanding() == 0);
    assert_eq!(ada.echo(bob.id, bytes(10)), bytes(10));
}

#[test]
fn strangers_are_counted_and_keep_nobody_out() {
    use std::{io::Read, io::Write, net::TcpStream, sync::atomic::Ordering::Relaxed};
    let cluster = Cluster::new();
    let (ada, bob) = cluster.two();
    let links = bob.links.clone();
    let address = env::block_on(async move { links.listen_tcp("127.0.0.1:0").await }).unwrap().unwrap();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 100]] {
        let mut stranger = TcpStream::connect(address).unwrap();
        stranger.write_all(bytes).unwrap();
        stranger.set_read_timeout(Some(WAIT)).unwrap();
        let mut answer = Vec::new();
        // Closed or reset, with an alert at most.
        let _ = stranger.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer[0] == 21, "{answer:02x?}");
    }
    until("counted", || bob.links.met().refused.load(Relaxed) == 2);
    // More silent connections than handshakes are allowed: those on the other listener go on.
    let silent: Vec<_> = (0..80).map(|_| TcpStream::connect(address).unwrap()).collect();
    ada.open(&bob).unwrap();
    until("welcomed", || bob.links.met().welcomed.load(Relaxed) == 1);
    drop(silent);
}
