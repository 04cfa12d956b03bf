//! A client of HTTP/2 against the server, with a cluster by script behind it.

use super::{Ask, Cluster, Server, proto::Message, stream::MESSAGE_MOST};
use crate::{
    config::NodeId,
    directory::{Directory, Offer, Services},
    env,
    error::{Error, Kind, Result},
    lane::{Cancel, Outcome},
    link::{Budget, Outside, Reserved},
    membership::{MethodSpec, ParamKind, ParamSpec, ServiceSpec},
    security::{PeerCertificate, Role},
    stream::{self, About, Input, Receiver},
    value::Writer,
};
use bytes::{BufMut, Bytes, BytesMut};
use h2::{
    Reason, RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, oneshot, watch},
    time::timeout,
};

#[cfg(test)]
#[path = "feed_tests.rs"]
mod feed_tests;

const LIMIT: Duration = Duration::from_secs(10);

/// Echoes the payload's size in `s.echo`, never answers `s.wait`.
struct Script {
    directory: Directory,
    budget: Arc<Budget>,
    asked: Mutex<Vec<(String, Duration)>>,
    cancelled: Arc<Notify>,
    waiting: Mutex<Vec<oneshot::Sender<Outcome>>>,
    /// The stream among the arguments of the last call that has one, and what ends it.
    input: Mutex<Option<(Arc<Receiver>, Input)>>,
    calls: AtomicU32,
}

struct Given {
    told: Arc<Notify>,
    expired: Arc<Script>,
}

impl Cancel for Given {
    fn cancel(&self) {
        self.told.notify_one();
    }

    fn expire(&self) -> Option<Instant> {
        for waiting in self.expired.waiting.lock().drain(..) {
            let _ = waiting.send(Err(Error::new(Kind::DeadlineExceeded, "too late")));
        }
        None
    }
}

struct Scripted(Arc<Script>);

impl Cluster for Scripted {
    fn is_up(&self) -> bool {
        true
    }

    fn services(&self) -> Arc<Services> {
        self.0.directory.services().clone()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.directory.changes()
    }

    fn max_payload(&self) -> usize {
        1 << 30
    }

    fn reserve(&self, bytes: usize) -> Option<Reserved> {
        self.0.budget.reserve(bytes)
    }

    fn call(&self, ask: Ask, answer: oneshot::Sender<Outcome>) -> Result<Arc<dyn Cancel>> {
        self.0.calls.fetch_add(1, Relaxed);
        self.0.asked.lock().push((ask.method.clone(), ask.deadline.saturating_duration_since(env::now())));
        if ask.method == "echo" {
            let mut writer = Writer::new();
            writer.unsigned(ask.payload.len() as u64);
            let _ = answer.send(Ok(Bytes::from(writer.0).into()));
        } else {
            if let Some(input) = ask.input {
                let about = About { target: "s.feed".into(), peer: "p".into(), trace: String::new() };
                let receiver = Receiver::input(about, &self.0.budget);
                stream::connect(input.sender(), &receiver, None);
                input.sender().open();
                *self.0.input.lock() = Some((receiver, input));
            }
            self.0.waiting.lock().push(answer);
        }
        Ok(Arc::new(Given { told: self.0.cancelled.clone(), expired: self.0.clone() }))
    }
}

fn script(memory: usize) -> (Arc<Script>, Arc<Server>) {
    let directory = Directory::new();
    let method = |name: &str| MethodSpec {
        name: name.into(),
        params: vec![ParamSpec {
            name: "b".into(),
            kind: ParamKind::Keyword,
            type_name: "bytes".into(),
            optional: true,
            default: None,
            former: Vec::new(),
        }],
        returns: "int".into(),
        ..MethodSpec::default()
    };
    let mut feed = method("feed");
    feed.in_stream = true;
    feed.params.insert(0, ParamSpec { name: "i".into(), type_name: "stream<bytes>".into(), optional: false, ..feed.params[0].clone() });
    let services = [ServiceSpec { name: "s".into(), methods: vec![method("echo"), method("wait"), feed], ..ServiceSpec::default() }];
    let offer = Offer {
        node: NodeId::draw(),
        name: "p",
        language: "rust",
        version: 1,
        me: false,
        near: true,
        ready: true,
        suspect: false,
        stalled: false,
        services: &services,
    };
    directory.update(&[offer], env::now());
    let script = Arc::new(Script {
        directory,
        budget: Budget::new(memory),
        asked: Mutex::default(),
        cancelled: Arc::default(),
        waiting: Mutex::default(),
        input: Mutex::default(),
        calls: AtomicU32::new(0),
    });
    let server = Server::new(Arc::new(Scripted(script.clone())));
    (script, server)
}

