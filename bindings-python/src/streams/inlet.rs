//! Where items are taken: they come in batches, and are decoded one by one as they are asked for.

use crate::{
    codec::{self, Plan, Whole},
    errors, park,
};
use bytes::Bytes;
use parking_lot::Mutex;
use pyo3::{
    prelude::*,
    types::{PyIterator, PyList},
};
use std::collections::VecDeque;
use twinspan::bridge::{self, Error, Given, Kind, Op};

/// Most items that one crossing brings: the window of a stream.
const MOST_ITEMS: usize = 1024;
/// Most bytes that one crossing brings.
const MOST_BYTES: usize = 2 << 20;

/// The receiving end of a stream, or a list that was sent in the place of one. Closed with the object.
#[pyclass(frozen, subclass, module = "twinspan._native")]
pub(crate) struct Inlet {
    state: Mutex<State>,
    plan: Option<Py<Plan>>,
}

struct State {
    /// The handle, 0 once the stream ended or was closed.
    id: u64,
    ready: VecDeque<Bytes>,
    /// Items that are values already.
    values: Option<Py<PyIterator>>,
    /// What is raised behind the last item, once.
    failed: Option<Error>,
    /// Nothing follows what is ready.
    ended: bool,
    closed: bool,
    /// A thread waits for items.
    taking: bool,
    /// Raises the class that a contract declares for an error, else the error itself.
    declared: Option<Py<PyAny>>,
    items: u64,
    bytes: u64,
}

impl State {
    fn pop(&mut self) -> Option<Bytes> {
        let item = self.ready.pop_front()?;
        self.items += 1;
        self.bytes += item.len() as u64;
        Some(item)
    }
}

/// What is at hand.
enum Next<'py> {
    Item(Bound<'py, PyAny>),
    Nothing,
    End,
}

#[pymethods]
impl Inlet {
    /// Of a handle, or of an iterable of values.
    #[new]
    #[pyo3(signature = (source, plan = None, /))]
    fn new(source: &Bound<'_, PyAny>, plan: Option<Py<Plan>>) -> PyResult<Inlet> {
        let id = source.extract::<u64>().unwrap_or(0);
        let values = if id == 0 { Some(source.try_iter()?.unbind()) } else { None };
        let state = State {
            id,
            ready: VecDeque::new(),
            values,
            failed: None,
            ended: id == 0,
            closed: false,
            taking: false,
            declared: None,
            items: 0,
            bytes: 0,
        };
        Ok(Inlet { state: Mutex::new(state), plan })
    }

    /// Errors of the handler are raised by `raises`, which is given each.
    #[pyo3(signature = (raises, /))]
    fn declare(&self, raises: Py<PyAny>) {
        let _before = self.state.lock().declared.replace(raises);
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// The next item; where none is here the method `_more` of the subclass waits for some.
    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        loop {
            match slf.get().next(py)? {
                Next::Item(item) => return Ok(Some(item)),
                Next::End => return Ok(None),
                Next::Nothing => slf.call_method0(pyo3::intern!(py, "_more"))?,
            };
        }
    }

