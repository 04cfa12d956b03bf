//! One lane: the events of an asyncio loop, of the workers of a node, or of a Java pump.

use super::{Answer, Cancel, Event, Invocation, Outcome, Slot, answer::unheard, sweep};
use crate::{
    env,
    error::{Error, Kind, Result, io},
};
use parking_lot::{Mutex, RwLock};
use rustix::event::{EventfdFlags, eventfd};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    os::fd::{AsRawFd, OwnedFd},
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

/// Whose events a lane carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// One asyncio loop, which watches the lane's doorbell.
    Loop,
    /// The worker threads of a node, which park in `next`.
    Workers,
    /// A Java pump, which parks in `poll`.
    Pump,
}

/// Cancels of calls that were not submitted yet; only a race between threads makes one, so few are kept.
const TOMBSTONES: usize = 1024;
/// A token is `lane << SEQUENCE_BITS | sequence`.
const SEQUENCE_BITS: u32 = 48;

static LANES: RwLock<Lanes> = RwLock::new(Lanes { open: None, last: 0 });

struct Lanes {
    open: Option<HashMap<u16, Arc<Lane>>>,
    /// The id that was given last: one that was closed comes round again as late as possible, because a worker of the old lane may
    /// still be busy and would fetch what belongs to the new one.
    last: u16,
}

impl Lanes {
    fn free(&self) -> Option<u16> {
        let after = self.last.checked_add(1).unwrap_or(1);
        (after..=u16::MAX).chain(1..after).find(|id| !self.open.as_ref().is_some_and(|open| open.contains_key(id)))
    }
}

/// Rings of events, popped in this order: cancels, completions, invocations.
pub struct Lane {
    id: u16,
    kind: LaneKind,
    bell: OwnedFd,
    rings: Mutex<Rings>,
    late: AtomicU64,
}

#[derive(Default)]
struct Rings {
    cancels: VecDeque<u64>,
    /// Never more than `tokens` were entered: the place of a completion is reserved when its operation is submitted.
    completions: VecDeque<(u64, Outcome)>,
    invocations: VecDeque<Invocation>,
    tokens: HashMap<u64, Entered>,
    tombstones: VecDeque<u64>,
    parked: Vec<Arc<Slot>>,
    /// Workers that answer their last invocation and take another in the same crossing.
    coming: usize,
    /// Since when invocations lie here and none was fetched.
    stuck: Option<Instant>,
    rung: bool,
    closed: bool,
}

/// An operation whose answer is reserved.
#[derive(Default)]
struct Entered {
    operation: Option<Weak<dyn Cancel>>,
    deadline: Option<Instant>,
    /// A cancel came before it was known what it ends.
    cancelled: bool,
}

impl Rings {
    /// The next invocation, for whoever runs it.
    fn fetch(&mut self) -> Option<Invocation> {
        let invocation = self.invocations.pop_front()?;
        self.stuck = (!self.invocations.is_empty()).then(env::now);
        Some(invocation)
    }

    fn is_empty(&self) -> bool {
        self.cancels.is_empty() && self.completions.is_empty() && self.invocations.is_empty()
    }
}

