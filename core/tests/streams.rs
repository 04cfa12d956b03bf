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

/// Bytes that tell which item they are of.
fn sized(n: u64, size: usize) -> Bytes {
    let mut item = vec![n as u8; size.max(8)];
    item[..8].copy_from_slice(&n.to_le_bytes());
    item.into()
}

fn mixed(n: u64) -> Bytes {
    sized(n, if n % 3 == 0 { 1 << 20 } else if n % 7 == 0 { 60_000 } else { 10 })
}

fn assert_mixed(items: &[Bytes], count: usize) {
    assert_eq!(items.len(), count);
    for (n, item) in items.iter().enumerate() {
        assert!(*item == mixed(n as u64), "item {n}");
    }
}

#[test]
fn small_and_large_items_come_in_order() {
    each_way(|two| {
        let input = stream_open().unwrap();
        let (stream, invocation, out) = two.open("both", input);
        let there = thread(move || {
            produce(input, (0..100).map(mixed)).unwrap();
            stream_end(input, None).unwrap();
        });
        let back = thread(move || {
            produce(out, (0..200).map(mixed)).unwrap();
            // The input is read to its end before the call ends.
            let read = all(invocation.input);
            reply(invocation.call, Bytes::new()).unwrap();
            read
        });
        assert_mixed(&all(stream), 200);
        there.join().unwrap();
        assert_mixed(&back.join().unwrap(), 100);
        stream_close(stream);
    });
}

#[test]
fn both_directions_at_once() {
    each_way(|two| {
        let input = stream_open().unwrap();
        let (stream, invocation, out) = two.open("both", input);
        let echo = thread(move || {
            loop {
                let items = take(invocation.input, 64).unwrap();
                if items.is_empty() {
                    return reply(invocation.call, Bytes::new()).unwrap();
                }
                produce(out, items.into_iter()).unwrap();
            }
        });
        // One at a time, each answered before the next: nothing may lie and wait for company.
        for n in 0..200 {
            stream_send(input, vec![number(n)]).unwrap();
            assert_eq!(take(stream, 9).unwrap(), [number(n)]);
        }
        stream_end(input, None).unwrap();
        assert!(take(stream, 9).unwrap().is_empty());
        echo.join().unwrap();
        stream_close(stream);
    });
}

