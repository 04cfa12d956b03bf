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
    sync::{Arc, Weak, atomic::Ordering::SeqCst},
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

impl Limits {
    /// Handlers at once with every reserve for nested calls: so many threads may be needed.
    pub fn places(&self) -> usize {
        places(MAX_DEPTH, self)
    }
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
    /// How many roots and how many nested calls of each service wait: roots never take the room of the nested.
    waiting_by_service: Vec<[usize; 2]>,
    by_key: HashMap<(u64, u64), Arc<Running>>,
    served: u64,
    refused: u64,
}

impl Inbox {
    fn load(&self) -> u32 {
        (self.running + self.waiting.len() + self.nested.len()) as u32
    }

    /// Whether it waited; then it holds a permit now, and whoever asked starts or concludes it.
    fn take_waiting(&mut self, running: &Running) -> bool {
        let before = self.waiting.len() + self.nested.len();
        if running.depth > 1 {
            self.nested.retain(|other| other.call != running.call);
        } else {
            self.waiting.retain(|other| other.call != running.call);
        }
        let waited = before > self.waiting.len() + self.nested.len();
        if waited {
            self.permit(running);
        }
        waited
    }

    /// One that waited gets a permit.
    fn permit(&mut self, running: &Running) {
        self.waiting_by_service[running.service][kind(running.depth)] -= 1;
        self.bytes -= running.payload.lock().len();
        self.running += 1;
    }
}

/// The place of a call's kind in `waiting_by_service`.
fn kind(depth: u8) -> usize {
    usize::from(depth > 1)
}

