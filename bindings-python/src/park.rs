//! Blocking operations: the calling thread parks in the core without the GIL.

use crate::{
    codec::{self, Plan},
    errors, gil,
    handles::Method,
    streams,
};
use bytes::Bytes;
use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyBytes, PyDict, PyTuple},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};
use twinspan::{
    bridge::{self, Call, Given, Op, Pending},
    env,
};

/// How often Python's main thread looks at signals while it waits.
pub(crate) const SIGNALS: Duration = Duration::from_millis(100);

/// Only the main thread runs signal handlers; the others have no reason to take the GIL before their answer is there.
fn sees_signals() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

/// Threads that wait for an operation.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// One of them, while it lives.
struct Waiting {
    alone: bool,
}

impl Waiting {
    fn enter() -> Waiting {
        Waiting { alone: WAITING.fetch_add(1, Relaxed) == 0 }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Relaxed);
    }
}

/// Runs an operation and waits for what it brings. The outer error is that of a signal handler: the operation was given up.
pub(crate) fn wait(py: Python<'_>, op: Op) -> PyResult<bridge::Result<Given>> {
    let mut op = Some(op);
    let mut pending: Option<Pending> = None;
    // Beside other callers the GIL goes from hand to hand: that is no thread that computes, and those need it when their answers come.
    let Waiting { alone } = &Waiting::enter();
    if let Some(most) = gil::glance().filter(|_| *alone)
        && let Some(call) = op.take_if(|op| matches!(op, Op::Call(_)))
    {
        let begun = match bridge::start(call) {
            Ok(begun) => begun,
            Err(error) => return Ok(Err(error)),
        };
        let since = env::now();
        let answer = pending.insert(begun).glance(most);
        gil::glanced(since);
        if let Some(answer) = answer {
            return Ok(answer);
        }
    }
    loop {
        let mut since = None;
        let step = py.detach(|| -> Option<bridge::Result<Given>> {
            if let Some(op) = op.take() {
                match bridge::start(op) {
                    Ok(begun) => pending = Some(begun),
                    Err(error) => return Some(Err(error)),
                }
            }
            let Some(waiting) = &mut pending else { return Some(Ok(Given::Value(Bytes::new()))) };
            loop {
                match waiting.park(SIGNALS) {
                    None if !sees_signals() => {}
                    answer => {
                        since = Some(env::now());
                        return answer;
                    }
                }
            }
        });
        since.filter(|_| *alone).into_iter().for_each(gil::taken);
        if let Some(answer) = step {
            return Ok(answer);
        }
        if let Err(raised) = py.check_signals() {
            // Dropping what is unanswered cancels it, which takes locks of the core.
            py.detach(|| drop(pending));
            return Err(raised);
        }
    }
}

/// Seconds as a duration; refuses what no clock can count.
fn seconds(timeout: Option<f64>) -> PyResult<Option<Duration>> {
    timeout.map(|s| Duration::try_from_secs_f64(s).map_err(|e| PyValueError::new_err(format!("timeout {s}: {e}")))).transpose()
}

/// The same of a time that is always there.
pub(crate) fn duration(wait: f64) -> PyResult<Duration> {
    Ok(seconds(Some(wait))?.unwrap_or_default())
}

fn copied(context: Option<&Bound<'_, PyBytes>>) -> Bytes {
    context.map_or_else(Bytes::new, |context| Bytes::copy_from_slice(context.as_bytes()))
}

/// Builds one call; the arguments are encoded under the GIL. Whoever can't start it must close its input.
pub(crate) fn call_of(
    method: u64,
    parent: u64,
    timeout: Option<f64>,
    context: Option<&Bound<'_, PyBytes>>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<Call> {
    let py = args.py();
    let timeout = seconds(timeout)?;
    let (payload, stream) = codec::encode_arguments(py, args, kwargs)?;
    let input = stream.map_or(Ok(0), |stream| streams::feed(py, &stream))?;
    Ok(Call { method, parent, timeout, context: copied(context), payload: payload.into(), input })
}

