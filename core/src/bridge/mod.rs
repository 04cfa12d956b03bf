//! The neck: the few functions between the core and a language. ARCHITECTURE.md has the table: who calls what, what may block, who frees what.

mod types;

pub use crate::error::{Error, Executed, Failure, Frame, Kind, Result, Retry};
pub use crate::lane::{Event, Invocation, LaneKind};
pub use types::{Call, Finished, Op};

use bytes::Bytes;
use std::time::Duration;

/// Compared by each binding at import and at class load.
pub const ABI: u32 = 1;

/// An operation that a blocking caller waits for.
pub struct Pending {
    _private: (),
}

impl Pending {
    /// Waits at most `wait`. `None`: time passed or a signal came; look at signals, then park again.
    pub fn park(&mut self, _wait: Duration) -> Option<Result<Bytes>> {
        None
    }
}

/// The advice of a kind, by its number.
pub fn explain_error(kind: u16) -> &'static str {
    Kind::from_number(kind).advice()
}

/// Opens a lane.
pub fn lane_open(_kind: LaneKind) -> Result<u64> {
    Err(Error::internal("being written"))
}
/// The doorbell's descriptor.
pub fn lane_fd(_lane: u64) -> Result<i32> {
    Err(Error::internal("being written"))
}
/// Closes a lane.
pub fn lane_close(_lane: u64) -> Result<()> {
    Err(Error::internal("being written"))
}
/// Starts an operation for a blocking caller.
pub fn start(_op: Op) -> Result<Pending> {
    Err(Error::internal("being written"))
}
/// Starts an operation that is answered as an event.
pub fn submit(_op: Op, _token: u64) -> Result<()> {
    Err(Error::internal("being written"))
}
/// Cancels an operation.
pub fn cancel(_token: u64) -> Result<()> {
    Err(Error::internal("being written"))
}
/// Takes events of a lane.
pub fn poll(_lane: u64, _most: usize, _wait: Duration) -> Result<Vec<Event>> {
    Err(Error::internal("being written"))
}
/// The next invocation for a worker thread. An error of kind `Closed` ends the worker.
pub fn next(_lane: u64, _finished: Option<Finished>, _wait: Duration) -> Result<Option<Invocation>> {
    Err(Error::internal("being written"))
}
/// Prepares a method of a service.
pub fn method(_node: u64, _encoded: &[u8]) -> Result<u64> {
    Err(Error::internal("being written"))
}
/// Frees a prepared method.
pub fn method_free(_method: u64) {}
/// Answers an invocation.
pub fn reply(_call: u64, _payload: Bytes) -> Result<()> {
    Err(Error::internal("being written"))
}
/// Answers an invocation with an encoded error.
pub fn fail(_call: u64, _encoded: &[u8]) -> Result<()> {
    Err(Error::internal("being written"))
}
/// What a handler may know of its call.
pub fn context(_call: u64) -> Result<Vec<u8>> {
    Err(Error::internal("being written"))
}
/// The members that a node sees.
pub fn members(_node: u64) -> Result<Vec<u8>> {
    Err(Error::internal("being written"))
}
/// The services that a node sees.
pub fn services(_node: u64) -> Result<Vec<u8>> {
    Err(Error::internal("being written"))
}
/// Counters of a node.
pub fn stats(_node: u64) -> Result<Vec<u8>> {
    Err(Error::internal("being written"))
}
