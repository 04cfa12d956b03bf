//! Admission: which invocations start now, which wait, which are refused at once.

use super::{Incoming, Running, Table, pace::Pace};
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
    pace: Pace,
    served: u64,
    refused: u64,
    /// Ended, but their answers are not given to their links yet.
    answering: usize,
}

impl Inbox {
    fn load(&self) -> u32 {
        (self.running + self.waiting.len() + self.nested.len()) as u32
    }

    fn is_idle(&self) -> bool {
        self.load() == 0 && self.answering == 0
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

    /// The node's name.
    pub fn name(&self) -> &str {
        &self.name
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
            if let Some(input) = &incoming.input {
                input.close();
            }
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
            let left = incoming.deadline.saturating_duration_since(env::now());
            if !starts && !nested && !inbox.pace.is_in_time(inbox.waiting.len(), self.limits.workers, left) {
                let ahead = inbox.waiting.len();
                let error = Error::new(
                    Kind::Overloaded,
                    format!("{ahead} calls wait on node `{}`: `{}` can't start in time", self.name, incoming.target),
                );
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
        let input = match running.start_input() {
            Ok(handle) => handle,
            Err(error) => {
                running.started.store(false, SeqCst);
                return running.conclude(Err(error.node(&*self.name))).is_err();
            }
        };
        let invocation = Invocation {
            call: running.call,
            node: self.node,
            method: running.method,
            deadline: running.deadline(),
            depth: running.depth,
            payload: std::mem::take(&mut running.payload.lock()),
            input,
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
            if running.deadline() <= env::now() {
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
            let waited = !inbox.waiting.is_empty();
            inbox.pace.returned(env::now(), waited);
        } else {
            inbox.take_waiting(running);
        }
        inbox.running -= 1;
        if running.ends_lending() {
            inbox.lent -= 1;
        }
        inbox.answering += 1;
        inbox.load()
    }

    /// The answer of a released invocation is on its way.
    pub(super) fn answered(&self) {
        let mut inbox = self.inbox.lock();
        inbox.answering -= 1;
        if inbox.is_idle() {
            self.idle.notify_waiters();
        }
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

    /// Waits until nothing runs or waits, and every answer is on its way.
    pub async fn until_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.inbox.lock().is_idle() {
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
#[path = "inbox_tests.rs"]
mod tests;
