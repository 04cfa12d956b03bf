//! Streams: where items are taken, where they are sent, and how a stream becomes an argument or an answer.

mod inlet;
mod outlet;

pub(crate) use inlet::Inlet;
pub(crate) use outlet::Outlet;

use crate::{
    codec::{self, Plan},
    errors,
};
use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyType},
};
use twinspan::bridge::{self, Error, Executed, Given, Kind};

/// A handle that is closed unless it was handed on.
struct Held(u64);

impl Held {
    fn hand_on(mut self) -> u64 {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.0 != 0 {
            bridge::stream_close(self.0);
        }
    }
}

/// The class of received streams: for blocking code, or for code that awaits.
fn class(py: Python<'_>, awaited: bool) -> PyResult<&Bound<'_, PyType>> {
    static BLOCKING: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static AWAITED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if awaited { AWAITED.import(py, "twinspan._streams_aio", "AsyncStream") } else { BLOCKING.import(py, "twinspan._streams", "Stream") }
}

/// The answer of a call as Python's object: a value, or a stream.
pub(crate) fn answer<'py>(py: Python<'py>, given: Given, plan: Option<&Bound<'py, Plan>>, awaited: bool) -> PyResult<Bound<'py, PyAny>> {
    let items = plan.and_then(|plan| plan.get().items.as_ref());
    match given {
        Given::Value(payload) => {
            let value = errors::value(py, &payload, plan)?;
            // Whoever was promised a stream gets one, even if the provider answers a list.
            if plan.is_some_and(|plan| plan.get().wraps) { class(py, awaited)?.call1((value,)) } else { Ok(value) }
        }
        Given::Stream(handle) => {
            let held = Held(handle);
            if let (Some(plan), None) = (plan, items) {
                let text = format!("{}: a stream where {} belongs", plan.get().root, plan.get().shown());
                let error = Error::new(Kind::Unserializable, text).advice("Declare the result as an Iterator or a Stream in the contract.");
                return Err(errors::raised(py, &error.executed(Executed::Yes)));
            }
            let stream = class(py, awaited)?.call1((handle, items.map(|items| items.clone_ref(py))))?;
            held.hand_on();
            Ok(stream)
        }
        Given::Items(_) => Err(errors::raised(py, &Error::internal("items came where an answer was awaited"))),
    }
}

/// Opens the stream among a call's arguments and lets Python send its items; gives the handle for the call.
pub(crate) fn feed(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<u64> {
    static FEED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let feed = FEED.import(py, "twinspan._streams", "feed")?;
    let held = Held(errors::detached(py, bridge::stream_open)?);
    feed.call1((Outlet::new(held.0), source))?;
    Ok(held.hand_on())
}

/// Whether a value is no value but a stream: an iterator, or an async iterator.
#[pyfunction]
#[pyo3(signature = (value, /))]
pub(crate) fn is_stream(value: Bound<'_, PyAny>) -> bool {
    codec::is_stream(&value)
}

type Entry<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>);

/// The answer of a token of an event loop, whose entry is taken out of `pending`: (future, error or None, value). None: nobody waits for it.
pub(crate) fn entry<'py>(
    py: Python<'py>,
    pending: &Bound<'py, PyDict>,
    token: u64,
    outcome: bridge::Result<Given>,
) -> PyResult<Option<Entry<'py>>> {
    // A future that was cancelled took its entry along.
    let Some(entry) = pending.get_item(token)? else {
        if let Ok(Given::Stream(handle)) = outcome {
            py.detach(|| bridge::stream_close(handle));
        }
        return Ok(None);
    };
    pending.del_item(token)?;
    let (future, wanted): (Bound<'py, PyAny>, Bound<'py, PyAny>) = entry.extract()?;
    if let Ok(inlet) = wanted.cast::<Inlet>() {
        inlet.get().take_in(py, outcome);
        return Ok(Some((future, None, None)));
    }
    let plan: Option<Bound<'py, Plan>> = wanted.extract()?;
    let (error, value) = errors::told(py, outcome, plan.as_ref(), true)?;
    Ok(Some((future, error, value)))
}
