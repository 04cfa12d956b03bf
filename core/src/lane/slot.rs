//! The place where one thread parks.

use rustix::thread::futex;
use std::{
    sync::atomic::{AtomicU32, Ordering::*},
    time::Instant,
};

const DONE: u32 = 1;
const LEAD: u32 = 2;
const ASLEEP: u32 = 4;

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The slot was finished.
    Done,
    /// The given time passed.
    TimedOut,
    /// A signal came: the language should look at it, then wait again.
    Interrupted,
}

/// A futex word: finished, offered the lead, or asleep. What is waited for is stored by whoever finishes the slot, before it does.
#[derive(Debug, Default)]
pub struct Slot {
    word: AtomicU32,
}

impl Slot {
    /// Makes the slot fresh for another wait. An offer of the lead that came late stays, to be passed on.
    pub fn reset(&self) {
        self.word.fetch_and(!DONE, AcqRel);
    }

    /// Ends the wait; wakes the thread only if it sleeps.
    pub fn finish(&self) {
        if self.word.fetch_or(DONE, AcqRel) & ASLEEP != 0 {
            self.wake();
        }
    }

    /// Whether the wait is over.
    pub fn is_done(&self) -> bool {
        self.word.load(Acquire) & DONE != 0
    }

    /// Hands the lead to the thread, if it sleeps and is not finished.
    pub fn offer_lead(&self) -> bool {
        let taken = self.word.compare_exchange(ASLEEP, ASLEEP | LEAD, AcqRel, Acquire).is_ok();
        if taken {
            self.wake();
        }
        taken
    }

    /// Takes the lead that was offered, if any. Whoever gets `true` holds the lead and must pass it on.
    pub fn take_lead(&self) -> bool {
        self.word.fetch_and(!LEAD, AcqRel) & LEAD != 0
    }

    /// Sleeps until finished, offered the lead, a signal, or `until`.
    pub fn sleep(&self, until: Option<Instant>, now: Instant) {
        if self.word.compare_exchange(0, ASLEEP, AcqRel, Acquire).is_err() {
            return;
        }
        let left = until
            .map(|t| t.saturating_duration_since(now))
            .and_then(|d| Some(rustix::fs::Timespec { tv_sec: i64::try_from(d.as_secs()).ok()?, tv_nsec: d.subsec_nanos().into() }));
        // Returns at once when the word changed; every other return is looked at by the caller's loop.
        let _ = futex::wait(&self.word, futex::Flags::PRIVATE, ASLEEP, left.as_ref());
        self.word.fetch_and(!ASLEEP, AcqRel);
    }

    fn wake(&self) {
        let _ = futex::wake(&self.word, futex::Flags::PRIVATE, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;
    use std::{sync::Arc, time::Duration};

    #[test]
    fn finish_wakes_and_is_kept() {
        let slot = Arc::new(Slot::default());
        let other = slot.clone();
        let thread = env::thread("finisher", move || other.finish()).unwrap();
        while !slot.is_done() {
            slot.sleep(Some(env::now() + Duration::from_secs(5)), env::now());
        }
        thread.join().unwrap();
        slot.sleep(None, env::now()); // returns at once: finished
        slot.reset();
        assert!(!slot.is_done());
    }

    #[test]
    fn the_lead_goes_only_to_sleepers() {
        let slot = Slot::default();
        assert!(!slot.offer_lead());
        slot.finish();
        assert!(!slot.offer_lead());
        assert!(!slot.take_lead());
    }

    #[test]
    fn time_passes() {
        let slot = Slot::default();
        let start = env::now();
        slot.sleep(Some(start + Duration::from_millis(20)), start);
        assert!(start.elapsed() >= Duration::from_millis(19));
    }
}
