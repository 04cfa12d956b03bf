//! Who reads the links: the lead, the parked, the standby.
//!
//! Invariant, under one small mutex: *either exactly one thread holds the lead, or the standby is armed.* A thread that would park anyway
//! takes the lead if it is free; it hands the lead on or arms the standby before it returns to its language. Everything that can be
//! decided without the operating system is here, so that it can be model-checked.
//!
//! Why no wake-up is lost: arming looks at what is ready already; a sleeper's word is set before it is woken and looked at before it
//! sleeps; the lead is offered only to threads in the list, under the mutex, and whoever left the list looks for a late offer afterwards.

use crate::{
    env,
    lane::{Slot, Waited},
};
use std::{sync::Arc, time::Instant};
use sync::{AtomicUsize, Mutex, Ordering::*};

/// So many waiting callers may lead; beyond that the standby (or a worker) reads for all of them in batches, which is cheaper.
const LEADING_CALLERS: usize = 4;

/// For what a thread waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The answer of an operation.
    Caller,
    /// Work to do, for as long as it takes.
    Worker,
}

/// What the lead needs from the operating system.
pub(super) trait Os {
    /// Lets the standby wake when a link becomes readable, or is already.
    fn arm(&self);
    /// Lets it sleep.
    fn disarm(&self);
}

#[derive(Default)]
struct State {
    held: bool,
    callers: Vec<Arc<Slot>>,
    workers: Vec<Arc<Slot>>,
}

impl State {
    fn parked(&mut self, role: Role) -> &mut Vec<Arc<Slot>> {
        match role {
            Role::Caller => &mut self.callers,
            Role::Worker => &mut self.workers,
        }
    }
}

/// The lead of a reactor.
pub(super) struct Lead<O: Os> {
    os: O,
    state: Mutex<State>,
    callers: AtomicUsize,
}

/// The right to read the links, given up on drop, also when unwinding.
pub(super) struct Leading<'l, O: Os> {
    lead: &'l Lead<O>,
    /// The standby has nothing better to do than to find somebody who waits; a worker is about to run a handler and back soon.
    to_workers: bool,
}

impl<O: Os> Drop for Leading<'_, O> {
    fn drop(&mut self) {
        self.lead.leave(self.to_workers);
    }
}

/// A caller that is counted while it waits.
struct Counted<'l>(&'l AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, AcqRel);
    }
}

impl<O: Os> Lead<O> {
    /// Nobody leads: the standby is armed.
    pub(super) fn new(os: O) -> Lead<O> {
        os.arm();
        Lead { os, state: Mutex::new(State::default()), callers: AtomicUsize::new(0) }
    }

    /// How many callers wait.
    pub(super) fn callers(&self) -> usize {
        self.callers.load(Acquire)
    }

    /// Waits until the slot is finished, `until` passes or a signal comes. Whenever this thread gets the lead it runs `drive`, which reads
    /// the links and says why it stopped.
    pub(super) fn wait(&self, slot: &Arc<Slot>, until: Option<Instant>, role: Role, mut drive: impl FnMut() -> Waited) -> Waited {
        let counted = (role == Role::Caller).then(|| {
            let before = self.callers.fetch_add(1, AcqRel);
            (Counted(&self.callers), before < LEADING_CALLERS)
        });
        let may_lead = counted.as_ref().is_none_or(|(_, few)| *few);
        let mut parked = false;
        let waited = loop {
            if slot.is_done() {
                break Waited::Done;
            }
            if slot.take_lead() || (may_lead && self.take_or_park(slot, role, &mut parked)) {
                let leading = Leading { lead: self, to_workers: false };
                let waited = drive();
                drop(leading);
                match waited {
                    Waited::Done => {}
                    other => break other,
                }
                continue;
            }
            match slot.sleep(until, env::now()) {
                Waited::Done => {}
                // What happened at the same moment counts more.
                other => break if slot.is_done() { Waited::Done } else { other },
            }
        };
        if parked {
            self.state.lock().parked(role).retain(|other| !Arc::ptr_eq(other, slot));
            if slot.take_lead() {
                self.leave(false);
            }
        }
        waited
    }

    /// Takes the lead if it is free, else enters the list of those to whom it may be handed.
    fn take_or_park(&self, slot: &Arc<Slot>, role: Role, parked: &mut bool) -> bool {
        let mut state = self.state.lock();
        if !state.held {
            state.held = true;
            self.os.disarm();
            return true;
        }
        *parked = true;
        let list = state.parked(role);
        if !list.iter().any(|other| Arc::ptr_eq(other, slot)) {
            list.push(slot.clone());
        }
        false
    }

    /// The lead, if it is free.
    pub(super) fn take(&self) -> Option<Leading<'_, O>> {
        let mut state = self.state.lock();
        if state.held {
            return None;
        }
        state.held = true;
        self.os.disarm();
        Some(Leading { lead: self, to_workers: false })
    }

    /// The standby was woken: the lead, unless somebody took it meanwhile (who will arm the standby again).
    pub(super) fn fired(&self) -> Option<Leading<'_, O>> {
        let mut state = self.state.lock();
        if state.held {
            return None;
        }
        state.held = true;
        Some(Leading { lead: self, to_workers: true })
    }

    /// Hands the lead to somebody parked, else to the standby.
    fn leave(&self, to_workers: bool) {
        let mut state = self.state.lock();
        if self.callers.load(Acquire) <= LEADING_CALLERS {
            while let Some(slot) = state.callers.pop() {
                if slot.offer_lead() {
                    return;
                }
            }
        }
        while to_workers && let Some(slot) = state.workers.pop() {
            if slot.offer_lead() {
                return;
            }
        }
        state.held = false;
        self.os.arm();
    }
}

#[cfg(not(twinspan_loom))]
mod sync {
    pub(super) use parking_lot::Mutex;
    pub(super) use std::sync::atomic::{AtomicUsize, Ordering};
}

#[cfg(twinspan_loom)]
mod sync {
    pub(super) use loom::sync::atomic::{AtomicUsize, Ordering};

    pub(super) struct Mutex<T>(loom::sync::Mutex<T>);

    #[allow(clippy::unwrap_used)]
    impl<T> Mutex<T> {
        pub(super) fn new(value: T) -> Mutex<T> {
            Mutex(loom::sync::Mutex::new(value))
        }
        pub(super) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }
}

#[cfg(test)]
#[path = "lead_tests.rs"]
mod tests;
