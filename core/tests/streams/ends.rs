//! How streams end on purpose.

use crate::bed::*;
use bytes::Bytes;
use std::time::{Duration, Instant};
use twinspan::bridge::*;

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
        let failure =
            Failure { class: "x.Y".into(), message: "no more ".repeat(2_000), details: Some(vec![7; 60 << 10]), ..Failure::default() };
        let text = format!("x.Y: {}", failure.message);
        let raised = Error::remote(failure.clone()).encode();
        assert!(raised.len() > 64 << 10);
        fail(invocation.call, &raised).unwrap();
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
        assert_eq!(error.failure().unwrap().details, failure.details);
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
