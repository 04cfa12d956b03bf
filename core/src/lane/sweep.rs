//! Deadlines of operations that nobody parks for: one task wakes at the earliest and walks what is outstanding.
//!
//! A walk costs nothing for operations that were answered in time, so a million short calls with a deadline of 30 s
//! leave nothing behind, and the task wakes about as often as the shortest timeout in use.

use super::Lane;
use crate::env;
use parking_lot::Mutex;
use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// The shortest pause between two walks.
const PAUSE: Duration = Duration::from_millis(2);

static NEXT: Mutex<Next> = Mutex::new(Next { at: None, started: false });
static EARLIER: LazyLock<Notify> = LazyLock::new(Notify::new);

struct Next {
    at: Option<Instant>,
    started: bool,
}

/// An operation expires at `deadline`: makes sure that the task looks then.
pub(super) fn expect(deadline: Instant) {
    let mut next = NEXT.lock();
    if next.at.is_some_and(|at| at <= deadline) {
        return;
    }
    next.at = Some(deadline);
    if !next.started {
        // Without a runtime there are no operations either.
        next.started = env::spawn(walk()).is_ok();
    }
    drop(next);
    EARLIER.notify_one();
}

async fn walk() {
    loop {
        let at = NEXT.lock().at;
        let due = match at {
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at.into()) => true,
                () = EARLIER.notified() => false,
            },
            None => {
                EARLIER.notified().await;
                false
            }
        };
        if due {
            // Cleared first: a deadline that comes during the walk is either seen by it or set anew.
            NEXT.lock().at = None;
            let earliest = Lane::expire_all(env::now());
            if let Some(earliest) = earliest {
                let mut next = NEXT.lock();
                let soon = earliest.max(env::now() + PAUSE);
                next.at = Some(next.at.map_or(soon, |at| at.min(soon)));
            }
        }
    }
}