impl Lane {
    /// Opens a lane and enters it in the library's table.
    pub fn open(kind: LaneKind) -> Result<Arc<Lane>> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|e| io("no doorbell for a lane", e.into()))?;
        let mut lanes = LANES.write();
        let id = lanes.free().ok_or_else(|| Error::new(Kind::Overloaded, "65,535 lanes are open"))?;
        let lane = Arc::new(Lane { id, kind, bell, rings: Mutex::default(), late: AtomicU64::new(0) });
        lanes.last = id;
        lanes.open.get_or_insert_default().insert(id, lane.clone());
        Ok(lane)
    }

    /// The lane with this handle.
    pub fn find(handle: u64) -> Result<Arc<Lane>> {
        let id = u16::try_from(handle).map_err(|_| closed())?;
        LANES.read().open.as_ref().and_then(|lanes| lanes.get(&id).cloned()).ok_or_else(closed)
    }

    /// The lane of a token.
    pub fn of_token(token: u64) -> Result<Arc<Lane>> {
        Lane::find(token >> SEQUENCE_BITS)
    }

    /// The handle.
    pub fn handle(&self) -> u64 {
        self.id.into()
    }

    /// What it was opened as.
    pub fn kind(&self) -> LaneKind {
        self.kind
    }

    /// The doorbell: readable while the lane holds events.
    pub fn bell(&self) -> i32 {
        self.bell.as_raw_fd()
    }

    /// Answers that came after the lane was closed or their token was given up.
    pub fn late(&self) -> u64 {
        self.late.load(Relaxed)
    }

    /// Over all open lanes: operations not answered yet, and late answers.
    pub fn counts() -> (usize, u64) {
        let lanes: Vec<Arc<Lane>> = LANES.read().open.iter().flat_map(HashMap::values).cloned().collect();
        lanes.iter().fold((0, 0), |(tokens, late), lane| (tokens + lane.outstanding(), late + lane.late()))
    }

    /// Operations not answered yet.
    pub fn outstanding(&self) -> usize {
        self.rings.lock().tokens.len()
    }

    /// Closes the lane: parked threads wake, outstanding operations are cancelled, late answers dropped.
    pub fn close(&self) {
        if let Some(lanes) = LANES.write().open.as_mut() {
            lanes.remove(&self.id);
        }
        let (parked, running, unheard_of) = {
            let mut rings = self.rings.lock();
            rings.closed = true;
            rings.cancels.clear();
            let unheard_of = std::mem::take(&mut rings.completions);
            let running: Vec<_> = rings.tokens.drain().filter_map(|(_, entered)| entered.operation).collect();
            (std::mem::take(&mut rings.parked), running, unheard_of)
        };
        parked.iter().for_each(|slot| slot.finish());
        // Outside the lock: a cancelled operation answers through `complete`.
        running.iter().filter_map(Weak::upgrade).for_each(|operation| operation.cancel());
        unheard_of.into_iter().for_each(|(_, outcome)| unheard(outcome));
    }

    /// Takes the invocations that nobody fetched before the lane closed, so that their callers get an answer.
    pub fn abandoned(&self) -> Vec<Invocation> {
        let mut rings = self.rings.lock();
        if rings.closed { rings.invocations.drain(..).collect() } else { Vec::new() }
    }

    /// Reserves the answer of a token. Refused: a token in use, or a closed lane. `None`: a cancel came first.
    pub fn enter(self: &Arc<Self>, token: u64) -> Result<Option<Answer>> {
        let mut rings = self.rings.lock();
        if rings.closed {
            return Err(closed());
        }
        if rings.tokens.contains_key(&token) {
            return Err(Error::new(Kind::Misuse, format!("token {token:#x} is in use")).advice("Use a fresh token for each operation."));
        }
        if let Some(at) = rings.tombstones.iter().position(|t| *t == token) {
            rings.tombstones.remove(at);
            return Ok(None);
        }
        rings.tokens.insert(token, Entered::default());
        Ok(Some(Answer::token(self.clone(), token)))
    }

    /// Says what a cancel of the token ends, and when it expires by itself. An operation that is answered already is not remembered.
    pub fn running(&self, token: u64, operation: Weak<dyn Cancel>, deadline: Option<Instant>) {
        let given_up = {
            let mut rings = self.rings.lock();
            let closed = rings.closed;
            match rings.tokens.get_mut(&token) {
                Some(entry) if entry.cancelled => true,
                Some(entry) => {
                    *entry = Entered { operation: Some(operation.clone()), deadline, cancelled: false };
                    false
                }
                None => closed,
            }
        };
        if given_up {
            // Outside the lock: it answers through `complete`.
            if let Some(operation) = operation.upgrade() {
                operation.cancel();
            }
        } else if let Some(deadline) = deadline {
            sweep::expect(deadline);
        }
    }

    /// Expires what is due; returns the earliest deadline that is left.
    fn expire(&self, now: Instant) -> Option<Instant> {
        let mut earliest: Option<Instant> = None;
        let mut due = Vec::new();
        for entered in self.rings.lock().tokens.values() {
            match entered.deadline {
                Some(deadline) if deadline <= now => due.extend(entered.operation.as_ref().and_then(Weak::upgrade)),
                Some(deadline) => earliest = Some(earliest.map_or(deadline, |e| e.min(deadline))),
                None => {}
            }
        }
        // Outside the lock: an expired operation answers through `complete`.
        due.iter().filter_map(|operation| operation.expire()).chain(earliest).min()
    }

    /// Expires what is due on every lane; returns the earliest deadline that is left.
    pub(super) fn expire_all(now: Instant) -> Option<Instant> {
        let lanes: Vec<_> = LANES.read().open.iter().flat_map(|lanes| lanes.values().cloned()).collect();
        lanes.iter().filter_map(|lane| lane.expire(now)).min()
    }

    /// Gives an operation up; one that was not submitted yet is refused when it comes.
    pub fn cancel(&self, token: u64) {
        let operation = {
            let mut rings = self.rings.lock();
            match rings.tokens.get_mut(&token) {
                Some(entered) => {
                    entered.cancelled = true;
                    entered.operation.clone()
                }
                None => {
                    if rings.tombstones.len() == TOMBSTONES {
                        rings.tombstones.pop_front();
                    }
                    rings.tombstones.push_back(token);
                    None
                }
            }
        };
        if let Some(operation) = operation.and_then(|o| o.upgrade()) {
            operation.cancel();
        }
    }

    pub(super) fn complete(&self, token: u64, outcome: Outcome) {
        let mut rings = self.rings.lock();
        if rings.tokens.remove(&token).is_none() || rings.closed {
            self.late.fetch_add(1, Relaxed);
            drop(rings);
            return unheard(outcome);
        }
        rings.completions.push_back((token, outcome));
        self.ring(rings);
    }

    /// Tells the language that a running invocation is no longer wanted. Workers see it in their call's context alone.
    pub fn push_cancel(&self, call: u64) {
        let mut rings = self.rings.lock();
        if self.kind != LaneKind::Workers && !rings.closed {
            rings.cancels.push_back(call);
            self.ring(rings);
        }
    }

    /// Hands an invocation to the language; its permit is taken, which bounds the ring. Given back when the lane is closed.
    pub fn push_invocation(&self, invocation: Invocation) -> Result<(), Invocation> {
        let mut rings = self.rings.lock();
        if rings.closed {
            return Err(invocation);
        }
        if rings.invocations.is_empty() {
            rings.stuck = Some(env::now());
        }
        rings.invocations.push_back(invocation);
        if rings.invocations.len() > rings.coming {
            self.ring(rings);
        }
        Ok(())
    }

    /// Wakes one parked thread, or rings the bell when the lane turned non-empty.
    fn ring(&self, mut rings: parking_lot::MutexGuard<'_, Rings>) {
        // Work for the thread that leads and pushes it right now costs no wake-up.
        let here = rings.parked.iter().position(|slot| slot.leads_here());
        if let Some(slot) = here.map(|at| rings.parked.remove(at)).or_else(|| rings.parked.pop()) {
            drop(rings);
            slot.finish();
        } else if self.kind == LaneKind::Loop && !rings.rung {
            rings.rung = true;
            drop(rings);
            // Fails only when the counter is at its limit, and then the bell rings already.
            let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
        }
    }

    /// Takes up to `most` events. With none, `slot` is parked here until something comes, if one is given.
    pub fn take(&self, most: usize, slot: Option<&Arc<Slot>>) -> Result<Vec<Event>> {
        let mut rings = self.rings.lock();
        if rings.closed {
            return Err(closed());
        }
        let mut events = Vec::new();
        while events.len() < most {
            let event = if let Some(call) = rings.cancels.pop_front() {
                Event::Cancel { call }
            } else if let Some((token, outcome)) = rings.completions.pop_front() {
                Event::Done { token, outcome }
            } else if let Some(invocation) = rings.fetch() {
                Event::Invoke(invocation)
            } else {
                break;
            };
            events.push(event);
        }
        if rings.rung && rings.is_empty() {
            rings.rung = false;
            let _ = rustix::io::read(&self.bell, &mut [0u8; 8]);
        }
        if let (true, Some(slot)) = (events.is_empty(), slot) {
            park(&mut rings, slot);
        }
        Ok(events)
    }

    /// The calling thread will take an invocation right away: until the guard is dropped nobody is woken for the first one that comes.
    pub fn coming(&self) -> Coming<'_> {
        self.rings.lock().coming += 1;
        Coming(self)
    }

    /// Takes one invocation, or parks `slot`.
    pub fn take_invocation(&self, slot: &Arc<Slot>) -> Result<Option<Invocation>> {
        let mut rings = self.rings.lock();
        if rings.closed {
            return Err(closed());
        }
        match rings.fetch() {
            Some(mut invocation) => {
                rings.parked.retain(|s| !Arc::ptr_eq(s, slot));
                invocation.spare = !rings.parked.is_empty();
                Ok(Some(invocation))
            }
            None => {
                park(&mut rings, slot);
                Ok(None)
            }
        }
    }

    /// Since when invocations lie here and none was fetched: the language is held up.
    pub fn stuck(&self) -> Option<Instant> {
        self.rings.lock().stuck
    }

    /// Takes an invocation back that nobody fetched; false if it was fetched, or never came here.
    pub fn withdraw(&self, call: u64) -> bool {
        let mut rings = self.rings.lock();
        let at = rings.invocations.iter().position(|invocation| invocation.call == call);
        let found = at.is_some_and(|at| rings.invocations.remove(at).is_some());
        if rings.invocations.is_empty() {
            rings.stuck = None;
        }
        found
    }

    /// Gives up waiting for an invocation, and takes one that came at the same moment: whoever brought it relies on this slot, and wakes
    /// nobody else.
    pub fn give_up(&self, slot: &Arc<Slot>) -> Option<Invocation> {
        let mut rings = self.rings.lock();
        rings.parked.retain(|s| !Arc::ptr_eq(s, slot));
        let mut invocation = rings.fetch()?;
        invocation.spare = !rings.parked.is_empty();
        Some(invocation)
    }

    /// Takes a slot back that gave up waiting.
    pub fn unpark(&self, slot: &Arc<Slot>) {
        self.rings.lock().parked.retain(|s| !Arc::ptr_eq(s, slot));
    }
}

