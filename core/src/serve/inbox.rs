//! Admission: which invocations start now, which wait, which are refused at once.

use super::{Incoming, Running, Table};
use crate::{
    env,
    error::{Error, Executed, Kind, Result},
    lane::Invocation,
};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Weak},
};
use tokio::sync::Notify;

/// How much a node takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Handlers at once.
    pub workers: usize,
    /// Handlers at once, those that wait in nested calls included.
    pub max_threads: usize,
    /// Invocations that wait, a service.
    pub waiting: usize,
    /// Bytes of arguments that wait, a node.
    pub memory: usize,
}

/// Deepest nesting of calls.
const MAX_DEPTH: u8 = 32;

/// Places that calls up to this depth may fill, those that wait in nested calls included. Each depth leaves one more to the next, so whatever
/// the deepest running call waits for finds a free place: calls in a circle can't dead-lock a pool.
fn places(depth: u8, limits: &Limits) -> usize {
    let left_to_deeper = usize::from(MAX_DEPTH.saturating_sub(depth));
    let at_least = limits.workers + usize::from(depth).saturating_sub(1);
    limits.max_threads.saturating_sub(left_to_deeper).max(at_least)
}

/// The provider's side of one node.
pub struct Serve {
    name: Arc<str>,
    node: u64,
    table: Table,
    limits: Limits,
    inbox: Mutex<Inbox>,
    idle: Notify,
    me: Weak<Serve>,
}

#[derive(Default)]
struct Inbox {
    open: bool,
    draining: bool,
    running: usize,
    lent: usize,
    bytes: usize,
    waiting: VecDeque<Arc<Running>>,
    /// Those that run inside other calls: somebody holds a place for each, so they go first.
    nested: Vec<Arc<Running>>,
    waiting_by_service: Vec<usize>,
    by_key: HashMap<(u64, u64), Arc<Running>>,
    served: u64,
    refused: u64,
}

impl Inbox {
    fn load(&self) -> u32 {
        (self.running + self.waiting.len() + self.nested.len()) as u32
    }

    /// Whether it waited; then it does so no more.
    fn take_waiting(&mut self, running: &Running) -> bool {
        let before = self.waiting.len() + self.nested.len();
        self.waiting.retain(|other| other.call != running.call);
        self.nested.retain(|other| other.call != running.call);
        before > self.waiting.len() + self.nested.len()
    }
}

impl Serve {
    /// A closed inbox: invocations wait until [`Serve::open`].
    pub fn new(name: &str, node: u64, table: Table, limits: Limits) -> Arc<Serve> {
        let inbox = Inbox { waiting_by_service: vec![0; table.services()], ..Inbox::default() };
        Arc::new_cyclic(|me| Serve {
            name: name.into(),
            node,
            table,
            limits,
            inbox: Mutex::new(inbox),
            idle: Notify::new(),
            me: me.clone(),
        })
    }

    /// Handlers may run from now on.
    pub fn open(&self) {
        self.inbox.lock().open = true;
        self.start_waiting();
    }

    /// Takes a call in, or answers it at once with why not.
    pub fn accept(&self, incoming: Incoming) {
        if let Err(refused) = self.admit(incoming) {
            let (error, incoming) = *refused;
            self.inbox.lock().refused += 1;
            incoming.origin.answer(Err(error.node(&*self.name)), self.load());
        }
    }

