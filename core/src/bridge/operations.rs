//! Operations: each is answered exactly once, to a parked thread or to a token.

use super::{Op, Post, calls, guard::guarded, streams};
use crate::{
    call::OpenCall,
    config::{JoinSpec, NodeId},
    env,
    error::{Error, Executed, Kind, Result},
    lane::{Answer, Cancel, Given, Handles, Lane, Parked},
    link::{Reactor, Role, together},
    node::Node,
    stream::Receiver,
};
use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

static NODES: Handles<OnceLock<Arc<Node>>> = Handles::new();

/// The node with this handle.
pub(super) fn node(handle: u64) -> Result<Arc<Node>> {
    NODES.get(handle).and_then(|place| place.get().cloned()).ok_or_else(closed)
}

fn closed() -> Error {
    Error::new(Kind::Closed, "this node was closed").advice("Join again; a closed node can't be used.")
}

/// A handle drawn before its node exists, because invocations carry it. Given back when the join fails or is cancelled.
struct Reserved(u64);

impl Drop for Reserved {
    fn drop(&mut self) {
        if NODES.get(self.0).is_some_and(|place| place.get().is_none()) {
            NODES.remove(self.0);
        }
    }
}

/// An operation that a blocking caller waits for. Dropping it cancels the operation.
pub struct Pending {
    parked: Arc<Parked>,
    operation: Option<Arc<dyn Cancel>>,
    /// The operation again, if it is a call.
    call: Option<Arc<OpenCall>>,
    /// Where items come from, if it waits for some.
    receiver: Option<Arc<Receiver>>,
    deadline: Option<Instant>,
}

impl Pending {
    /// Waits at most `wait`. `None`: time passed or a signal came; look at signals, then park again.
    pub fn park(&mut self, wait: Duration) -> Option<Result<Given>> {
        match guarded(|| Ok(self.park_once(wait))) {
            Ok(outcome) => outcome,
            Err(panic) => Some(Err(panic)),
        }
    }

    /// Looks for the answer of a call for at most `most`, without sleeping and without waiting for anybody: for a caller that keeps its
    /// interpreter's lock. Never when the provider is in this process, where that lock may be what the handler needs.
    pub fn glance(&mut self, most: Duration) -> Option<Result<Given>> {
        match guarded(|| self.glance_once(most)) {
            Ok(outcome) => outcome,
            Err(panic) => Some(Err(panic)),
        }
    }

    fn glance_once(&mut self, most: Duration) -> Result<Option<Result<Given>>> {
        let slot = &self.parked.slot;
        let elsewhere = self.call.as_ref().and_then(|call| call.provider()).is_some_and(|provider| !is_here(provider));
        let done = slot.is_done() || (elsewhere && Reactor::get()?.glance(slot, most));
        if !done {
            return Ok(None);
        }
        self.operation = None;
        Ok(self.parked.take())
    }

    fn park_once(&mut self, wait: Duration) -> Option<Result<Given>> {
        let until = super::park::after(wait);
        let until = self.deadline.map_or(until, |deadline| deadline.min(until));
        if let Err(error) = super::park::wait(&self.parked.slot, until, Role::Caller) {
            return Some(Err(error));
        }
        let expired = !self.parked.slot.is_done() && self.deadline.is_some_and(|deadline| deadline <= env::now());
        if let (true, Some(operation)) = (expired, &self.operation) {
            self.deadline = operation.expire();
        }
        if !self.parked.slot.is_done() {
            return None;
        }
        self.operation = None;
        self.parked.take()
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(operation) = self.operation.take() {
            operation.cancel();
        }
        // Items that came at the last moment belong to whoever asks next.
        if let (Some(receiver), Some(Ok(Given::Items(items)))) = (&self.receiver, self.parked.take_items()) {
            receiver.put_back(items);
        }
    }
}

/// Starts an operation for a blocking caller.
pub fn start(op: Op) -> Result<Pending> {
    guarded(|| {
        let parked = Arc::new(Parked::default());
        let answer = Answer::parked(parked.clone());
        if let Op::Call(call) = op {
            let call = calls::ready(call)?.begin(answer);
            let deadline = Some(call.deadline());
            return Ok(Pending { parked, operation: Some(call.clone()), call: Some(call), receiver: None, deadline });
        }
        if let Op::Next { stream, parent, most, bytes } = op {
            let receiver = streams::receiver(stream)?;
            let (operation, deadline) = streams::next(&receiver, parent, most, bytes, answer).unzip();
            return Ok(Pending { parked, operation, call: None, receiver: Some(receiver), deadline: deadline.flatten() });
        }
        let operation = match op {
            Op::Room { stream } => streams::room_of(stream)?.room(answer),
            op => Some(begin(op, answer)?),
        };
        Ok(Pending { parked, operation, call: None, receiver: None, deadline: None })
    })
}

