//! Admission: which invocations start now, which wait, which are refused at once.

use super::{
    Incoming, Limit, Running, Table,
    limit::{Full, Scope},
    pace::Pace,
    queue::{Queue, Share},
    table::Handler,
};
use crate::{
    config::NodeId,
    env,
    error::{Error, Executed, Kind, Result},
    lane::{Invocation, Lane},
};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::time::{Duration, Instant};
use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::*},
    },
};
use tokio::sync::Notify;

/// How much a node takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Handlers at once.
    pub workers: usize,
    /// Handlers at once, those that wait in nested calls included.
    pub max_threads: usize,
    /// Invocations that wait, a service that doesn't say otherwise.
    pub waiting: usize,
    /// Invocations that wait at all.
    pub waiting_at_all: usize,
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
    table: ArcSwap<Table>,
    limits: Limits,
    inbox: Mutex<Inbox>,
    idle: Notify,
    watched: AtomicBool,
    hides_errors: AtomicBool,
    busy: Arc<Notify>,
    me: Weak<Serve>,
}

struct Inbox {
    open: bool,
    draining: bool,
    running: usize,
    lent: usize,
    waiting: Queue<Arc<Running>>,
    /// Those that run inside other calls: somebody holds a place for each, so they go first.
    nested: Vec<Arc<Running>>,
    /// All that waits.
    whole: Scope,
    services: Vec<Scope>,
    methods: Vec<Scope>,
    service_of: Vec<usize>,
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
        let is_it = |other: &Arc<Running>| other.call == running.call;
        let waited = if running.depth > 1 {
            let before = self.nested.len();
            self.nested.retain(|other| !is_it(other));
            before > self.nested.len()
        } else {
            self.waiting.remove(running.caller.id, running.method, is_it).is_some()
        };
        if waited {
            self.permit(running);
        }
        waited
    }

    /// One that waited gets a permit.
    fn permit(&mut self, running: &Running) {
        let (nested, bytes) = (usize::from(running.depth > 1), running.payload.lock().len());
        for scope in self.scopes(running.method) {
            scope.waiting[nested] -= 1;
            scope.bytes -= bytes;
        }
        self.run(running.method);
    }

    /// One more runs.
    fn run(&mut self, method: u32) {
        self.running += 1;
        self.scopes(method).into_iter().for_each(|scope| scope.running += 1);
    }

    /// One less runs.
    fn end(&mut self, method: u32) {
        self.running -= 1;
        self.scopes(method).into_iter().for_each(|scope| scope.running -= 1);
    }

    /// The limits that a method is under, the narrowest first.
    fn scopes(&mut self, method: u32) -> [&mut Scope; 3] {
        let at = method as usize;
        [&mut self.methods[at], &mut self.services[self.service_of[at]], &mut self.whole]
    }

    /// Whether the limits of service and method allow one more handler.
    fn may_run(&self, method: u32) -> bool {
        let at = method as usize;
        self.methods[at].may_run() && self.services[self.service_of[at]].may_run()
    }

    /// Makes room for one more root that waits: when a limit is reached, the caller that has most waiting under it loses its newest. False:
    /// that caller is the one who asks. What lost its place holds a permit, and is to be answered.
    fn make_room(&mut self, handler: &Handler, caller: NodeId, size: usize, evicted: &mut Vec<Arc<Running>>) -> bool {
        loop {
            let full = self.scopes(handler.method).map(|scope| scope.full(false, size));
            let Some((at, full)) = full.into_iter().enumerate().find_map(|(at, full)| Some((at, full?))) else { return true };
            let service_of = &self.service_of;
            let meant = |method: u32| match at {
                0 => method == handler.method,
                1 => service_of[method as usize] == handler.service,
                _ => true,
            };
            let measure = |share: Share| if full == Full::Calls { share.calls } else { share.bytes };
            let (mut own, mut most) = (if full == Full::Calls { 1 } else { size }, None);
            for (id, share) in self.waiting.shares(meant) {
                let has = measure(share);
                if id == caller {
                    own += has;
                } else if most.is_none_or(|(_, most)| has > most) {
                    most = Some((id, has));
                }
            }
            let Some((victim, _)) = most.filter(|(_, most)| *most > own) else { return false };
            let Some(loser) = self.waiting.newest(victim, meant) else { return false };
            self.permit(&loser);
            evicted.push(loser);
        }
    }
}

