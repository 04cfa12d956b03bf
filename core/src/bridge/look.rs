//! What a language can see of the cluster.

use super::{
    calls::{self, unreadable},
    guard::guarded,
    operations::node,
};
use crate::error::Result;
use minicbor_serde::to_vec;
use serde::Serialize;

/// The members that a node sees, itself included.
pub fn members(node_handle: u64) -> Result<Vec<u8>> {
    guarded(|| node(node_handle)?.with_members(|members| encode(&members)))
}

/// The services that a node sees.
pub fn services(node_handle: u64) -> Result<Vec<u8>> {
    guarded(|| node(node_handle)?.with_services(|services| encode(&services)))
}

/// One service that a node sees; empty if nobody serves it.
pub fn service(node_handle: u64, name: &str) -> Result<Vec<u8>> {
    guarded(|| node(node_handle)?.with_service(name, |service| encode(service)).unwrap_or_else(|| Ok(Vec::new())))
}

/// Counters of a node.
pub fn stats(node_handle: u64) -> Result<Vec<u8>> {
    guarded(|| encode(&node(node_handle)?.stats(calls::methods())?))
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    to_vec(value).map_err(unreadable)
}
