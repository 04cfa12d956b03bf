//! Where threads of a language wait.

use super::{Event, Finished, Invocation, Result, calls, guard::guarded};
use crate::{
    call::MOST_TIMEOUT,
    env,
    lane::{Lane, Slot, Waited},
    link::{Reactor, Role},
};
use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};

thread_local! {
    /// One slot a thread: it waits for one thing at a time.
    static SLOT: RefCell<Arc<Slot>> = RefCell::default();
}

/// Parks once: until the slot is finished, `until`, or a signal. The thread reads the links itself while the lead is free.
pub(super) fn wait(slot: &Arc<Slot>, until: Instant, role: Role) -> Result<Waited> {
    Ok(Reactor::get()?.wait(slot, Some(until), role))
}

/// The moment after `wait`, or so late that it never comes: no figure of a language may overflow the clock.
pub(super) fn after(wait: Duration) -> Instant {
    env::now() + wait.min(MOST_TIMEOUT)
}

/// Takes up to `most` events of a lane; with none, parks up to `wait`. An error of kind `Closed` ends the thread's loop.
pub fn poll(lane: u64, most: usize, wait: Duration) -> Result<Vec<Event>> {
    guarded(|| {
        let lane = Lane::find(lane)?;
        if wait.is_zero() {
            return lane.take(most, None);
        }
        let slot = SLOT.with_borrow(Arc::clone);
        let events = lane.take(most, Some(&slot))?;
        if !events.is_empty() {
            return Ok(events);
        }
        self::wait(&slot, after(wait), Role::Worker)?;
        lane.unpark(&slot);
        lane.take(most, None)
    })
}

/// Answers the worker's last invocation and takes the next; parks up to `wait` for it. An error of kind `Closed` ends the worker.
pub fn next(lane: u64, finished: Option<Finished>, wait: Duration) -> Result<Option<Invocation>> {
    guarded(|| {
        let found = Lane::find(lane);
        let coming = found.as_ref().ok().map(|lane| lane.coming());
        finished.map_or(Ok(()), calls::finish)?;
        let slot = SLOT.with_borrow(Arc::clone);
        if let Ok(lane) = &found
            && let Some(invocation) = lane.take_invocation(&slot)?
        {
            return Ok(Some(invocation));
        }
        drop(coming);
        let lane = found?;
        let until = after(wait);
        loop {
            if let Some(invocation) = lane.take_invocation(&slot)? {
                return Ok(Some(invocation));
            }
            self::wait(&slot, until, Role::Worker)?;
            if !slot.is_done() {
                // Time passed or a signal came. Whoever brings work now finds this slot gone; what came before is ours.
                return Ok(lane.give_up(&slot));
            }
        }
    })
}
