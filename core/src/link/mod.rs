//! The data plane between two nodes: TLS links, the reactor that reads them, the lead that a waiting thread takes.

mod tls;

pub use tls::{Handshake, Opened, Progress, RECORD, Tls};
mod address;
mod pulse;
pub use address::Address;
