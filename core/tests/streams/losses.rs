//! What a link or a node takes along when it goes.

use crate::bed::*;
use bytes::Bytes;
use serde_json::json;
use std::{
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, OnceLock, atomic::Ordering::*},
    time::{Duration, Instant},
};
use twinspan::bridge::*;

/// Carries the connections of one node, and cuts them.
struct Proxy {
    address: String,
    pairs: Arc<Mutex<Vec<(TcpStream, TcpStream)>>>,
}

impl Proxy {
    /// Listens; goes on to `target` once that is known.
    fn new(target: Arc<OnceLock<String>>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let pairs: Arc<Mutex<Vec<(TcpStream, TcpStream)>>> = Default::default();
        let all = pairs.clone();
        thread(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(target.wait()) else { continue };
                for (mut from, mut to) in
                    [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far.try_clone().unwrap(), near.try_clone().unwrap())]
                {
                    thread(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                        let _ = from.shutdown(Shutdown::Both);
                    });
                }
                all.lock().unwrap().push((near, far));
            }
        });
        Proxy { address, pairs }
    }

    fn count(&self) -> usize {
        self.pairs.lock().unwrap().len()
    }

    /// Cuts the connections from the one with this number on.
    fn cut(&self, from: usize) {
        for (near, far) in self.pairs.lock().unwrap().iter().skip(from) {
            let _ = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
        }
    }
}

/// Two nodes, of which the client dials the server through a proxy.
fn two_apart() -> (Two, Proxy) {
    let target = Arc::new(OnceLock::new());
    let proxy = Proxy::new(target.clone());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    target.set(free.clone()).unwrap();
    let cluster = fresh();
    let server = join(&cluster, json!({"transport": "tcp", "listen": free, "advertise": proxy.address})).serve();
    let client = join(&cluster, json!({"app": {"name": "client"}, "transport": "tcp"}));
    done(Op::WaitFor(client.node, encoded(json!({"service": "s"})))).unwrap();
    assert!(proxy.count() > 0, "the link goes through the proxy");
    (Two { server, client }, proxy)
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
    eventually("it leaves", || {
        let seen = members(two.client.node).unwrap();
        decoded(&seen).as_array().unwrap().iter().any(|member| member["state"] == "draining")
    });
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
        assert!(error.to_string().contains(&format!("after {taken} item")), "{error}");
        let _ = reply(invocation.call, Bytes::new());
        stream_close(stream);
        eventually("no stream is left", || stays.stats()["streams"] == 0);
        lane_close(goes.lane).unwrap();
        stays.end();
    }
}

#[test]
fn a_lost_link_ends_both_ends() {
    let (two, proxy) = two_apart();
    let input = stream_open().unwrap();
    let (stream, invocation, out) = two.open("both", input);
    let (_, down) = stuck(out, 10);
    let (_, up) = stuck(input, 10);
    let taken = take(stream, 5).unwrap().len() as u64;
    let cut = Instant::now();
    proxy.cut(0);
    assert_eq!(down.join().unwrap().unwrap_err().kind(), Kind::Unavailable);
    assert!(matches!(up.join().unwrap().unwrap_err().kind(), Kind::Unavailable | Kind::Cancelled | Kind::Closed));
    assert!(cut.elapsed() < Duration::from_secs(1), "{:?}", cut.elapsed());
    for (end, before) in [(stream, taken), (invocation.input, 0)] {
        let mut items = before;
        let error = loop {
            match take(end, 100) {
                Ok(more) => {
                    assert!(!more.is_empty());
                    assert!(more.iter().all(|item| {
                        items += 1;
                        to_number(item) == items - 1
                    }));
                }
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains(&format!("after {items} item")), "{error}");
        assert!(matches!(error.kind(), Kind::Unavailable | Kind::Cancelled), "{error}");
    }
    fail(invocation.call, &Error::new(Kind::Cancelled, "ended").encode()).unwrap();
    stream_close(stream);
    eventually("no stream is left", || two.client.stats()["streams"] == 0 && two.server.stats()["streams"] == 0);
    // The next call finds a new link.
    let mut pending = start(Op::Call(two.client.call("say", 0))).unwrap();
    reply(two.server.fetch().call, Bytes::from_static(b"\xf6")).unwrap();
    assert!(matches!(pending.park(PATIENCE), Some(Ok(_))));
    two.end();
}

#[test]
fn a_lost_bulk_link_ends_the_streams_that_lose_items_and_no_other() {
    let (two, proxy) = two_apart();
    let pairs = proxy.count();
    let (small, calm, near) = two.open("watch", 0);
    let (stream, invocation, out) = two.open("watch", 0);
    let (sent, producer) = stuck(out, 1 << 20);
    let mut items = 0;
    // Items are under way nearly all the time when the link breaks.
    let reader = thread(move || {
        loop {
            match take(stream, 1) {
                Ok(more) => {
                    assert!(!more.is_empty());
                    assert_eq!(to_number(&more[0]), items);
                    items += 1;
                }
                Err(error) => return (items, error),
            }
        }
    });
    eventually("large items go", || sent.load(SeqCst) > 20 && proxy.count() > pairs);
    // A cut between two items loses none, and the stream goes on by another link.
    eventually("an item is lost", || {
        proxy.cut(pairs);
        reader.is_finished()
    });
    let (items, error) = reader.join().unwrap();
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    assert!(items > 10 && error.to_string().contains(&format!("after {items} item")), "{error}");
    // The producer hears of it though its own link is whole.
    assert_eq!(producer.join().unwrap().unwrap_err().kind(), Kind::Cancelled);
    stream_send(near, vec![number(1)]).unwrap();
    assert_eq!(take(small, 1).unwrap(), [number(1)]);
    for call in [calm.call, invocation.call] {
        reply(call, Bytes::new()).unwrap();
    }
    stream_close(stream);
    // Large items go again, by another link.
    let (again, invocation, out) = two.open("watch", 0);
    let third = thread(move || produce(out, (0..20).map(mixed)).and_then(|()| reply(invocation.call, Bytes::new())));
    assert_mixed(&all(again), 20);
    third.join().unwrap().unwrap();
    for stream in [small, again] {
        stream_close(stream);
    }
    eventually("no stream is left", || two.client.stats()["streams"] == 0 && two.server.stats()["streams"] == 0);
    two.end();
}
