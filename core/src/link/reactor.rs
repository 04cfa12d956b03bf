//! The links of this process behind one epoll, and the threads that read them.
//!
//! The *inner* epoll watches every link, level-triggered; whoever holds the lead waits on it. The *outer* epoll watches only the inner one,
//! once an arming; the standby thread sleeps there, so arming costs one system call however many links there are.

use super::{
    lead::{Lead, Os, Role},
    link::Link,
    spin::Spin,
    sys::{self, Bell, Event, Poll, Watch},
};
use crate::{
    env::{self, fork},
    error::{Error, Result},
    lane::{Slot, Waited},
};
use parking_lot::Mutex;
use rustix::io::Errno;
use std::{
    os::fd::AsFd,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// The bell's place in the inner epoll; no link has it, because generations start at 1 and never reach the top.
const BELL: u64 = u64::MAX;

/// Wakes the thread that leads, which sleeps on the links.
fn kick() {
    if let Some(reactor) = REACTOR.get() {
        reactor.bell.ring();
    }
}

struct Epolls {
    inner: Arc<Poll>,
    outer: Arc<Poll>,
}

impl Os for Epolls {
    fn arm(&self) {
        self.outer.set(&*self.inner, Watch::Once, 0);
    }

    fn disarm(&self) {
        self.outer.set(&*self.inner, Watch::Nothing, 0);
    }
}

#[derive(Default)]
struct Place {
    generation: u32,
    link: Option<Arc<Link>>,
}

#[derive(Default)]
struct Places {
    all: Vec<Place>,
    free: Vec<u32>,
}

/// What happened so far, for measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReactorStats {
    /// Times a waiting thread got the lead.
    pub leads: u64,
    /// Times the standby had to read.
    pub standby: u64,
    /// Spins that brought something.
    pub hits: u64,
    /// Spins in vain.
    pub misses: u64,
}

#[derive(Default)]
struct Counters {
    leads: AtomicU64,
    standby: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// The reactor of this process.
pub struct Reactor {
    inner: Arc<Poll>,
    outer: Arc<Poll>,
    bell: Bell,
    lead: Lead<Epolls>,
    places: Mutex<Places>,
    /// Links that hold something to read which their socket doesn't show.
    kicked: Mutex<Vec<u64>>,
    /// Lent to the leader for one read at a time.
    room: Mutex<Vec<u8>>,
    spin: Spin,
    /// The last round took in a part of a large body.
    filling: AtomicBool,
    counters: Counters,
}

static REACTOR: OnceLock<Arc<Reactor>> = OnceLock::new();
static MAKING: Mutex<()> = Mutex::new(());

impl Reactor {
    /// The one reactor of this process, made on first use together with its standby thread. Error: `Forked` in a child.
    pub fn get() -> Result<Arc<Reactor>> {
        fork::check()?;
        if let Some(reactor) = REACTOR.get() {
            return Ok(reactor.clone());
        }
        let _making = MAKING.lock();
        if let Some(reactor) = REACTOR.get() {
            return Ok(reactor.clone());
        }
        let reactor = Reactor::make()?;
        Ok(REACTOR.get_or_init(|| reactor).clone())
    }

    fn make() -> Result<Arc<Reactor>> {
        fork::guard();
        Slot::kick_by(kick);
        let (inner, outer, bell) = (Arc::new(Poll::new()?), Arc::new(Poll::new()?), Bell::new()?);
        inner.add(&bell, Watch::Input, BELL)?;
        outer.add(&*inner, Watch::Nothing, 0)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let reactor = Arc::new(Reactor {
            lead: Lead::new(Epolls { inner: inner.clone(), outer: outer.clone() }),
            inner,
            outer,
            bell,
            places: Mutex::default(),
            kicked: Mutex::default(),
            room: Mutex::default(),
            spin: Spin::new(cores),
            filling: AtomicBool::new(false),
            counters: Counters::default(),
        });
        let standby = reactor.clone();
        env::thread("twinspan-io", move || standby.stand_by()).map_err(|e| Error::internal(format!("no thread: {e}")))?;
        Ok(reactor)
    }

