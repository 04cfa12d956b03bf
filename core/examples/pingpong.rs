//! How long a call over a link takes, beside a bare blocking ping-pong of the same run: two processes, Unix socket, TLS with certificates on
//! both sides, 64 bytes, a worker thread that parks in the reactor on the other side. `cargo run --release --example pingpong`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use bytes::Bytes;
use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use std::{
    collections::VecDeque,
    env::args,
    fs,
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use twinspan::{
    config::NodeId,
    lane::{Slot, Waited},
    link::{Answer, Answered, Handshake, Link, LinkEnd, PeerInfo, Progress, Purpose, Reactor, Receiver, Role},
    wire::{Extensions, Frame, FrameKind},
};

const BLOCK: usize = 500;

fn write_certificates(dir: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(dir.join("ca"), ca.self_signed(&key).unwrap().der()).unwrap();
    let issuer = Issuer::new(ca, key);
    for name in ["client", "server"] {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["twinspan".into()]).unwrap().signed_by(&key, &issuer).unwrap();
        fs::write(dir.join(name), leaf.der()).unwrap();
        fs::write(dir.join(format!("{name}-key")), key.serialize_der()).unwrap();
    }
}

type Parts = (Arc<RootCertStore>, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read_certificates(dir: &Path, name: &str) -> Parts {
    let mut roots = RootCertStore::empty();
    roots.add(fs::read(dir.join("ca")).unwrap().into()).unwrap();
    let key = PrivateKeyDer::try_from(fs::read(dir.join(format!("{name}-key"))).unwrap()).unwrap();
    (Arc::new(roots), vec![fs::read(dir.join(name)).unwrap().into()], key)
}

fn client(dir: &Path) -> Handshake {
    let (roots, chain, key) = read_certificates(dir, "client");
    Handshake::new_client(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap()))
        .unwrap()
}

fn server(dir: &Path) -> Handshake {
    let (roots, chain, key) = read_certificates(dir, "server");
    let verifier = WebPkiClientVerifier::builder(roots).build().unwrap();
    let mut config = ServerConfig::builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    config.send_tls13_tickets = 0;
    Handshake::new_server(Arc::new(config)).unwrap()
}

fn start(mut stream: UnixStream, mut handshake: Handshake, receiver: Arc<dyn Receiver>) -> Arc<Link> {
    let (mut incoming, mut out) = (Vec::new(), Vec::new());
    loop {
        match handshake.step(&mut incoming, &mut out).unwrap() {
            Progress::Done => break,
            Progress::Write => {
                stream.write_all(&out).unwrap();
                out.clear();
            }
            Progress::NeedRead => {
                let mut piece = [0; 4096];
                let got = stream.read(&mut piece).unwrap();
                assert!(got > 0);
                incoming.extend_from_slice(&piece[..got]);
            }
        }
    }
    let peer = PeerInfo {
        node: NodeId::draw(),
        name: "other".into(),
        language: None,
        purpose: Purpose::Pair,
        dialled_by_us: true,
        features: 0,
        record_version: 0,
        record_digest: None,
    };
    Link::start(&Reactor::get().unwrap(), stream.into(), handshake.into_tls(), incoming, peer, receiver).unwrap()
}

type Job = (Arc<Link>, Frame);

/// What waits for workers, and the workers that wait.
#[derive(Default)]
struct Inbox(Mutex<(VecDeque<Job>, Vec<Arc<Slot>>)>);

impl Receiver for Inbox {
    fn frame(&self, link: &Arc<Link>, frame: Frame) {
        let mut inbox = self.0.lock();
        inbox.0.push_back((link.clone(), frame));
        let leader = inbox.1.iter().rposition(|slot| slot.leads_here());
        let worker = match leader {
            Some(at) => Some(inbox.1.remove(at)),
            None => inbox.1.pop(),
        };
        drop(inbox);
        if let Some(worker) = worker {
            worker.finish();
        }
    }
    fn closed(&self, _link: &Arc<Link>, _end: &LinkEnd) {}
}

impl Inbox {
    fn work(&self) {
        let reactor = Reactor::get().unwrap();
        let slot = Arc::new(Slot::default());
        loop {
            let next = {
                let mut inbox = self.0.lock();
                let next = inbox.0.pop_front();
                if next.is_none() {
                    slot.reset();
                    inbox.1.push(slot.clone());
                }
                next
            };
            match next {
                Some((link, frame)) => drop(link.send(Frame::new(FrameKind::Reply, frame.id, frame.body))),
                None => drop(reactor.wait(&slot, None, Role::Worker)),
            }
        }
    }
}

