//! The cluster's services for any gRPC client that has a certificate: on the node's own listeners, beside `twinspan/1`. docs/grpc.md.
//!
//! Definitions are made from the live services ([`schema`]), messages are converted to payloads and back without generated code
//! ([`arguments`], [`results`]), and calls go the way that the node's own calls go ([`Cluster`]).

mod arguments;
mod catalog;
mod cluster;
mod descriptor;
mod exchange;
mod feed;
mod health;
mod invoke;
mod items;
mod known;
mod moment_text;
mod names;
mod number_text;
mod proto;
mod reflection;
mod results;
mod schema;
mod server;
#[cfg(test)]
mod server_tests;
mod shape;
mod status;
mod stream;
#[cfg(test)]
mod tests;
mod value_in;
mod value_out;

pub use cluster::{Ask, Cluster};
pub use server::Server;
