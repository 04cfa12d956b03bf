//! The neck as a language sees it, within one process: a node calls its own service.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use serde_json::{Value, json};
use std::time::Duration;
use twinspan::bridge::*;

fn encoded(value: Value) -> Vec<u8> {
    to_vec(value).unwrap()
}

fn blocking(op: Op) -> Result<Bytes> {
    let mut pending = start(op)?;
    for _ in 0..200 {
        if let Some(outcome) = pending.park(Duration::from_millis(100)) {
            return outcome;
        }
    }
    panic!("no answer in 20 s");
}

struct Bed {
    node: u64,
    lane: u64,
    method: u64,
}

/// A node of its own cluster whose one service echoes, on one worker thread.
fn bed(name: &str) -> Bed {
    let lane = lane_open(LaneKind::Workers).unwrap();
    let join = encoded(json!({
        "app": {"name": "echo", "services": [{"name": "echo", "methods": [{"name": "say"}, {"name": "stall"}]}]},
        "language": "rust", "program": "neck", "cluster": name, "lane": lane,
    }));
    let answer = blocking(Op::Join(join)).unwrap();
    let joined: Value = from_slice(&answer).unwrap();
    let node = joined["node"].as_u64().unwrap();
    blocking(Op::Serve(node)).unwrap();
    std::thread::Builder::new()
        .spawn(move || {
            let mut finished = None;
            loop {
                match next(lane, finished.take(), Duration::from_millis(200)) {
                    Ok(Some(i)) if i.method == 0 => finished = Some(Finished::Reply { call: i.call, payload: i.payload }),
                    Ok(_) => {}
                    Err(e) => return assert_eq!(e.kind(), Kind::Closed),
                }
            }
        })
        .unwrap();
    let method = method(node, &encoded(json!({"service": "echo", "method": "say"}))).unwrap();
    Bed { node, lane, method }
}

fn call(method: u64) -> Call {
    Call { method, parent: 0, timeout: None, baggage: Bytes::new(), payload: Bytes::from_static(b"hello") }
}

impl Bed {
    fn end(self) {
        blocking(Op::Close(self.node, Vec::new())).unwrap();
        lane_close(self.lane).unwrap();
        assert_eq!(blocking(Op::Call(call(self.method))).unwrap_err().kind(), Kind::Closed);
    }
}

#[test]
fn blocking_calls() {
    let bed = bed("neck-blocking");
    for _ in 0..1000 {
        assert_eq!(blocking(Op::Call(call(bed.method))), Ok(Bytes::from_static(b"hello")));
    }
    bed.end();
}

#[test]
fn token_calls() {
    let bed = bed("neck-token");
    let lane = lane_open(LaneKind::Loop).unwrap();
    assert!(lane_fd(lane).unwrap() > 0);
    for sequence in 0..500 {
        submit(Op::Call(call(bed.method)), lane << 48 | sequence).unwrap();
    }
    let mut seen = vec![false; 500];
    while seen.iter().any(|s| !s) {
        for event in poll(lane, 64, Duration::from_millis(500)).unwrap() {
            let Event::Done { token, outcome } = event else { panic!("{event:?}") };
            assert!(outcome.is_ok());
            assert!(!std::mem::replace(&mut seen[(token & 0xffff) as usize], true));
        }
    }
    lane_close(lane).unwrap();
    bed.end();
}

#[test]
fn deadlines_and_cancels() {
    let bed = bed("neck-deadline");
    let stall = method(bed.node, &encoded(json!({"service": "echo", "method": "stall"}))).unwrap();
    let late = Call { timeout: Some(Duration::from_millis(30)), ..call(stall) };
    let error = blocking(Op::Call(late)).unwrap_err();
    assert_eq!((error.kind(), error.was_executed()), (Kind::DeadlineExceeded, Executed::Maybe));
    let lane = lane_open(LaneKind::Loop).unwrap();
    let token = |sequence: u64| lane << 48 | sequence;
    submit(Op::Call(Call { timeout: Some(Duration::from_millis(30)), ..call(stall) }), token(1)).unwrap();
    submit(Op::Call(call(stall)), token(2)).unwrap();
    cancel(token(2)).unwrap();
    cancel(token(3)).unwrap();
    submit(Op::Call(call(stall)), token(3)).unwrap();
    let mut kinds = Vec::new();
    while kinds.len() < 3 {
        for event in poll(lane, 9, Duration::from_secs(5)).unwrap() {
            let Event::Done { token, outcome } = event else { panic!("{event:?}") };
            kinds.push((token & 0xf, outcome.unwrap_err().kind()));
        }
    }
    kinds.sort_by_key(|k| k.0);
    assert_eq!(kinds, [(1, Kind::DeadlineExceeded), (2, Kind::Cancelled), (3, Kind::Cancelled)]);
    lane_close(lane).unwrap();
    bed.end();
}

fn look(encoded: Vec<u8>) -> Value {
    from_slice(&encoded).unwrap()
}

fn eventually(what: &str, mut met: impl FnMut() -> bool) {
    for _ in 0..500 {
        if met() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not within 10 s: {what}");
}

#[test]
fn two_nodes_of_one_host() {
    let server = bed("neck-two");
    let lane = lane_open(LaneKind::Workers).unwrap();
    let join = encoded(json!({"app": {"name": "client"}, "language": "rust", "program": "client", "cluster": "neck-two", "lane": lane}));
    let client: Value = from_slice(&blocking(Op::Join(join)).unwrap()).unwrap();
    let client = client["node"].as_u64().unwrap();
    assert_eq!(look(members(client).unwrap()).as_array().unwrap().len(), 2);
    blocking(Op::WaitFor(client, encoded(json!({"service": "echo", "timeout_ms": 5000})))).unwrap();
    let say = method(client, &encoded(json!({"service": "echo", "method": "say"}))).unwrap();
    for _ in 0..1000 {
        assert_eq!(blocking(Op::Call(call(say))), Ok(Bytes::from_static(b"hello")));
    }
    let large = Call { payload: Bytes::from(vec![7; 3 << 20]), ..call(say) };
    assert_eq!(blocking(Op::Call(large)).unwrap().len(), 3 << 20);
    let unknown = method(client, &encoded(json!({"service": "ecko", "method": "say"}))).unwrap();
    let error = blocking(Op::Call(call(unknown))).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.to_string().contains("echo"), "{error}");
    server.end();
    eventually("the server is gone", || look(members(client).unwrap()).as_array().unwrap().len() == 1);
    let error = blocking(Op::Call(call(say))).unwrap_err();
    assert_eq!((error.kind(), error.was_executed()), (Kind::Unavailable, Executed::No));
    blocking(Op::Close(client, Vec::new())).unwrap();
    lane_close(lane).unwrap();
}
