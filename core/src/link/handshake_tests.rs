//! Handshakes over real sockets: right ones, wrong ones, and strangers.
#![cfg(not(twinspan_loom))]

use super::{
    Address, Verdict,
    dial::dial,
    handshake::{self, Arrived, Me, Met},
    tls::{Handshake, Progress},
};
use crate::{
    config::NodeId,
    env,
    error::{Error, Kind, Result},
    security::{Expect, Identity, dev_certs},
    wire::{self, Hello, Purpose, Reception},
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

#[derive(Clone)]
struct Node {
    identity: Arc<Identity>,
    me: Arc<Me>,
}

fn node(ca: &Path, name: &str, cluster: &str) -> Node {
    dev_certs(ca, &[name.to_owned()], cluster, 10).unwrap();
    let id = NodeId::draw();
    Node { identity: Identity::from_folder(&ca.join(name), id).unwrap(), me: Arc::new(Me::new(id, name, "rust", 0)) }
}

fn two(ca: &Path) -> (Node, Node) {
    (node(ca, "ada", "dev"), node(ca, "bob", "dev"))
}

fn expect(id: Option<NodeId>, name: Option<&str>) -> Expect {
    Expect { node: id, name: name.map(str::to_owned) }
}

/// Both sides over a socket pair: what the dialler got and what the acceptor got.
fn meet(dialler: &Node, acceptor: &Node, expect: Expect, admit: Result<()>) -> (Result<Met>, Result<Met>) {
    let (dialler, acceptor) = (dialler.clone(), acceptor.clone());
    env::block_on(async move {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        tokio::join!(
            async move {
                // The acceptor's half is dropped when it is done, as in the product.
                handshake::dial(&mut a, &dialler.identity, &dialler.me, &expect, Purpose::Pair).await
            },
            async move {
                match handshake::accept(&mut b, &acceptor.identity, &acceptor.me, |_| async { admit }).await? {
                    Arrived::Node(met) => Ok(met),
                    Arrived::Client { who, .. } => panic!("{} came as a client", who.name),
                }
            }
        )
    })
    .unwrap()
}

#[test]
fn two_members_meet() {
    let ca = tempfile::tempdir().unwrap();
    let (ada, bob) = two(ca.path());
    bob.me.set_record(4, [9; 32]);
    let (dialled, accepted) = meet(&ada, &bob, expect(Some(bob.me.node), Some("bob")), Ok(()));
    let (dialled, accepted) = (dialled.unwrap(), accepted.unwrap());
    assert_eq!((dialled.about.from, dialled.about.name.as_str()), (bob.me.node, "bob"));
    assert_eq!((dialled.about.record_version, dialled.about.record_digest), (4, Some(vec![9; 32])));
    assert_eq!((accepted.about.from, accepted.about.name.as_str(), accepted.purpose), (ada.me.node, "ada", Purpose::Pair));
    // A seed may be anybody.
    let (dialled, accepted) = meet(&ada, &bob, Expect::default(), Ok(()));
    assert!(dialled.is_ok() && accepted.is_ok());
}

#[test]
fn a_refusal_is_the_error_of_the_dialler() {
    let ca = tempfile::tempdir().unwrap();
    let (ada, bob) = two(ca.path());
    let refusal = Error::new(Kind::Overloaded, "node `bob` has no room for node `ada`");
    let (dialled, accepted) = meet(&ada, &bob, Expect::default(), Err(refusal));
    let error = dialled.unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Overloaded, "node `bob` has no room for node `ada`"));
    assert_eq!(accepted.unwrap_err().kind(), Kind::Overloaded);
}

#[test]
fn wrong_name_id_cluster_and_ca() {
    let ca = tempfile::tempdir().unwrap();
    let (ada, bob) = two(ca.path());
    let (dialled, accepted) = meet(&ada, &bob, expect(None, Some("carl")), Ok(()));
    let error = dialled.unwrap_err();
    assert!(error.kind() == Kind::Unauthenticated && error.message().contains("`carl` was dialled, `bob` answered"), "{error}");
    assert!(accepted.is_err());

    let (dialled, _) = meet(&ada, &bob, expect(Some(NodeId::from_bytes([7; 16])), Some("bob")), Ok(()));
    let error = dialled.unwrap_err();
    assert!(handshake::is_other_node(&error) && error.message().contains("`bob`"), "{error}");

    let other = node(ca.path(), "eve", "prod");
    let (dialled, accepted) = meet(&ada, &other, Expect::default(), Ok(()));
    assert!(dialled.as_ref().is_err_and(|e| e.message().contains("prod")), "{dialled:?}");
    assert!(accepted.is_err());

    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = node(elsewhere.path(), "bob", "dev");
    let (dialled, accepted) = meet(&foreign, &bob, Expect::default(), Ok(()));
    assert_eq!(dialled.unwrap_err().kind(), Kind::Unauthenticated);
    assert!(accepted.is_err());

    let (dialled, _) = meet(&ada, &ada, Expect::default(), Ok(()));
    assert!(dialled.is_err_and(|e| e.message().contains("dialled itself")));
}

