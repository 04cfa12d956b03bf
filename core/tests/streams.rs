//! Streams as a language sees them: between two nodes of one process over real links, and within one node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicU64, Ordering::*},
    thread::{Builder, JoinHandle, sleep},
    time::{Duration, Instant},
};
use twinspan::bridge::*;

const PATIENCE: Duration = Duration::from_secs(20);

fn encoded(value: Value) -> Vec<u8> {
    to_vec(value).unwrap()
}

fn decoded(bytes: &[u8]) -> Value {
    from_slice(bytes).unwrap()
}

fn wait_for(op: Op) -> Result<Given> {
    let mut pending = start(op)?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(outcome) = pending.park(Duration::from_millis(100)) {
            return outcome;
        }
    }
    panic!("an operation hangs");
}

fn done(op: Op) -> Result<Bytes> {
    wait_for(op).and_then(Given::value)
}

fn eventually(what: &str, mut met: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if met() {
            return;
        }
        sleep(Duration::from_millis(2));
    }
    panic!("not within 10 s: {what}");
}

const METHODS: [&str; 4] = ["watch", "feed", "both", "say"];

struct Node {
    node: u64,
    lane: u64,
}

fn join(cluster: &str, more: Value) -> Node {
    let lane = lane_open(LaneKind::Workers).unwrap();
    let methods: Vec<_> = METHODS.iter().map(|name| json!({"name": name})).collect();
    let mut spec = json!({
        "app": {"name": "s", "services": [{"name": "s", "methods": methods}]},
        "language": "rust", "program": "streams", "cluster": cluster, "lane": lane,
    });
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let node = decoded(&done(Op::Join(encoded(spec))).unwrap())["node"].as_u64().unwrap();
    Node { node, lane }
}

impl Node {
    fn serve(self) -> Node {
        done(Op::Serve(self.node)).unwrap();
        self
    }

    fn end(self) {
        done(Op::Close(self.node, Vec::new())).unwrap();
        lane_close(self.lane).unwrap();
    }

    fn fetch(&self) -> Invocation {
        fetch(self.lane)
    }

    fn call(&self, method_name: &str, input: u64) -> Call {
        let method = method(self.node, &encoded(json!({"service": "s", "method": method_name}))).unwrap();
        Call { method, parent: 0, timeout: None, context: Bytes::new(), input, payload: Bytes::new() }
    }

    fn stats(&self) -> Value {
        decoded(&stats(self.node).unwrap())
    }
}

fn fetch(lane: u64) -> Invocation {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(invocation) = next(lane, None, Duration::from_millis(100)).unwrap() {
            return invocation;
        }
    }
    panic!("no invocation");
}

/// A provider and a caller.
struct Two {
    server: Node,
    client: Node,
}

/// Over a Unix socket, or over TCP.
fn two(cluster: &str, tcp: bool) -> Two {
    let how = if tcp { json!({"transport": "tcp", "listen": "127.0.0.1:0"}) } else { json!({}) };
    let mut alone = how.clone();
    alone["app"] = json!({"name": "client"});
    let server = join(cluster, how).serve();
    let client = join(cluster, alone);
    done(Op::WaitFor(client.node, encoded(json!({"service": "s"})))).unwrap();
    Two { server, client }
}

impl Two {
    /// The answer of a call, as the stream that it is, and its invocation; `answer` is made by the handler.
    fn open(&self, name: &str, input: u64) -> (u64, Invocation, u64) {
        let mut pending = start(Op::Call(self.client.call(name, input))).unwrap();
        let invocation = self.server.fetch();
        let out = stream_answer(invocation.call).unwrap();
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(outcome) = pending.park(Duration::from_millis(100)) {
                let Given::Stream(stream) = outcome.unwrap() else { panic!("no stream") };
                return (stream, invocation, out);
            }
        }
        panic!("no stream came");
    }

    fn end(self) {
        self.client.end();
        self.server.end();
    }
}

fn take(stream: u64, most: usize) -> Result<Vec<Bytes>> {
    match wait_for(Op::Next { stream, parent: 0, most, bytes: usize::MAX })? {
        Given::Items(items) => Ok(items),
        other => panic!("{other:?}"),
    }
}

fn all(stream: u64) -> Vec<Bytes> {
    let mut items = Vec::new();
    loop {
        let more = take(stream, 256).unwrap();
        if more.is_empty() {
            return items;
        }
        items.extend(more);
    }
}

/// Sends whatever comes, as fast as the stream takes it.
fn produce(stream: u64, items: impl Iterator<Item = Bytes>) -> Result<()> {
    for item in items {
        if !stream_send(stream, vec![item])? {
            done(Op::Room { stream })?;
        }
    }
    Ok(())
}

fn thread<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().spawn(body).unwrap()
}

fn number(n: u64) -> Bytes {
    Bytes::copy_from_slice(&n.to_le_bytes())
}

fn to_number(item: &Bytes) -> u64 {
    u64::from_le_bytes(item[..8].try_into().unwrap())
}

/// A name that no other cluster of this process has.
fn fresh() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("streams-{}", LAST.fetch_add(1, SeqCst))
}

fn each_way(test: impl Fn(&Two)) {
    for tcp in [false, true] {
        let two = two(&fresh(), tcp);
        test(&two);
        eventually("no stream is left", || two.client.stats()["streams"] == 0 && two.server.stats()["streams"] == 0);
        two.end();
    }
}

#[test]
fn an_answer_comes_item_by_item() {
    each_way(|two| {
        let (stream, invocation, out) = two.open("watch", 0);
        let producer = thread(move || {
            produce(out, (0..100_000).map(number)).unwrap();
            reply(invocation.call, Bytes::new()).unwrap();
        });
        let items = all(stream);
        producer.join().unwrap();
        assert_eq!(items.len(), 100_000);
        assert!(items.iter().enumerate().all(|(n, item)| to_number(item) == n as u64));
        assert!(take(stream, 1).unwrap().is_empty(), "the end is the end");
        stream_close(stream);
        assert_eq!(take(stream, 1).unwrap_err().kind(), Kind::Closed);
    });
}

#[test]
fn an_input_goes_item_by_item() {
    each_way(|two| {
        let input = stream_open().unwrap();
        assert!(!stream_send(input, vec![number(0)]).unwrap(), "nothing is granted before the handler starts");
        let mut pending = start(Op::Call(two.client.call("feed", input))).unwrap();
        let producer = thread(move || {
            produce(input, (1..100_000).map(number)).unwrap();
            stream_end(input, None).unwrap();
        });
        let invocation = two.server.fetch();
        let items = all(invocation.input);
        producer.join().unwrap();
        assert!(items.iter().enumerate().all(|(n, item)| to_number(item) == n as u64));
        reply(invocation.call, number(items.len() as u64)).unwrap();
        let until = Instant::now() + PATIENCE;
        let answer = loop {
            assert!(Instant::now() < until);
            if let Some(outcome) = pending.park(Duration::from_millis(100)) {
                break outcome.unwrap().value().unwrap();
            }
        };
        assert_eq!(to_number(&answer), 100_000);
        assert_eq!(stream_send(input, vec![number(0)]).unwrap_err().kind(), Kind::Closed);
    });
}
