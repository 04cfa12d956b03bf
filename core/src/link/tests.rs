//! Two links of one process over a socket pair, with certificates made here.
#![cfg(not(twinspan_loom))]

use super::*;
use crate::{
    config::NodeId,
    env,
    error::{Executed, Kind},
    lane::{Slot, Waited},
    wire::{Extensions, Frame, FrameKind},
};
use bytes::Bytes;
use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, SupportedCipherSuite,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use std::{
    collections::VecDeque,
    os::unix::net::UnixStream,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::*},
    },
    time::{Duration, Instant},
};

struct Certificates {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

fn make_certificates() -> Certificates {
    certificates_for(rustls::crypto::aws_lc_rs::default_provider())
}

fn certificates_for(provider: CryptoProvider) -> Certificates {
    let provider = Arc::new(provider);
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = ca.self_signed(&ca_key).unwrap().der().clone();
    let issuer = Issuer::new(ca, ca_key);
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let leaf = || -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["twinspan".into()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        (vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    };
    let roots = Arc::new(roots);
    let (chain, key) = leaf();
    let client = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let mut client = client.with_root_certificates(roots.clone()).with_client_auth_cert(chain, key).unwrap();
    client.enable_secret_extraction = true;
    client.alpn_protocols = vec![b"twinspan/1".to_vec()];
    let (chain, key) = leaf();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider.clone()).build().unwrap();
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut server = server.with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    server.enable_secret_extraction = true;
    server.alpn_protocols = vec![b"twinspan/1".to_vec()];
    server.send_tls13_tickets = 0;
    Certificates { client: Arc::new(client), server: Arc::new(server) }
}

fn certificates() -> &'static Certificates {
    static MADE: OnceLock<Certificates> = OnceLock::new();
    MADE.get_or_init(make_certificates)
}

/// Steps both sides until they are done, passing `piece` bytes at a time.
fn shake(mut client: Handshake, mut server: Handshake, piece: usize) -> crate::error::Result<(Handshake, Handshake)> {
    let mut wires = [VecDeque::new(), VecDeque::new()];
    let mut incoming = [Vec::new(), Vec::new()];
    let mut done = [false; 2];
    while done != [true; 2] {
        for (at, side) in [&mut client, &mut server].into_iter().enumerate() {
            let most = piece.min(wires[at].len());
            incoming[at].extend(wires[at].drain(..most));
            let mut out = Vec::new();
            done[at] = side.step(&mut incoming[at], &mut out)? == Progress::Done;
            wires[1 - at].extend(out);
        }
    }
    assert!(incoming.iter().all(Vec::is_empty) && wires.iter().all(VecDeque::is_empty));
    Ok((client, server))
}

/// A finished client and a finished server.
pub(super) fn sessions() -> (Tls, Tls) {
    sessions_of(certificates())
}

/// The same with one cipher suite.
pub(super) fn sessions_with(suite: SupportedCipherSuite) -> (Tls, Tls) {
    let provider = CryptoProvider { cipher_suites: vec![suite], ..rustls::crypto::aws_lc_rs::default_provider() };
    sessions_of(&certificates_for(provider))
}

fn sessions_of(certificates: &Certificates) -> (Tls, Tls) {
    let Certificates { client, server } = certificates;
    let (client, server) =
        shake(Handshake::new_client(client.clone()).unwrap(), Handshake::new_server(server.clone()).unwrap(), 1 << 20).unwrap();
    (client.into_tls(), server.into_tls())
}

fn peer(name: &str, dialled_by_us: bool) -> PeerInfo {
    PeerInfo {
        node: NodeId::draw(),
        name: name.into(),
        language: None,
        purpose: Purpose::Pair,
        dialled_by_us,
        features: 0,
        record_version: 0,
        record_digest: None,
    }
}