#[test]
fn an_acceptor_that_refuses_our_certificate_is_named() {
    let (ca, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bob = node(ca.path(), "bob", "dev");
    // Trusts bob's CA but shows a certificate of another one.
    node(elsewhere.path(), "eve", "dev");
    let folder = elsewhere.path().join("eve");
    std::fs::copy(ca.path().join("bob/ca.pem"), folder.join("ca.pem")).unwrap();
    let id = NodeId::draw();
    let eve = Node { identity: Identity::from_folder(&folder, id).unwrap(), me: Arc::new(Me::new(id, "eve", "rust", 0)) };
    let (dialled, accepted) = meet(&eve, &bob, expect(None, Some("bob")), Ok(()));
    let error = dialled.unwrap_err();
    assert!(error.kind() == Kind::Unauthenticated && error.message().contains("refused the certificate of node `eve`"), "{error}");
    assert_eq!(accepted.unwrap_err().kind(), Kind::Unauthenticated);
}

/// A dialler that says what it wants in its `Hello`.
fn say(dialler: &Node, acceptor: &Node, change: impl FnOnce(&mut Hello) + Send + 'static) -> Error {
    let (dialler, acceptor) = (dialler.clone(), acceptor.clone());
    env::block_on(async move {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        let task = env::spawn(async move {
            let result = handshake::accept(&mut b, &acceptor.identity, &acceptor.me, |_| async { Ok(()) }).await;
            assert!(result.is_err());
        })
        .unwrap();
        let mut handshake = Handshake::new_client(dialler.identity.client_config(&Expect::default())).unwrap();
        let (mut records, mut out) = (Vec::new(), Vec::new());
        loop {
            match handshake.step(&mut records, &mut out).unwrap() {
                Progress::Write => {
                    a.write_all(&out).await.unwrap();
                    out.clear();
                }
                Progress::NeedRead => {
                    a.read_buf(&mut records).await.unwrap();
                }
                Progress::Done => break,
            }
        }
        let mut tls = handshake.into_tls();
        let mut hello = Hello {
            min: 1,
            max: 1,
            cluster: dialler.identity.cluster_id().to_vec(),
            incarnation: 0,
            to: None,
            purpose: Purpose::Pair,
            about: wire::About {
                from: dialler.me.node,
                name: dialler.me.name.clone(),
                language: "rust".into(),
                features: 0,
                record_version: 0,
                record_digest: None,
            },
        };
        change(&mut hello);
        tls.seal(&hello.encode().unwrap(), &mut out).unwrap();
        a.write_all(&out).await.unwrap();
        let mut plain = Vec::new();
        loop {
            a.read_buf(&mut records).await.unwrap();
            let opened = tls.open(&mut records, |piece| {
                plain.extend_from_slice(piece);
                Ok(())
            });
            records.drain(..opened.unwrap().used);
            if let Some(range) = wire::first_word(&plain).unwrap() {
                drop(a);
                task.await.unwrap();
                match Reception::decode(&plain[range]).unwrap() {
                    Reception::Refuse(refuse) => return refuse.error("bob"),
                    Reception::Welcome(welcome) => panic!("{welcome:?}"),
                }
            }
        }
    })
    .unwrap()
}

#[test]
fn wrong_hellos_are_refused_with_a_reason() {
    let ca = tempfile::tempdir().unwrap();
    let (ada, bob) = two(ca.path());
    let error = say(&ada, &bob, |hello| (hello.min, hello.max) = (2, 4));
    assert_eq!(error.kind(), Kind::VersionMismatch);
    for part in ["`ada`", "`bob`", "version 1", "2 to 4"] {
        assert!(error.message().contains(part), "{error}");
    }
    let error = say(&ada, &bob, |hello| hello.cluster = vec![0; 16]);
    assert!(error.kind() == Kind::Unauthenticated && error.message().contains("another cluster"), "{error}");
    let error = say(&ada, &bob, |hello| hello.about.name = "bob".into());
    assert!(error.kind() == Kind::Unauthenticated && error.message().contains("`ada`"), "{error}");
    let error = say(&ada, &bob, |hello| hello.to = Some(NodeId::from_bytes([3; 16])));
    assert!(handshake::is_other_node(&error), "{error}");
    let error = say(&ada, &bob, |hello| hello.purpose = Purpose::Bulk);
    assert_eq!(error.kind(), Kind::Protocol);
}

#[test]
fn strangers_get_no_word_of_ours() {
    let ca = tempfile::tempdir().unwrap();
    let (_, bob) = two(ca.path());
    let garbage: Vec<u8> = (0..20_000u32).map(|n| (n * 31 % 251) as u8).collect();
    let mut endless = vec![0x16, 3, 1, 0x3f, 0xff];
    endless.extend(vec![1; 40_000]);
    for bytes in [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), garbage, endless, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Vec::new()]
    {
        let bob = bob.clone();
        let answer = env::block_on(async move {
            let (mut a, mut b) = UnixStream::pair().unwrap();
            let task = env::spawn(async move {
                let result = handshake::accept(&mut b, &bob.identity, &bob.me, |_| async { Ok(()) }).await;
                assert!(result.is_err());
            })
            .unwrap();
            let _ = a.write_all(&bytes).await;
            let _ = a.shutdown().await;
            let mut answer = Vec::new();
            let _ = tokio::time::timeout(Duration::from_secs(3), a.read_to_end(&mut answer)).await.unwrap();
            task.await.unwrap();
            answer
        })
        .unwrap();
        // Nothing, or one TLS alert (record type 21).
        assert!(answer.is_empty() || (answer[0] == 21 && answer.len() == 7), "{answer:02x?}");
    }
}

