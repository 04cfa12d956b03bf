//! One invocation: where it came from, whether it is still wanted, and its one answer.

use super::Serve;
use crate::{
    config::NodeId,
    error::{Error, Executed, Kind, Result},
    lane::{Cancel, Handles, Lane},
    wire::Trace,
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::*},
    },
    time::Instant,
};

static RUNNING: Handles<Running> = Handles::new();

/// How many invocations of this process are not answered.
pub fn invocations() -> usize {
    RUNNING.len()
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The calling node.
    pub id: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// Its language.
    pub language: Arc<str>,
}

/// Where the answer goes: a frame on a link, or an open call of this process.
pub trait Origin: Send + Sync {
    /// Carries the answer back. `load` counts what runs and waits here.
    fn answer(self: Box<Self>, outcome: Result<Bytes>, load: u32);
}

/// A call as it arrives.
pub struct Incoming {
    /// `service.method`.
    pub target: Arc<str>,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Calls between this one and the root.
    pub depth: u8,
    /// Which try this is, from 1.
    pub attempt: u8,
    /// Encoded baggage.
    pub baggage: Bytes,
    /// Where the call stands in its trace.
    pub trace: Trace,
    /// Arguments.
    pub payload: Bytes,
    /// Who calls.
    pub caller: Caller,
    /// Finds the invocation again when a cancel comes: link and call id.
    pub key: (u64, u64),
    /// Where the answer goes.
    pub origin: Box<dyn Origin>,
}

/// An accepted invocation, waiting for a permit or running.
pub struct Running {
    /// The handle.
    pub call: u64,
    /// Number of the method.
    pub method: u32,
    /// `service.method`.
    pub target: Arc<str>,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Calls between this one and the root.
    pub depth: u8,
    /// Which try this is, from 1.
    pub attempt: u8,
    /// Encoded baggage.
    pub baggage: Bytes,
    /// Where the call stands in its trace.
    pub trace: Trace,
    /// Who calls.
    pub caller: Caller,
    pub(super) service: usize,
    pub(super) lane: Arc<Lane>,
    pub(super) key: (u64, u64),
    pub(super) payload: Mutex<Bytes>,
    pub(super) started: AtomicBool,
    cancelled: AtomicBool,
    serve: Weak<Serve>,
    origin: Mutex<Option<Box<dyn Origin>>>,
    nested: Mutex<Vec<Weak<dyn Cancel>>>,
    lending: Mutex<Lending>,
}

/// The permit of a handler that may wait in several nested calls at once, or not wait for the end of some.
#[derive(Default)]
struct Lending {
    waits: usize,
    over: bool,
}

/// The invocation with this handle; a stale one is `Closed`.
pub fn running(call: u64) -> Result<Arc<Running>> {
    RUNNING.get(call).ok_or_else(|| {
        Error::new(Kind::Closed, "this invocation was answered already, or its node was closed").advice("Answer each invocation once.")
    })
}

impl Running {
    pub(super) fn enter(incoming: Incoming, method: u32, service: usize, lane: Arc<Lane>, serve: Weak<Serve>) -> Arc<Running> {
        let make = |call| {
            Arc::new(Running {
                call,
                method,
                target: incoming.target,
                deadline: incoming.deadline,
                depth: incoming.depth,
                attempt: incoming.attempt,
                baggage: incoming.baggage,
                trace: incoming.trace,
                caller: incoming.caller,
                service,
                lane,
                key: incoming.key,
                payload: Mutex::new(incoming.payload),
                started: AtomicBool::new(false),
                cancelled: AtomicBool::new(false),
                serve,
                origin: Mutex::new(Some(incoming.origin)),
                nested: Mutex::default(),
                lending: Mutex::default(),
            })
        };
        RUNNING.enter_with(make).1
    }