/// Runs on the core's runtime, within the limit.
fn run(test: impl Future<Output = ()> + Send + 'static) {
    let within = env::block_on(async { timeout(LIMIT, test).await.is_ok() }).unwrap();
    assert!(within, "it took too long, or failed");
}

async fn connect(server: &Arc<Server>) -> SendRequest<Bytes> {
    let (near, far) = tokio::io::duplex(64 << 10);
    let who = PeerCertificate { cluster: "c".into(), role: Role::Client, id: None, name: "client".into() };
    env::spawn(server.clone().connection(far, who)).unwrap();
    let (client, connection) = h2::client::handshake(near).await.unwrap();
    env::spawn(async move {
        let _ = connection.await;
    })
    .unwrap();
    client.ready().await.unwrap()
}

fn begin(client: &mut SendRequest<Bytes>, path: &str, headers: &[(&'static str, &str)]) -> (ResponseFuture, SendStream<Bytes>) {
    let mut request = Request::post(format!("https://localhost{path}")).header("content-type", "application/grpc");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send_request(request.body(()).unwrap(), false).unwrap()
}

fn framed(flag: u8, message: &[u8]) -> Bytes {
    let mut framed = BytesMut::new();
    framed.put_u8(flag);
    framed.put_u32(message.len() as u32);
    framed.put_slice(message);
    framed.freeze()
}

fn request(bytes: usize) -> Vec<u8> {
    let mut message = Message::new();
    message.bytes(1, &vec![7; bytes]);
    message.0
}

/// Sends all that the server's windows let through.
async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes) {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        match std::future::poll_fn(|context| stream.poll_capacity(context)).await {
            Some(Ok(room)) => stream.send_data(data.split_to(room.min(data.len())), false).unwrap(),
            // It was refused before all was sent.
            _ => return,
        }
    }
    let _ = stream.send_data(Bytes::new(), true);
}

async fn ended(response: ResponseFuture) -> (Bytes, HeaderMap) {
    let (head, mut body) = response.await.unwrap().into_parts();
    let data = whole(&mut body).await;
    let trailers = body.trailers().await.unwrap();
    (data, trailers.unwrap_or(head.headers))
}

async fn whole(body: &mut RecvStream) -> Bytes {
    let mut data = BytesMut::new();
    while let Some(Ok(part)) = body.data().await {
        body.flow_control().release_capacity(part.len()).unwrap();
        data.extend_from_slice(&part);
    }
    data.freeze()
}

