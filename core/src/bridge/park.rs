//! Where threads of a language wait.

use super::{Event, Finished, Invocation, Result, calls, guard::guarded};
use crate::{
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
        self::wait(&slot, env::now() + wait, Role::Worker)?;
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
        let until = env::now() + wait;
        loop {
            if let Some(invocation) = lane.take_invocation(&slot)? {
                return Ok(Some(invocation));
            }
            self::wait(&slot, until, Role::Worker)?;
            if !slot.is_done() {
                // Time passed or a signal came. Whoever was about to wake this slot finds it gone, or we find the work.
                lane.unpark(&slot);
                return if slot.is_done() { continue_or_none(&lane, &slot) } else { Ok(None) };
            }
        }
    })
}

fn continue_or_none(lane: &Arc<Lane>, slot: &Arc<Slot>) -> Result<Option<Invocation>> {
    let invocation = lane.take_invocation(slot)?;
    lane.unpark(slot);
    Ok(invocation)
}
