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
    /// Offers the App of an encoded `join` (its keys `app` and `lane`) on a node that is `alone`. Answers nothing.
    Offer(u64, Vec<u8>),
    /// Waits for providers of a service. Answers nothing.
    WaitFor(u64, Vec<u8>),
    /// Stops new invocations and waits for the running ones. Answers nothing.
    Drain(u64, Vec<u8>),
    /// Leaves the cluster and frees the node. Answers nothing.
    Close(u64, Vec<u8>),
    /// A call; answers the result's payload, or the receiving end of the stream that the result is.
    Call(Call),
    /// Takes what a stream brought, in its order: at least one item, or none at its end. An error of the other side comes after the items
    /// before it. While a handler waits here its permit is lent.
    Next {
        /// The receiving end.
        stream: u64,
        /// The invocation inside which it waits, or 0.
        parent: u64,
        /// Most items.
        most: usize,
        /// Most bytes, except that one item always comes.
        bytes: usize,
    },
    /// Waits until a stream takes items again. Answers nothing; an error (`Cancelled`, `Closed`, `Unavailable`) when nobody wants any.
    Room {
        /// The sending end.
        stream: u64,
    },
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
    /// Encoded `context` of the call (trace and baggage), or empty: then that of `parent`.
    pub context: Bytes,
    /// Arguments.
    pub payload: Bytes,
    /// The sending end (`stream_open`) of the stream among the arguments, or 0. The call takes it over.
    pub input: u64,
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