/// Whether a node of this process has this id.
fn is_here(id: NodeId) -> bool {
    NODES.any(|place| place.get().is_some_and(|node| node.id == id))
}

/// Starts an operation whose answer comes as an event with `token`.
pub fn submit(op: Op, token: u64) -> Result<()> {
    guarded(|| {
        let lane = Lane::of_token(token)?;
        if let Op::Call(call) = op {
            let ready = calls::ready(call)?;
            if let Some(answer) = entered(&lane, token)? {
                let call = ready.begin(answer);
                let deadline = Some(call.deadline());
                let call: Arc<dyn Cancel> = call;
                lane.running(token, Arc::downgrade(&call), deadline);
            }
            return Ok(());
        }
        let waits = match op {
            Op::Next { stream, parent, most, bytes } => {
                let receiver = streams::receiver(stream)?;
                entered(&lane, token)?.and_then(|answer| streams::next(&receiver, parent, most, bytes, answer))
            }
            Op::Room { stream } => {
                let sender = streams::room_of(stream)?;
                entered(&lane, token)?.and_then(|answer| sender.room(answer)).map(|wait| (wait, None))
            }
            op => match entered(&lane, token)? {
                Some(answer) => Some((begin(op, answer)?, None)),
                None => None,
            },
        };
        if let Some((operation, deadline)) = waits {
            lane.running(token, Arc::downgrade(&operation), deadline);
        }
        Ok(())
    })
}

/// The answer of a token; none if a cancel came first, which is answered here.
fn entered(lane: &Arc<Lane>, token: u64) -> Result<Option<Answer>> {
    let answer = lane.enter(token)?;
    if answer.is_none()
        && let Some(answer) = lane.enter(token)?
    {
        answer.send(Err(Error::new(Kind::Cancelled, "cancelled before it was sent").executed(Executed::No)));
    }
    Ok(answer)
}

/// Starts calls and answers invocations, with one write for each link: what a loop has made in one of its turns. Whatever keeps a call
/// from starting becomes its token's answer; an answer that nobody waits for any more is dropped. Tells how many were.
pub fn post(posts: Vec<Post>) -> Result<usize> {
    guarded(|| {
        let posted = posts.into_iter().map(|post| match post {
            Post::Call { call, token } => submit(Op::Call(call), token).or_else(|error| {
                let refused = entered(&Lane::of_token(token)?, token)?;
                refused.into_iter().for_each(|answer| answer.send(Err(error.clone())));
                Ok(())
            }),
            Post::Finished(finished) => calls::finish(finished),
        });
        Ok(together(|| posted.filter(Result::is_err).count()))
    })
}

/// Gives an operation up. Its one answer still comes, as `Cancelled` unless it was answered before.
pub fn cancel(token: u64) -> Result<()> {
    guarded(|| {
        Lane::of_token(token)?.cancel(token);
        Ok(())
    })
}

