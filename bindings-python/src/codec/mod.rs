//! Values of Python to payload bytes and back, straight from and to Python objects.
//!
//! The bytes are the contract of ARCHITECTURE.md, "Payloads"; `twinspan::value` has the primitives. A receiver without a type
//! gets plain Python values ([`decode`]); with a [`Plan`], compiled once from type hints, exactly what the hints say ([`typed`]).

mod arrays;
mod classes;
mod crowd;
mod decimal;
mod decode;
mod encode;
mod known;
mod moments;
mod names;
mod plan;
mod record;
mod references;
mod signature;
mod tables;
mod trouble;
mod typed;
mod union;
mod whole;

pub(crate) use plan::Plan;
pub(crate) use signature::SignaturePlan;
pub(crate) use whole::Whole;

use decode::Decoder;
use encode::Encoder;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// Root of a path when nobody knows a better name.
const ROOT: &str = "value";

/// The payload of one value.
pub(crate) fn encode_value(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut encoder = Encoder::new(py);
    encoder.value(value, 0).map_err(|t| t.raise(py, ROOT))?;
    Ok(encoder.finish())
}

/// The payload of a call's arguments, `[[positional…], {keyword: value…}]`, and the stream among them.
pub(crate) fn encode_arguments<'py>(
    py: Python<'py>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<(Vec<u8>, Option<Bound<'py, PyAny>>)> {
    let mut encoder = Encoder::new(py);
    encoder.arguments(args, kwargs).map_err(|t| t.raise(py, ""))?;
    let stream = encoder.take_stream();
    Ok((encoder.finish(), stream))
}

/// Whether a value is a stream: an iterator or an async iterator, of a class that can't cross otherwise.
pub(crate) fn is_stream(value: &Bound<'_, PyAny>) -> bool {
    // A class that can't be looked at is told where its value is encoded.
    classes::class_of(value).is_ok_and(|class| matches!(class.form, classes::Form::Stream(_)))
}

/// The value of a payload: as the plan's type hint says, or plain without one.
pub(crate) fn decode_value<'a, 'py>(py: Python<'py>, payload: Whole<'a, 'py>, plan: Option<&Plan>) -> PyResult<Py<PyAny>> {
    let value = Decoder::new(py, payload).and_then(|mut decoder| match plan {
        Some(plan) => decoder.typed_payload(plan),
        None => decoder.payload(),
    });
    let root = plan.map_or(ROOT, |plan| &plan.root);
    value.map(Bound::unbind).map_err(|t| t.raise(py, root))
}

/// Positional and keyword arguments of a payload, each as its parameter's hint says. `input` is the handle of the stream among them, or 0;
/// it is 0 afterwards if a parameter took it.
pub(crate) fn decode_arguments<'py>(
    py: Python<'py>,
    payload: Whole<'_, 'py>,
    signature: &SignaturePlan,
    input: &mut u64,
) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    signature.decode(py, payload, input)
}

/// What Python sees of the codec. The module of the library takes these over one by one.
pub(crate) mod exports {
    pub(crate) use super::references::{reference, reference_parts};
    use super::*;
    use pyo3::types::PyBytes;

    /// The payload of one value, as bytes.
    #[pyfunction]
    pub(crate) fn encode<'py>(py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &encode_value(py, value)?))
    }

    /// The value of a payload, with a plan as its type hint says.
    #[pyfunction]
    #[pyo3(signature = (payload, plan = None))]
    pub(crate) fn decode<'py>(py: Python<'py>, payload: &Bound<'py, PyBytes>, plan: Option<&Bound<'py, Plan>>) -> PyResult<Py<PyAny>> {
        decode_value(py, Whole::Python(payload), plan.map(Bound::get))
    }

    /// The payload of a call's arguments, as bytes.
    #[pyfunction]
    #[pyo3(name = "encode_arguments", signature = (args, kwargs = None))]
    pub(crate) fn arguments<'py>(
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &encode_arguments(py, args, kwargs)?.0))
    }

    /// Positional and keyword arguments of a payload, each as its parameter's hint says.
    #[pyfunction]
    #[pyo3(name = "decode_arguments")]
    pub(crate) fn taken<'py>(
        py: Python<'py>,
        payload: &Bound<'py, PyBytes>,
        signature: &Bound<'py, SignaturePlan>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        decode_arguments(py, Whole::Python(payload), signature.get(), &mut 0)
    }

    /// Whether bytes are one payload of the profile; nothing is built.
    #[pyfunction]
    pub(crate) fn check(payload: &[u8]) -> Option<String> {
        twinspan::value::check(payload).err().map(|fault| fault.error(ROOT).message().to_owned())
    }
}