    fn admit(&self, incoming: Incoming) -> Result<(), Box<(Error, Incoming)>> {
        let Some(handler) = self.table.find(&incoming.target) else {
            let error = Error::new(Kind::NoSuchMethod, format!("node `{}` has no method `{}`", self.name, incoming.target));
            return Err(Box::new((error, incoming)));
        };
        if incoming.depth > MAX_DEPTH {
            let error = Error::new(
                Kind::Overloaded,
                format!("`{}` is nested {} calls deep, {MAX_DEPTH} are allowed", incoming.target, incoming.depth),
            )
            .advice("Look for services that call each other in a circle.");
            return Err(Box::new((error, incoming)));
        }
        let size = incoming.payload.len();
        {
            let mut inbox = self.inbox.lock();
            if inbox.draining {
                let error = Error::new(Kind::Closed, format!("node `{}` is leaving", self.name))
                    .advice("Call another provider; this one takes no new calls.");
                return Err(Box::new((error, incoming)));
            }
            let waiting = inbox.waiting_by_service[handler.service];
            if waiting >= self.limits.waiting || (waiting > 0 && inbox.bytes + size > self.limits.memory) {
                let error = Error::new(Kind::Overloaded, format!("{waiting} calls of `{}` wait on node `{}`", incoming.target, self.name));
                return Err(Box::new((error, incoming)));
            }
            let key = incoming.key;
            let running = Running::enter(incoming, handler.method, handler.service, handler.lane.clone(), self.me.clone());
            inbox.by_key.insert(key, running.clone());
            let first = running.depth > 1 || inbox.waiting.is_empty();
            if first && self.has_permit(&inbox, running.depth) {
                inbox.running += 1;
                drop(inbox);
                self.start(running);
            } else {
                inbox.waiting_by_service[running.service] += 1;
                inbox.bytes += size;
                if running.depth > 1 { inbox.nested.push(running) } else { inbox.waiting.push_back(running) }
            }
        }
        Ok(())
    }

    fn has_permit(&self, inbox: &Inbox, depth: u8) -> bool {
        inbox.open && inbox.running < (self.limits.workers + inbox.lent).min(places(depth, &self.limits))
    }

    /// Takes what waits and may start now: the deepest first, then roots in their order.
    fn next_waiting(&self, inbox: &mut Inbox) -> Option<Arc<Running>> {
        let deepest = inbox.nested.iter().enumerate().max_by_key(|(at, running)| (running.depth, std::cmp::Reverse(*at)));
        let nested = deepest.filter(|(_, running)| self.has_permit(inbox, running.depth)).map(|(at, _)| at);
        if let Some(at) = nested {
            return Some(inbox.nested.remove(at));
        }
        let depth = inbox.waiting.front()?.depth;
        if self.has_permit(inbox, depth) { inbox.waiting.pop_front() } else { None }
    }

    fn start(&self, running: Arc<Running>) {
        running.started.store(true, std::sync::atomic::Ordering::Release);
        let invocation = Invocation {
            call: running.call,
            node: self.node,
            method: running.method,
            deadline: running.deadline,
            depth: running.depth,
            payload: std::mem::take(&mut running.payload.lock()),
            spare: false,
        };
        if running.lane.push_invocation(invocation).is_err() {
            running.started.store(false, std::sync::atomic::Ordering::Release);
            running.abandon("the event loop of the handler was closed");
        }
    }

    /// Starts what waits, as far as permits go. What nobody waits for any more is answered without running.
    pub(super) fn start_waiting(&self) {
        loop {
            let running = {
                let mut inbox = self.inbox.lock();
                let Some(running) = self.next_waiting(&mut inbox) else { return };
                inbox.waiting_by_service[running.service] -= 1;
                inbox.bytes -= running.payload.lock().len();
                inbox.running += 1;
                running
            };
            let error = if running.is_cancelled() {
                Error::new(Kind::Cancelled, format!("`{}` was cancelled before it ran", running.target))
            } else if running.deadline <= env::now() {
                Error::new(Kind::DeadlineExceeded, format!("`{}` waited on node `{}` until its deadline", running.target, self.name))
            } else {
                self.start(running);
                continue;
            };
            // Not `answer`: it would come back here, once for each one that waits.
            let _ = running.conclude(Err(error.node(&*self.name).executed(Executed::No)));
        }
    }

    /// An invocation ended: gives its permit back, returns the load.
    pub(super) fn release(&self, running: &Running) -> u32 {
        let mut inbox = self.inbox.lock();
        inbox.by_key.remove(&running.key);
        if !running.is_started() && inbox.take_waiting(running) {
            inbox.waiting_by_service[running.service] -= 1;
            inbox.bytes -= running.payload.lock().len();
        } else {
            inbox.running -= 1;
            inbox.served += 1;
        }
        let load = inbox.load();
        if load == 0 {
            self.idle.notify_waiters();
        }
        load
    }