impl Serve {
    /// A closed inbox: invocations wait until [`Serve::open`].
    pub fn new(name: &str, node: u64, table: Table, limits: Limits) -> Arc<Serve> {
        let (services, methods) = table.scopes(limits.waiting);
        let whole = Limit { running: None, waiting: Some(limits.waiting_at_all), bytes: Some(limits.memory) };
        let inbox = Inbox {
            open: false,
            draining: false,
            running: 0,
            lent: 0,
            waiting: Queue::default(),
            nested: Vec::new(),
            whole: Scope::new(whole),
            services,
            methods,
            service_of: table.services_of_methods(),
            by_key: HashMap::new(),
            pace: Pace::default(),
            served: 0,
            refused: 0,
            answering: 0,
        };
        Arc::new_cyclic(|me| Serve {
            name: name.into(),
            node,
            watched: AtomicBool::new(false),
            hides_errors: AtomicBool::new(false),
            busy: Arc::default(),
            table: ArcSwap::from_pointee(table),
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
        let table = self.table.load();
        let Some(handler) = table.find(&incoming.target) else {
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
        let left = incoming.deadline.saturating_duration_since(env::now());
        if left.is_zero() {
            let error =
                Error::new(Kind::DeadlineExceeded, format!("`{}` reached node `{}` only at its deadline", incoming.target, self.name));
            return Err(Box::new((error, incoming)));
        }
        let size = incoming.payload.len();
        let mut evicted = Vec::new();
        {
            let mut inbox = self.inbox.lock();
            if inbox.draining {
                let error = Error::new(Kind::Closed, format!("node `{}` is leaving", self.name))
                    .advice("Call another provider; this one takes no new calls.");
                return Err(Box::new((error, incoming)));
            }
            let nested = incoming.depth > 1;
            let free = self.has_permit(&inbox, incoming.depth);
            // Whoever waits and may run goes first.
            let starts = free && inbox.may_run(handler.method) && (nested || !inbox.waiting.any(|method| inbox.may_run(method)));
            let ahead = if starts || nested { 0 } else { inbox.waiting.ahead(incoming.caller.id) };
            if !inbox.pace.is_in_time(ahead, self.limits.workers, left) {
                let error = Error::new(
                    Kind::Overloaded,
                    format!("{ahead} calls wait on node `{}`: `{}` can't start in time", self.name, incoming.target),
                );
                return Err(Box::new((error, incoming)));
            }
            let fits = starts
                || if nested {
                    inbox.scopes(handler.method).iter().all(|scope| scope.full(true, size).is_none())
                } else {
                    inbox.make_room(handler, incoming.caller.id, size, &mut evicted)
                };
            if !fits {
                let waiting = inbox.services[handler.service].waiting[usize::from(nested)];
                drop(inbox);
                self.turn_away(&evicted);
                let text = format!("{waiting} calls of `{}` wait on node `{}`", table.service_name(handler.service), self.name);
                return Err(Box::new((Error::new(Kind::Overloaded, text), incoming)));
            }
            let key = incoming.key;
            let running = Running::enter(incoming, handler.method, handler.lane.clone(), self.me.clone());
            inbox.by_key.insert(key, running.clone());
            if starts {
                inbox.run(handler.method);
                drop(inbox);
                if !self.start(&running) {
                    self.start_waiting();
                }
            } else {
                for scope in inbox.scopes(running.method) {
                    scope.waiting[usize::from(nested)] += 1;
                    scope.bytes += size;
                }
                if nested {
                    inbox.nested.push(running);
                } else {
                    inbox.waiting.push(running.caller.id, running.method, size, running);
                }
            }
        }
        self.turn_away(&evicted);
        Ok(())
    }

    /// Answers calls that waited and lost their place.
    fn turn_away(&self, losers: &[Arc<Running>]) {
        self.inbox.lock().refused += losers.len() as u64;
        for running in losers {
            let text = format!("`{}` waited on node `{}`, and made room for another caller", running.target, self.name);
            // One that was cancelled meanwhile has its answer.
            let _ = running.conclude(Err(Error::new(Kind::Overloaded, text).executed(Executed::No).node(&*self.name)));
        }
    }

    fn has_permit(&self, inbox: &Inbox, depth: u8) -> bool {
        inbox.open && inbox.running < (self.limits.workers + inbox.lent).min(places(depth, &self.limits))
    }

    /// Takes what waits and may start now: the deepest first, then roots, round robin over their callers.
    fn next_waiting(&self, inbox: &mut Inbox) -> Option<Arc<Running>> {
        let ready = inbox.nested.iter().enumerate().filter(|(_, running)| inbox.may_run(running.method));
        let deepest = ready.max_by_key(|(at, running)| (running.depth, std::cmp::Reverse(*at)));
        let nested = deepest.filter(|(_, running)| self.has_permit(inbox, running.depth)).map(|(at, _)| at);
        if let Some(at) = nested {
            return Some(inbox.nested.remove(at));
        }
        if inbox.waiting.len() == 0 || !self.has_permit(inbox, 1) {
            return None;
        }
        let Inbox { waiting, methods, services, service_of, .. } = inbox;
        waiting.take(|method| methods[method as usize].may_run() && services[service_of[method as usize]].may_run())
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
        if !self.watched.load(Relaxed) && !self.watched.swap(true, SeqCst) {
            self.busy.notify_one();
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
            let waited = inbox.waiting.len() > 0;
            inbox.pace.returned(env::now(), waited);
        } else {
            inbox.take_waiting(running);
        }
        if running.ends_lending() {
            inbox.lent -= 1;
            inbox.scopes(running.method).into_iter().for_each(|scope| scope.running += 1);
        }
        inbox.end(running.method);
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
            inbox.scopes(running.method).into_iter().for_each(|scope| scope.running -= 1);
        }
        self.start_waiting();
    }

    pub(super) fn take_back(&self, running: &Running) {
        let mut inbox = self.inbox.lock();
        if running.waits_less() {
            inbox.lent -= 1;
            inbox.scopes(running.method).into_iter().for_each(|scope| scope.running += 1);
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
        self.busy.notify_one();
        let left: Vec<_> = self.inbox.lock().by_key.values().cloned().collect();
        for running in left {
            running.abandon(&format!("node `{}` was closed", self.name));
        }
    }

    /// Told when something is handed out while nobody watches, and when the node ends.
    pub fn busy(&self) -> Arc<Notify> {
        self.busy.clone()
    }

    /// Nobody watches any longer. False: something was handed out meanwhile, so that somebody must.
    pub fn unwatch(&self) -> bool {
        self.watched.store(false, SeqCst);
        self.load() == 0 || self.watched.swap(true, SeqCst)
    }

    /// For how long nothing was fetched of what lies ready for handlers, on the lane that is held up longest.
    pub fn stuck(&self, now: Instant) -> Duration {
        self.table
            .load()
            .lanes()
            .iter()
            .filter_map(|lane| lane.stuck())
            .map(|since| now.saturating_duration_since(since))
            .max()
            .unwrap_or_default()
    }

    /// Sends away what no handler fetched for so long, and what waits for its turn there, as far as `elsewhere` says that another node may
    /// do it.
    pub fn send_away(&self, now: Instant, most: Duration, elsewhere: impl Fn(&str) -> bool) {
        let all: Vec<_> = self.inbox.lock().by_key.values().cloned().collect();
        let is_stuck = |lane: &Lane| lane.stuck().is_some_and(|since| now.saturating_duration_since(since) >= most);
        // Looked at before anything is taken: an empty lane isn't stuck.
        let held_up: Vec<_> = all.into_iter().filter(|running| is_stuck(&running.lane) && elsewhere(&running.target)).collect();
        for running in held_up {
            let waited = self.inbox.lock().take_waiting(&running);
            if waited || running.withdraw() {
                let text = format!("the handlers of node `{}` make no progress, `{}` did not run", self.name, running.target);
                let _ = running.conclude(Err(Error::new(Kind::Overloaded, text).executed(Executed::No).node(&*self.name)));
            }
        }
        self.start_waiting();
    }

    /// From now on callers learn only the type of what a handler raises.
    pub fn hide_errors(&self) {
        self.hides_errors.store(true, Relaxed);
    }

    /// Whether they do.
    pub fn hides_errors(&self) -> bool {
        self.hides_errors.load(Relaxed)
    }

    /// How much it takes on.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Serves more: methods get the next numbers, so that what runs keeps its own.
    pub fn extend(&self, more: &Table) {
        let mut inbox = self.inbox.lock();
        let mut table = Table::clone(&self.table.load());
        table.extend(more);
        let (services, methods) = table.scopes(self.limits.waiting);
        let known = (inbox.services.len(), inbox.methods.len());
        inbox.services.extend(services.into_iter().skip(known.0));
        inbox.methods.extend(methods.into_iter().skip(known.1));
        inbox.service_of.extend(table.services_of_methods().into_iter().skip(known.1));
        // A call that finds a new method finds its scope as well: it asks for the inbox next.
        self.table.store(Arc::new(table));
    }
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
