//! The one way in which the core's errors become Python's exceptions.

use crate::{
    codec::{self, Plan, Whole},
    streams,
};
use bytes::Bytes;
use pyo3::{prelude::*, sync::PyOnceLock, types::PyType};
use twinspan::bridge::{self, Error, Given};

/// The exception object of an error; which class it has is Python's business (`twinspan._errors.from_encoded`).
pub(crate) fn object<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static FROM_ENCODED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let parts = codec::decode_value(py, Whole::Body(&error.encode().into()), None)?.into_bound(py);
    FROM_ENCODED.import(py, "twinspan._errors", "from_encoded")?.call1((parts,))
}

/// The same, to be raised.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    match object(py, error) {
        Ok(object) => PyErr::from_value(object),
        Err(failed) => failed,
    }
}

/// An answer as the caller's value. What can't be decoded says that the handler ran.
pub(crate) fn value<'py>(py: Python<'py>, answer: &Bytes, plan: Option<&Bound<'py, Plan>>) -> PyResult<Bound<'py, PyAny>> {
    if answer.is_empty() {
        return Ok(py.None().into_bound(py));
    }
    let decoded = codec::decode_value(py, Whole::Body(answer), plan.map(Bound::get));
    decoded.map(|value| value.into_bound(py)).inspect_err(|failed| {
        if is_ours(failed, py) {
            // Should the attribute be read-only one day, the error itself still arrives.
            let _ = failed.value(py).setattr(pyo3::intern!(py, "executed"), "yes");
        }
    })
}

/// Whether an exception is one of Twinspan's own.
pub(crate) fn is_ours(error: &PyErr, py: Python<'_>) -> bool {
    static ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    ERROR.import(py, "twinspan._errors", "Error").is_ok_and(|class| error.value(py).is_instance(class).unwrap_or(false))
}

/// An error or none, and a value.
pub(crate) type Told<'py> = (Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>);

/// The answer of a token.
pub(crate) fn told<'py>(
    py: Python<'py>,
    outcome: bridge::Result<Given>,
    plan: Option<&Bound<'py, Plan>>,
    awaited: bool,
) -> PyResult<Told<'py>> {
    Ok(match outcome {
        Ok(given) => match streams::answer(py, given, plan, awaited) {
            Ok(value) => (None, Some(value)),
            Err(undecodable) => (Some(undecodable.into_value(py).into_bound(py).into_any()), None),
        },
        Err(error) => (Some(object(py, &error)?), None),
    })
}

/// Runs core code without the GIL; its error becomes an exception.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl Send + FnOnce() -> bridge::Result<T>) -> PyResult<T> {
    py.detach(work).map_err(|error| raised(py, &error))
}
