//! What a lane brings to its language.

use crate::error::{Error, Result};
use bytes::Bytes;
use std::time::Instant;

/// The one answer to an operation: what it brought, or an error.
pub type Outcome = Result<Given>;

/// What an operation brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A payload; empty where an operation answers nothing.
    Value(Bytes),
    /// The answer of a call is a stream: the handle of its receiving end.
    Stream(u64),
    /// Items of a stream in their order, each one payload; none at the stream's end.
    Items(Vec<Bytes>),
}

impl Given {
    /// The payload, where an operation can bring nothing else.
    pub fn value(self) -> Result<Bytes> {
        match self {
            Given::Value(payload) => Ok(payload),
            Given::Stream(_) | Given::Items(_) => Err(Error::internal("a stream came where a value was awaited")),
        }
    }
}

impl From<Bytes> for Given {
    fn from(payload: Bytes) -> Given {
        Given::Value(payload)
    }
}

/// What a lane brings.
#[derive(Debug)]
pub enum Event {
    /// The one answer to the operation with this token.
    Done {
        /// As given to `submit`.
        token: u64,
        /// Payload or error.
        outcome: Outcome,
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
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// How many calls lie between this one and the root.
    pub depth: u8,
    /// Arguments.
    pub payload: Bytes,
    /// The receiving end of the stream among the arguments, or 0.
    pub input: u64,
    /// Whether another worker is parked; if not, the taker starts one before it runs the handler.
    pub spare: bool,
}
