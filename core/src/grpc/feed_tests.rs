//! A client's stream on its way to the handler.

use super::*;
use crate::{
    lane::{Answer, Given as Brought},
    stream::{Guard, Owner},
};
use std::sync::Weak;

struct Handler;

impl Owner for Handler {
    fn lend(self: Arc<Self>) -> Guard {
        Box::new(())
    }
    fn lift(&self) {}
}

fn item(size: usize) -> Bytes {
    framed(0, &request(size))
}

/// Sends what goes within the time; how much did.
async fn push(stream: &mut SendStream<Bytes>, mut data: Bytes, within: Duration) -> usize {
    let all = data.len();
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        match timeout(within, std::future::poll_fn(|context| stream.poll_capacity(context))).await {
            Ok(Some(Ok(room))) => stream.send_data(data.split_to(room.min(data.len())), false).unwrap(),
            _ => break,
        }
    }
    all - data.len()
}

async fn started(script: &Script) -> Arc<Receiver> {
    loop {
        if let Some((receiver, _)) = &*script.input.lock() {
            return receiver.clone();
        }
        tokio::task::yield_now().await;
    }
}

async fn next(receiver: &Receiver) -> Result<usize> {
    let (sender, heard) = oneshot::channel();
    let _wait = receiver.next(1, usize::MAX, None, Answer::task(sender));
    match heard.await.unwrap()? {
        Brought::Items(items) => Ok(items.len()),
        _ => panic!("no items"),
    }
}

#[test]
fn items_come_one_by_one_and_the_handlers_credit_holds_the_client_back() {
    run(async {
        let (script, server) = script(1 << 30);
        let mut client = connect(&server).await;
        let (response, mut stream) = begin(&mut client, "/s.S/Feed", &[]);
        let all = Bytes::from((0..64).flat_map(|_| item(100_000)).collect::<Vec<u8>>());
        let went = push(&mut stream, all.clone(), Duration::from_millis(300)).await;
        // The handler has not started: one item waits, and the windows of HTTP/2 are full.
        assert!(went < 1 << 20, "{went}");
        let receiver = started(&script).await;
        assert!(script.budget.used() <= 200_000, "{}", script.budget.used());
        receiver.start(Weak::<Handler>::new()).unwrap();
        let rest = env::spawn(async move {
            send(&mut stream, all.slice(went..)).await;
        });
        for _ in 0..64 {
            assert_eq!(next(&receiver).await.unwrap(), 1);
        }
        assert_eq!(next(&receiver).await.unwrap(), 0);
        assert!(rest.is_ok());
        let answer = script.waiting.lock().remove(0);
        assert!(answer.send(Ok(Bytes::from_static(&[3]).into())).is_ok());
        let (_, trailers) = ended(response).await;
        assert_eq!(trailers["grpc-status"], "0");
    });
}

#[test]
fn streams_that_are_held_back_leave_the_others_their_room() {
    run(async {
        let (script, server) = script(1 << 30);
        let mut client = connect(&server).await;
        let mut held = Vec::new();
        for _ in 0..20 {
            let (response, mut stream) = begin(&mut client, "/s.S/Feed", &[]);
            let all = Bytes::from((0..8).flat_map(|_| item(100_000)).collect::<Vec<u8>>());
            assert!(push(&mut stream, all, Duration::from_millis(20)).await < 800_000);
            held.push((response, stream));
        }
        let (response, mut stream) = begin(&mut client, "/s.S/Echo", &[]);
        let ask = framed(0, &request(50_000));
        assert_eq!(push(&mut stream, ask.clone(), Duration::from_secs(5)).await, ask.len());
        drop((response, held, script));
    });
}

#[test]
fn what_breaks_off_ends_the_call() {
    run(async {
        let (script, server) = script(1 << 30);
        let mut client = connect(&server).await;
        let mut other = Message::new();
        other.bytes(2, b"x");
        for (later, text) in [
            (framed(0, &other.0), "item 2: `b` is given after the first message"),
            (framed(0, &[0x1a, 0]), "item 2: the message can't be read: `feed` has no parameter with the field number 3"),
            (framed(1, &[]), "item 2: the message is compressed"),
            (Bytes::from_static(&[0, 0, 0, 0, 9, 1]), "item 2: the request ends inside"),
        ] {
            let (response, mut stream) = begin(&mut client, "/s.S/Feed", &[]);
            stream.send_data(item(1), false).unwrap();
            started(&script).await.start(Weak::<Handler>::new()).unwrap();
            send(&mut stream, later).await;
            let (_, trailers) = ended(response).await;
            assert!(trailers["grpc-message"].to_str().unwrap().contains(text), "{trailers:?}, not {text}");
            assert_eq!(trailers["twinspan-executed"], "maybe");
            script.cancelled.notified().await;
            script.input.lock().take();
        }
    });
}

#[test]
fn the_clients_deadline_is_hard_and_a_reset_cancels() {
    run(async {
        let (script, server) = script(1 << 30);
        let mut client = connect(&server).await;
        let (response, mut stream) = begin(&mut client, "/s.S/Feed", &[("grpc-timeout", "200m")]);
        stream.send_data(item(1), false).unwrap();
        let (_, trailers) = ended(response).await;
        assert_eq!(trailers["grpc-status"], "4");
        let (_response, mut stream) = begin(&mut client, "/s.S/Feed", &[]);
        stream.send_data(item(1), false).unwrap();
        while script.calls.load(Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
        stream.send_reset(Reason::CANCEL);
        script.cancelled.notified().await;
    });
}
