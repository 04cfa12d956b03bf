//! However streams end, nothing of them stays: handles, tables, windows. In a process of its own, because handles are counted for all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "streams/bed.rs"]
#[allow(dead_code)]
mod bed;

use bed::*;
use bytes::Bytes;
use std::time::Duration;
use twinspan::{bridge::*, stream};

/// One stream of each kind, ended in one of many ways.
fn once(two: &Two, how: u64) {
    let input = stream_open().unwrap();
    let mut pending = start(Op::Call(two.client.call("both", input))).unwrap();
    stream_send(input, vec![number(how); 3]).unwrap();
    if how == 0 {
        // Given up before anybody knows of it; the handler still runs, or never does.
        drop(pending);
        if let Some(invocation) = next(two.server.lane, None, Duration::from_millis(20)).unwrap() {
            fail(invocation.call, &Error::new(Kind::Cancelled, "ended").encode()).unwrap();
        }
        return;
    }
    let invocation = two.server.fetch();
    if how == 1 {
        reply(invocation.call, Bytes::new()).unwrap();
        while pending.park(PATIENCE).is_none() {}
        return;
    }
    let out = stream_answer(invocation.call).unwrap();
    if how == 2 {
        // The answer came, and nobody heard it.
        eventually("the stream came", || two.client.stats()["streams"] == 2);
        drop(pending);
        eventually("its producer is told", || stream_send(out, vec![number(0)]).is_err());
        reply(invocation.call, Bytes::new()).unwrap();
        return;
    }
    let Some(Ok(Given::Stream(stream))) = pending.park(PATIENCE) else { panic!() };
    match how {
        3 => {
            stream_send(out, (0..2000).map(number).collect()).unwrap();
            stream_close(stream);
            fail(invocation.call, &Error::new(Kind::Cancelled, "ended").encode()).unwrap();
        }
        4 => {
            stream_send(out, (0..2000).map(number).collect()).unwrap();
            reply(invocation.call, Bytes::new()).unwrap();
            assert_eq!(all(stream).len(), 2000);
            stream_close(stream);
        }
        5 => {
            stream_end(input, None).unwrap();
            assert_eq!(all(invocation.input).len(), 3);
            fail(invocation.call, &Error::new(Kind::Remote, "broke").encode()).unwrap();
            assert!(take(stream, 1).is_err());
            stream_close(stream);
        }
        6 => {
            stream_close(input);
            stream_close(invocation.input);
            stream_send(out, vec![Bytes::from(vec![1; 1 << 20])]).unwrap();
            reply(invocation.call, Bytes::new()).unwrap();
            stream_close(stream);
        }
        _ => {
            let waiting = start(Op::Next { stream, parent: 0, most: 1, bytes: 1 }).unwrap();
            stream_close(stream);
            drop(waiting);
            reply(invocation.call, Bytes::new()).unwrap();
        }
    }
}

#[test]
fn nothing_is_left_behind() {
    each_way(|two| {
        for round in 0..240 {
            once(two, round % 8);
        }
        eventually("no handle is left", || stream::count() == 0);
        eventually("nothing runs", || two.server.stats()["load"] == 0);
    });
    let unused = stream_open().unwrap();
    stream_close(unused);
    assert_eq!(stream::count(), 0);
}
