//! What crosses the neck besides ids and bytes.

use bytes::Bytes;
use std::time::Duration;

/// An operation with exactly one answer.
#[derive(Debug)]
pub enum Op {
    /// Joins a cluster; answers the encoded `answer of join`.
    Join(Vec<u8>),
    /// Makes a joined node ready: its services get calls from now on. Answers nothing.
    Serve(u64),
    /// Waits for providers of a service. Answers nothing.
    WaitFor(u64, Vec<u8>),
    /// Stops new invocations and waits for the running ones. Answers nothing.
    Drain(u64, Vec<u8>),
    /// Leaves the cluster and frees the node. Answers nothing.
    Close(u64, Vec<u8>),
    /// A call; answers the result's payload.
    Call(Call),
}

/// One call of a prepared method.
#[derive(Debug)]
pub struct Call {
    /// Handle from `method`.
    pub method: u64,
    /// The invocation inside which the call is made, or 0.
    pub parent: u64,
    /// Time until the deadline; `None` takes the method's, else 30 s.
    pub timeout: Option<Duration>,
    /// Encoded baggage, or empty.
    pub baggage: Bytes,
    /// Arguments.
    pub payload: Bytes,
}

/// The answer of a worker to its last invocation.
#[derive(Debug)]
pub enum Finished {
    /// A result.
    Reply {
        /// The invocation.
        call: u64,
        /// The result's payload.
        payload: Bytes,
    },
    /// An encoded error: kind `Remote` with a failure for what the handler raised, `BadArguments` and the like for what kept it from running.
    Fail {
        /// The invocation.
        call: u64,
        /// The encoded error.
        encoded: Vec<u8>,
    },
}

/// What a loop sends together with others.
#[derive(Debug)]
pub enum Post {
    /// Starts a call whose answer comes with `token`.
    Call {
        /// The call.
        call: Call,
        /// Its token.
        token: u64,
    },
    /// Answers an invocation.
    Finished(Finished),
}
