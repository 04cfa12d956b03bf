//! Who is at the other end of a link, as the handshake found out.

use crate::config::NodeId;

/// What a link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Calls, answers, gossip: one such link a pair of nodes.
    Pair,
    /// Large bodies that the pair link announced.
    Bulk,
}

/// The peer of a link.
#[derive(Clone, Debug)]
pub struct PeerInfo {
    /// Its id, authenticated.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// Its language, if it said so.
    pub language: Option<String>,
    /// What the link is for.
    pub purpose: Purpose,
    /// Whether this side dialled.
    pub dialled_by_us: bool,
    /// Features that both sides have.
    pub features: u64,
    /// Version of the record that the peer owned when the link opened.
    pub record_version: u64,
    /// Digest of that record.
    pub record_digest: Option<[u8; 32]>,
}