    /// Parks the calling language thread until the slot is finished: it leads if the lead is free, else it sleeps. It holds no lead on return.
    pub fn wait(&self, slot: &Arc<Slot>, until: Option<Instant>, role: Role) -> Waited {
        if fork::generation() != 0 {
            return Waited::Interrupted; // the entry's own check answers
        }
        if slot.is_done() {
            return Waited::Done;
        }
        let start = env::now();
        let waited = self.lead.wait(slot, until, role, || self.drive(slot, until, role));
        if waited == Waited::Done {
            self.spin.waited(role, env::now().saturating_duration_since(start));
        }
        waited
    }

    /// Looks for at most `most` without sleeping; true if the slot was finished. For a caller that keeps its interpreter's lock meanwhile:
    /// no thread that holds a lock of the data plane ever wants that one. While other callers wait it doesn't look at all, because they
    /// will want that lock.
    pub fn glance(&self, slot: &Arc<Slot>, most: Duration) -> bool {
        if fork::generation() != 0 || slot.is_done() || self.lead.callers() > 0 {
            return slot.is_done();
        }
        let end = env::now() + most;
        let leading = self.lead.take();
        let _mark = leading.as_ref().map(|_| slot.lead());
        let mut events = sys::events();
        while !slot.is_done() && env::now() < end {
            match &leading {
                Some(_) if self.round(Some(Duration::ZERO), &mut events).is_err() => break,
                Some(_) => {}
                None => std::hint::spin_loop(),
            }
        }
        slot.is_done()
    }

    /// What happened so far.
    pub fn stats(&self) -> ReactorStats {
        let Counters { leads, standby, hits, misses } = &self.counters;
        ReactorStats { leads: leads.load(Relaxed), standby: standby.load(Relaxed), hits: hits.load(Relaxed), misses: misses.load(Relaxed) }
    }

    /// Leads until the slot is finished, `until` passes or a signal comes.
    fn drive(&self, slot: &Slot, until: Option<Instant>, role: Role) -> Waited {
        self.counters.leads.fetch_add(1, Relaxed);
        let _mark = slot.lead();
        let mut events = sys::events();
        let mut awake = true;
        loop {
            if slot.is_done() {
                return Waited::Done;
            }
            let now = env::now();
            if until.is_some_and(|until| now >= until) {
                return Waited::TimedOut;
            }
            let budget = if awake { self.spin.budget(role, self.lead.callers(), now) } else { None };
            let turn = match budget {
                Some(budget) => self.spin(slot, role, now + budget, &mut events),
                None => self.patient_round(until.map(|until| until - now), &mut events).map(|_| ()),
            };
            // One spin in vain, and this wait sleeps.
            awake = budget.is_none() || slot.is_done();
            match turn {
                Err(Errno::INTR) => return if slot.is_done() { Waited::Done } else { Waited::Interrupted },
                Err(e) => {
                    // Only a descriptor that somebody else closed brings us here; sleeping on the slot is all that is left.
                    tracing::error!("the reactor can't wait: {e}");
                    return Waited::Interrupted;
                }
                Ok(()) => {}
            }
        }
    }

    /// Looks again and again until the slot is finished or `end` passes.
    fn spin(&self, slot: &Slot, role: Role, end: Instant, events: &mut [Event]) -> Result<(), Errno> {
        loop {
            self.round(Some(Duration::ZERO), events)?;
            if slot.is_done() {
                self.counters.hits.fetch_add(1, Relaxed);
                self.spin.hit(role);
                return Ok(());
            }
            let now = env::now();
            if now >= end {
                self.counters.misses.fetch_add(1, Relaxed);
                self.spin.missed(role, now);
                return Ok(());
            }
        }
    }