    /// The next item if it is here, else `default`. Whether anything follows, `over` says.
    #[pyo3(signature = (default, /))]
    fn pop<'py>(&self, py: Python<'py>, default: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self.next(py)? {
            Next::Item(item) => item,
            Next::Nothing | Next::End => default,
        })
    }

    /// At most `most` items that are here.
    #[pyo3(signature = (most, /))]
    fn pop_many<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyList>> {
        let items = PyList::empty(py);
        while items.len() < most {
            match self.next(py) {
                Ok(Next::Item(item)) => items.append(item)?,
                Ok(Next::Nothing | Next::End) => break,
                // What was decoded comes first.
                Err(failed) if items.is_empty() => return Err(failed),
                Err(failed) => {
                    self.state.lock().failed.get_or_insert_with(|| Error::internal(failed.to_string()));
                    break;
                }
            }
        }
        Ok(items)
    }

    /// Whether nothing follows any more.
    #[getter]
    fn over(&self) -> bool {
        let state = self.state.lock();
        state.ended && state.ready.is_empty() && state.values.is_none() && state.failed.is_none()
    }

    /// Waits for items; `parent` is the invocation inside of which the thread waits, or 0.
    #[pyo3(signature = (parent, /))]
    fn take(&self, py: Python<'_>, parent: u64) -> PyResult<()> {
        let Some(id) = self.begin(py)? else { return Ok(()) };
        let outcome = park::wait(py, Op::Next { stream: id, parent, most: MOST_ITEMS, bytes: MOST_BYTES });
        self.state.lock().taking = false;
        // A signal's exception ends the wait, not the stream.
        self.take_in(py, outcome?);
        Ok(())
    }

    /// Asks for items whose arrival is told by `poll`, with this token.
    #[pyo3(signature = (parent, token, /))]
    fn ask(&self, py: Python<'_>, parent: u64, token: u64) -> PyResult<()> {
        let Some(id) = self.begin(py)? else { return Ok(()) };
        let asked = errors::detached(py, || bridge::submit(Op::Next { stream: id, parent, most: MOST_ITEMS, bytes: MOST_BYTES }, token));
        asked.inspect_err(|_| self.state.lock().taking = false)
    }

    /// Gives the stream up: its sender is told, what waits is dropped.
    fn close(&self, py: Python<'_>) {
        let (id, values) = {
            let mut state = self.state.lock();
            // One that was read to its end stays an iterator at its end.
            state.closed = !(state.ended && state.ready.is_empty() && state.values.is_none());
            state.ended = true;
            state.ready.clear();
            state.failed = None;
            (std::mem::take(&mut state.id), state.values.take())
        };
        drop(values);
        if id != 0 {
            py.detach(|| bridge::stream_close(id));
        }
    }

    /// (items that were taken, their bytes, items that are here and not taken, whether nothing follows those).
    fn counters(&self, py: Python<'_>) -> PyResult<(u64, u64, usize, bool)> {
        let id = self.state.lock().id;
        // It may end meanwhile; then nothing waits in the core.
        let told = if id == 0 { None } else { py.detach(|| bridge::stream_stats(id)).ok() };
        let (mut waiting, mut ended) = (0, true);
        if let Some(encoded) = told {
            let told = codec::decode_value(py, Whole::Body(&encoded.into()), None)?.into_bound(py);
            waiting = told.get_item("waiting")?.extract()?;
            ended = told.get_item("ended")?.extract()?;
        }
        let state = self.state.lock();
        Ok((state.items, state.bytes, waiting + state.ready.len(), ended))
    }
}

impl Inlet {
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Next<'py>> {
        let (item, values, failed) = {
            let mut state = self.state.lock();
            if state.closed {
                return Err(errors::raised(py, &closed()));
            }
            let item = state.pop();
            let failed = if item.is_none() { state.failed.take() } else { None };
            let values = state.values.as_ref().map(|values| values.clone_ref(py));
            if item.is_none() && values.is_none() && failed.is_none() {
                return Ok(if state.ended { Next::End } else { Next::Nothing });
            }
            (item, values, failed)
        };
        if let Some(item) = item {
            let plan = self.plan.as_ref().map(|plan| plan.bind(py));
            return errors::value(py, &item, plan).map(Next::Item);
        }
        if let Some(error) = failed {
            let declared = self.state.lock().declared.as_ref().map(|declared| declared.clone_ref(py));
            if let (Some(raises), Kind::Remote) = (declared, error.kind()) {
                raises.bind(py).call1((errors::object(py, &error)?,))?;
            }
            return Err(errors::raised(py, &error));
        }
        // A list that came in the place of a stream.
        match values.and_then(|values| values.into_bound(py).next()) {
            Some(item) => {
                self.state.lock().items += 1;
                item.map(Next::Item)
            }
            None => {
                let _values = self.state.lock().values.take();
                Ok(Next::End)
            }
        }
    }

    /// The handle for a wait; none if there is nothing to wait for.
    fn begin(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let mut state = self.state.lock();
        if state.ended {
            return Ok(None);
        }
        if std::mem::replace(&mut state.taking, true) {
            let error = Error::new(Kind::Misuse, "another thread or task waits for an item of this stream");
            return Err(errors::raised(py, &error.advice("Read a stream in one place, and hand its items out from there.")));
        }
        Ok(Some(state.id))
    }

    /// What a wait brought.
    pub(super) fn take_in(&self, py: Python<'_>, outcome: bridge::Result<Given>) {
        let over = {
            let mut state = self.state.lock();
            state.taking = false;
            if state.closed {
                return;
            }
            match outcome {
                Ok(Given::Items(items)) if !items.is_empty() => {
                    state.ready.extend(items);
                    return;
                }
                Ok(_) => {}
                Err(error) => state.failed = Some(error),
            }
            state.ended = true;
            std::mem::take(&mut state.id)
        };
        // It ended: the handle is given back.
        py.detach(|| bridge::stream_close(over));
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        let id = self.state.get_mut().id;
        if id != 0 {
            bridge::stream_close(id);
        }
    }
}

fn closed() -> Error {
    Error::new(Kind::Closed, "this stream was closed").advice("Call the method again for another stream.")
}