#[test]
fn a_slow_hello_is_not_waited_for() {
    let ca = tempfile::tempdir().unwrap();
    let (ada, bob) = two(ca.path());
    let start = env::now();
    let (accepted, dialled) = env::block_on(async move {
        let (mut silent, mut b) = UnixStream::pair().unwrap();
        let (mut a, _mute) = UnixStream::pair().unwrap();
        silent.write_all(&[0x16, 3, 1]).await.unwrap();
        tokio::join!(handshake::accept(&mut b, &bob.identity, &bob.me, |_| async { Ok(()) }), async {
            handshake::dial(&mut a, &ada.identity, &ada.me, &Expect::default(), Purpose::Pair).await
        })
    })
    .unwrap();
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(4900) && took < Duration::from_secs(7), "{took:?}");
    assert!(accepted.is_err_and(|e| e.kind() == Kind::Unavailable));
    assert!(dialled.is_err_and(|e| e.kind() == Kind::Unavailable));
}

#[test]
fn every_address_is_tried_and_named() {
    let ca = tempfile::tempdir().unwrap();
    let (ada, bob) = two(ca.path());
    let (missing, good) = (ca.path().join("none.sock"), ca.path().join("bob.sock"));
    let (dialled, gone) = env::block_on(async move {
        let listener = UnixListener::bind(&good).unwrap();
        let to = expect(Some(bob.me.node), Some("bob"));
        let accepting = env::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            handshake::accept(&mut stream, &bob.identity, &bob.me, |_| async { Ok(()) }).await.unwrap();
        })
        .unwrap();
        let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let bad = [Address::Unix(missing), Address::Tcp(refused)];
        let all = [&bad[..], &[Address::Unix(good.clone())]].concat();
        let dialled = dial(&ada.identity, &ada.me, &to, Purpose::Pair, &all).await.map(|d| (d.address, good));
        accepting.await.unwrap();
        let gone = dial(&ada.identity, &ada.me, &to, Purpose::Pair, &bad).await;
        (dialled, gone.map(|_| ()))
    })
    .unwrap();
    let (address, good) = dialled.unwrap();
    assert_eq!(address, Address::Unix(good));
    let failed = gone.unwrap_err();
    assert_eq!((failed.verdict, failed.error.kind()), (Verdict::Down, Kind::Unavailable));
    for part in ["`bob`", "none.sock: no such socket", "127.0.0.1:", "connection refused"] {
        assert!(failed.error.message().contains(part), "{}", failed.error);
    }
}

#[test]
fn a_full_backlog_is_waited_for() {
    let ca = tempfile::tempdir().unwrap();
    let (ada, bob) = two(ca.path());
    let path = ca.path().join("full.sock");
    let address = [Address::Unix(path.clone())];
    let met = env::block_on(async move {
        use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None).unwrap();
        bind(&socket, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        listen(&socket, 1).unwrap();
        let mut filling = Vec::new();
        let error = loop {
            match UnixStream::connect(&path).await {
                Ok(stream) => filling.push(stream),
                Err(e) => break e,
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        let serving = env::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let listener = UnixListener::from_std(socket.into()).unwrap();
            let (send, mut receive) = tokio::sync::mpsc::channel(1);
            loop {
                let (mut stream, _) = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap(),
                    _ = receive.recv() => return,
                };
                let (bob, send) = (bob.clone(), send.clone());
                // The fillers say nothing and get no answer.
                env::spawn(async move {
                    if handshake::accept(&mut stream, &bob.identity, &bob.me, |_| async { Ok(()) }).await.is_ok() {
                        send.send(()).await.unwrap();
                    }
                })
                .unwrap();
            }
        })
        .unwrap();
        let met = dial(&ada.identity, &ada.me, &Expect::default(), Purpose::Pair, &address).await.map(|_| ());
        serving.await.unwrap();
        met
    })
    .unwrap();
    met.unwrap();
}
