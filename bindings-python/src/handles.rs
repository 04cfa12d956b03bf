//! Objects that Python holds for the core: prepared methods and payloads.

use crate::{
    codec::{self, SignaturePlan, Whole},
    errors,
};
use bytes::Bytes;
use parking_lot::Mutex;
use pyo3::{
    prelude::*,
    types::{PyBytes, PyDict, PyTuple},
};
use std::sync::atomic::{AtomicU64, Ordering::AcqRel};
use twinspan::bridge;

/// A prepared method, freed with the object.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct Method {
    id: u64,
}

impl Method {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Method {
    fn drop(&mut self) {
        bridge::method_free(self.id);
    }
}

/// Prepares a method of a service for calls; once a proxy method.
#[pyfunction]
#[pyo3(signature = (node, request, /))]
pub(crate) fn method(py: Python<'_>, node: u64, request: Bound<'_, PyAny>) -> PyResult<Method> {
    let encoded = codec::encode_value(py, &request)?;
    Ok(Method { id: errors::detached(py, || bridge::method(node, &encoded))? })
}

/// One encoded value on its way to or from the core, without a copy.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct Payload {
    /// Whoever takes them leaves none: a frame of Python may hold the payload for long after.
    bytes: Mutex<Bytes>,
    /// The handle of the stream among arguments, until a parameter took it.
    input: AtomicU64,
}

impl Payload {
    pub(crate) fn new(bytes: Bytes) -> Payload {
        Payload::with_input(bytes, 0)
    }

    /// Arguments, with the stream among them.
    pub(crate) fn with_input(bytes: Bytes, input: u64) -> Payload {
        Payload { bytes: Mutex::new(bytes), input: AtomicU64::new(input) }
    }

    /// Takes the bytes out.
    pub(crate) fn take(&self) -> Bytes {
        std::mem::take(&mut *self.bytes.lock())
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        let input = *self.input.get_mut();
        if input != 0 {
            bridge::stream_close(input);
        }
    }
}

#[pymethods]
impl Payload {
    /// The payload that ends an answer which is a stream.
    #[staticmethod]
    fn nothing() -> Payload {
        Payload::new(Bytes::new())
    }

    fn __len__(&self) -> usize {
        self.bytes.lock().len()
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.bytes.lock())
    }
}

/// Encodes a value.
#[pyfunction]
#[pyo3(signature = (value, /))]
pub(crate) fn pack(py: Python<'_>, value: Bound<'_, PyAny>) -> PyResult<Payload> {
    Ok(Payload::new(codec::encode_value(py, &value)?.into()))
}

/// Decodes and binds arguments by the plan of a signature: (positional, by keyword). The payload is empty afterwards.
#[pyfunction]
#[pyo3(signature = (payload, plan, /))]
pub(crate) fn bind<'py>(py: Python<'py>, payload: &Payload, plan: &SignaturePlan) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    let mut input = payload.input.swap(0, AcqRel);
    let bound = codec::decode_arguments(py, Whole::Body(&payload.take()), plan, &mut input);
    if input != 0 {
        // Whatever kept it from being taken, nobody reads it.
        py.detach(|| bridge::stream_close(input));
    }
    bound
}
