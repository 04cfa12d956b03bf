//! Questions about nodes and calls; each is answered by a map or a list.

use crate::{
    codec::{self, Whole},
    errors,
};
use pyo3::prelude::*;
use twinspan::bridge;

fn looked<'py>(py: Python<'py>, question: impl Send + FnOnce() -> bridge::Result<Vec<u8>>) -> PyResult<Bound<'py, PyAny>> {
    let encoded = errors::detached(py, question)?;
    Ok(codec::decode_value(py, Whole::Body(&encoded.into()), None)?.into_bound(py))
}

/// What a handler may know of its call.
#[pyfunction]
#[pyo3(signature = (call, /))]
pub(crate) fn context(py: Python<'_>, call: u64) -> PyResult<Bound<'_, PyAny>> {
    looked(py, || bridge::context(call))
}

/// The members that a node sees.
#[pyfunction]
#[pyo3(signature = (node, /))]
pub(crate) fn members(py: Python<'_>, node: u64) -> PyResult<Bound<'_, PyAny>> {
    looked(py, || bridge::members(node))
}

/// The services that a node sees.
#[pyfunction]
#[pyo3(signature = (node, /))]
pub(crate) fn services(py: Python<'_>, node: u64) -> PyResult<Bound<'_, PyAny>> {
    looked(py, || bridge::services(node))
}

/// Counters of a node.
#[pyfunction]
#[pyo3(signature = (node, /))]
pub(crate) fn stats(py: Python<'_>, node: u64) -> PyResult<Bound<'_, PyAny>> {
    looked(py, || bridge::stats(node))
}

/// The advice of a kind of error, by its number.
#[pyfunction]
#[pyo3(signature = (kind, /))]
pub(crate) fn explain_error(kind: u16) -> &'static str {
    bridge::explain_error(kind)
}

/// The `twinspan` command; gives its exit code.
#[pyfunction]
#[pyo3(signature = (argv, /))]
pub(crate) fn main(py: Python<'_>, argv: Vec<String>) -> u8 {
    py.detach(|| twinspan::cli::main(argv))
}
