//! What lanes bring: answers and invocations for a loop, invocations for a worker.

use crate::{codec, errors, handles::Payload, park, streams};
use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyList, PyTuple},
};
use std::time::Duration;
use twinspan::bridge::{self, Event, Finished, Invocation, LaneKind};

/// Opens a lane: `loop` or `workers`.
#[pyfunction]
#[pyo3(signature = (kind, /))]
pub(crate) fn lane_open(py: Python<'_>, kind: &str) -> PyResult<u64> {
    let kind = match kind {
        "loop" => LaneKind::Loop,
        "workers" => LaneKind::Workers,
        _ => return Err(PyValueError::new_err(format!("no lane `{kind}`"))),
    };
    errors::detached(py, || bridge::lane_open(kind))
}

/// The descriptor that is readable while the lane holds events.
#[pyfunction]
#[pyo3(signature = (lane, /))]
pub(crate) fn lane_fd(py: Python<'_>, lane: u64) -> PyResult<i32> {
    errors::detached(py, || bridge::lane_fd(lane))
}

/// Closes a lane; late answers are dropped.
#[pyfunction]
#[pyo3(signature = (lane, /))]
pub(crate) fn lane_close(py: Python<'_>, lane: u64) -> PyResult<()> {
    errors::detached(py, || bridge::lane_close(lane))
}

type Invoked<'py> = Bound<'py, PyTuple>;

fn invoked<'py>(py: Python<'py>, i: Invocation) -> PyResult<Invoked<'py>> {
    let left = i.deadline.saturating_duration_since(twinspan::env::now());
    (i.call, i.node, i.method, left.as_secs_f64(), i.spare, Payload::with_input(i.payload, i.input)).into_pyobject(py)
}

/// Takes at most `most` events. `pending` maps tokens to (future, plan or inlet); answered tokens are
/// taken out of it, and what is for an inlet goes into it.
/// Gives ([(future, error or None, value)], [invocation], [cancelled call]).
#[pyfunction]
#[pyo3(signature = (lane, most, pending, /))]
pub(crate) fn poll<'py>(
    py: Python<'py>,
    lane: u64,
    most: usize,
    pending: Bound<'py, PyDict>,
) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>, Bound<'py, PyList>)> {
    let events = errors::detached(py, || bridge::poll(lane, most, Duration::ZERO))?;
    let (done, invocations, cancelled) = (PyList::empty(py), PyList::empty(py), PyList::empty(py));
    for event in events {
        match event {
            Event::Done { token, outcome } => {
                if let Some(entry) = streams::entry(py, &pending, token, outcome)? {
                    done.append(entry)?;
                }
            }
            Event::Invoke(invocation) => invocations.append(invoked(py, invocation)?)?,
            Event::Cancel { call } => cancelled.append(call)?,
        }
    }
    Ok((done, invocations, cancelled))
}

/// Answers the worker's last invocation (`call` 0: none) by `payload` or else `failure`, and parks for the next one.
/// Gives (call, node, method, seconds left, spare, payload), or None after `wait` seconds.
#[pyfunction]
#[pyo3(signature = (lane, wait, call, payload, failure, /))]
pub(crate) fn next<'py>(
    py: Python<'py>,
    lane: u64,
    wait: f64,
    call: u64,
    payload: Option<PyRef<'py, Payload>>,
    failure: Option<Bound<'py, PyAny>>,
) -> PyResult<Option<Invoked<'py>>> {
    let finished = match (call, payload, failure) {
        (0, ..) => None,
        (_, Some(payload), _) => Some(Finished::Reply { call, payload: payload.take() }),
        (_, None, failure) => Some(Finished::Fail { call, encoded: encoded(py, failure)? }),
    };
    let wait = park::duration(wait)?;
    errors::detached(py, || bridge::next(lane, finished, wait))?.map(|i| invoked(py, i)).transpose()
}

fn encoded(py: Python<'_>, failure: Option<Bound<'_, PyAny>>) -> PyResult<Vec<u8>> {
    codec::encode_value(py, &failure.unwrap_or_else(|| PyDict::new(py).into_any()))
}

/// Ends an invocation with a result.
#[pyfunction]
#[pyo3(signature = (call, payload, /))]
pub(crate) fn reply(py: Python<'_>, call: u64, payload: &Payload) -> PyResult<()> {
    let payload = payload.take();
    errors::detached(py, || bridge::reply(call, payload))
}

/// Ends an invocation with an error, given as the map of its parts.
#[pyfunction]
#[pyo3(signature = (call, failure, /))]
pub(crate) fn fail(py: Python<'_>, call: u64, failure: Bound<'_, PyAny>) -> PyResult<()> {
    let encoded = codec::encode_value(py, &failure)?;
    errors::detached(py, || bridge::fail(call, &encoded))
}
