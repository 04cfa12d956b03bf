//! Streams: their ends are handles; items are payloads.

use super::{calls::unreadable, guard::guarded};
use crate::{
    error::{Error, Kind, Result},
    lane::{Answer, Cancel},
    serve::running,
    stream::{self, End, Owner, Receiver, Sender},
};
use bytes::Bytes;
use minicbor_serde::to_vec;
use serde::Serialize;
use std::{sync::Arc, time::Instant};

/// The sending end of a stream that will be an argument of a call. Freed by the end of the call that takes it over, by `stream_end` once a
/// call has it, or by `stream_close`.
pub fn stream_open() -> Result<u64> {
    guarded(|| Ok(End::Sender(Sender::input()).enter()))
}

/// Makes the answer of a running invocation a stream; gives its sending end. `reply` with no payload then ends it, `fail` ends it with an error.
pub fn stream_answer(call: u64) -> Result<u64> {
    guarded(|| running(call)?.stream())
}

/// Sends items in their order. They are taken in any case; false: wait for `Room` before the next. An error (`Cancelled`, `Closed`,
/// `Unavailable`) says that nobody wants any more; `Overloaded`, that far too much waits because nobody waited for `Room`.
pub fn stream_send(stream: u64, items: Vec<Bytes>) -> Result<bool> {
    guarded(|| sender(stream)?.send(items))
}

/// Ends a call's input, with an encoded error if its source failed.
pub fn stream_end(stream: u64, error: Option<Vec<u8>>) -> Result<()> {
    guarded(|| {
        let sender = sender(stream)?;
        if !sender.input {
            return Err(Error::new(Kind::Misuse, "an answer is ended by `reply` or `fail`"));
        }
        // Until a call has it the handle stays: the call takes it over.
        if sender.is_taken() {
            End::forget(stream);
        }
        sender.finish(error.map(|encoded| Error::decode(&encoded)));
        Ok(())
    })
}

/// Gives either end up: the other side is told, what waits is dropped. A stale handle is ignored.
pub fn stream_close(stream: u64) {
    let _ = guarded(|| {
        stream::close(stream);
        Ok(())
    });
}

#[derive(Serialize)]
struct Stats {
    items: u64,
    bytes: u64,
    waiting: usize,
    ended: bool,
}

/// Counters of either end.
pub fn stream_stats(stream: u64) -> Result<Vec<u8>> {
    guarded(|| {
        let (items, bytes, waiting, ended) = match stream::end(stream)? {
            End::Sender(sender) => sender.stats(),
            End::Receiver(receiver) => receiver.stats(),
        };
        to_vec(Stats { items, bytes, waiting, ended }).map_err(unreadable)
    })
}

fn sender(stream: u64) -> Result<Arc<Sender>> {
    match stream::end(stream)? {
        End::Sender(sender) => Ok(sender),
        End::Receiver(_) => Err(Error::new(Kind::Misuse, "this is the end of a stream that items are taken from")),
    }
}

/// The receiving end with this handle.
pub(super) fn receiver(stream: u64) -> Result<Arc<Receiver>> {
    match stream::end(stream)? {
        End::Receiver(receiver) => Ok(receiver),
        End::Sender(_) => Err(Error::new(Kind::Misuse, "this is the end of a stream that items are sent to")),
    }
}

/// A wait that goes on: what cancels it, and when it ends by itself.
pub(super) type Waits = Option<(Arc<dyn Cancel>, Option<Instant>)>;

/// `Op::Next`.
pub(super) fn next(receiver: &Receiver, parent: u64, most: usize, bytes: usize, answer: Answer) -> Waits {
    // One that ended meanwhile has no permit to lend.
    let owner = if parent == 0 { None } else { running(parent).ok().map(|running| running as Arc<dyn Owner>) };
    let deadline = receiver.deadline();
    receiver.next(most, bytes, owner, answer).map(|wait| (wait, deadline))
}

/// `Op::Room`, of a sending end.
pub(super) fn room_of(stream: u64) -> Result<Arc<Sender>> {
    sender(stream)
}
