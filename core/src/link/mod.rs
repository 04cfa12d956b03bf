//! The data plane between two nodes: TLS links, the reactor that reads them, the lead that a waiting thread takes.

mod address;
mod budget;
mod dial;
mod handshake;
mod lead;
mod pulse;
mod rendezvous;
mod socket;
mod spin;
mod sys;
mod tls;

#[cfg(test)]
mod handshake_tests;

pub use address::Address;
pub use budget::{Budget, Reserved};
pub use dial::Verdict;
pub use handshake::Me;
pub use lead::Role;
pub use tls::{Handshake, Opened, Progress, RECORD, Tls};
