//! The data plane between two nodes: TLS links, the reactor that reads them, the lead that a waiting thread takes.

mod accept;
mod address;
mod beat;
mod budget;
mod bulk;
mod dial;
mod growing;
mod guest;
mod handshake;
mod lead;
#[allow(clippy::module_inception)]
mod link;
mod links;
mod opening;
mod peer;
mod pulse;
mod reactor;
mod read;
mod records;
mod rendezvous;
mod send;
mod session;
mod socket;
mod spin;
mod sys;
mod table;
mod tls;
mod together;
mod write;

#[cfg(test)]
mod handshake_tests;
#[cfg(test)]
mod links_tests;
#[cfg(test)]
mod records_tests;
#[cfg(test)]
mod tests;

pub use accept::Met;
pub use address::Address;
pub use budget::{Budget, Reserved};
pub use bulk::INLINE_MOST;
pub use dial::{Failed, Verdict};
pub use handshake::{Me, is_itself};
pub use lead::Role;
pub use link::{Held, Link, LinkEnd, Receiver};
pub use links::{Limits, Links, Probe};
pub use peer::{PeerInfo, Purpose};
pub use reactor::{Reactor, ReactorStats};
pub use session::{Outside, Session};
pub use table::{Answer, Answered};
pub use tls::{Handshake, Opened, Progress, RECORD, Tls};
pub use together::together;
