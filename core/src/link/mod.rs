//! The data plane between two nodes: TLS links, the reactor that reads them, the lead that a waiting thread takes.

mod lead;
mod spin;
mod sys;
mod tls;

pub use lead::Role;
pub use tls::{Handshake, Opened, Progress, RECORD, Tls};
