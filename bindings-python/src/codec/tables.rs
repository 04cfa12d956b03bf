//! Tables: Arrow streams, which pyarrow reads and writes (`twinspan._tables`).

use super::arrays;
use super::trouble::{Outcome, Trouble};
use super::whole::Whole;
use parking_lot::Mutex;
use pyo3::buffer::PyBuffer;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyMemoryView;
use twinspan::value::{Writer, check_table, tag};

/// Arrow's buffers lie at multiples of this in a stream.
const ALIGNMENT: usize = 8;
/// Room for the head of a string of bytes between 64 KiB and 4 GiB.
const HEAD: usize = 5;

/// The file into which pyarrow writes: the payload itself, so that each batch is copied once.
#[pyclass(frozen, module = "twinspan._native")]
struct Sink {
    out: Mutex<Writer>,
}

#[pymethods]
impl Sink {
    fn write(&self, bytes: Bound<'_, PyAny>) -> PyResult<usize> {
        let py = bytes.py();
        // Arrow's own buffers hold signed bytes, which are the same.
        let plain = PyMemoryView::from(&bytes)?.call_method1(intern!(py, "cast"), ("B",))?;
        let bytes = PyBuffer::get(&plain)?;
        let length = bytes.len_bytes();
        arrays::append(&mut self.out.lock(), &bytes, py).map_err(|t| t.raise(py, "table"))?;
        Ok(length)
    }

    fn flush(&self) {}

    fn close(&self) {}

    #[getter]
    fn closed(&self) -> bool {
        false
    }
}

/// Writes anything that gives an Arrow stream.
pub(super) fn encode(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    static WRITE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let write: &Bound<'_, PyAny> = WRITE.import(py, "twinspan._tables", "write")?;
    let mut taken = std::mem::take(out);
    taken.tag(tag::TABLE);
    let start = taken.0.len();
    taken.0.extend_from_slice(&[0; HEAD]);
    let sink = Bound::new(py, Sink { out: Mutex::new(taken) })?;
    let written = write.call1((value, &sink));
    *out = std::mem::take(&mut *sink.get().out.lock());
    written.map_err(|e| Trouble::from(e).explained(py, "it gives no table"))?;
    // How long it is was not known before: a stream of batches comes one by one.
    let mut head = Writer::default();
    head.bytes_head(out.0.len() - start - HEAD);
    out.0.splice(start..start + HEAD, head.0);
    Ok(())
}

/// What makes a `pyarrow.Table`, for receivers that don't say what they want.
pub(super) fn table(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static TABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    TABLE.import(py, "twinspan._tables", "table")
}

/// The object that `make` makes of an Arrow stream in the payload, where it stays. What its columns expand to is bounded first.
pub(super) fn decode<'a, 'py>(
    py: Python<'py>,
    make: &Bound<'py, PyAny>,
    whole: Whole<'a, 'py>,
    bytes: &'a [u8],
) -> Outcome<Bound<'py, PyAny>> {
    check_table(bytes)?;
    let made = make.call1((whole.part(py, bytes, ALIGNMENT)?,));
    made.map_err(|e| Trouble::from(e).explained(py, "a table that can't be read"))
}