    /// As [`Reactor::round`]; in the middle of a large body it looks a little before it sleeps, because the peer is about to send more and
    /// would have to wake this thread for every part of it.
    fn patient_round(&self, left: Option<Duration>, events: &mut [Event]) -> Result<usize, Errno> {
        if self.filling.swap(false, Relaxed) {
            let start = env::now();
            if let Some(budget) = self.spin.filling(start) {
                while env::now() < start + budget {
                    let ready = self.round(Some(Duration::ZERO), events)?;
                    if ready > 0 {
                        self.spin.filled();
                        return Ok(ready);
                    }
                }
                self.spin.not_filled(env::now());
            }
        }
        self.round(left, events)
    }

    /// A link is in the middle of a large body.
    pub(super) fn more_comes(&self) {
        self.filling.store(true, Relaxed);
    }

    /// Waits once and handles what is ready. The lead is held.
    fn round(&self, left: Option<Duration>, events: &mut [Event]) -> Result<usize, Errno> {
        let ready = self.inner.wait(events, left)?;
        for event in events.iter().take(ready) {
            let data = event.data;
            let key = data.u64();
            if key == BELL {
                self.bell.silence();
                let kicked = std::mem::take(&mut *self.kicked.lock());
                for link in kicked.into_iter().filter_map(|key| self.find(key)) {
                    link.readable(&self.room);
                }
            } else if let Some(link) = self.find(key) {
                if sys::is_output(event) {
                    link.writable();
                }
                if sys::is_input(event) {
                    link.readable(&self.room);
                }
            }
        }
        Ok(ready)
    }

    fn stand_by(&self) {
        let mut events = sys::events();
        loop {
            match self.outer.wait(&mut events, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(e) => return tracing::error!("the standby can't wait: {e}"),
            }
            let Some(_leading) = self.lead.fired() else { continue };
            self.counters.standby.fetch_add(1, Relaxed);
            while self.patient_round(Some(Duration::ZERO), &mut events).is_ok_and(|ready| ready > 0) {}
        }
    }

    /// Finds a place for a new link and watches its socket.
    pub(super) fn add(&self, make: impl FnOnce(u64) -> Arc<Link>) -> Result<Arc<Link>> {
        let link = {
            let mut places = self.places.lock();
            let index = match places.free.pop() {
                Some(index) => index,
                None => {
                    places.all.push(Place { generation: 1, link: None });
                    u32::try_from(places.all.len() - 1).map_err(|_| Error::internal("too many links"))?
                }
            };
            let Some(place) = places.all.get_mut(index as usize) else { return Err(Error::internal("a link has no place")) };
            let link = make(u64::from(place.generation) << 32 | u64::from(index));
            place.link = Some(link.clone());
            link
        };
        if let Err(e) = self.inner.add(link.socket(), Watch::Input, link.key()) {
            self.remove(&link);
            return Err(e);
        }
        // What came with the handshake lies in the link already; the socket may stay silent.
        self.kicked.lock().push(link.key());
        self.bell.ring();
        Ok(link)
    }

    /// Gives the link's place back; events that still name it find nothing.
    pub(super) fn remove(&self, link: &Arc<Link>) {
        self.inner.remove(link.socket());
        let key = link.key();
        let mut places = self.places.lock();
        if let Some(place) = places.all.get_mut(key as u32 as usize)
            && u64::from(place.generation) == key >> 32
        {
            let gone = place.link.take();
            // Skips 0 and the top, see `BELL`.
            place.generation = if place.generation >= u32::MAX - 1 { 1 } else { place.generation + 1 };
            places.free.push(key as u32);
            drop(places);
            drop(gone);
        }
    }

    fn find(&self, key: u64) -> Option<Arc<Link>> {
        let places = self.places.lock();
        let place = places.all.get(key as u32 as usize)?;
        if u64::from(place.generation) == key >> 32 { place.link.clone() } else { None }
    }

    /// Writes what is queued for a link, if it is still there.
    pub(super) fn flush(&self, key: u64) {
        if let Some(link) = self.find(key) {
            link.flush_now();
        }
    }

    pub(super) fn watch(&self, socket: impl AsFd, watch: Watch, key: u64) {
        self.inner.set(socket, watch, key);
    }
}

impl std::fmt::Debug for Reactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reactor").field("stats", &self.stats()).finish()
    }
}