    pub(super) fn lend(&self) {
        self.inbox.lock().lent += 1;
        self.start_waiting();
    }

    pub(super) fn take_back(&self) {
        self.inbox.lock().lent -= 1;
    }

    /// What runs and waits.
    pub fn load(&self) -> u32 {
        self.inbox.lock().load()
    }

    /// Invocations that were run, and calls that were refused.
    pub fn counts(&self) -> (u64, u64) {
        let inbox = self.inbox.lock();
        (inbox.served, inbox.refused)
    }

    /// The caller gave this call up.
    pub fn cancel(&self, key: (u64, u64)) {
        let running = self.inbox.lock().by_key.get(&key).cloned();
        if let Some(running) = running {
            running.cancel();
        }
    }

    /// A link ended: nobody waits for its calls any more.
    pub fn cancel_link(&self, link: u64) {
        let lost: Vec<_> = self.inbox.lock().by_key.iter().filter(|(key, _)| key.0 == link).map(|(_, r)| r.clone()).collect();
        lost.iter().for_each(|running| running.cancel());
    }

    /// Takes nothing new from now on.
    pub fn stop_accepting(&self) {
        self.inbox.lock().draining = true;
    }

    /// Waits until nothing runs or waits.
    pub async fn until_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.load() == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Answers everything that is left: the node ends.
    pub fn abandon(&self) {
        self.stop_accepting();
        let left: Vec<_> = self.inbox.lock().by_key.values().cloned().collect();
        for running in left {
            running.abandon(&format!("node `{}` was closed", self.name));
        }
    }

    /// How much it takes on.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What it serves.
    pub fn table(&self) -> &Table {
        &self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::NodeId,
        lane::{Event, Lane, LaneKind, Outcome},
        serve::{Caller, Origin, running},
    };
    use bytes::Bytes;
    use std::{sync::mpsc, time::Duration};

    struct To(mpsc::Sender<(u64, Outcome)>, u64);
    impl Origin for To {
        fn answer(self: Box<Self>, outcome: Outcome, _load: u32) {
            self.0.send((self.1, outcome)).unwrap();
        }
    }

    struct Bed {
        serve: Arc<Serve>,
        lane: Arc<Lane>,
        send: mpsc::Sender<(u64, Outcome)>,
        answers: mpsc::Receiver<(u64, Outcome)>,
    }

    impl Bed {
        fn new(workers: usize, waiting: usize) -> Bed {
            let lane = Lane::open(LaneKind::Workers).unwrap();
            let mut table = Table::default();
            table.add("s", [("m", lane.clone())].into_iter()).unwrap();
            let serve = Serve::new("n", 1, table, Limits { workers, max_threads: 64, waiting, memory: 1 << 20 });
            serve.open();
            let (send, answers) = mpsc::channel();
            Bed { serve, lane, send, answers }
        }

        fn call(&self, id: u64) {
            self.call_at(id, 1);
        }

        fn call_at(&self, id: u64, depth: u8) {
            let caller = Caller { id: NodeId::draw(), name: "c".into(), language: "rust".into() };
            self.serve.accept(Incoming {
                target: "s.m".into(),
                deadline: env::now() + Duration::from_secs(30),
                depth,
                attempt: 1,
                baggage: Bytes::new(),
                payload: Bytes::from_static(b"xx"),
                caller,
                key: (7, id),
                origin: Box::new(To(self.send.clone(), id)),
            });
        }

        fn fetch(&self) -> Vec<u64> {
            self.lane
                .take(99, None)
                .unwrap()
                .into_iter()
                .filter_map(|e| if let Event::Invoke(i) = e { Some(i.call) } else { None })
                .collect()
        }