    /// Whether the caller gave up.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst)
    }

    /// Whether a handler was given it.
    pub fn is_started(&self) -> bool {
        self.started.load(SeqCst)
    }

    /// The caller gave up: ends the calls made inside, and the invocation itself if it was taken out of the queue (`waited`) or fetched by
    /// nobody yet; else tells the handler. True if it never runs.
    pub(super) fn cancel(self: &Arc<Self>, waited: bool) -> bool {
        if !self.cancelled.swap(true, SeqCst) {
            let nested = std::mem::take(&mut *self.nested.lock());
            nested.iter().filter_map(Weak::upgrade).for_each(|call| call.cancel());
        }
        if waited {
            return self.conclude(Err(self.unwanted())).is_ok();
        }
        self.is_started() && self.stop()
    }

    /// Takes an invocation that nobody wants back from its lane, or tells the handler. True if it never runs.
    pub(super) fn stop(self: &Arc<Self>) -> bool {
        if self.lane.withdraw(self.call) {
            self.started.store(false, SeqCst);
            return self.conclude(Err(self.unwanted())).is_ok();
        }
        self.lane.push_cancel(self.call);
        false
    }

    fn unwanted(&self) -> Error {
        Error::new(Kind::Cancelled, format!("`{}` was cancelled before it ran", self.target)).executed(Executed::No)
    }

    /// Remembers a call made inside this one, so that a cancel reaches it; one that comes too late is cancelled at once.
    pub fn nest(&self, call: &Arc<dyn Cancel>) {
        let mut nested = self.nested.lock();
        nested.retain(|known| known.strong_count() > 0);
        nested.push(Arc::downgrade(call));
        drop(nested);
        if self.is_cancelled() {
            call.cancel();
        }
    }

    /// While a handler waits in nested calls, its permit serves another invocation. Ends when the guard is dropped, or with the handler.
    pub fn lend(self: &Arc<Self>) -> Lent {
        if let Some(serve) = self.serve.upgrade() {
            serve.lend(self);
        }
        Lent(self.clone())
    }

    /// One more nested call; true if it is the first. This and the next two are called under the lock of the inbox.
    pub(super) fn waits_more(&self) -> bool {
        let mut lending = self.lending.lock();
        lending.waits += 1;
        lending.waits == 1 && !lending.over
    }

    /// One less; true if it was the last.
    pub(super) fn waits_less(&self) -> bool {
        let mut lending = self.lending.lock();
        lending.waits = lending.waits.saturating_sub(1);
        lending.waits == 0 && !lending.over
    }

    /// The handler ended; true if it was lending its permit.
    pub(super) fn ends_lending(&self) -> bool {
        let mut lending = self.lending.lock();
        !std::mem::replace(&mut lending.over, true) && lending.waits > 0
    }

    /// Answers: once. A second answer is `Closed`.
    pub fn answer(self: &Arc<Self>, outcome: Result<Bytes>) -> Result<()> {
        self.conclude(outcome)?;
        if let Some(serve) = self.serve.upgrade() {
            serve.start_waiting();
        }
        Ok(())
    }

    /// Answers without starting what waits.
    pub(super) fn conclude(self: &Arc<Self>, outcome: Result<Bytes>) -> Result<()> {
        if RUNNING.remove(self.call).is_none() {
            return running(self.call).map(|_| ());
        }
        let origin = self.origin.lock().take();
        let serve = self.serve.upgrade();
        let load = serve.as_ref().map_or(0, |serve| serve.release(self));
        if let Some(origin) = origin {
            origin.answer(outcome, load);
        }
        // Only now may a node that drains go on: its links are closed next.
        if let Some(serve) = serve {
            serve.answered();
        }
        Ok(())
    }

    /// The node ends: the caller must not wait for a handler that can no longer answer.
    pub(super) fn abandon(self: &Arc<Self>, why: &str) {
        if self.is_started() && self.lane.withdraw(self.call) {
            self.started.store(false, SeqCst);
        }
        let executed = if self.is_started() { Executed::Maybe } else { Executed::No };
        // An answer that was given meanwhile wins.
        let _ = self.answer(Err(Error::new(Kind::Closed, why).executed(executed)));
    }
}

/// A permit lent while a handler waits.
pub struct Lent(Arc<Running>);

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(serve) = self.0.serve.upgrade() {
            serve.take_back(&self.0);
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Running({:#x}, {})", self.call, self.target)
    }
}
