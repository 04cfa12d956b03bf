//! One dial that however many callers wait for.

use super::{Links, links::Outcome};
use crate::config::NodeId;
use std::sync::Arc;

/// The right to dial one peer. Its waiters are told even if the task ends early.
pub(super) struct Opening {
    pub(super) links: Arc<Links>,
    pub(super) peer: NodeId,
    /// The place may belong to a later one already.
    pub(super) over: bool,
}

impl Opening {
    /// Tells the waiters, and those that come later find the link.
    pub(super) fn done(mut self, outcome: Outcome) {
        self.over = true;
        // The peer may have reached us meanwhile.
        let outcome = outcome.or_else(|failed| self.links.live(self.peer).ok_or(failed));
        if let Some(waiters) = self.links.state.lock().opening.remove(&self.peer) {
            waiters.send_replace(Some(outcome));
        }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if !self.over {
            self.links.state.lock().opening.remove(&self.peer);
        }
    }
}