        fn kinds(&self) -> Vec<(u64, Option<Kind>)> {
            self.answers.try_iter().map(|(id, outcome)| (id, outcome.err().map(|e| e.kind()))).collect()
        }
    }

    #[test]
    fn permits_bound_what_runs_and_the_queue_what_waits() {
        let bed = Bed::new(2, 3);
        (0..6).for_each(|id| bed.call(id));
        assert_eq!(bed.kinds(), [(5, Some(Kind::Overloaded))]);
        let first = bed.fetch();
        assert_eq!((first.len(), bed.serve.load()), (2, 5));
        running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap();
        assert_eq!(bed.kinds(), [(0, None)]);
        assert_eq!(bed.fetch().len(), 1);
        assert_eq!(running(first[0]).unwrap_err().kind(), Kind::Closed);
        bed.serve.abandon();
        let mut rest = bed.kinds();
        rest.sort_by_key(|r| r.0);
        assert_eq!(rest, [(1, Some(Kind::Closed)), (2, Some(Kind::Closed)), (3, Some(Kind::Closed)), (4, Some(Kind::Closed))]);
        assert_eq!(bed.serve.load(), 0);
    }

    #[test]
    fn a_handler_that_waits_lends_its_permit() {
        let bed = Bed::new(1, 9);
        (0..3).for_each(|id| bed.call(id));
        let first = bed.fetch();
        assert_eq!(first.len(), 1);
        let lent = running(first[0]).unwrap().lend();
        assert_eq!(bed.fetch().len(), 1);
        drop(lent);
        running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap();
        assert_eq!(bed.fetch().len(), 0, "two ran on one permit: one place is given back first");
    }

    #[test]
    fn every_depth_leaves_a_place_to_deeper_calls() {
        for (workers, max_threads) in [(1, 1), (2, 4), (4, 64), (64, 64), (8, 200)] {
            let limits = Limits { workers, max_threads, waiting: 9, memory: 9 };
            assert!(places(1, &limits) >= workers);
            for depth in 1..MAX_DEPTH {
                assert!(places(depth + 1, &limits) > places(depth, &limits), "depth {depth}, {limits:?}");
            }
            assert!(places(MAX_DEPTH, &limits) <= max_threads.max(workers + 31));
        }
    }

    #[test]
    fn calls_in_calls_do_not_dead_lock() {
        // Each of many roots nests two deep, every handler waits for the next: with all permits in use the deepest still run.
        let bed = Bed::new(1, 99);
        let mut lent = Vec::new();
        let mut started = 0;
        (0..40).for_each(|id| bed.call_at(id, 1));
        let mut id = 100;
        loop {
            let fetched = bed.fetch();
            if fetched.is_empty() {
                break;
            }
            for call in fetched {
                let run = running(call).unwrap();
                started += 1;
                if run.depth < 3 {
                    lent.push((call, run.lend()));
                    bed.call_at(id, run.depth + 1);
                    id += 1;
                } else {
                    // The leaf answers; what waits for it could now go on.
                    run.answer(Ok(Bytes::new())).unwrap();
                }
            }
        }
        assert!(started >= 3, "{started} calls ran: a whole chain must get through");
        assert!(bed.answers.try_iter().any(|(id, outcome)| id >= 100 && outcome.is_ok()));
        bed.serve.abandon();
    }

    #[test]
    fn cancelled_calls_do_not_start() {
        let bed = Bed::new(1, 9);
        (0..2).for_each(|id| bed.call(id));
        let first = bed.fetch();
        bed.serve.cancel((7, 1));
        bed.serve.cancel_link(7);
        assert!(running(first[0]).unwrap().is_cancelled());
        running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap();
        assert_eq!(bed.kinds(), [(0, None), (1, Some(Kind::Cancelled))]);
        assert!(bed.fetch().is_empty());
    }

    #[test]
    fn unknown_methods_and_draining() {
        let bed = Bed::new(1, 9);
        bed.serve.stop_accepting();
        bed.call(1);
        assert_eq!(bed.kinds(), [(1, Some(Kind::Closed))]);
    }
}
