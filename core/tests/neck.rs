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
            return outcome.and_then(Given::value);
        }
    }
    panic!("no answer in 20 s");
}

struct Bed {
    node: u64,
    lane: u64,
    method: u64,
}

/// The name of a test's cluster: another run on this host must not lend its nodes to this one.
fn of_this_run(cluster: &str) -> String {
    format!("{cluster}-{}", std::process::id())
}

/// A node of its own cluster whose one service echoes, on one worker thread.
fn bed(name: &str) -> Bed {
    let lane = lane_open(LaneKind::Workers).unwrap();
    let join = encoded(json!({
        "app": {"name": "echo", "services": [{"name": "echo", "methods": [{"name": "say"}, {"name": "stall"}]}]},
        "language": "rust", "program": "neck", "cluster": of_this_run(name), "lane": lane,
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
    Call { method, parent: 0, timeout: None, context: Bytes::new(), input: 0, payload: Bytes::from_static(b"hello") }
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
    let cluster = of_this_run("neck-two");
    let join = encoded(json!({"app": {"name": "client"}, "language": "rust", "program": "client", "cluster": cluster, "lane": lane}));
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

/// A node of a cluster, with what its handlers fetch from.
struct Member {
    node: u64,
    lane: u64,
}

fn join(cluster: &str, more: Value) -> Result<Member> {
    let lane = lane_open(LaneKind::Workers).unwrap();
    let mut spec = json!({
        "app": {"name": "echo", "services": [{"name": "echo", "methods": [{"name": "say"}, {"name": "stall"}]}]},
        "language": "rust", "program": "neck", "cluster": of_this_run(cluster), "lane": lane,
    });
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    match blocking(Op::Join(encoded(spec))) {
        Ok(answer) => Ok(Member { node: look(answer.to_vec())["node"].as_u64().unwrap(), lane }),
        Err(error) => {
            lane_close(lane).unwrap();
            Err(error)
        }
    }
}

impl Member {
    fn end(self) {
        blocking(Op::Close(self.node, Vec::new())).unwrap();
        lane_close(self.lane).unwrap();
    }

    fn method(&self, name: &str) -> u64 {
        method(self.node, &encoded(json!({"service": "echo", "method": name}))).unwrap()
    }

    fn fetch(&self) -> Invocation {
        for _ in 0..50 {
            if let Some(invocation) = next(self.lane, None, Duration::from_millis(200)).unwrap() {
                return invocation;
            }
        }
        panic!("no invocation within 10 s");
    }
}

#[test]
fn a_seed_that_does_not_answer_is_told() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let error = join("neck-seeds", json!({"seeds": [free]})).err().unwrap();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.message().contains(&free), "{error}");
    // One list for all may name the node itself.
    let alone = join("neck-seeds", json!({"listen": free, "seeds": [free]})).unwrap();
    let other = join("neck-seeds", json!({"seeds": [free]})).unwrap();
    assert_eq!(look(members(other.node).unwrap()).as_array().unwrap().len(), 2);
    alone.end();
    other.end();
}

fn sockets_of_this_process() -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))).count()
}

fn socket_files() -> usize {
    let uid = rustix::process::geteuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(std::path::PathBuf::from).unwrap_or_else(|| format!("/run/user/{uid}").into());
    let dirs = [runtime.join("twinspan"), std::env::temp_dir().join(format!("twinspan-{uid}"))];
    dirs.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).map(|dir| dir.count()).sum()
}

#[test]
fn a_join_that_is_refused_leaves_nothing() {
    let holder = join("neck-taken", json!({"name": "holder"})).unwrap();
    let files = socket_files();
    for _ in 0..30 {
        assert_eq!(join("neck-taken", json!({"name": "holder"})).err().unwrap().kind(), Kind::AlreadyExists);
    }
    // Other tests of this process come and go, but never thirty at once.
    eventually("the socket files are gone", || socket_files() < files + 15);
    holder.end();
}

#[test]
fn a_token_operation_can_be_cancelled() {
    let one = join("neck-cancel", json!({})).unwrap();
    let lane = lane_open(LaneKind::Loop).unwrap();
    // More often than there are places for waits.
    for sequence in 0..3000 {
        let token = lane << 48 | sequence;
        submit(Op::WaitFor(one.node, encoded(json!({"service": "nobody", "timeout_ms": 60_000}))), token).unwrap();
        cancel(token).unwrap();
        let event = poll(lane, 9, Duration::from_secs(5)).unwrap().pop().unwrap();
        let Event::Done { token: of, outcome } = event else { panic!("{event:?}") };
        assert_eq!((of, outcome.unwrap_err().kind()), (token, Kind::Cancelled));
    }
    lane_close(lane).unwrap();
    one.end();
}

/// What a handler sees of its call, as far as it is looked at here.
#[derive(serde::Deserialize)]
struct Wanted {
    cancelled: bool,
}

