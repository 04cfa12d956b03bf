//! Streams: a call's answer or the one among its arguments, item by item, in order, with credit.
//!
//! A [`Sender`] takes items and sends them in frames as far as its credit goes; a [`Receiver`] puts the frames in order, keeps the items
//! until somebody takes them, and grants credit as they are taken. Each knows the other end only by a trait ([`ToReceiver`], [`ToSender`]):
//! behind it is a link, or the other end itself when both are in this process. No lock is held while the other end is told anything, or
//! while somebody who waits is answered.

mod ends;
mod here;
mod items;
mod later;
mod on_link;
mod receiver;
mod sender;
mod table;
mod wait;
mod way;
mod window;

#[cfg(test)]
mod tests;

pub use ends::{End, Input, Taken, close, count, end};
pub use here::connect;
pub use on_link::OnLink;
pub use receiver::{About, Receiver};
pub use sender::Sender;
pub use table::Streams;
pub use way::{Guard, Owner, ToReceiver, ToSender};

use std::time::Duration;

/// What the sender of an answer may send before it was granted anything.
pub(crate) const FIRST_ITEMS: u32 = 64;
/// See [`FIRST_ITEMS`].
pub(crate) const FIRST_BYTES: u32 = 64 << 10;
/// Items that gather while they come quickly.
const GATHER_ITEMS: usize = 64;
/// Bytes that gather while items come quickly.
const GATHER_BYTES: usize = 16 << 10;
/// An item that comes so long after the last frame goes at once; what gathers lies about so long at most.
const PAUSE: Duration = Duration::from_millis(1);
