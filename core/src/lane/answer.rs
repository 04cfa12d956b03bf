//! Who waits for an operation, and the guard that answers exactly once.

use super::{Given, Lane, Outcome, Slot};
use crate::error::Error;
use parking_lot::Mutex;
use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};
use tokio::sync::oneshot;

/// Closes a stream that was an answer which nobody heard. Whoever makes streams brings it.
static CLOSE: OnceLock<fn(u64)> = OnceLock::new();

/// Says how to close a stream that was an answer which nobody heard.
pub fn unheard_streams(close: fn(u64)) {
    let _ = CLOSE.set(close);
}

/// Drops an outcome that nobody hears.
pub(super) fn unheard(outcome: Outcome) {
    if let (Ok(Given::Stream(handle)), Some(close)) = (outcome, CLOSE.get()) {
        close(handle);
    }
}

/// Where a blocking caller parks, and what it waits for.
#[derive(Debug, Default)]
pub struct Parked {
    /// Finished when the outcome is there.
    pub slot: Arc<Slot>,
    outcome: Mutex<Option<Outcome>>,
}

impl Parked {
    /// Takes the outcome once the slot is done.
    pub fn take(&self) -> Option<Outcome> {
        self.outcome.lock().take()
    }
}

impl Parked {
    /// Takes the outcome if it brought items.
    pub fn take_items(&self) -> Option<Outcome> {
        self.outcome.lock().take_if(|outcome| matches!(outcome, Ok(Given::Items(_))))
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        if let Some(outcome) = self.take() {
            unheard(outcome);
        }
    }
}

#[derive(Debug)]
enum Waiter {
    Parked(Arc<Parked>),
    Token(Arc<Lane>, u64),
    Task(oneshot::Sender<Outcome>),
}

/// Answers exactly once. Dropping it unanswered answers `Internal`, so no caller can wait for ever.
#[derive(Debug)]
pub struct Answer {
    waiter: Option<Waiter>,
}

impl Answer {
    /// For a thread that parks.
    pub fn parked(parked: Arc<Parked>) -> Answer {
        Answer { waiter: Some(Waiter::Parked(parked)) }
    }

    /// For a task of the core, which doesn't wait if it is gone.
    pub fn task(heard: oneshot::Sender<Outcome>) -> Answer {
        Answer { waiter: Some(Waiter::Task(heard)) }
    }

    /// For a token of a lane, which must have been entered there.
    pub(super) fn token(lane: Arc<Lane>, token: u64) -> Answer {
        Answer { waiter: Some(Waiter::Token(lane, token)) }
    }

    /// Answers.
    pub fn send(mut self, outcome: Outcome) {
        self.deliver(outcome);
    }

    fn deliver(&mut self, outcome: Outcome) {
        match self.waiter.take() {
            Some(Waiter::Parked(parked)) => {
                *parked.outcome.lock() = Some(outcome);
                parked.slot.finish();
            }
            Some(Waiter::Token(lane, token)) => lane.complete(token, outcome),
            Some(Waiter::Task(heard)) => {
                if let Err(outcome) = heard.send(outcome) {
                    unheard(outcome);
                }
            }
            None => {}
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.waiter.is_some() {
            self.deliver(Err(Error::internal("an operation ended without an answer")));
        }
    }
}

/// An operation under way that somebody may give up.
pub trait Cancel: Send + Sync {
    /// Ends the operation with `Cancelled`, unless it is answered already.
    fn cancel(&self);

    /// Ends the operation with `DeadlineExceeded`, unless it is answered already, or has more time than was known: until then.
    fn expire(&self) -> Option<Instant>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use bytes::Bytes;

    #[test]
    fn dropping_it_answers_internal() {
        let parked = Arc::new(Parked::default());
        drop(Answer::parked(parked.clone()));
        assert!(parked.slot.is_done());
        assert!(parked.take().is_some_and(|o| o.is_err_and(|e| e.kind() == Kind::Internal)));
    }

    #[test]
    fn one_answer_is_kept() {
        let parked = Arc::new(Parked::default());
        Answer::parked(parked.clone()).send(Ok(Bytes::from_static(b"x").into()));
        assert_eq!(parked.take(), Some(Ok(Bytes::from_static(b"x").into())));
        assert_eq!(parked.take(), None);
    }
}
