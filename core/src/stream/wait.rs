//! Somebody who waits at an end of a stream. A cancel ends the wait alone, never the stream.

use super::{Guard, Receiver};
use crate::{
    error::{Error, Kind},
    lane::{Answer, Cancel, Outcome},
};
use parking_lot::Mutex;
use std::{
    sync::{Arc, Weak},
    time::Instant,
};

/// One wait: for items, or for room.
pub(super) struct Wait {
    waiting: Mutex<Option<Claim>>,
    /// Most items and bytes that it takes.
    pub(super) most: (usize, usize),
    /// Where the wait has a deadline.
    on: Option<Weak<Receiver>>,
}

/// Whoever has it answers the wait.
pub(super) struct Claim {
    answer: Answer,
    guard: Option<Guard>,
}

impl Claim {
    pub(super) fn send(self, outcome: Outcome) {
        // The permit comes back before the handler goes on.
        drop(self.guard);
        self.answer.send(outcome);
    }
}

impl Wait {
    pub(super) fn new(answer: Answer, guard: Option<Guard>, most: (usize, usize), on: Option<Weak<Receiver>>) -> Arc<Wait> {
        Arc::new(Wait { waiting: Mutex::new(Some(Claim { answer, guard })), most, on })
    }

    /// The right to answer, once.
    pub(super) fn claim(&self) -> Option<Claim> {
        self.waiting.lock().take()
    }

    pub(super) fn is_over(&self) -> bool {
        self.waiting.lock().is_none()
    }
}

impl Cancel for Wait {
    fn cancel(&self) {
        if let Some(claim) = self.claim() {
            claim.send(Err(Error::new(Kind::Cancelled, "the wait was cancelled; the stream goes on")));
        }
    }

    fn expire(&self) -> Option<Instant> {
        self.on.as_ref().and_then(Weak::upgrade)?.expire()
    }
}
