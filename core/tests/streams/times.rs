//! Deadlines, and permits while a handler waits.

use crate::bed::*;
use bytes::Bytes;
use serde_json::json;
use std::time::{Duration, Instant};
use twinspan::bridge::*;

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
            if token {
                submit(Op::Call(call), lane << 48 | 1).unwrap()
            } else {
                pending = Some(start(Op::Call(call)).unwrap())
            }
            let mut outcome = move |wait| match &mut pending {
                Some(pending) => pending.park(wait),
                None => {
                    poll(lane, 1, wait).unwrap().pop().map(|event| if let Event::Done { outcome, .. } = event { outcome } else { panic!() })
                }
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
    let ask = |what: &str| {
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
