//! Calls: preparing a method, starting a call, answering an invocation.

use super::{Call, Finished, guard::guarded, operations::node};
use crate::{
    call::{self, Method, Nest, OpenCall, Request, Route},
    env,
    error::{Error, Executed, Kind, Result},
    lane::{Answer, Cancel, Handles},
    node::Node,
    serve::{Running, running},
    stream::Input,
    wire::{Baggage, Trace, decode_baggage},
};
use bytes::Bytes;
use minicbor_serde::to_vec;
use serde::Serialize;
use std::sync::Arc;

/// A method of one node's view.
struct Prepared {
    node: Arc<Node>,
    method: Arc<Method>,
}

static METHODS: Handles<Prepared> = Handles::new();

/// Prepares a method of a service, once a proxy method.
pub fn method(node_handle: u64, encoded: &[u8]) -> Result<u64> {
    guarded(|| {
        let node = node(node_handle)?;
        let method = Arc::new(node.prepare(encoded)?);
        Ok(METHODS.enter(Arc::new(Prepared { node, method })))
    })
}

/// How many methods are prepared and not freed.
pub(super) fn methods() -> usize {
    METHODS.len()
}

/// Frees a prepared method; a stale handle is ignored.
pub fn method_free(method: u64) {
    let _ = guarded(|| {
        METHODS.remove(method);
        Ok(())
    });
}

/// A call that may begin: nothing about it can be refused any more.
pub(super) struct Ready {
    request: Request,
    way: Arc<dyn Route>,
    parent: Option<Arc<Running>>,
}

impl Ready {
    /// Starts it; every end comes to `answer`.
    pub(super) fn begin(self, answer: Answer) -> Arc<OpenCall> {
        let open = OpenCall::start(self.request, self.way, answer);
        if let Some(parent) = self.parent {
            let nested: Arc<dyn Cancel> = open.clone();
            parent.nest(&nested);
        }
        open
    }
}

pub(super) fn ready(call: Call) -> Result<Ready> {
    // First of all: whatever is refused below frees it.
    let input = if call.input == 0 { None } else { Some(Input::take(call.input)?) };
    let prepared = METHODS
        .get(call.method)
        .ok_or_else(|| Error::new(Kind::Closed, "this client was closed").advice("Make another client from an open node."))?;
    let parent: Option<Arc<Running>> = if call.parent == 0 { None } else { running(call.parent).ok() };
    let around = parent.as_ref().map(|p| call::Context { trace: p.trace, baggage: p.baggage.clone() });
    let inherited = call::Context::inside(around.as_ref());
    let told = |error: Error, trace: Trace| error.operation(format!("call {}", prepared.method.target)).trace(trace.id());
    let trace = inherited.trace;
    let context = inherited.replaced(&call.context).map_err(|error| told(error, trace))?;
    let trace = context.trace;
    let own = super::park::after(call.timeout.unwrap_or(prepared.method.timeout));
    let nest = parent.clone().map(|parent| Box::new(move |stream: Arc<dyn Cancel>| parent.nest(&stream)) as Nest);
    let request = Request {
        method: prepared.method.clone(),
        // Never later than the deadline of the call that it serves.
        deadline: parent.as_ref().map_or(own, |p| own.min(p.deadline())),
        depth: parent.as_ref().map_or(1, |p| p.depth.saturating_add(1)),
        context,
        payload: call.payload,
        guard: parent.as_ref().map(|p| Box::new(p.lend()) as Box<dyn Send + Sync>),
        input,
        nest,
    };
    let way = prepared.node.way(&request).map_err(|error| told(error, trace))?;
    Ok(Ready { request, way, parent })
}

/// Answers an invocation.
pub fn reply(call: u64, payload: Bytes) -> Result<()> {
    guarded(|| running(call)?.answer(Ok(payload)))
}

/// Answers an invocation with an encoded error.
pub fn fail(call: u64, encoded: &[u8]) -> Result<()> {
    guarded(|| {
        let running = running(call)?;
        let mut error = Error::decode(encoded);
        // What the handler raises then is mostly that its own nested call ran out of the same time.
        if error.kind() == Kind::Remote && running.deadline() <= env::now() {
            let text = format!("`{}` failed after its deadline", running.target);
            error = Error::new(Kind::DeadlineExceeded, text).executed(Executed::Maybe);
        }
        running.answer(Err(error))
    })
}

/// Answers an invocation either way.
pub(super) fn finish(finished: Finished) -> Result<()> {
    match finished {
        Finished::Reply { call, payload } => reply(call, payload),
        Finished::Fail { call, encoded } => fail(call, &encoded),
    }
}

#[derive(Serialize)]
struct Context<'a> {
    service: &'a str,
    method: &'a str,
    caller: &'a str,
    caller_id: String,
    language: &'a str,
    remaining_ms: u64,
    attempt: u8,
    depth: u8,
    traceparent: String,
    baggage: Baggage,
    cancelled: bool,
}

/// What a handler may know of its call.
pub fn context(call: u64) -> Result<Vec<u8>> {
    guarded(|| {
        let running = running(call)?;
        let (service, method) = running.target.rsplit_once('.').unwrap_or(("", &running.target));
        let context = Context {
            service,
            method,
            caller: &running.caller.name,
            caller_id: running.caller.id.to_string(),
            language: &running.caller.language,
            remaining_ms: running.deadline().saturating_duration_since(env::now()).as_millis() as u64,
            attempt: running.attempt,
            depth: running.depth,
            traceparent: running.trace.to_string(),
            baggage: decode_baggage(&running.baggage)?,
            cancelled: running.is_cancelled(),
        };
        to_vec(&context).map_err(|e| Error::internal(format!("context: {e}")))
    })
}

/// An answer to the language could not be encoded.
pub(super) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("can't be encoded: {error}"))
}

/// Answers an invocation that a closing lane left behind.
pub(super) fn abandon(call: u64) {
    let error = Error::new(Kind::Closed, "the event loop of the handler was closed").executed(Executed::No);
    // One that was cancelled meanwhile has its answer.
    let _ = running(call).and_then(|running| running.answer(Err(error)));
}