fn linked(a: Arc<dyn Receiver>, b: Arc<dyn Receiver>) -> (Arc<Link>, Arc<Link>) {
    let (left, right) = UnixStream::pair().unwrap();
    let (client, server) = sessions();
    let reactor = Reactor::get().unwrap();
    let b = Link::start(&reactor, right.into(), server, Vec::new(), peer("a", false), b).unwrap();
    let a = Link::start(&reactor, left.into(), client, Vec::new(), peer("b", true), a).unwrap();
    (a, b)
}

/// Keeps what comes; answers calls only when told to.
#[derive(Default)]
struct Kept {
    frames: Mutex<Vec<Frame>>,
    ends: Mutex<Vec<LinkEnd>>,
    slot: Mutex<Arc<Slot>>,
}

impl Receiver for Kept {
    fn frame(&self, _link: &Arc<Link>, frame: Frame) {
        self.frames.lock().push(frame);
        self.slot.lock().finish();
    }
    fn closed(&self, link: &Arc<Link>, end: &LinkEnd) {
        assert!(!link.is_open());
        self.ends.lock().push(end.clone());
        self.slot.lock().finish();
    }
}

impl Kept {
    /// Leads until something came that satisfies.
    fn until(&self, role: Role, satisfied: impl Fn(&Kept) -> bool) {
        let deadline = env::now() + Duration::from_secs(10);
        loop {
            let slot = Arc::new(Slot::default());
            *self.slot.lock() = slot.clone();
            if satisfied(self) {
                return;
            }
            let waited = Reactor::get().unwrap().wait(&slot, Some(deadline), role);
            assert_ne!(waited, Waited::TimedOut);
        }
    }
}

/// One call of a test: told once, never more.
#[derive(Default)]
struct Pending {
    slot: Arc<Slot>,
    answer: Mutex<Option<Answer>>,
    told: AtomicU64,
}

impl Answered for Pending {
    fn answered(self: Arc<Self>, answer: Answer) {
        self.told.fetch_add(1, SeqCst);
        *self.answer.lock() = Some(answer);
        self.slot.finish();
    }
}

impl Pending {
    fn wait(&self, until: Instant) -> Waited {
        loop {
            match Reactor::get().unwrap().wait(&self.slot, Some(until), Role::Caller) {
                Waited::Interrupted => {}
                other => return other,
            }
        }
    }
    fn answer(&self) -> Answer {
        assert_eq!(self.wait(env::now() + Duration::from_secs(10)), Waited::Done);
        assert_eq!(self.told.load(SeqCst), 1);
        self.answer.lock().clone().unwrap()
    }
}

fn call(link: &Arc<Link>, body: Bytes) -> (u64, Arc<Pending>) {
    let pending = Arc::new(Pending::default());
    (link.call(Extensions::default(), body, pending.clone()).unwrap(), pending)
}

#[test]
fn handshakes_in_any_pieces() {
    let Certificates { client, server } = certificates();
    for piece in [1, 7, 300, 1 << 20] {
        let (client, server) =
            shake(Handshake::new_client(client.clone()).unwrap(), Handshake::new_server(server.clone()).unwrap(), piece).unwrap();
        assert_eq!((client.alpn(), server.alpn()), (Some(&b"twinspan/1"[..]), Some(&b"twinspan/1"[..])));
        assert_eq!((client.peer_certificates().len(), server.peer_certificates().len()), (1, 1));
    }
}

#[test]
fn strangers_are_refused_and_told() {
    let stranger = make_certificates();
    let mut client = Handshake::new_client(certificates().client.clone()).unwrap();
    let mut server = Handshake::new_server(stranger.server).unwrap();
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    assert_eq!(client.step(&mut Vec::new(), &mut to_server).unwrap(), Progress::Write);
    assert_eq!(server.step(&mut to_server, &mut to_client).unwrap(), Progress::Write);
    let mut alert = Vec::new();
    assert_eq!(client.step(&mut to_client, &mut alert).unwrap_err().kind(), Kind::Unauthenticated);
    assert!(!alert.is_empty());
    assert!(client.step(&mut to_client, &mut alert).is_err());
}