fn begin(op: Op, answer: Answer) -> Result<Arc<dyn Cancel>> {
    match op {
        Op::Call(call) => Ok(calls::ready(call)?.begin(answer)),
        Op::Next { .. } | Op::Room { .. } => Err(Error::internal("a wait at a stream is no task")),
        Op::Join(encoded) => {
            let spec = JoinSpec::decode(&encoded)?;
            let reserved = Reserved(NODES.enter(Arc::default()));
            let handle = reserved.0;
            // A node that nobody hears of must not stay.
            let unheard = move || {
                if let Some(node) = NODES.remove(handle).and_then(|place| place.get().cloned()) {
                    // Without a runtime there is no node.
                    let _ = env::spawn(async move { node.close(Duration::ZERO).await });
                }
            };
            Task::start(answer, "join", join(spec, reserved), unheard)
        }
        Op::Serve(handle) => {
            let node = node(handle)?;
            Task::run(answer, "serve", async move {
                node.open().await?;
                Ok(Bytes::new())
            })
        }
        Op::Offer(handle, encoded) => {
            let (node, spec) = (node(handle)?, JoinSpec::decode(&encoded)?);
            Task::run(answer, "offer", async move {
                node.offer(spec).await?;
                Ok(Bytes::new())
            })
        }
        Op::WaitFor(handle, encoded) => {
            let node = node(handle)?;
            let wanted: Wanted = options(&encoded)?;
            Task::run(answer, "wait_for", async move {
                node.wait_for(&wanted.service, wanted.count.unwrap_or(1), wanted.timeout(30_000)).await?;
                Ok(Bytes::new())
            })
        }
        Op::Drain(handle, encoded) => {
            let node = node(handle)?;
            let wanted: Wanted = options(&encoded)?;
            Task::run(answer, "drain", async move {
                node.drain(wanted.timeout(10_000)).await?;
                Ok(Bytes::new())
            })
        }
        Op::Close(handle, encoded) => {
            let wanted: Wanted = options(&encoded)?;
            let node = NODES.remove(handle).and_then(|place| place.get().cloned()).ok_or_else(closed)?;
            // In a task of its own: whoever stops waiting must not leave half a node behind, which nobody could close again.
            let closing = env::spawn(async move { node.close(wanted.timeout(0)).await })?;
            Task::run(answer, "close", async move { closing.await.map(|()| Bytes::new()).map_err(|e| Error::internal(e.to_string())) })
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    service: String,
    count: Option<usize>,
    timeout_ms: Option<u64>,
}

impl Wanted {
    fn timeout(&self, default_ms: u64) -> Duration {
        Duration::from_millis(self.timeout_ms.unwrap_or(default_ms))
    }
}

fn options<'a, T: Deserialize<'a> + Default>(encoded: &'a [u8]) -> Result<T> {
    if encoded.is_empty() {
        return Ok(T::default());
    }
    from_slice(encoded).map_err(|e| Error::new(Kind::BadConfig, format!("options: {e}")))
}

#[derive(Serialize)]
struct Joined {
    node: u64,
    id: String,
    name: String,
    cluster: String,
    addresses: Vec<String>,
    workers: usize,
    max_threads: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hides_errors: bool,
}

async fn join(spec: JoinSpec, reserved: Reserved) -> Result<Bytes> {
    let node = Box::pin(Node::join(spec, reserved.0)).await?;
    if let Some(place) = NODES.get(reserved.0) {
        let _ = place.set(node.clone());
    }
    let limits = node.serve().limits();
    let joined = Joined {
        node: node.handle,
        id: node.id.to_string(),
        name: node.name.clone(),
        cluster: node.cluster.clone(),
        addresses: node.addresses(),
        workers: limits.workers,
        max_threads: limits.places(),
        health: node.health().map(|address| address.to_string()),
        hides_errors: node.serve().hides_errors(),
    };
    to_vec(&joined).map(Bytes::from).map_err(|e| Error::internal(format!("answer of join: {e}")))
}

/// An asynchronous operation on the runtime; cancelling it drops its future.
struct Task {
    answer: Mutex<Option<Answer>>,
    what: &'static str,
    abort: Mutex<Option<tokio::task::AbortHandle>>,
}

impl Task {
    fn run(answer: Answer, what: &'static str, body: impl Future<Output = Result<Bytes>> + Send + 'static) -> Result<Arc<dyn Cancel>> {
        Task::start(answer, what, body, || {})
    }

    /// `unheard` is called when the operation was given up at the very moment in which it succeeded.
    fn start(
        answer: Answer,
        what: &'static str,
        body: impl Future<Output = Result<Bytes>> + Send + 'static,
        unheard: impl FnOnce() + Send + 'static,
    ) -> Result<Arc<dyn Cancel>> {
        let task = Arc::new(Task { answer: Mutex::new(Some(answer)), what, abort: Mutex::new(None) });
        // The task holds itself until it ends: a token's lane knows it weakly only.
        let own = task.clone();
        let handle = env::spawn(async move {
            let outcome = body.await;
            let taken = own.answer.lock().take();
            match taken {
                Some(answer) => answer.send(outcome.map(Given::Value).map_err(|e| e.operation(what))),
                None if outcome.is_ok() => unheard(),
                None => {}
            }
        })?;
        *task.abort.lock() = Some(handle.abort_handle());
        Ok(task)
    }

    fn end(&self, error: Error) {
        if let Some(abort) = self.abort.lock().take() {
            abort.abort();
        }
        let taken = self.answer.lock().take();
        if let Some(answer) = taken {
            answer.send(Err(error.operation(self.what)));
        }
    }
}

impl Cancel for Task {
    fn cancel(&self) {
        self.end(Error::new(Kind::Cancelled, "the operation was cancelled").executed(Executed::Maybe));
    }

    fn expire(&self) -> Option<Instant> {
        self.end(Error::new(Kind::DeadlineExceeded, "the operation took too long").executed(Executed::Maybe));
        None
    }
}
