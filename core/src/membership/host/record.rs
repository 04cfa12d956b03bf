//! What a node of this host tells the others of it.

use super::place::{Place, namespace, pid, place, start_time};
use crate::config::NodeId;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One file of `nodes/`. Its owner holds a lock on it for its life; the fields are for dialling and for people.
/// A key that this version doesn't know is skipped: nodes of several versions may share a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRecord {
    /// The node's id, which is also the file's name.
    pub id: NodeId,
    /// The node's name.
    pub name: String,
    /// Process id, as its own pid namespace counts.
    pub pid: u32,
    /// When the process started, in the kernel's ticks since boot.
    pub start_time: u64,
    /// Pid namespace.
    pub pid_ns: String,
    /// Host, namespaces and user.
    #[serde(flatten)]
    pub place: Place,
    /// The Unix socket on which it listens; empty if it has none.
    pub socket: PathBuf,
    /// TCP addresses on which it listens.
    #[serde(default)]
    pub tcp: Vec<String>,
}

impl HostRecord {
    /// The record of a node of this process.
    pub fn of(id: NodeId, name: &str, socket: PathBuf, tcp: Vec<String>) -> HostRecord {
        HostRecord { id, name: name.into(), pid: pid(), start_time: start_time(), pid_ns: namespace("pid"), place: place(), socket, tcp }
    }
}
