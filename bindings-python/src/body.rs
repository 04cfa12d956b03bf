//! Received bytes as Python sees them, without a copy. The one file of this crate with `unsafe`: Python's buffer protocol is pointers.
#![allow(unsafe_code)]

use bytes::Bytes;
use pyo3::{exceptions::PyBufferError, ffi, prelude::*};
use std::ffi::c_int;

/// A part of a received body, which it keeps alive. Read only: other parts of the body may be read by others.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct Body {
    bytes: Bytes,
}

impl Body {
    pub(crate) fn new(bytes: Bytes) -> Body {
        Body { bytes }
    }
}

#[pymethods]
impl Body {
    fn __len__(&self) -> usize {
        self.bytes.len()
    }

    // SAFETY: Python calls this with a view to fill in. The view holds `slf`, and with it the bytes, until it is released; `Bytes` never
    // moves nor changes what it holds, and the view is told to be read only.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let length = ffi::Py_ssize_t::try_from(slf.get().bytes.len()).map_err(|e| PyBufferError::new_err(e.to_string()))?;
        let start = slf.get().bytes.as_ptr().cast_mut().cast();
        // SAFETY: as above; the function takes a reference of its own.
        let filled = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, length, 1, flags) };
        if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
