//! What crosses the neck besides ids and bytes.

use crate::error::Result;
use bytes::Bytes;
use std::time::Duration;

/// Whose events a lane carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// One asyncio loop, which watches the lane's doorbell.
    Loop,
    /// The worker threads of a node, which park in `next`.
    Workers,
    /// A Java pump, which parks in `poll`.
    Pump,
}

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

/// What a lane brings.
#[derive(Debug)]
pub enum Event {
    /// The one answer to the operation with this token.
    Done {
        /// As given to `submit`.
        token: u64,
        /// Payload or error.
        outcome: Result<Bytes>,
    },
    /// A handler should run now: its permit is taken.
    Invoke(Invocation),
    /// The caller of a running invocation no longer wants it.
    Cancel {
        /// The invocation.
        call: u64,
    },
}

/// A handler to run.
#[derive(Debug)]
pub struct Invocation {
    /// Handle for `reply`, `fail`, `context` and for nested calls' `parent`.
    pub call: u64,
    /// The node that serves.
    pub node: u64,
    /// Number of the method over all services of the App.
    pub method: u32,
    /// Time until the deadline.
    pub remaining: Duration,
    /// How many calls lie between this one and the root.
    pub depth: u8,
    /// Arguments.
    pub payload: Bytes,
    /// Whether another worker is parked; if not, the taker starts one before it runs the handler.
    pub spare: bool,
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