#[test]
fn closing_answers_every_caller() {
    let server = join("neck-close", json!({"workers": 1})).unwrap();
    blocking(Op::Serve(server.node)).unwrap();
    let client = join("neck-close", json!({"app": {"name": "client"}})).unwrap();
    blocking(Op::WaitFor(client.node, encoded(json!({"service": "echo"})))).unwrap();
    let stall = client.method("stall");
    let lane = lane_open(LaneKind::Loop).unwrap();
    for sequence in 0..3 {
        submit(Op::Call(call(stall)), lane << 48 | sequence).unwrap();
    }
    let running = server.fetch();
    // The client's own node goes: what it called may have run, and nobody waits for the server.
    let start = twinspan::env::now();
    blocking(Op::Close(client.node, Vec::new())).unwrap();
    let mut answered = 0;
    while answered < 3 {
        for event in poll(lane, 9, Duration::from_secs(5)).unwrap() {
            let Event::Done { outcome, .. } = event else { panic!("{event:?}") };
            assert_eq!(outcome.unwrap_err().was_executed(), Executed::Maybe);
            answered += 1;
        }
    }
    assert!(start.elapsed() < Duration::from_secs(2));
    eventually("the server hears of it", || look(stats(server.node).unwrap())["load"] == 1);
    assert!(from_slice::<Wanted>(&context(running.call).unwrap()).unwrap().cancelled);
    reply(running.call, Bytes::from_static(b"\xf6")).unwrap();
    lane_close(lane).unwrap();
    lane_close(client.lane).unwrap();
    server.end();
}

#[test]
fn a_node_that_drains_may_still_call_and_answer_at_length() {
    let server = join("neck-drain", json!({"workers": 1})).unwrap();
    blocking(Op::Serve(server.node)).unwrap();
    let client = join("neck-drain", json!({"app": {"name": "client"}})).unwrap();
    let other = join("neck-drain", json!({"app": {"name": "b", "services": [{"name": "b", "methods": [{"name": "m"}]}]}})).unwrap();
    blocking(Op::Serve(other.node)).unwrap();
    for (node, service) in [(client.node, "echo"), (server.node, "b")] {
        blocking(Op::WaitFor(node, encoded(json!({"service": service})))).unwrap();
    }
    let say = client.method("say");
    let nested = method(server.node, &encoded(json!({"service": "b", "method": "m"}))).unwrap();
    let caller = std::thread::Builder::new().spawn(move || blocking(Op::Call(call(say)))).unwrap();
    let running = server.fetch();
    let node = server.node;
    let closer = std::thread::Builder::new().spawn(move || blocking(Op::Close(node, encoded(json!({"timeout_ms": 10_000}))))).unwrap();
    eventually("the client sees that it leaves", || {
        let all = look(members(client.node).unwrap());
        all.as_array().unwrap().iter().any(|m| m["services"] == json!(["echo"]) && m["state"] != "ready")
    });
    let helper = std::thread::Builder::new().spawn(move || blocking(Op::Call(Call { parent: running.call, ..call(nested) }))).unwrap();
    let inner = other.fetch();
    reply(inner.call, Bytes::from_static(b"\x01")).unwrap();
    assert_eq!(helper.join().unwrap(), Ok(Bytes::from_static(b"\x01")));
    reply(running.call, Bytes::from(vec![7; 20 << 20])).unwrap();
    assert_eq!(caller.join().unwrap().map(|answer| answer.len()), Ok(20 << 20));
    closer.join().unwrap().unwrap();
    lane_close(server.lane).unwrap();
    client.end();
    other.end();
}

#[test]
fn odd_timeouts() {
    let bed = bed("neck-odd");
    let zero = blocking(Op::Call(Call { timeout: Some(Duration::ZERO), ..call(bed.method) })).unwrap_err();
    assert_eq!((zero.kind(), zero.was_executed()), (Kind::DeadlineExceeded, Executed::No));
    for timeout in [Duration::MAX, Duration::from_millis(u64::MAX)] {
        assert!(blocking(Op::Call(Call { timeout: Some(timeout), ..call(bed.method) })).is_ok());
    }
    assert!(poll(bed.lane, 1, Duration::ZERO).unwrap().is_empty());
    bed.end();
}

#[test]
fn joining_again_and_again_leaves_nothing() {
    let server = bed("neck-again");
    let once = || {
        let client = join("neck-again", json!({"app": {"name": "client"}})).unwrap();
        let say = client.method("say");
        assert!(blocking(Op::Call(call(say))).is_ok());
        method_free(say);
        client.end();
    };
    (0..5).for_each(|_| once());
    let tasks = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let (sockets, threads) = (sockets_of_this_process(), tasks());
    (0..60).for_each(|_| once());
    // Other tests of this process come and go beside this one.
    eventually("sockets are as before", || sockets_of_this_process() < sockets + 40);
    eventually("threads are as before", || tasks() < threads + 40);
    eventually("the server has no links left", || look(stats(server.node).unwrap())["links"] == 0);
    server.end();
}

#[test]
fn a_call_that_is_refused_at_once_frees_its_input() {
    let input = stream_open().unwrap();
    let call = Call { method: u64::MAX, parent: 0, timeout: None, context: Bytes::new(), payload: Bytes::new(), input };
    assert_eq!(start(Op::Call(call)).err().unwrap().kind(), Kind::Closed);
    assert_eq!(stream_stats(input).unwrap_err().kind(), Kind::Closed);
}
