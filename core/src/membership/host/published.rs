//! A node's own record, as long as others may see it.

use super::{place::pid, record::HostRecord, socket, state::HostState};
use crate::error::Result;
use std::{
    fs::{File, remove_file},
    os::fd::{AsFd, BorrowedFd},
};

/// Holds the lock that says: this node lives. Dropping it removes record and socket; a killed process just loses the lock.
#[derive(Debug)]
pub struct Published {
    state: HostState,
    record: HostRecord,
    lock: File,
    inode: (u64, u64),
    socket: Option<(u64, u64)>,
    pid: u32,
    /// Replaced by a newer one, to which record and socket belong now.
    replaced: bool,
}

impl Published {
    pub(super) fn new(state: HostState, record: HostRecord, lock: File, inode: (u64, u64)) -> Published {
        let socket = socket::inode(&record.socket);
        Published { state, record, lock, inode, socket, pid: pid(), replaced: false }
    }

    /// What was published.
    pub fn record(&self) -> &HostRecord {
        &self.record
    }

    /// Whether record and socket are still there and ours. Logout empties runtime folders, cleaners empty temp folders: if not,
    /// bind the socket again where needed, open the state directory again, and call [`Published::again`].
    pub fn check(&self) -> bool {
        let record = self.state.nodes().inode(&self.record.id.to_string()) == Some(self.inode);
        let reachable = std::fs::exists(self.state.nodes().path().join(self.record.id.to_string())).unwrap_or(false);
        record && reachable && (self.record.socket.as_os_str().is_empty() || self.socket_is_ours())
    }

    /// Publishes the same node again, in a state directory that may have been made anew. On an error nothing has changed.
    pub fn again(&mut self, state: &HostState) -> Result<()> {
        let mut old = std::mem::replace(self, state.publish(&self.record)?);
        old.replaced = true;
        Ok(())
    }

    fn socket_is_ours(&self) -> bool {
        self.socket.is_some() && socket::inode(&self.record.socket) == self.socket
    }
}

impl AsFd for Published {
    /// The descriptor that carries the lock. A forked child must close its copy, else the node seems to live as long as the child.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        // In a forked child the node is its parent's.
        if self.replaced || self.pid != pid() {
            return;
        }
        let name = self.record.id.to_string();
        if self.state.nodes().inode(&name) == Some(self.inode) {
            // What can't be removed is cleaned up by the others: the lock ends with this value.
            let _ = self.state.nodes().remove(&name);
        }
        if self.socket_is_ours() {
            let _ = remove_file(&self.record.socket);
        }
    }
}
