//! The data plane between two nodes: TLS links, the reactor that reads them, the lead that a waiting thread takes.

mod address;
mod budget;
mod pulse;
mod rendezvous;
mod tls;

pub use address::Address;
pub use budget::{Budget, Reserved};
pub use tls::{Handshake, Opened, Progress, RECORD, Tls};
