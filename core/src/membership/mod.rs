//! Who is here: this host's cluster, failure detection, and the records that nodes publish about themselves.
//!
//! [`Membership`] is pure: inputs carry the time, outputs are [`Effect`]s for `node` to carry out. It keeps no thread, no socket and no clock.

pub mod host;

mod codec;
mod detector;
mod engine;
mod identity;
mod members;
mod peer;
mod record;
#[cfg(test)]
mod sim;

pub use crate::config::{MethodSpec, ParamKind, ParamSpec, ServiceSpec};
pub use engine::{Effect, Membership};
pub use host::Place;
pub use members::{Check, Member, MemberState, MemberView, Members, Ticket, Watch};
pub use record::{MAX_ADDRESS, MAX_ADDRESSES, MAX_DOC, MAX_RECORD, NodeRecord, Sealed, UNIX};
