//! Nodes of one cluster in one process.

use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    thread::{Builder, JoinHandle, sleep},
    time::{Duration, Instant},
};
use twinspan::bridge::*;

pub(crate) fn encoded(value: Value) -> Vec<u8> {
    to_vec(value).unwrap()
}

pub(crate) fn decoded(bytes: &[u8]) -> Value {
    from_slice(bytes).unwrap()
}

/// Waits for an operation that must end by itself.
pub(crate) fn finish(op: Op) -> Result<Bytes> {
    let mut pending = start(op)?;
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        if let Some(outcome) = pending.park(Duration::from_millis(100)) {
            return outcome.and_then(Given::value);
        }
    }
    panic!("an operation hangs");
}

/// Runs an invocation.
pub(crate) type Handler = Arc<dyn Fn(&Invocation) -> Result<Bytes> + Send + Sync>;

/// One node.
pub(crate) struct Member {
    pub(crate) node: u64,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) lane: u64,
    pub(crate) health: Option<String>,
    workers: Vec<JoinHandle<()>>,
}

/// The name of a test's cluster: another run on this host must not lend its nodes to this one.
pub(crate) fn of_this_run(cluster: &str) -> String {
    format!("{cluster}-{}", std::process::id())
}

/// Joins with more keys than the usual.
pub(crate) fn join(cluster: &str, more: Value) -> Result<Member> {
    let lane = lane_open(LaneKind::Workers).unwrap();
    let mut spec =
        json!({"app": {"name": "client"}, "language": "rust", "program": "calls", "cluster": of_this_run(cluster), "lane": lane});
    more.as_object().unwrap().iter().for_each(|(key, value)| spec[key] = value.clone());
    match finish(Op::Join(encoded(spec))) {
        Ok(answer) => {
            let joined = decoded(&answer);
            let text = |key: &str| joined[key].as_str().unwrap().to_owned();
            Ok(Member {
                node: joined["node"].as_u64().unwrap(),
                id: text("id"),
                name: text("name"),
                lane,
                health: joined["health"].as_str().map(str::to_owned),
                workers: Vec::new(),
            })
        }
        Err(error) => {
            lane_close(lane).unwrap();
            Err(error)
        }
    }
}

impl Member {
    /// Handlers run from now on, on so many threads.
    pub(crate) fn serve(&mut self, threads: usize, handler: Handler) {
        finish(Op::Serve(self.node)).unwrap();
        let lane = self.lane;
        self.workers.extend((0..threads).map(|_| {
            let handler = handler.clone();
            Builder::new().spawn(move || work(lane, &handler)).unwrap()
        }));
    }

    /// Prepares a method.
    pub(crate) fn method(&self, service: &str, name: &str, options: Value) -> Result<u64> {
        let mut all = json!({"service": service, "method": name});
        options.as_object().unwrap().iter().for_each(|(key, value)| all[key] = value.clone());
        method(self.node, &encoded(all))
    }

    /// Waits until so many providers are ready.
    pub(crate) fn wait_for(&self, service: &str, count: usize) {
        finish(Op::WaitFor(self.node, encoded(json!({"service": service, "count": count, "timeout_ms": 10_000})))).unwrap();
    }

    /// Takes the next invocation itself, where no threads serve.
    pub(crate) fn fetch(&self) -> Invocation {
        for _ in 0..50 {
            if let Some(invocation) = next(self.lane, None, Duration::from_millis(200)).unwrap() {
                return invocation;
            }
        }
        panic!("no invocation within 10 s");
    }

    pub(crate) fn end(self) {
        finish(Op::Close(self.node, Vec::new())).unwrap();
        lane_close(self.lane).unwrap();
        self.workers.into_iter().for_each(|worker| worker.join().unwrap());
    }
}

fn work(lane: u64, handler: &Handler) {
    let mut finished = None;
    loop {
        match next(lane, finished.take(), Duration::from_millis(500)) {
            Ok(Some(invocation)) => {
                finished = Some(match handler(&invocation) {
                    Ok(payload) => Finished::Reply { call: invocation.call, payload },
                    Err(error) => Finished::Fail { call: invocation.call, encoded: error.encode() },
                })
            }
            Ok(None) => {}
            // The lane is closed; or the answer came too late, and there may be more work.
            Err(_) if lane_fd(lane).is_err() => return,
            Err(error) => assert_eq!(error.kind(), Kind::Closed, "{error}"),
        }
    }
}

/// A root call with a small payload.
pub(crate) fn call(method: u64) -> Call {
    Call { method, parent: 0, timeout: None, context: Bytes::new(), payload: Bytes::from_static(b"hello"), input: 0 }
}
/// Waits for something that has no event.
pub(crate) fn eventually(what: &str, most: Duration, mut met: impl FnMut() -> bool) {
    let until = Instant::now() + most;
    while !met() {
        assert!(Instant::now() < until, "not within {most:?}: {what}");
        sleep(Duration::from_millis(5));
    }
}