/// See [`Lane::coming`].
pub struct Coming<'l>(&'l Lane);

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        let mut rings = self.0.rings.lock();
        rings.coming -= 1;
        // It did not take what it was expected to.
        if !rings.invocations.is_empty() && !rings.closed {
            self.0.ring(rings);
        }
    }
}

fn park(rings: &mut Rings, slot: &Arc<Slot>) {
    slot.reset();
    if !rings.parked.iter().any(|s| Arc::ptr_eq(s, slot)) {
        rings.parked.push(slot.clone());
    }
}

fn closed() -> Error {
    Error::new(Kind::Closed, "the lane is closed").advice("Open another event loop or join again.")
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lane({}, {:?})", self.id, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn token(lane: &Lane, sequence: u64) -> u64 {
        lane.handle() << SEQUENCE_BITS | sequence
    }

    fn payload() -> Outcome {
        Ok(Bytes::from_static(b"\xf6").into())
    }

    #[test]
    fn a_token_is_answered_once() {
        let lane = Lane::open(LaneKind::Loop).unwrap();
        let one = token(&lane, 1);
        let answer = lane.enter(one).unwrap().unwrap();
        assert_eq!(lane.enter(one).unwrap_err().kind(), Kind::Misuse);
        answer.send(payload());
        assert!(matches!(lane.take(9, None).unwrap()[..], [Event::Done { token, .. }] if token == one));
        assert!(lane.take(9, None).unwrap().is_empty());
        lane.close();
        assert_eq!(lane.take(9, None).unwrap_err().kind(), Kind::Closed);
        assert!(Lane::find(lane.handle()).is_err());
    }

    #[test]
    fn a_cancel_that_overtakes_its_call_leaves_a_tombstone() {
        let lane = Lane::open(LaneKind::Loop).unwrap();
        lane.cancel(token(&lane, 7));
        assert!(lane.enter(token(&lane, 7)).unwrap().is_none());
        assert!(lane.enter(token(&lane, 7)).unwrap().is_some());
        lane.close();
    }

    #[test]
    fn the_bell_rings_while_the_lane_holds_events() {
        let lane = Lane::open(LaneKind::Loop).unwrap();
        let rings = |lane: &Lane| {
            let mut fds = [rustix::event::PollFd::new(&lane.bell, rustix::event::PollFlags::IN)];
            rustix::event::poll(&mut fds, Some(&rustix::fs::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
        };
        assert!(!rings(&lane));
        for sequence in 0..3 {
            lane.enter(token(&lane, sequence)).unwrap().unwrap().send(payload());
        }
        assert_eq!(lane.take(2, None).unwrap().len(), 2);
        assert!(rings(&lane));
        assert_eq!(lane.take(2, None).unwrap().len(), 1);
        assert!(!rings(&lane));
        lane.close();
    }

    struct Job(#[allow(dead_code)] Mutex<Option<Answer>>, std::sync::atomic::AtomicBool);
    impl Cancel for Job {
        fn cancel(&self) {
            self.1.store(true, Relaxed);
        }
        fn expire(&self) -> Option<Instant> {
            None
        }
    }

    #[test]
    fn a_cancel_between_entering_and_running_is_kept() {
        let lane = Lane::open(LaneKind::Loop).unwrap();
        let answer = lane.enter(token(&lane, 1)).unwrap();
        lane.cancel(token(&lane, 1));
        let job = Arc::new(Job(Mutex::new(answer), Default::default()));
        let weak: Weak<Job> = Arc::downgrade(&job);
        lane.running(token(&lane, 1), weak, None);
        assert!(job.1.load(Relaxed), "the cancel must reach the operation");
        // The lane closed in between.
        let other = Lane::open(LaneKind::Loop).unwrap();
        let orphan = Arc::new(Job(Mutex::new(other.enter(token(&other, 1)).unwrap()), Default::default()));
        other.close();
        let weak: Weak<Job> = Arc::downgrade(&orphan);
        other.running(token(&other, 1), weak, None);
        assert!(orphan.1.load(Relaxed), "nobody can hear its answer");
        lane.close();
    }

    #[test]
    fn the_handle_of_a_closed_lane_is_not_given_to_the_next() {
        let first = Lane::open(LaneKind::Workers).unwrap();
        first.close();
        let next = Lane::open(LaneKind::Workers).unwrap();
        // A worker of the first lane that was busy meanwhile must hear that it is closed.
        assert_ne!(first.handle(), next.handle());
        assert!(Lane::find(first.handle()).is_err());
        next.close();
    }

    #[test]
    fn what_came_when_a_worker_gave_up_is_taken() {
        let lane = Lane::open(LaneKind::Workers).unwrap();
        let slot = Arc::new(Slot::default());
        assert!(lane.take_invocation(&slot).unwrap().is_none());
        lane.push_invocation(invocation(7)).unwrap();
        // The slot was woken, but its thread sees its time pass first.
        assert_eq!(lane.give_up(&slot).map(|i| i.call), Some(7));
        assert!(lane.give_up(&slot).is_none());
        lane.push_invocation(invocation(8)).unwrap();
        assert!(lane.withdraw(8) && !lane.withdraw(8));
        lane.close();
    }

    fn invocation(call: u64) -> Invocation {
        Invocation { call, node: 1, method: 0, deadline: crate::env::now(), depth: 1, payload: Bytes::new(), input: 0, spare: false }
    }

    #[test]
    fn work_goes_to_the_thread_that_leads() {
        let lane = Lane::open(LaneKind::Workers).unwrap();
        let slots: [Arc<Slot>; 3] = Default::default();
        for slot in &slots {
            assert!(lane.take_invocation(slot).unwrap().is_none());
        }
        let _lead = slots[0].lead();
        lane.push_invocation(invocation(1)).unwrap();
        assert_eq!(slots.each_ref().map(|slot| slot.is_done()), [true, false, false]);
        lane.push_invocation(invocation(2)).unwrap();
        assert_eq!(slots.each_ref().map(|slot| slot.is_done()), [true, false, true]);
        lane.close();
    }

    #[test]
    fn nobody_is_woken_for_what_a_worker_takes_anyway() {
        let lane = Lane::open(LaneKind::Workers).unwrap();
        let (parked, mine) = (Arc::new(Slot::default()), Arc::new(Slot::default()));
        assert!(lane.take_invocation(&parked).unwrap().is_none());
        let coming = lane.coming();
        lane.push_invocation(invocation(1)).unwrap();
        assert!(!parked.is_done());
        assert_eq!(lane.take_invocation(&mine).unwrap().map(|i| i.call), Some(1));
        drop(coming);
        assert!(!parked.is_done());
        // Two came, or it did not take its own: the other one is woken.
        let coming = lane.coming();
        lane.push_invocation(invocation(2)).unwrap();
        drop(coming);
        assert!(parked.is_done());
        lane.close();
    }

    #[test]
    fn late_answers_are_counted() {
        let lane = Lane::open(LaneKind::Loop).unwrap();
        let answer = lane.enter(token(&lane, 1)).unwrap().unwrap();
        lane.close();
        answer.send(payload());
        assert_eq!(lane.late(), 1);
    }
}
