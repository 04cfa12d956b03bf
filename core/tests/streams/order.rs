//! Items arrive, all and in order.

use crate::bed::*;
use bytes::Bytes;
use serde_json::json;
use std::time::{Duration, Instant};
use twinspan::bridge::*;

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