fn provide(dir: &Path) {
    let bare = UnixListener::bind(dir.join("bare")).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = bare.accept().unwrap();
        let mut body = [0; 64];
        while stream.read_exact(&mut body).is_ok() {
            stream.write_all(&body).unwrap();
        }
    });
    let listener = UnixListener::bind(dir.join("tls")).unwrap();
    println!("ready");
    let inbox = Arc::new(Inbox::default());
    for _ in 0..2 {
        let inbox = inbox.clone();
        thread::spawn(move || inbox.work());
    }
    let (stream, _) = listener.accept().unwrap();
    let _link = start(stream, server(dir), inbox);
    std::io::stdin().read_to_string(&mut String::new()).unwrap(); // until the caller goes
    println!("provider {:?}", Reactor::get().unwrap().stats());
}

#[derive(Default)]
struct Pending {
    slot: Arc<Slot>,
    answer: Mutex<Option<Answer>>,
}

impl Answered for Pending {
    fn answered(self: Arc<Self>, answer: Answer) {
        *self.answer.lock() = Some(answer);
        self.slot.finish();
    }
}

fn call(reactor: &Reactor, link: &Arc<Link>, slot: &Arc<Slot>, body: &Bytes) {
    slot.reset();
    let pending = Arc::new(Pending { slot: slot.clone(), answer: Mutex::default() });
    let until = Instant::now() + Duration::from_secs(30);
    let extensions = Extensions { target: Some("echo.same".into()), deadline_us: Some(30_000_000), ..Extensions::default() };
    link.call(extensions, body.clone(), pending.clone()).unwrap();
    while reactor.wait(slot, Some(until), Role::Caller) != Waited::Done {
        assert!(Instant::now() < until);
    }
    match pending.answer.lock().take() {
        Some(Answer::Reply { payload, .. }) => assert_eq!(payload.len(), body.len()),
        other => panic!("{other:?}"),
    }
}

struct Times(Vec<u64>);

impl Times {
    fn take(&mut self, body: impl FnOnce()) {
        let start = Instant::now();
        body();
        self.0.push(start.elapsed().as_nanos() as u64);
    }
    fn show(&mut self, what: &str) {
        self.0.sort_unstable();
        let at = |part: f64| self.0[((self.0.len() - 1) as f64 * part) as usize] as f64 / 1000.0;
        println!("{what:<34} p50 {:7.1} µs   p10 {:7.1}   p90 {:7.1}   p99 {:7.1}", at(0.5), at(0.1), at(0.9), at(0.99));
    }
}

fn measure(dir: &Path) {
    let mut bare = UnixStream::connect(dir.join("bare")).unwrap();
    let reactor = Reactor::get().unwrap();
    let link = start(UnixStream::connect(dir.join("tls")).unwrap(), client(dir), Arc::new(Inbox::default()));
    let slot = Arc::new(Slot::default());
    let body = Bytes::from(vec![7; 64]);
    let mut bare_call = || {
        let mut body = [7; 64];
        bare.write_all(&body).unwrap();
        bare.read_exact(&mut body).unwrap();
    };
    for (what, pause, blocks) in [("back to back", None, 12), ("sparse, 2 ms apart", Some(Duration::from_millis(2)), 2)] {
        let (mut theirs, mut ours) = (Times(Vec::new()), Times(Vec::new()));
        let before = reactor.stats();
        for _ in 0..blocks {
            for _ in 0..BLOCK {
                pause.inspect(|pause| thread::sleep(*pause));
                theirs.take(&mut bare_call);
            }
            for _ in 0..BLOCK {
                pause.inspect(|pause| thread::sleep(*pause));
                ours.take(|| call(&reactor, &link, &slot, &body));
            }
        }
        theirs.show(&format!("{what}: bare ping-pong"));
        ours.show(&format!("{what}: call over TLS"));
        let after = reactor.stats();
        println!(
            "    spins: {} hit, {} missed; standby {}",
            after.hits - before.hits,
            after.misses - before.misses,
            after.standby - before.standby
        );
    }
    let (mut large, mega) = (Times(Vec::new()), Bytes::from(vec![7; 1 << 20]));
    (0..150).for_each(|_| large.take(|| call(&reactor, &link, &slot, &mega)));
    large.show("1 MiB echo");
    for threads in [2, 8, 64] {
        let each = 40_000 / threads;
        let start = Instant::now();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let slot = Arc::new(Slot::default());
                    (0..each).for_each(|_| call(&reactor, &link, &slot, &body));
                });
            }
        });
        println!("{threads} threads: {:.0} calls/s", (each * threads) as f64 / start.elapsed().as_secs_f64());
    }
    println!("caller {:?}", reactor.stats());
}

fn main() {
    if let [_, part, dir] = &args().collect::<Vec<_>>()[..] {
        assert_eq!(part, "provide");
        return provide(Path::new(dir));
    }
    let dir = tempfile::tempdir().unwrap();
    write_certificates(dir.path());
    let me = std::env::current_exe().unwrap();
    let mut child = Command::new(me).arg("provide").arg(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 6]).unwrap();
    measure(dir.path());
    drop(child.stdin.take());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    print!("{rest}");
    child.wait().unwrap();
}