async fn status(client: &mut SendRequest<Bytes>, path: &str, headers: &[(&'static str, &str)], body: Bytes) -> (u16, String) {
    let (response, mut stream) = begin(client, path, headers);
    send(&mut stream, body).await;
    let (_, trailers) = ended(response).await;
    let text = |name: &str| trailers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (text("grpc-status").parse().unwrap(), text("grpc-message"))
}

#[test]
fn a_call_and_its_answer() {
    run(async {
        let (script, server) = script(1 << 30);
        let mut client = connect(&server).await;
        let (response, mut stream) = begin(&mut client, "/s.S/Echo", &[("grpc-timeout", "5S")]);
        send(&mut stream, framed(0, &request(1000))).await;
        let (data, trailers) = ended(response).await;
        assert_eq!(trailers["grpc-status"], "0");
        // [[], {"b": bytes}] has 8 bytes around the 1,000.
        let mut expected = Message::new();
        expected.uint(1, 1008);
        assert_eq!(data, framed(0, &expected.0));
        let (method, left) = script.asked.lock()[0].clone();
        assert!(method == "echo" && left <= Duration::from_secs(5) && left > Duration::from_secs(2), "{left:?}");
        assert_eq!(script.budget.used(), 0);
    });
}

#[test]
fn what_breaks_the_rules_is_refused_and_never_called() {
    run(async {
        let (script, server) = script(1 << 20);
        let mut client = connect(&server).await;
        let good = request(1);
        let two = Bytes::from([framed(0, &good), framed(0, &good)].concat());
        let mut lie = framed(0, &good).to_vec();
        lie.truncate(6);
        let deadline = [("grpc-timeout", "fast")];
        for (path, headers, body, code, text) in [
            ("/s.S/Echo", &[][..], framed(1, &good), 12, "compressed"),
            ("/s.S/Echo", &[], framed(0, &request(MESSAGE_MOST)), 8, "4194304 are allowed"),
            ("/s.S/Echo", &[], framed(0, &request(2 << 20)), 8, "memory"),
            ("/s.S/Echo", &[], two, 3, "more than one"),
            ("/s.S/Echo", &[], Bytes::new(), 3, "no message"),
            ("/s.S/Echo", &[], lie.into(), 3, "ends inside"),
            ("/s.S/Echo", &[], framed(0, &[0xff]), 3, "can't be read"),
            ("/s.S/Echo", &deadline, framed(0, &good), 3, "grpc-timeout"),
            ("/s.S/echo", &[], framed(0, &good), 12, "no method"),
            ("/s/Echo", &[], framed(0, &good), 12, "no service"),
            ("/nothing", &[], framed(0, &good), 12, "no method"),
        ] {
            let (found, message) = status(&mut client, path, headers, body).await;
            assert!(found == code && message.contains(text), "{path}: {found} {message}, not {code} {text}");
        }
        let plain = Request::post("https://localhost/s.S/Echo").header("content-type", "application/json").body(()).unwrap();
        let (response, _) = client.send_request(plain, true).unwrap();
        assert_eq!(response.await.unwrap().status(), 415);
        let (response, _) = client.send_request(Request::get("https://localhost/").body(()).unwrap(), true).unwrap();
        assert_eq!(response.await.unwrap().status(), 405);
        assert_eq!((script.calls.load(Relaxed), script.budget.used()), (0, 0));
    });
}

#[test]
fn the_deadline_ends_a_call_even_while_its_request_comes() {
    run(async {
        let (script, server) = script(1 << 20);
        let mut client = connect(&server).await;
        let (code, message) = status(&mut client, "/s.S/Wait", &[("grpc-timeout", "50m")], framed(0, &[])).await;
        assert_eq!((code, message.starts_with("too late")), (4, true));
        let (response, mut stream) = begin(&mut client, "/s.S/Wait", &[("grpc-timeout", "50m")]);
        stream.send_data(Bytes::from_static(&[0, 0, 0, 0, 9, 1]), false).unwrap();
        let (_, trailers) = ended(response).await;
        assert_eq!(trailers["grpc-status"], "4");
        assert_eq!((script.calls.load(Relaxed), script.budget.used()), (1, 0));
    });
}

#[test]
fn a_client_that_gives_up_cancels_its_call() {
    run(async {
        let (script, server) = script(1 << 20);
        let mut client = connect(&server).await;
        let (response, mut stream) = begin(&mut client, "/s.S/Wait", &[]);
        send(&mut stream, framed(0, &[])).await;
        while script.waiting.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        stream.send_reset(Reason::CANCEL);
        script.cancelled.notified().await;
        drop(response);
        // So does one whose connection ends.
        let (_response, mut stream) = begin(&mut client, "/s.S/Wait", &[]);
        send(&mut stream, framed(0, &[])).await;
        while script.waiting.lock().len() < 2 {
            tokio::task::yield_now().await;
        }
        server.close();
        script.cancelled.notified().await;
    });
}

#[test]
fn a_node_that_drains_finishes_what_runs() {
    run(async {
        let (script, server) = script(1 << 20);
        let mut client = connect(&server).await;
        let (response, mut stream) = begin(&mut client, "/s.S/Wait", &[]);
        send(&mut stream, framed(0, &[])).await;
        while script.waiting.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        server.drain();
        let answer = script.waiting.lock().remove(0);
        assert!(answer.send(Ok(Bytes::from_static(&[3]).into())).is_ok());
        let (data, trailers) = ended(response).await;
        assert_eq!((data, trailers["grpc-status"].to_str().unwrap()), (framed(0, &[8, 3]), "0"));
        // Nothing new begins: the connection has ended.
        while client.clone().ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn connections_are_bounded() {
    run(async {
        let (_, server) = script(1 << 20);
        let mut open = Vec::new();
        for _ in 0..64 {
            open.push(connect(&server).await);
        }
        let (near, far) = tokio::io::duplex(1 << 10);
        let who = PeerCertificate { cluster: "c".into(), role: Role::Client, id: None, name: "client".into() };
        // It ends at once, though nothing was said.
        server.clone().connection(far, who).await;
        drop(near);
        let mut first = open.remove(0);
        assert_eq!(status(&mut first, "/s.S/Echo", &[], framed(0, &[])).await.0, 0);
    });
}
