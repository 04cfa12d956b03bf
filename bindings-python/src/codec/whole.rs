//! The payload that is read, and how parts of it are handed out.

use crate::body::Body;
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice};

/// Parts below this are copied: a small one shouldn't keep a large message alive.
const VIEW_LEAST: usize = 64 << 10;

/// Who owns the payload.
#[derive(Clone, Copy)]
pub(crate) enum Whole<'a, 'py> {
    /// The core gave it.
    Body(&'a Bytes),
    /// Python did.
    Python(&'a Bound<'py, PyBytes>),
}

impl<'a, 'py> Whole<'a, 'py> {
    /// The payload.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Whole::Body(bytes) => bytes,
            Whole::Python(bytes) => bytes.as_bytes(),
        }
    }

    /// A part of the payload as an object with a read-only buffer, at a multiple of `alignment`: the part itself where it is large and lies
    /// well, else a copy.
    pub(super) fn part(self, py: Python<'py>, part: &'a [u8], alignment: usize) -> PyResult<Bound<'py, PyAny>> {
        if part.len() < VIEW_LEAST || !(part.as_ptr() as usize).is_multiple_of(alignment) {
            return Ok(PyBytes::new(py, part).into_any());
        }
        match self {
            Whole::Body(bytes) => Ok(Bound::new(py, Body::new(bytes.slice_ref(part)))?.into_any()),
            Whole::Python(bytes) => {
                let start = (part.as_ptr() as usize - bytes.as_bytes().as_ptr() as usize).cast_signed();
                PyMemoryView::from(bytes)?.get_item(PySlice::new(py, start, start + part.len().cast_signed(), 1))
            }
        }
    }
}