#[test]
fn garbage_in_a_handshake_is_an_error() {
    let mut dice = Dice(7);
    for round in 0..300 {
        let mut client = Handshake::new_client(certificates().client.clone()).unwrap();
        let mut server = Handshake::new_server(certificates().server.clone()).unwrap();
        let (mut to_server, mut to_client, mut out) = (Vec::new(), Vec::new(), Vec::new());
        client.step(&mut Vec::new(), &mut to_server).unwrap();
        if round % 2 == 0 {
            let at = dice.below(to_server.len() as u64) as usize;
            to_server[at] ^= 1 << dice.below(8);
            let _ = server.step(&mut to_server, &mut out);
        } else {
            server.step(&mut to_server, &mut to_client).unwrap();
            let at = dice.below(to_client.len() as u64) as usize;
            to_client[at] ^= 1 << dice.below(8);
            to_client.truncate(to_client.len() - dice.below(20) as usize);
            let _ = client.step(&mut to_client, &mut out);
        }
    }
}

#[test]
fn records_in_any_pieces_and_what_came_early() {
    let (mut client, mut server) = sessions();
    let plain: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    let mut sealed = Vec::new();
    client.seal(&plain, &mut sealed).unwrap();
    server.unread(b"early");
    let (mut got, mut held) = (Vec::new(), Vec::new());
    for piece in sealed.chunks(7_777) {
        held.extend_from_slice(piece);
        let opened = server
            .open(&mut held, |piece| {
                got.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
        held.drain(..opened.used);
    }
    assert_eq!(got.split_off(5), plain);
    assert_eq!(got, b"early");
    let mut end = Vec::new();
    client.close(&mut end);
    assert!(server.open(&mut end, |_| Ok(())).unwrap().closed);
}

#[test]
fn an_answer_and_its_load() {
    let (a, b) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    let (left, right) = linked(a.clone(), b.clone());
    let (id, pending) = call(&left, Bytes::from_static(b"question"));
    b.until(Role::Worker, |b| !b.frames.lock().is_empty());
    let asked = b.frames.lock()[0].clone();
    assert_eq!((left.outstanding(), asked.id, &asked.body[..]), (1, id, &b"question"[..]));
    let extensions = Extensions { load: Some(3), ..Extensions::default() };
    for _ in 0..2 {
        right
            .send(Frame { kind: FrameKind::Reply, flags: 0, id, extensions: extensions.clone(), body: Bytes::from_static(b"answer") })
            .unwrap();
    }
    assert!(matches!(pending.answer(), Answer::Reply { payload, load: 3 } if payload == "answer"));
    left.send(Frame::number(FrameKind::Ping, 1)).unwrap();
    let before = right.last_heard();
    right.send(Frame::new(FrameKind::Gossip, 0, Bytes::new())).unwrap();
    a.until(Role::Caller, |a| a.frames.lock().len() == 1);
    // The second answer found no call; the ping was answered by whoever led.
    assert_eq!((left.outstanding(), left.dropped(), left.load()), (0, 1, 3));
    assert!(right.last_heard() >= before);
    left.close(false);
    b.until(Role::Caller, |b| !b.ends.lock().is_empty());
    a.until(Role::Caller, |a| !a.ends.lock().is_empty());
    assert_eq!(*a.ends.lock(), [LinkEnd::Closed]);
    assert!(matches!(b.ends.lock()[0], LinkEnd::Lost(_)));
    assert_eq!(left.call(Extensions::default(), Bytes::new(), Arc::new(Pending::default())).unwrap_err().kind(), Kind::Unavailable);
}

#[test]
fn a_glance_neither_sleeps_nor_keeps_the_lead() {
    let (a, b) = (Arc::new(Kept::default()), Arc::new(Echo::default()));
    let (left, _right) = linked(a, b);
    let (_, pending) = call(&left, Bytes::from_static(b"question"));
    // Other tests' callers wait at the same reactor now and then, and then nobody glances.
    let end = env::now() + Duration::from_secs(10);
    while !Reactor::get().unwrap().glance(&pending.slot, Duration::from_secs(5)) {
        assert!(env::now() < end);
    }
    assert!(matches!(pending.answer(), Answer::Reply { .. }));
    let start = env::now();
    assert!(!Reactor::get().unwrap().glance(&Arc::new(Slot::default()), Duration::from_micros(200)));
    assert!(start.elapsed() < Duration::from_secs(2));
    let (_, pending) = call(&left, Bytes::from_static(b"question"));
    assert!(matches!(pending.answer(), Answer::Reply { .. }));
}

#[test]
fn bye_comes_after_what_was_queued() {
    let (a, b) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    let (left, _right) = linked(a.clone(), b.clone());
    let body = Bytes::from(vec![5; 3 << 20]);
    for _ in 0..4 {
        left.send(Frame::new(FrameKind::Item, 1, body.clone())).unwrap();
    }
    left.close(true);
    assert!(left.send(Frame::new(FrameKind::Item, 1, Bytes::new())).is_err());
    b.until(Role::Caller, |b| !b.ends.lock().is_empty());
    assert!(b.frames.lock().iter().all(|frame| frame.body == body));
    assert_eq!((b.frames.lock().len(), b.ends.lock()[0].clone()), (4, LinkEnd::Bye));
    a.until(Role::Caller, |a| !a.ends.lock().is_empty());
    assert_eq!(*a.ends.lock(), [LinkEnd::Closed]);
}

#[test]
fn going_away_loses_nothing_that_was_accepted() {
    let (a, b) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    let (left, right) = linked(a.clone(), b.clone());
    let (first, answered) = call(&left, Bytes::new());
    b.until(Role::Worker, |b| !b.frames.lock().is_empty());
    right.go_away().unwrap();
    a.until(Role::Caller, |a| !a.frames.lock().is_empty());
    assert!(left.is_open() && !left.accepts_calls());
    assert_eq!(left.call(Extensions::default(), Bytes::new(), Arc::new(Pending::default())).unwrap_err().kind(), Kind::Unavailable);
    right.send(Frame::new(FrameKind::Reply, first, Bytes::new())).unwrap();
    assert!(matches!(answered.answer(), Answer::Reply { .. }));
}

#[test]
fn what_never_left_the_process_did_not_run() {
    // The other side never reads: a raw socket that only fills up.
    let (left, right) = UnixStream::pair().unwrap();
    let kept = Arc::new(Kept::default());
    let link = Link::start(&Reactor::get().unwrap(), left.into(), sessions().0, Vec::new(), peer("b", true), kept.clone()).unwrap();
    let (_, sent) = call(&link, Bytes::from(vec![1; 1000]));
    let (_, cut) = call(&link, Bytes::from(vec![1; 8 << 20]));
    let (_, queued) = call(&link, Bytes::from(vec![1; 1000]));
    let many = Bytes::from(vec![1; 16 << 20]);
    call(&link, many.clone());
    let refused = link.call(Extensions::default(), many.clone(), Arc::new(Pending::default()));
    let refused = refused.and_then(|_| link.call(Extensions::default(), many, Arc::new(Pending::default())));
    assert_eq!(refused.unwrap_err().kind(), Kind::Overloaded);
    drop(right);
    let executed = |pending: &Pending| match pending.answer() {
        Answer::Lost { executed, .. } => executed,
        other => panic!("{other:?}"),
    };
    assert_eq!((executed(&sent), executed(&cut), executed(&queued)), (Executed::Maybe, Executed::No, Executed::No));
    kept.until(Role::Caller, |kept| kept.ends.lock().len() == 1);
}

#[test]
fn a_broken_stream_ends_its_own_link_only() {
    let (a, b) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    let (left, right) = linked(a.clone(), b.clone());
    let (socket, mut raw) = UnixStream::pair().unwrap();
    let broken = Arc::new(Kept::default());
    Link::start(&Reactor::get().unwrap(), socket.into(), sessions().0, Vec::new(), peer("c", true), broken.clone()).unwrap();
    std::io::Write::write_all(&mut raw, &[23, 3, 3, 0, 40]).unwrap();
    std::io::Write::write_all(&mut raw, &[9; 60]).unwrap();
    broken.until(Role::Caller, |broken| !broken.ends.lock().is_empty());
    assert!(matches!(broken.ends.lock()[0], LinkEnd::Broken(_)));
    let (id, pending) = call(&left, Bytes::new());
    b.until(Role::Worker, |b| !b.frames.lock().is_empty());
    right.send(Frame::new(FrameKind::Reply, id, Bytes::new())).unwrap();
    assert!(matches!(pending.answer(), Answer::Reply { .. }));
}

type Job = (Arc<Link>, Frame);

/// Echoes: small calls on the leading thread, the others by workers that park in the reactor.
#[derive(Default)]
struct Echo {
    inbox: Mutex<(VecDeque<Job>, Vec<Arc<Slot>>)>,
    closed: AtomicU64,
    stop: AtomicBool,
}

fn echo(link: &Link, frame: Frame) {
    let _ = link.send(Frame::new(FrameKind::Reply, frame.id, frame.body));
}

impl Receiver for Echo {
    fn frame(&self, link: &Arc<Link>, frame: Frame) {
        match frame.kind {
            FrameKind::Call if frame.body.len() < 2_000 => echo(link, frame),
            FrameKind::Call => {
                let mut inbox = self.inbox.lock();
                inbox.0.push_back((link.clone(), frame));
                if let Some(worker) = inbox.1.pop() {
                    worker.finish();
                }
            }
            _ => {}
        }
    }
    fn closed(&self, _link: &Arc<Link>, _end: &LinkEnd) {
        self.closed.fetch_add(1, SeqCst);
    }
}

impl Echo {
    fn work(&self) {
        let reactor = Reactor::get().unwrap();
        while !self.stop.load(SeqCst) {
            let slot = Arc::new(Slot::default());
            let next = {
                let mut inbox = self.inbox.lock();
                let next = inbox.0.pop_front();
                if next.is_none() {
                    inbox.1.push(slot.clone());
                }
                next
            };
            match next {
                Some((link, frame)) => echo(&link, frame),
                None => {
                    reactor.wait(&slot, Some(env::now() + Duration::from_millis(50)), Role::Worker);
                    self.inbox.lock().1.retain(|other| !Arc::ptr_eq(other, &slot));
                }
            }
        }
    }
}

#[derive(Default)]
struct Tally {
    right: AtomicU64,
    lost: AtomicU64,
    late: AtomicU64,
    refused: AtomicU64,
}

/// A cheap source of numbers that differ from thread to thread.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn hammer(seed: u64, current: &Mutex<Arc<Link>>, end: Instant, tally: &Tally) {
    let mut dice = Dice(seed);
    while env::now() < end {
        let size = if dice.below(4) == 0 { dice.below(200_000) } else { dice.below(500) };
        let first = dice.below(256);
        let body: Bytes = (0..size).map(|n| (n.wrapping_mul(7) ^ first) as u8).collect::<Vec<u8>>().into();
        let link = current.lock().clone();
        let pending = Arc::new(Pending::default());
        let Ok(id) = link.call(Extensions::default(), body.clone(), pending.clone()) else {
            assert_eq!(pending.told.load(SeqCst), 0);
            tally.refused.fetch_add(1, SeqCst);
            env::now(); // the next round finds the new link
            continue;
        };
        let patience = if dice.below(10) == 0 { Duration::from_micros(dice.below(2_000)) } else { Duration::from_secs(10) };
        if pending.wait(env::now() + patience) == Waited::TimedOut {
            assert!(patience < Duration::from_secs(10), "a call hung: {link:?}, {} outstanding", link.outstanding());
            if link.forget(id) {
                link.cancel(id);
                assert_eq!(pending.told.load(SeqCst), 0);
                tally.late.fetch_add(1, SeqCst);
                continue;
            }
        }
        match pending.answer() {
            Answer::Reply { payload, .. } => {
                assert!(payload == body, "a wrong answer");
                tally.right.fetch_add(1, SeqCst);
            }
            Answer::Lost { .. } => {
                tally.lost.fetch_add(1, SeqCst);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn stress() {
    let end = env::now() + Duration::from_secs(6);
    let (caller, provider) = (Arc::new(Echo::default()), Arc::new(Echo::default()));
    let current = Arc::new(Mutex::new(linked(caller.clone(), provider.clone()).0));
    let tally = Arc::new(Tally::default());
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let provider = provider.clone();
            env::thread("worker", move || provider.work()).unwrap()
        })
        .collect();
    let callers: Vec<_> = (0..16)
        .map(|at| {
            let (current, tally) = (current.clone(), tally.clone());
            env::thread("caller", move || hammer(at, &current, end, &tally)).unwrap()
        })
        .collect();
    let mut links = 1;
    let mut dice = Dice(99);
    while env::now() + Duration::from_millis(800) < end {
        let slot = Arc::new(Slot::default());
        Reactor::get().unwrap().wait(&slot, Some(env::now() + Duration::from_millis(400)), Role::Caller);
        let (next, other) = linked(caller.clone(), provider.clone());
        let old = std::mem::replace(&mut *current.lock(), next);
        match dice.below(3) {
            0 => old.give_up("killed by the test"),
            1 => old.close(true),
            _ => old.close(false),
        }
        drop(other);
        links += 1;
    }
    callers.into_iter().for_each(|thread| thread.join().unwrap());
    current.lock().close(true);
    let deadline = env::now() + Duration::from_secs(5);
    while (caller.closed.load(SeqCst), provider.closed.load(SeqCst)) != (links, links) {
        assert!(env::now() < deadline, "{:?} of {links} ends", (caller.closed.load(SeqCst), provider.closed.load(SeqCst)));
        let slot = Arc::new(Slot::default());
        Reactor::get().unwrap().wait(&slot, Some(env::now() + Duration::from_millis(5)), Role::Caller);
    }
    provider.stop.store(true, SeqCst);
    workers.into_iter().for_each(|thread| thread.join().unwrap());
    println!("{links} links: {tally:?}, {:?}", Reactor::get().unwrap().stats());
    assert!(tally.right.load(SeqCst) > 500);
    assert_eq!(current.lock().outstanding(), 0);
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally { right, lost, late, refused } = self;
        write!(f, "{right:?} right, {lost:?} lost, {late:?} given up, {refused:?} refused")
    }
}

#[test]
fn what_is_sent_together_waits_and_keeps_its_order() {
    let (a, b) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    let (left, right) = linked(a, b.clone());
    let numbers = |b: &Kept| b.frames.lock().iter().map(|frame| frame.id).collect::<Vec<_>>();
    let gossip = |id| Frame::new(FrameKind::Gossip, id, Bytes::new());
    together(|| {
        (0..3).for_each(|id| left.send(gossip(id)).unwrap());
        together(|| left.send(gossip(3)).unwrap());
        let slot = Arc::new(Slot::default());
        Reactor::get().unwrap().wait(&slot, Some(env::now() + Duration::from_millis(50)), Role::Caller);
        assert_eq!(numbers(&b), [0u64; 0]);
        // Another thread writes to the same link: it takes along what lies there.
        let other = left.clone();
        env::thread("other", move || other.send(gossip(4)).unwrap()).unwrap().join().unwrap();
        b.until(Role::Caller, |b| b.frames.lock().len() == 5);
        left.send(gossip(5)).unwrap();
    });
    b.until(Role::Caller, |b| b.frames.lock().len() == 6);
    assert_eq!(numbers(&b), [0, 1, 2, 3, 4, 5]);
    left.close(false);
    right.close(false);
}
