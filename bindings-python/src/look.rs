//! Questions about nodes and calls; each is answered by a map or a list.

use crate::{
    codec::{self, Whole},
    errors,
};
use pyo3::{prelude::*, types::PyBytes};
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

/// One service that a node sees, encoded as `compare` takes it; empty if nobody serves it.
#[pyfunction]
#[pyo3(signature = (node, name, /))]
pub(crate) fn service<'py>(py: Python<'py>, node: u64, name: &str) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &errors::detached(py, || bridge::service(node, name))?))
}

/// Counters of a node.
#[pyfunction]
#[pyo3(signature = (node, /))]
pub(crate) fn stats(py: Python<'_>, node: u64) -> PyResult<Bound<'_, PyAny>> {
    looked(py, || bridge::stats(node))
}

/// What no longer fits somebody who relies on `wanted`: an encoded list of changes. Each is an encoded service or the text of a contract file.
#[pyfunction]
#[pyo3(signature = (wanted, offered, /))]
pub(crate) fn compare<'py>(py: Python<'py>, wanted: &[u8], offered: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let encoded = errors::detached(py, || bridge::compare(wanted, offered))?;
    Ok(PyBytes::new(py, &encoded))
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