/// How many items a producer gets rid of before it must wait, and what then ends its wait.
fn stuck(stream: u64, size: usize) -> (std::sync::Arc<AtomicU64>, JoinHandle<Result<()>>) {
    let sent = std::sync::Arc::new(AtomicU64::new(0));
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

fn standing(sent: &AtomicU64) -> u64 {
    let mut last = 0;
    eventually("the producer waits", || {
        sleep(Duration::from_millis(50));
        let now = sent.load(SeqCst);
        std::mem::replace(&mut last, now) == now && now > 0
    });
    last
}

#[test]
fn a_slow_reader_holds_back_its_own_stream_only() {
    each_way(|two| {
        let (stream, invocation, out) = two.open("watch", 0);
        let (sent, producer) = stuck(out, 10);
        let before = standing(&sent);
        assert!((1024..1300).contains(&before), "{before} items");
        let (other, large, far) = two.open("watch", 0);
        let (heavy, second) = stuck(far, 1 << 20);
        let before = standing(&heavy);
        assert!((4..=7).contains(&before), "{before} items of 1 MiB");
        // A call passes beside both.
        let asked = Instant::now();
        let mut pending = start(Op::Call(two.client.call("say", 0))).unwrap();
        let say = two.server.fetch();
        reply(say.call, Bytes::from_static(b"\xf6")).unwrap();
        while pending.park(Duration::from_millis(100)).is_none() {}
        assert!(asked.elapsed() < Duration::from_secs(1));
        // What is taken makes room again.
        for n in 0..3000 {
            assert_eq!(to_number(&take(stream, 1).unwrap()[0]), n);
        }
        stream_close(stream);
        stream_close(other);
        for producer in [producer, second] {
            assert_eq!(producer.join().unwrap().unwrap_err().kind(), Kind::Cancelled);
        }
        for call in [invocation.call, large.call] {
            assert_eq!(decoded(&context(call).unwrap())["cancelled"], true);
            fail(call, &Error::new(Kind::Cancelled, "ended").encode()).unwrap();
        }
    });
}

#[test]
fn closing_ends_the_producer_soon() {
    each_way(|two| {
        let mut times = Vec::new();
        for _ in 0..20 {
            let (stream, invocation, out) = two.open("watch", 0);
            let (_, producer) = stuck(out, 10);
            take(stream, 1).unwrap();
            let closed = Instant::now();
            stream_close(stream);
            assert_eq!(producer.join().unwrap().unwrap_err().kind(), Kind::Cancelled);
            times.push(closed.elapsed());
            fail(invocation.call, &Error::new(Kind::Cancelled, "ended").encode()).unwrap();
        }
        times.sort();
        assert!(times[10] < Duration::from_millis(50), "{times:?}");
    });
}

#[test]
fn an_error_comes_after_the_items_before_it() {
    each_way(|two| {
        let (stream, invocation, out) = two.open("watch", 0);
        for n in 0..5 {
            stream_send(out, vec![mixed(n)]).unwrap();
        }
        // Larger than what travels in a frame of its own, and so by the way of the large items.
        let text = "no more ".repeat(20_000);
        fail(invocation.call, &Error::new(Kind::Remote, text.clone()).executed(Executed::Yes).encode()).unwrap();
        let mut items = Vec::new();
        let error = loop {
            match take(stream, 2) {
                Ok(more) => items.extend(more),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), Kind::Remote, "{error}");
        assert_mixed(&items, 5);
        assert_eq!((error.kind(), error.message(), error.was_executed()), (Kind::Remote, text.as_str(), Executed::Yes));
        assert!(error.to_string().starts_with("stream of s.watch, after 5 items: "));
        assert_eq!(error.trace_id().len(), 32);
        assert_eq!(stream_send(out, vec![number(0)]).unwrap_err().kind(), Kind::Closed);
        stream_close(stream);

        // The same of an input.
        let input = stream_open().unwrap();
        let mut pending = start(Op::Call(two.client.call("feed", input))).unwrap();
        stream_send(input, vec![number(1)]).unwrap();
        stream_end(input, Some(Error::new(Kind::Remote, "the source broke").encode())).unwrap();
        let invocation = two.server.fetch();
        assert_eq!(take(invocation.input, 9).unwrap(), [number(1)]);
        assert_eq!(take(invocation.input, 9).unwrap_err().message(), "the source broke");
        reply(invocation.call, Bytes::from_static(b"\xf6")).unwrap();
        while pending.park(Duration::from_millis(100)).is_none() {}
    });
}

#[test]
fn streams_without_items_end() {
    each_way(|two| {
        let input = stream_open().unwrap();
        stream_end(input, None).unwrap();
        let (stream, invocation, _) = two.open("both", input);
        assert!(take(invocation.input, 1).unwrap().is_empty());
        reply(invocation.call, Bytes::new()).unwrap();
        assert!(take(stream, 1).unwrap().is_empty());
        stream_close(stream);
    });
}

#[test]
fn a_handler_that_reads_no_further_says_so() {
    each_way(|two| {
        let input = stream_open().unwrap();
        let mut pending = start(Op::Call(two.client.call("feed", input))).unwrap();
        let (_, producer) = stuck(input, 10);
        let invocation = two.server.fetch();
        take(invocation.input, 5).unwrap();
        stream_close(invocation.input);
        // The call goes on.
        assert_eq!(producer.join().unwrap().unwrap_err().kind(), Kind::Cancelled);
        assert!(pending.park(Duration::from_millis(20)).is_none());
        reply(invocation.call, number(7)).unwrap();
        while pending.park(Duration::from_millis(100)).is_none() {}
        assert_eq!(stream_send(input, vec![number(0)]).unwrap_err().kind(), Kind::Closed);
    });
}

#[test]
fn a_cancel_reaches_both_directions() {
    each_way(|two| {
        let input = stream_open().unwrap();
        let pending = start(Op::Call(two.client.call("feed", input))).unwrap();
        let (_, producer) = stuck(input, 10);
        let invocation = two.server.fetch();
        take(invocation.input, 5).unwrap();
        drop(pending);
        // `Cancelled` while it waits for room; with the call its handle goes.
        assert!(matches!(producer.join().unwrap().unwrap_err().kind(), Kind::Cancelled | Kind::Closed));
        let error = loop {
            match take(invocation.input, 1000) {
                Ok(items) => assert!(!items.is_empty(), "an input that was cut off must not look like one that ended"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), Kind::Cancelled);
        fail(invocation.call, &error.encode()).unwrap();
        // The producer of an input gives it up: its reader hears of it.
        let input = stream_open().unwrap();
        let mut pending = start(Op::Call(two.client.call("feed", input))).unwrap();
        let invocation = two.server.fetch();
        stream_close(input);
        let error = take(invocation.input, 1).unwrap_err();
        assert_eq!(error.kind(), Kind::Cancelled);
        fail(invocation.call, &error.encode()).unwrap();
        while pending.park(Duration::from_millis(100)).is_none() {}
    });
}

#[test]
fn a_cancel_of_the_call_around_reaches_its_streams() {
    let two = two(&fresh(), false);
    let outer = start(Op::Call(two.client.call("say", 0))).unwrap();
    let around = two.server.fetch();
    let mut pending = start(Op::Call(Call { parent: around.call, ..two.server.call("watch", 0) })).unwrap();
    let invocation = two.server.fetch();
    let out = stream_answer(invocation.call).unwrap();
    let Some(Ok(Given::Stream(stream))) = pending.park(PATIENCE) else { panic!() };
    stream_send(out, vec![number(1)]).unwrap();
    assert_eq!(take(stream, 9).unwrap().len(), 1);
    drop(outer);
    assert_eq!(take(stream, 9).unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(done(Op::Room { stream: out }).unwrap_err().kind(), Kind::Cancelled);
    for call in [invocation.call, around.call] {
        fail(call, &Error::new(Kind::Cancelled, "ended").encode()).unwrap();
    }
    stream_close(stream);
    two.end();
}

#[test]
fn a_node_streams_to_itself() {
    let alone = join(&fresh(), json!({})).serve();
    let input = stream_open().unwrap();
    let mut pending = start(Op::Call(alone.call("both", input))).unwrap();
    let invocation = alone.fetch();
    let out = stream_answer(invocation.call).unwrap();
    let Some(Ok(Given::Stream(stream))) = pending.park(PATIENCE) else { panic!() };
    let there = thread(move || {
        produce(input, (0..5000).map(mixed)).unwrap();
        stream_end(input, None).unwrap();
    });
    let echo = thread(move || {
        loop {
            let items = take(invocation.input, 64).unwrap();
            if items.is_empty() {
                return reply(invocation.call, Bytes::new()).unwrap();
            }
            produce(out, items.into_iter()).unwrap();
        }
    });
    assert_mixed(&all(stream), 5000);
    there.join().unwrap();
    echo.join().unwrap();
    stream_close(stream);
    // The reader closes: the producer is told, and its invocation cancelled.
    let mut pending = start(Op::Call(alone.call("watch", 0))).unwrap();
    let invocation = alone.fetch();
    let out = stream_answer(invocation.call).unwrap();
    let Some(Ok(Given::Stream(stream))) = pending.park(PATIENCE) else { panic!() };
    let (_, producer) = stuck(out, 10);
    take(stream, 1).unwrap();
    stream_close(stream);
    assert_eq!(producer.join().unwrap().unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(decoded(&context(invocation.call).unwrap())["cancelled"], true);
    reply(invocation.call, Bytes::new()).unwrap();
    alone.end();
}

#[test]
fn the_deadline_ends_with_the_first_item() {
    each_way(|two| {
        let short = |name, input| Call { timeout: Some(Duration::from_millis(200)), ..two.client.call(name, input) };
        let open = || {
            let mut pending = start(Op::Call(short("watch", 0))).unwrap();
            let invocation = two.server.fetch();
            let out = stream_answer(invocation.call).unwrap();
            let Some(Ok(Given::Stream(stream))) = pending.park(PATIENCE) else { panic!() };
            (stream, invocation, out)
        };
        // No item comes: by a thread that parks, and by a token.
        for token in [false, true] {
            let (stream, invocation, out) = open();
            let asked = Instant::now();
            let error = if token {
                let lane = lane_open(LaneKind::Loop).unwrap();
                submit(Op::Next { stream, parent: 0, most: 1, bytes: 1 }, lane << 48 | 1).unwrap();
                let error = loop {
                    if let Some(Event::Done { outcome, .. }) = poll(lane, 1, PATIENCE).unwrap().pop() {
                        break outcome.unwrap_err();
                    }
                };
                lane_close(lane).unwrap();
                error
            } else {
                take(stream, 1).unwrap_err()
            };
            assert_eq!(error.kind(), Kind::DeadlineExceeded);
            assert!(asked.elapsed() < Duration::from_secs(2));
            eventually("the producer is told", || stream_send(out, vec![number(1)]).is_err());
            fail(invocation.call, &error.encode()).unwrap();
            stream_close(stream);
        }
        // One came: the next may take its time.
        let (stream, invocation, out) = open();
        stream_send(out, vec![number(1)]).unwrap();
        assert_eq!(take(stream, 1).unwrap().len(), 1);
        let mut later = start(Op::Next { stream, parent: 0, most: 1, bytes: 1 }).unwrap();
        assert!(later.park(Duration::from_millis(500)).is_none());
        assert!(decoded(&context(invocation.call).unwrap())["remaining_ms"].as_u64().unwrap() > 60_000);
        stream_send(out, vec![number(2)]).unwrap();
        assert_eq!(later.park(PATIENCE), Some(Ok(Given::Items(vec![number(2)]))));
        reply(invocation.call, Bytes::new()).unwrap();
        stream_close(stream);
    });
}

#[test]
fn an_input_that_goes_on_moves_the_deadline() {
    each_way(|two| {
        let lane = lane_open(LaneKind::Loop).unwrap();
        for token in [false, true] {
            let input = stream_open().unwrap();
            let call = Call { timeout: Some(Duration::from_millis(300)), ..two.client.call("feed", input) };
            let mut pending = None;
            if token { submit(Op::Call(call), lane << 48 | 1).unwrap() } else { pending = Some(start(Op::Call(call)).unwrap()) }
            let mut outcome = move |wait| match &mut pending {
                Some(pending) => pending.park(wait),
                None => poll(lane, 1, wait).unwrap().pop().map(|event| if let Event::Done { outcome, .. } = event { outcome } else { panic!() }),
            };
            let invocation = two.server.fetch();
            for n in 0..8 {
                stream_send(input, vec![number(n)]).unwrap();
                assert_eq!(take(invocation.input, 1).unwrap().len(), 1);
                assert_eq!(outcome(Duration::from_millis(100)), None, "item {n}");
            }
            // It stands still.
            let still = Instant::now();
            let error = loop {
                if let Some(outcome) = outcome(Duration::from_millis(100)) {
                    break outcome.unwrap_err();
                }
            };
            assert_eq!(error.kind(), Kind::DeadlineExceeded);
            assert!((Duration::from_millis(100)..Duration::from_secs(2)).contains(&still.elapsed()), "{:?}", still.elapsed());
            fail(invocation.call, &error.encode()).unwrap();
        }
        lane_close(lane).unwrap();
    });
}

#[test]
fn handlers_that_wait_lend_their_permits() {
    let server = join("streams-lend", json!({"workers": 1})).serve();
    let input = stream_open().unwrap();
    let mut pending = start(Op::Call(server.call("both", input))).unwrap();
    let invocation = server.fetch();
    let call = invocation.call;
    let mut ask = |what: &str| {
        let mut say = start(Op::Call(Call { timeout: Some(Duration::from_secs(10)), ..server.call("say", 0) })).unwrap();
        let other = server.fetch();
        reply(other.call, Bytes::from_static(b"\xf6")).unwrap();
        assert!(matches!(say.park(PATIENCE), Some(Ok(_))), "{what}");
    };
    let reading = start(Op::Next { stream: invocation.input, parent: call, most: 1, bytes: 1 }).unwrap();
    ask("while it waits for its input");
    drop(reading);
    let out = stream_answer(call).unwrap();
    let Some(Ok(Given::Stream(stream))) = pending.park(PATIENCE) else { panic!() };
    while stream_send(out, vec![number(0)]).unwrap() {}
    let waiting = start(Op::Room { stream: out }).unwrap();
    ask("while it waits for room");
    drop(waiting);
    // And not otherwise.
    let mut say = start(Op::Call(server.call("say", 0))).unwrap();
    assert!(next(server.lane, None, Duration::from_millis(50)).unwrap().is_none());
    reply(call, Bytes::new()).unwrap();
    reply(server.fetch().call, Bytes::from_static(b"\xf6")).unwrap();
    assert!(say.park(PATIENCE).is_some());
    stream_close(stream);
    server.end();
}

#[test]
fn misuse_is_told() {
    let two = two(&fresh(), false);
    let (stream, invocation, out) = two.open("watch", 0);
    let misuse = |result: Result<()>| assert_eq!(result.unwrap_err().kind(), Kind::Misuse);
    misuse(stream_answer(invocation.call).map(|_| ()));
    misuse(stream_end(out, None));
    misuse(stream_send(stream, vec![]).map(|_| ()));
    misuse(take(out, 1).map(|_| ()));
    misuse(done(Op::Call(two.client.call("feed", out))).map(|_| ()));
    misuse(done(Op::Room { stream }).map(|_| ()));
    let _first = start(Op::Next { stream, parent: 0, most: 1, bytes: 1 }).unwrap();
    misuse(take(stream, 1).map(|_| ()));
    let taken = stream_open().unwrap();
    let pending = start(Op::Call(two.client.call("feed", taken))).unwrap();
    misuse(done(Op::Call(two.client.call("feed", taken))).map(|_| ()));
    drop(pending);
    stream_close(stream);
    stream_close(stream);
    reply(invocation.call, Bytes::new()).unwrap();
    assert_eq!(stream_stats(out).unwrap_err().kind(), Kind::Closed);
    two.end();
}

#[test]
fn a_node_that_drains_finishes_its_streams() {
    let two = two(&fresh(), false);
    let (stream, invocation, out) = two.open("watch", 0);
    // More than may be under way: the rest waits for the reader when the handler has ended.
    stream_send(out, (0..3000).map(number).collect()).unwrap();
    reply(invocation.call, Bytes::new()).unwrap();
    let node = two.server.node;
    let closing = thread(move || done(Op::Close(node, encoded(json!({"timeout_ms": 10_000})))).unwrap());
    eventually("it leaves", || two.client.stats()["links"] == 1 && two.server.stats().get("load").is_some());
    let items = all(stream);
    assert_eq!(items.len(), 3000);
    closing.join().unwrap();
    stream_close(stream);
    two.client.end();
    lane_close(two.server.lane).unwrap();
}

#[test]
fn closing_a_node_ends_its_streams() {
    for server_goes in [true, false] {
        let two = two(&fresh(), false);
        let (stream, invocation, out) = two.open("watch", 0);
        let (_, producer) = stuck(out, 10);
        let mut taken = take(stream, 5).unwrap().len();
        let (goes, stays) = if server_goes { (two.server, two.client) } else { (two.client, two.server) };
        done(Op::Close(goes.node, Vec::new())).unwrap();
        let error = producer.join().unwrap().unwrap_err();
        assert!(matches!(error.kind(), Kind::Cancelled | Kind::Unavailable | Kind::Closed), "{error}");
        let error = loop {
            match take(stream, 9) {
                Ok(items) => {
                    assert!(!items.is_empty(), "a stream that was cut off must not look like one that ended");
                    taken += items.len();
                }
                Err(error) => break error,
            }
        };
        assert!(matches!(error.kind(), Kind::Unavailable | Kind::Closed), "{error}");
        assert!(error.to_string().contains(&format!("after {taken} items")), "{error}");
        let _ = reply(invocation.call, Bytes::new());
        stream_close(stream);
        eventually("no stream is left", || stays.stats()["streams"] == 0);
        lane_close(goes.lane).unwrap();
        stays.end();
    }
}
