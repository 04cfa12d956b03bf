//! The data plane between two nodes: TLS links, the reactor that reads them, the lead that a waiting thread takes.

mod lead;
#[allow(clippy::module_inception)]
mod link;
mod peer;
mod reactor;
mod read;
mod spin;
mod sys;
mod table;
mod tls;
mod write;

pub use lead::Role;
pub use link::{Link, LinkEnd, Receiver};
pub use peer::{PeerInfo, Purpose};
pub use reactor::{Reactor, ReactorStats, leads_for};
pub use table::{Answer, Answered};
pub use tls::{Handshake, Opened, Progress, RECORD, Tls};
