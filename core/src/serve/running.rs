//! One invocation: where it came from, whether it is still wanted, and its one answer.

use super::Serve;
use crate::{
    config::NodeId,
    env,
    error::{Error, Executed, Kind, Result},
    lane::{Cancel, Handles, Lane},
    stream::{End, Guard, Owner, Receiver, Sender},
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
    time::{Duration, Instant},
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

    /// Says that the answer is a stream, and binds and opens its sending end.
    fn stream(self: Box<Self>, sender: &Arc<Sender>, load: u32);
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
    /// The receiving end of the stream among the arguments.
    pub input: Option<Arc<Receiver>>,
}

/// An accepted invocation, waiting for a permit or running.
pub struct Running {
    /// The handle.
    pub call: u64,
    /// Number of the method.
    pub method: u32,
    /// `service.method`.
    pub target: Arc<str>,
    deadline: Instant,
    /// A stream goes: the deadline counts no more.
    lifted: AtomicBool,
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
    pub(super) lane: Arc<Lane>,
    pub(super) key: (u64, u64),
    pub(super) payload: Mutex<Bytes>,
    pub(super) started: AtomicBool,
    cancelled: AtomicBool,
    serve: Weak<Serve>,
    reply: Mutex<Reply>,
    input: Mutex<Option<Reading>>,
    nested: Mutex<Vec<Weak<dyn Cancel>>>,
    lending: Mutex<Lending>,
}

/// How far its answer is.
enum Reply {
    Open(Box<dyn Origin>),
    Streams { handle: u64, sender: Arc<Sender> },
    Given,
}

/// Its input: the handle is 0 until the handler starts.
struct Reading {
    handle: u64,
    receiver: Arc<Receiver>,
}

