//! Streams: their ends are handles; items are payloads.

use super::guard::guarded;
use crate::error::{Error, Result};
use bytes::Bytes;

/// The sending end of a stream that will be an argument of a call. Freed by the call that takes it over, by `stream_end` or `stream_close`.
pub fn stream_open() -> Result<u64> {
    guarded(|| Err(unbuilt()))
}

/// Makes the answer of a running invocation a stream; gives its sending end. `reply` with no payload then ends it, `fail` ends it with an error.
pub fn stream_answer(_call: u64) -> Result<u64> {
    guarded(|| Err(unbuilt()))
}

/// Sends items in their order. They are taken in any case; false: wait for `Room` before the next. An error (`Cancelled`, `Closed`,
/// `Unavailable`) says that nobody wants any more.
pub fn stream_send(_stream: u64, _items: Vec<Bytes>) -> Result<bool> {
    guarded(|| Err(unbuilt()))
}

/// Ends a call's input, with an encoded error if its source failed.
pub fn stream_end(_stream: u64, _error: Option<Vec<u8>>) -> Result<()> {
    guarded(|| Err(unbuilt()))
}

/// Gives either end up: the other side is told, what waits is dropped. A stale handle is ignored.
pub fn stream_close(_stream: u64) {}

/// Counters of either end.
pub fn stream_stats(_stream: u64) -> Result<Vec<u8>> {
    guarded(|| Err(unbuilt()))
}

fn unbuilt() -> Error {
    Error::internal("streams are not built yet")
}