/// Calls a method and waits: encode, start, park, decode in one crossing.
#[pyfunction]
#[pyo3(signature = (method, parent, timeout, context, args, kwargs, plan, /))]
#[allow(clippy::too_many_arguments)] // one crossing is the point; Python passes them by position
pub(crate) fn call_blocking<'py>(
    py: Python<'py>,
    method: &Method,
    parent: u64,
    timeout: Option<f64>,
    context: Option<Bound<'py, PyBytes>>,
    args: Bound<'py, PyTuple>,
    kwargs: Option<Bound<'py, PyDict>>,
    plan: Option<Bound<'py, Plan>>,
) -> PyResult<Bound<'py, PyAny>> {
    let call = call_of(method.id(), parent, timeout, context.as_ref(), &args, kwargs.as_ref())?;
    let input = call.input;
    let answer = wait(py, Op::Call(call));
    match answer {
        Ok(Ok(given)) => streams::answer(py, given, plan.as_ref(), false),
        Ok(Err(error)) => {
            unstarted(py, input);
            Err(errors::raised(py, &error))
        }
        Err(raised) => Err(raised),
    }
}

/// Closes the input of a call that was refused before it took it; after that the handle is a stale one.
fn unstarted(py: Python<'_>, input: u64) {
    if input != 0 {
        py.detach(|| bridge::stream_close(input));
    }
}

/// Calls a method; the answer comes by `poll` of the token's lane.
#[pyfunction]
#[pyo3(signature = (method, token, parent, timeout, context, args, kwargs, /))]
#[allow(clippy::too_many_arguments)] // as above
pub(crate) fn call<'py>(
    py: Python<'py>,
    method: &Method,
    token: u64,
    parent: u64,
    timeout: Option<f64>,
    context: Option<Bound<'py, PyBytes>>,
    args: Bound<'py, PyTuple>,
    kwargs: Option<Bound<'py, PyDict>>,
) -> PyResult<()> {
    let call = call_of(method.id(), parent, timeout, context.as_ref(), &args, kwargs.as_ref())?;
    let input = call.input;
    errors::detached(py, || bridge::submit(Op::Call(call), token)).inspect_err(|_| unstarted(py, input))
}

fn named_op(op: &str, node: u64, request: &Bound<'_, PyAny>) -> PyResult<Op> {
    let encoded = codec::encode_value(request.py(), request)?;
    Ok(match op {
        "join" => Op::Join(encoded),
        "serve" => Op::Serve(node),
        "offer" => Op::Offer(node, encoded),
        "wait_for" => Op::WaitFor(node, encoded),
        "drain" => Op::Drain(node, encoded),
        "close" => Op::Close(node, encoded),
        _ => return Err(PyValueError::new_err(format!("no operation `{op}`"))),
    })
}

/// Runs an operation of a node (`join`, `serve`, `offer`, `wait_for`, `drain`, `close`) and waits for its answer.
#[pyfunction]
#[pyo3(signature = (op, node, request, /))]
pub(crate) fn operate<'py>(py: Python<'py>, op: &str, node: u64, request: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let answer = wait(py, named_op(op, node, &request)?)?;
    let answer = answer.and_then(Given::value).map_err(|error| errors::raised(py, &error))?;
    errors::value(py, &answer, None)
}

/// The same; the answer comes by `poll` of the token's lane.
#[pyfunction]
#[pyo3(signature = (op, node, request, token, /))]
pub(crate) fn submit(py: Python<'_>, op: &str, node: u64, request: Bound<'_, PyAny>, token: u64) -> PyResult<()> {
    let op = named_op(op, node, &request)?;
    errors::detached(py, || bridge::submit(op, token))
}

/// Cancels the operation with this token. Its answer still comes, once.
#[pyfunction]
#[pyo3(signature = (token, /))]
pub(crate) fn cancel(py: Python<'_>, token: u64) -> PyResult<()> {
    errors::detached(py, || bridge::cancel(token))
}