/// Far enough for a deadline that counts no more.
const LIFTED: Duration = Duration::from_secs(7 * 24 * 3600);

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
    pub(super) fn enter(incoming: Incoming, method: u32, lane: Arc<Lane>, serve: Weak<Serve>) -> Arc<Running> {
        let make = |call| {
            Arc::new(Running {
                call,
                method,
                target: incoming.target,
                deadline: incoming.deadline,
                lifted: AtomicBool::new(false),
                depth: incoming.depth,
                attempt: incoming.attempt,
                baggage: incoming.baggage,
                trace: incoming.trace,
                caller: incoming.caller,
                lane,
                key: incoming.key,
                payload: Mutex::new(incoming.payload),
                started: AtomicBool::new(false),
                cancelled: AtomicBool::new(false),
                serve,
                reply: Mutex::new(Reply::Open(incoming.origin)),
                input: Mutex::new(incoming.input.map(|receiver| Reading { handle: 0, receiver })),
                nested: Mutex::default(),
                lending: Mutex::default(),
            })
        };
        RUNNING.enter_with(make).1
    }

    /// When the caller stops waiting; far away once a stream goes.
    pub fn deadline(&self) -> Instant {
        if self.lifted.load(Relaxed) { env::now() + LIFTED } else { self.deadline }
    }

    /// Makes the answer a stream; the handle of its sending end, which ends with the invocation.
    pub fn stream(self: &Arc<Self>) -> Result<u64> {
        let this: Weak<Running> = Arc::downgrade(self);
        let sender = Sender::answer(this);
        let origin = {
            let mut reply = self.reply.lock();
            match std::mem::replace(&mut *reply, Reply::Given) {
                Reply::Open(origin) => {
                    let handle = End::Sender(sender.clone()).enter();
                    *reply = Reply::Streams { handle, sender: sender.clone() };
                    (origin, handle)
                }
                other => {
                    *reply = other;
                    return Err(Error::new(Kind::Misuse, format!("`{}` has answered already, or streams its answer", self.target)));
                }
            }
        };
        let (origin, handle) = origin;
        // Without the lock: the caller may be in this process, and give up at once.
        origin.stream(&sender, self.serve.upgrade().map_or(0, |serve| serve.load()));
        if self.is_cancelled() {
            sender.stop(self.unwanted_items());
        }
        Ok(handle)
    }

    fn unwanted_items(&self) -> Error {
        Error::new(Kind::Cancelled, format!("the caller of `{}` wants no more items", self.target)).executed(Executed::Yes)
    }

    /// The handler starts: its input may come. The handle of the receiving end, or 0. Error: `Overloaded`.
    pub(super) fn start_input(self: &Arc<Self>) -> Result<u64> {
        let receiver = match &*self.input.lock() {
            Some(reading) => reading.receiver.clone(),
            None => return Ok(0),
        };
        let this: Weak<Running> = Arc::downgrade(self);
        receiver.start(this)?;
        let handle = End::Receiver(receiver.clone()).enter();
        match &mut *self.input.lock() {
            Some(reading) => reading.handle = handle,
            // It was answered meanwhile.
            None => {
                End::forget(handle);
            }
        }
        Ok(handle)
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
            let sender = match &*self.reply.lock() {
                Reply::Streams { sender, .. } => Some(sender.clone()),
                _ => None,
            };
            if let Some(sender) = sender {
                sender.stop(self.unwanted_items());
            }
            let receiver = self.input.lock().as_ref().map(|reading| reading.receiver.clone());
            if let Some(receiver) = receiver {
                receiver.fail(Error::new(Kind::Cancelled, "the caller gave the call up"), false);
            }
        }
        if waited {
            return self.conclude(Err(self.unwanted())).is_ok();
        }
        self.is_started() && self.stop()
    }

    /// Takes an invocation that nobody wants back from its lane, or tells the handler. True if it never runs.
    pub(super) fn stop(self: &Arc<Self>) -> bool {
        if self.withdraw() {
            return self.conclude(Err(self.unwanted())).is_ok();
        }
        self.lane.push_cancel(self.call);
        false
    }

    /// Takes it back from its lane; false if it was fetched, or isn't there.
    pub(super) fn withdraw(&self) -> bool {
        let taken = self.is_started() && self.lane.withdraw(self.call);
        if taken {
            self.started.store(false, SeqCst);
        }
        taken
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
        self.conclude_by(outcome, false)
    }

    /// With `at_once`, items that wait for credit are dropped: nobody will send them.
    fn conclude_by(self: &Arc<Self>, outcome: Result<Bytes>, at_once: bool) -> Result<()> {
        if RUNNING.remove(self.call).is_none() {
            return running(self.call).map(|_| ());
        }
        let reply = std::mem::replace(&mut *self.reply.lock(), Reply::Given);
        let serve = self.serve.upgrade();
        let load = serve.as_ref().map_or(0, |serve| serve.release(self));
        let hides = serve.as_ref().is_some_and(|serve| serve.hides_errors());
        let outcome = if hides { outcome.map_err(Error::hidden) } else { outcome };
        // The caller learns from the answer that nobody reads its input.
        let input = self.input.lock().take();
        if let Some(Reading { handle, receiver }) = input {
            End::forget(handle);
            receiver.close();
        }
        match reply {
            Reply::Open(origin) => origin.answer(outcome, load),
            Reply::Streams { handle, sender } => {
                End::forget(handle);
                match outcome.err() {
                    Some(error) if at_once => sender.abort(error),
                    error => sender.finish(error),
                }
            }
            Reply::Given => {}
        }
        // Only now may a node that drains go on: its links are closed next.
        if let Some(serve) = serve {
            serve.answered();
        }
        Ok(())
    }

    /// The node ends: the caller must not wait for a handler that can no longer answer.
    pub(super) fn abandon(self: &Arc<Self>, why: &str) {
        self.withdraw();
        let executed = if self.is_started() { Executed::Maybe } else { Executed::No };
        // An answer that was given meanwhile wins.
        if self.conclude_by(Err(Error::new(Kind::Closed, why).executed(executed)), true).is_ok()
            && let Some(serve) = self.serve.upgrade()
        {
            serve.start_waiting();
        }
    }
}

impl Owner for Running {
    fn lend(self: Arc<Self>) -> Guard {
        Box::new(Running::lend(&self))
    }

    fn lift(&self) {
        self.lifted.store(true, Relaxed);
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
