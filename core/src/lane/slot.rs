//! The place where one thread parks.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};
use sync::*;

const DONE: u32 = 1;
const LEAD: u32 = 2;
const ASLEEP: u32 = 4;
const LEADING: u32 = 8;

/// Wakes the thread that leads, which sleeps on the links and not on its slot. Whoever makes the lead brings it.
static KICK: std::sync::OnceLock<fn()> = std::sync::OnceLock::new();

thread_local! {
    /// The slot for which this thread leads right now, as an address that is only compared.
    static LEADS_FOR: Cell<usize> = const { Cell::new(0) };
}

/// This thread leads for a slot, until dropped.
pub struct LeadsFor<'s> {
    slot: &'s Slot,
    before: usize,
}

impl Drop for LeadsFor<'_> {
    fn drop(&mut self) {
        self.slot.word.value.fetch_and(!LEADING, AcqRel);
        LEADS_FOR.set(self.before);
    }
}

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
    word: Word,
}

impl Slot {
    /// Makes the slot fresh for another wait. Only its own thread may do so, and only while nobody can still finish the old wait.
    pub fn reset(&self) {
        self.word.value.fetch_and(!DONE, AcqRel);
    }

    /// Ends the wait; wakes the thread only if it sleeps.
    pub fn finish(&self) {
        let old = self.word.value.fetch_or(DONE, AcqRel);
        if old & ASLEEP != 0 {
            self.word.wake();
        }
        if old & (LEADING | DONE) == LEADING
            && !self.leads_here()
            && let Some(kick) = KICK.get()
        {
            kick();
        }
    }

    /// Says how to wake the thread that leads.
    pub fn kick_by(kick: fn()) {
        let _ = KICK.set(kick);
    }

    /// The calling thread leads for this slot until the guard is dropped: whoever finishes the slot meanwhile kicks that thread.
    pub fn lead(&self) -> LeadsFor<'_> {
        self.word.value.fetch_or(LEADING, AcqRel);
        LeadsFor { slot: self, before: LEADS_FOR.replace(self.address()) }
    }

    /// Whether the calling thread leads for this slot: then finishing it wakes nobody, and work given to it starts at once.
    pub fn leads_here(&self) -> bool {
        LEADS_FOR.get() == self.address()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Whether the wait is over.
    pub fn is_done(&self) -> bool {
        self.word.value.load(Acquire) & DONE != 0
    }

    /// Hands the lead to a thread that sleeps or is about to, unless it is finished. Whoever calls this knows that the thread stands in the
    /// list of the parked, under that list's lock: such a thread looks for an offer before it leaves its wait.
    pub fn offer_lead(&self) -> bool {
        let mut old = self.word.value.load(Acquire);
        loop {
            if old & (DONE | LEAD) != 0 {
                return false;
            }
            match self.word.value.compare_exchange_weak(old, old | LEAD, AcqRel, Acquire) {
                Ok(_) => break,
                Err(now) => old = now,
            }
        }
        if old & ASLEEP != 0 {
            self.word.wake();
        }
        true
    }

    /// Takes the lead that was offered, if any. Whoever gets `true` holds the lead and must pass it on.
    pub fn take_lead(&self) -> bool {
        self.word.value.load(Acquire) & LEAD != 0 && self.word.value.fetch_and(!LEAD, AcqRel) & LEAD != 0
    }

    /// Sleeps until finished, offered the lead, a signal, or `until`. `Done` means only that there is something to look at.
    pub fn sleep(&self, until: Option<Instant>, now: Instant) -> Waited {
        let left = until.map(|t| t.saturating_duration_since(now));
        if left == Some(Duration::ZERO) {
            return Waited::TimedOut;
        }
        if self.word.value.compare_exchange(0, ASLEEP, AcqRel, Acquire).is_err() {
            return Waited::Done;
        }
        let waited = self.word.wait(ASLEEP, left);
        self.word.value.fetch_and(!ASLEEP, AcqRel);
        waited
    }
}

#[cfg(not(twinspan_loom))]
mod sync {
    use super::Waited;
    use rustix::{fs::Timespec, io::Errno, thread::futex};
    pub(super) use std::sync::atomic::Ordering::*;
    use std::{sync::atomic::AtomicU32, time::Duration};

    /// A futex: four bytes, no descriptor, nothing to undo in a forked child.
    #[derive(Debug, Default)]
    pub(super) struct Word {
        pub(super) value: AtomicU32,
    }

    impl Word {
        pub(super) fn wait(&self, expected: u32, left: Option<Duration>) -> Waited {
            let left = left.and_then(|d| Some(Timespec { tv_sec: i64::try_from(d.as_secs()).ok()?, tv_nsec: d.subsec_nanos().into() }));
            match futex::wait(&self.value, futex::Flags::PRIVATE, expected, left.as_ref()) {
                Err(Errno::INTR) => Waited::Interrupted,
                Err(Errno::TIMEDOUT) => Waited::TimedOut,
                _ => Waited::Done,
            }
        }

        pub(super) fn wake(&self) {
            let _ = futex::wake(&self.value, futex::Flags::PRIVATE, 1);
        }
    }
}

/// The same word for the model checker: a futex is a check of the word and a sleep in one step.
#[cfg(twinspan_loom)]
mod sync {
    use super::Waited;
    pub(super) use loom::sync::atomic::Ordering::*;
    use loom::sync::{Condvar, Mutex, atomic::AtomicU32};
    use std::time::Duration;

    #[derive(Debug, Default)]
    pub(super) struct Word {
        pub(super) value: AtomicU32,
        kernel: Mutex<()>,
        bell: Condvar,
    }

    #[allow(clippy::unwrap_used)]
    impl Word {
        pub(super) fn wait(&self, expected: u32, _left: Option<Duration>) -> Waited {
            let mut held = self.kernel.lock().unwrap();
            while self.value.load(Acquire) == expected {
                held = self.bell.wait(held).unwrap();
            }
            Waited::Done
        }

        pub(super) fn wake(&self) {
            drop(self.kernel.lock().unwrap());
            self.bell.notify_one();
        }
    }
}

#[cfg(test)]
#[cfg(not(twinspan_loom))]
mod tests {
    use super::*;
    use crate::env;
    use std::sync::Arc;

    #[test]
    fn finish_wakes_and_is_kept() {
        let slot = Arc::new(Slot::default());
        let other = slot.clone();
        let thread = env::thread("finisher", move || other.finish()).unwrap();
        while !slot.is_done() {
            slot.sleep(Some(env::now() + Duration::from_secs(5)), env::now());
        }
        thread.join().unwrap();
        assert_eq!(slot.sleep(None, env::now()), Waited::Done); // returns at once: finished
        slot.reset();
        assert!(!slot.is_done());
    }

    #[test]
    fn the_lead_goes_once_and_only_to_the_unfinished() {
        let slot = Slot::default();
        assert!(slot.offer_lead());
        assert!(!slot.offer_lead());
        assert_eq!(slot.sleep(None, env::now()), Waited::Done); // an offer is something to look at
        assert!(slot.take_lead());
        assert!(!slot.take_lead());
        slot.finish();
        assert!(!slot.offer_lead());
    }

    #[test]
    fn time_passes() {
        let slot = Slot::default();
        let start = env::now();
        while slot.sleep(Some(start + Duration::from_millis(20)), env::now()) != Waited::TimedOut {}
        assert!(start.elapsed() >= Duration::from_millis(19));
    }
}
