//! What a lane brings to its language.

use crate::error::Result;
use bytes::Bytes;
use std::time::Instant;

/// The one answer to an operation: a payload or an error.
pub type Outcome = Result<Bytes>;

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
    /// Whether another worker is parked; if not, the taker starts one before it runs the handler.
    pub spare: bool,
}
