//! Where items are sent: the answer of a handler, or the stream among the arguments of a call.

use crate::{codec, errors, park};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use twinspan::bridge::{self, Error, Kind, Op};

/// An item beyond this is sent without the GIL.
const LARGE: usize = 32 << 10;

/// What sending came to.
const MORE: u8 = 0;
const FULL: u8 = 1;
const GONE: u8 = 2;

/// The sending end of a stream.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct Outlet {
    id: u64,
    /// An exception of `push` said that an item can't cross.
    refused: AtomicBool,
}

#[pymethods]
impl Outlet {
    #[classattr]
    const MORE: u8 = MORE;
    #[classattr]
    const FULL: u8 = FULL;
    #[classattr]
    const GONE: u8 = GONE;

    /// Makes the answer of a running invocation a stream.
    #[staticmethod]
    #[pyo3(signature = (call, /))]
    fn answer(py: Python<'_>, call: u64) -> PyResult<Outlet> {
        Ok(Outlet::new(errors::detached(py, || bridge::stream_answer(call))?))
    }

    /// Sends one item: `MORE`; `FULL`, wait for room before the next; `GONE`, nobody wants any.
    #[pyo3(signature = (item, /))]
    fn push(&self, py: Python<'_>, item: Bound<'_, PyAny>) -> PyResult<u8> {
        let encoded = codec::encode_value(py, &item).inspect_err(|_| self.refused.store(true, Relaxed))?;
        let large = encoded.len() > LARGE;
        let items = vec![encoded.into()];
        // The core only queues it, or writes one small frame: giving the GIL up would cost more, and beside a thread that computes far more.
        let sent = if large { py.detach(|| bridge::stream_send(self.id, items)) } else { bridge::stream_send(self.id, items) };
        match sent {
            Ok(true) => Ok(MORE),
            Ok(false) => Ok(FULL),
            Err(error) if is_gone(&error) => Ok(GONE),
            Err(error) => Err(errors::raised(py, &error)),
        }
    }

    /// Waits for room; false: nobody wants any more.
    fn room(&self, py: Python<'_>) -> PyResult<bool> {
        match park::wait(py, Op::Room { stream: self.id })? {
            Ok(_) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(errors::raised(py, &error)),
        }
    }

    /// The same for an event loop: the answer comes by `poll`.
    #[pyo3(signature = (token, /))]
    fn ask(&self, py: Python<'_>, token: u64) -> PyResult<()> {
        errors::detached(py, || bridge::submit(Op::Room { stream: self.id }, token))
    }

    /// Ends a call's input, with the parts of an error if its source failed.
    #[pyo3(signature = (failure = None, /))]
    fn end(&self, py: Python<'_>, failure: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let encoded = failure.map(|failure| codec::encode_value(py, &failure)).transpose()?;
        errors::detached(py, || bridge::stream_end(self.id, encoded))
    }

    /// Gives the stream up.
    fn close(&self, py: Python<'_>) {
        py.detach(|| bridge::stream_close(self.id));
    }

    /// Whether an exception of `push` said that an item can't cross.
    #[getter]
    fn refused(&self) -> bool {
        self.refused.load(Relaxed)
    }
}

impl Outlet {
    pub(super) fn new(id: u64) -> Outlet {
        Outlet { id, refused: AtomicBool::new(false) }
    }
}

/// Whether an error says that nobody wants the items, which is no failure of their source.
fn is_gone(error: &Error) -> bool {
    matches!(error.kind(), Kind::Cancelled | Kind::Closed | Kind::Unavailable)
}