impl Serve {
    /// A closed inbox: invocations wait until [`Serve::open`].
    pub fn new(name: &str, node: u64, table: Table, limits: Limits) -> Arc<Serve> {
        let inbox = Inbox { waiting_by_service: vec![[0; 2]; table.services()], ..Inbox::default() };
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
        if incoming.deadline <= env::now() {
            let error =
                Error::new(Kind::DeadlineExceeded, format!("`{}` reached node `{}` only at its deadline", incoming.target, self.name));
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
            let nested = incoming.depth > 1;
            let starts = (nested || inbox.waiting.is_empty()) && self.has_permit(&inbox, incoming.depth);
            let waiting = inbox.waiting_by_service[handler.service][kind(incoming.depth)];
            if !starts && (waiting >= self.limits.waiting || (waiting > 0 && inbox.bytes + size > self.limits.memory)) {
                let error = Error::new(Kind::Overloaded, format!("{waiting} calls of `{}` wait on node `{}`", incoming.target, self.name));
                return Err(Box::new((error, incoming)));
            }
            let key = incoming.key;
            let running = Running::enter(incoming, handler.method, handler.service, handler.lane.clone(), self.me.clone());
            inbox.by_key.insert(key, running.clone());
            if starts {
                inbox.running += 1;
                drop(inbox);
                if !self.start(&running) {
                    self.start_waiting();
                }
            } else {
                inbox.waiting_by_service[running.service][kind(running.depth)] += 1;
                inbox.bytes += size;
                if nested { inbox.nested.push(running) } else { inbox.waiting.push_back(running) }
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

    /// Gives one that has a permit to its lane. False: it was answered instead, and its permit is free again.
    fn start(&self, running: &Arc<Running>) -> bool {
        running.started.store(true, SeqCst);
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
            running.started.store(false, SeqCst);
            let error = Error::new(Kind::Closed, "the event loop of the handler was closed").node(&*self.name);
            // Not `answer`: it would come back to `start_waiting`, once for each one that waits.
            return running.conclude(Err(error)).is_err();
        }
        // A cancel that came since it was accepted found nothing to stop.
        if running.is_cancelled() { !running.stop() } else { true }
    }

    /// Starts what waits, as far as permits go. What nobody waits for any more is answered without running.
    pub(super) fn start_waiting(&self) {
        loop {
            let running = {
                let mut inbox = self.inbox.lock();
                let Some(running) = self.next_waiting(&mut inbox) else { return };
                inbox.permit(&running);
                running
            };
            if running.deadline <= env::now() {
                let error =
                    Error::new(Kind::DeadlineExceeded, format!("`{}` waited on node `{}` until its deadline", running.target, self.name));
                let _ = running.conclude(Err(error.node(&*self.name)));
            } else {
                self.start(&running);
            }
        }
    }

    /// An invocation ended: gives its permit back, returns the load.
    pub(super) fn release(&self, running: &Running) -> u32 {
        let mut inbox = self.inbox.lock();
        inbox.by_key.remove(&running.key);
        if running.is_started() {
            inbox.served += 1;
        } else {
            inbox.take_waiting(running);
        }
        inbox.running -= 1;
        if running.ends_lending() {
            inbox.lent -= 1;
        }
        let load = inbox.load();
        if load == 0 {
            self.idle.notify_waiters();
        }
        load
    }

    /// A handler waits in one more nested call: its one permit is lent while it waits in any.
    pub(super) fn lend(&self, running: &Running) {
        {
            let mut inbox = self.inbox.lock();
            if !running.waits_more() {
                return;
            }
            inbox.lent += 1;
        }
        self.start_waiting();
    }

    pub(super) fn take_back(&self, running: &Running) {
        let mut inbox = self.inbox.lock();
        if running.waits_less() {
            inbox.lent -= 1;
        }
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

    /// The caller gave this call up; says whether it may have run.
    pub fn cancel(&self, key: (u64, u64)) -> Executed {
        let running = self.inbox.lock().by_key.get(&key).cloned();
        let ran = running.is_none_or(|running| !self.drop_call(&running));
        if ran { Executed::Maybe } else { Executed::No }
    }

    /// A link ended: nobody waits for its calls any more.
    pub fn cancel_link(&self, link: u64) {
        let lost: Vec<_> = self.inbox.lock().by_key.iter().filter(|(key, _)| key.0 == link).map(|(_, r)| r.clone()).collect();
        for running in lost {
            self.drop_call(&running);
        }
    }

    /// Tells a handler that nobody waits for it. What didn't run yet never does, and takes nobody's place in the queue: then true.
    fn drop_call(&self, running: &Arc<Running>) -> bool {
        let waited = self.inbox.lock().take_waiting(running);
        let never = running.cancel(waited);
        if never {
            self.start_waiting();
        }
        never
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
        assert_eq!(bed.kinds(), [(1, Some(Kind::Cancelled)), (0, None)]);
        assert!(bed.fetch().is_empty());
    }

    #[test]
    fn cancelled_calls_take_nobody_s_place() {
        let bed = Bed::new(1, 2);
        (0..3).for_each(|id| bed.call(id));
        assert_eq!(bed.serve.cancel((7, 1)), Executed::No);
        bed.call(3);
        assert_eq!(bed.kinds(), [(1, Some(Kind::Cancelled))], "the place of the cancelled call is free");
        // Permitted, but fetched by nobody.
        assert_eq!(bed.serve.cancel((7, 0)), Executed::No);
        let next = bed.fetch();
        assert_eq!(next.len(), 1);
        assert_eq!(running(next[0]).unwrap().key, (7, 2));
        assert_eq!(bed.serve.cancel((7, 2)), Executed::Maybe, "its handler runs");
        assert_eq!(bed.kinds(), [(0, Some(Kind::Cancelled))]);
        bed.serve.abandon();
        assert_eq!(bed.serve.counts().0, 1);
    }

    #[test]
    fn many_waiting_calls_of_a_closed_loop_need_no_stack() {
        let bed = Bed::new(1, 5000);
        (0..5000).for_each(|id| bed.call(id));
        let first = bed.fetch();
        bed.lane.close();
        let thread = env::thread("small", move || running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap()).unwrap();
        thread.join().unwrap();
        assert_eq!(bed.serve.load(), 0);
        let closed = bed.answers.try_iter().filter(|(_, outcome)| outcome.as_ref().is_err_and(|e| e.kind() == Kind::Closed)).count();
        assert_eq!(closed, 4999);
    }

    #[test]
    fn a_handler_lends_its_permit_once_and_only_while_it_runs() {
        let bed = Bed::new(1, 9);
        (0..5).for_each(|id| bed.call(id));
        let first = running(bed.fetch()[0]).unwrap();
        // It waits for three calls at once, and lends the one permit it has.
        let lent: Vec<_> = (0..3).map(|_| first.lend()).collect();
        assert_eq!(bed.fetch().len(), 1);
        // It doesn't wait for their end.
        first.answer(Ok(Bytes::new())).unwrap();
        assert_eq!(bed.fetch().len(), 0, "one runs on the one permit");
        drop(lent);
        assert_eq!(bed.fetch().len(), 0);
        bed.serve.abandon();
        assert_eq!(bed.serve.inbox.lock().lent, 0);
    }

    #[test]
    fn roots_that_wait_do_not_keep_nested_calls_out() {
        let bed = Bed::new(1, 2);
        (0..3).for_each(|id| bed.call(id));
        let first = running(bed.fetch()[0]).unwrap();
        bed.call_at(3, 1);
        assert_eq!(bed.kinds(), [(3, Some(Kind::Overloaded))]);
        let _lent = first.lend();
        bed.fetch();
        bed.call(9);
        bed.call_at(4, 2);
        assert_eq!(bed.kinds(), []);
        bed.serve.abandon();
    }

    #[test]
    fn a_call_at_its_deadline_does_not_run() {
        let bed = Bed::new(1, 9);
        let caller = Caller { id: NodeId::draw(), name: "c".into(), language: "rust".into() };
        bed.serve.accept(Incoming {
            target: "s.m".into(),
            deadline: env::now(),
            depth: 1,
            attempt: 1,
            baggage: Bytes::new(),
            payload: Bytes::new(),
            caller,
            key: (7, 1),
            origin: Box::new(To(bed.send.clone(), 1)),
        });
        assert_eq!(bed.kinds(), [(1, Some(Kind::DeadlineExceeded))]);
        assert!(bed.fetch().is_empty());
    }

    #[test]
    fn what_was_not_fetched_did_not_run_when_the_node_closes() {
        let bed = Bed::new(2, 9);
        bed.call(0);
        bed.fetch();
        bed.call(1);
        bed.serve.abandon();
        let mut executed: Vec<_> = bed.answers.try_iter().map(|(id, outcome)| (id, outcome.unwrap_err().was_executed())).collect();
        executed.sort_by_key(|e| e.0);
        assert_eq!(executed, [(0, Executed::Maybe), (1, Executed::No)]);
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
