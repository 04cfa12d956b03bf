//! What an end knows of the other end, and of the invocation that it belongs to.

use crate::error::{Error, Result};
use bytes::Bytes;
use std::sync::Arc;

/// Ends something when it is dropped: a lent permit.
pub type Guard = Box<dyn Send + Sync>;

/// The way of a sender's items. Called without a lock; it may only queue, never block.
pub trait ToReceiver: Send + Sync {
    /// Items, of which all fit into one frame, and the number of that frame (its low bits, in a long stream). `Overloaded`: not now, nothing was sent.
    fn items(&self, number: u32, items: &[Bytes]) -> Result<()>;
    /// The end, which comes after `number` frames of items. `Overloaded`: not now, nothing was sent.
    fn end(&self, number: u32, error: Option<&Error>) -> Result<()>;
    /// The sender needs its way no more. Called once. With `unwanted` what is under way need not arrive.
    fn over(&self, unwanted: bool);
}

/// The way of a receiver's credit. Called without a lock; it may only queue, never block.
pub trait ToSender: Send + Sync {
    /// So much more may be sent.
    fn credit(&self, items: u32, bytes: u32);
    /// Nobody wants any more.
    fn stop(&self);
    /// The receiver needs its way no more. Called once.
    fn over(&self);
}

/// The invocation that an end belongs to.
pub trait Owner: Send + Sync {
    /// Lends its permit until the guard is dropped.
    fn lend(self: Arc<Self>) -> Guard;
    /// Its stream goes: the deadline of its call counts no more.
    fn lift(&self);
}
