//! A provider and a caller in one process, and what produces and takes items.

use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::*},
    },
    thread::{Builder, JoinHandle, sleep},
    time::{Duration, Instant},
};
use twinspan::bridge::*;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn encoded(value: Value) -> Vec<u8> {
    to_vec(value).unwrap()
}

pub(crate) fn decoded(bytes: &[u8]) -> Value {
    from_slice(bytes).unwrap()
}

pub(crate) fn wait_for(op: Op) -> Result<Given> {
    let mut pending = start(op)?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(outcome) = pending.park(Duration::from_millis(100)) {
            return outcome;
        }
    }
    panic!("an operation hangs");
}

pub(crate) fn done(op: Op) -> Result<Bytes> {
    wait_for(op).and_then(Given::value)
}

pub(crate) fn eventually(what: &str, mut met: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if met() {
            return;
        }
        sleep(Duration::from_millis(2));
    }
    panic!("not within 10 s: {what}");
}

pub(crate) const METHODS: [&str; 4] = ["watch", "feed", "both", "say"];

pub(crate) struct Node {
    pub(crate) node: u64,
    pub(crate) lane: u64,
}

pub(crate) fn join(cluster: &str, more: Value) -> Node {
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
    pub(crate) fn serve(self) -> Node {
        done(Op::Serve(self.node)).unwrap();
        self
    }

    pub(crate) fn end(self) {
        done(Op::Close(self.node, Vec::new())).unwrap();
        lane_close(self.lane).unwrap();
    }

    pub(crate) fn fetch(&self) -> Invocation {
        fetch(self.lane)
    }

    pub(crate) fn call(&self, method_name: &str, input: u64) -> Call {
        let method = method(self.node, &encoded(json!({"service": "s", "method": method_name}))).unwrap();
        Call { method, parent: 0, timeout: None, context: Bytes::new(), input, payload: Bytes::new() }
    }

    pub(crate) fn stats(&self) -> Value {
        decoded(&stats(self.node).unwrap())
    }
}

pub(crate) fn fetch(lane: u64) -> Invocation {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(invocation) = next(lane, None, Duration::from_millis(100)).unwrap() {
            return invocation;
        }
    }
    panic!("no invocation");
}

/// A provider and a caller.
pub(crate) struct Two {
    pub(crate) server: Node,
    pub(crate) client: Node,
}

/// Over a Unix socket, or over TCP.
pub(crate) fn two(cluster: &str, tcp: bool) -> Two {
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
    pub(crate) fn open(&self, name: &str, input: u64) -> (u64, Invocation, u64) {
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

    pub(crate) fn end(self) {
        self.client.end();
        self.server.end();
    }
}

pub(crate) fn take(stream: u64, most: usize) -> Result<Vec<Bytes>> {
    match wait_for(Op::Next { stream, parent: 0, most, bytes: usize::MAX })? {
        Given::Items(items) => Ok(items),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn all(stream: u64) -> Vec<Bytes> {
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
pub(crate) fn produce(stream: u64, items: impl Iterator<Item = Bytes>) -> Result<()> {
    for item in items {
        if !stream_send(stream, vec![item])? {
            done(Op::Room { stream })?;
        }
    }
    Ok(())
}

pub(crate) fn thread<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().spawn(body).unwrap()
}

pub(crate) fn number(n: u64) -> Bytes {
    Bytes::copy_from_slice(&n.to_le_bytes())
}

pub(crate) fn to_number(item: &Bytes) -> u64 {
    u64::from_le_bytes(item[..8].try_into().unwrap())
}

/// A name that no other cluster has, nor that of another run on this host.
pub(crate) fn fresh() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("streams-{}-{}", std::process::id(), LAST.fetch_add(1, SeqCst))
}

pub(crate) fn each_way(test: impl Fn(&Two)) {
    for tcp in [false, true] {
        let two = two(&fresh(), tcp);
        test(&two);
        eventually("no stream is left", || two.client.stats()["streams"] == 0 && two.server.stats()["streams"] == 0);
        two.end();
    }
}

/// Bytes that tell which item they are of.
pub(crate) fn sized(n: u64, size: usize) -> Bytes {
    let mut item = vec![n as u8; size.max(8)];
    item[..8].copy_from_slice(&n.to_le_bytes());
    item.into()
}

pub(crate) fn mixed(n: u64) -> Bytes {
    sized(
        n,
        if n.is_multiple_of(3) {
            1 << 20
        } else if n.is_multiple_of(7) {
            60_000
        } else {
            10
        },
    )
}

pub(crate) fn assert_mixed(items: &[Bytes], count: usize) {
    assert_eq!(items.len(), count);
    for (n, item) in items.iter().enumerate() {
        assert!(*item == mixed(n as u64), "item {n}");
    }
}

/// How many items a producer gets rid of before it must wait, and what then ends its wait.
pub(crate) fn stuck(stream: u64, size: usize) -> (Arc<AtomicU64>, JoinHandle<Result<()>>) {
    let sent = Arc::new(AtomicU64::new(0));
    let count = sent.clone();
    let producer = thread(move || {
        produce(
            stream,
            (0..u64::MAX).map(move |n| {
                count.store(n + 1, SeqCst);
                sized(n, size)
            }),
        )
    });
    (sent, producer)
}

pub(crate) fn standing(sent: &AtomicU64) -> u64 {
    let mut last = 0;
    eventually("the producer waits", || {
        sleep(Duration::from_millis(50));
        let now = sent.load(SeqCst);
        std::mem::replace(&mut last, now) == now && now > 0
    });
    last
}
