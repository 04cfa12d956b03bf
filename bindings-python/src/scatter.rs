//! Many calls of one blocking thread at once: tokens on a lane of their own, started and answered by the batch.

use crate::{codec::Plan, errors, handles::Method, park};
use parking_lot::Mutex;
use pyo3::{
    prelude::*,
    types::{PyBytes, PyDict, PyList, PyTuple},
};
use std::time::{Duration, Instant};
use twinspan::{
    bridge::{self, Event, LaneKind, Post},
    env,
};

/// A token is `lane << SEQUENCE_BITS | sequence`.
const SEQUENCE_BITS: u32 = 48;

/// Calls under way, numbered from 0 in the order in which they were sent. Closing it cancels those that are not answered.
#[pyclass(frozen, module = "twinspan._native")]
pub(crate) struct Scatter {
    lane: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Number of the next call.
    next: u64,
    closed: bool,
}

type Answer<'py> = (u64, Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>);

#[pymethods]
impl Scatter {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Scatter> {
        let lane = errors::detached(py, || bridge::lane_open(LaneKind::Pump))?;
        Ok(Scatter { lane, state: Mutex::default() })
    }

    /// Starts a call for each (positional, by keyword). Gives the answers of those that can't be sent: (number, error, None).
    #[pyo3(signature = (method, parent, timeout, context, arguments, /))]
    fn send<'py>(
        &self,
        py: Python<'py>,
        method: Bound<'py, Method>,
        parent: u64,
        timeout: Option<f64>,
        context: Option<Bound<'py, PyBytes>>,
        arguments: Bound<'py, PyList>,
    ) -> PyResult<Vec<Answer<'py>>> {
        let mut posts = Vec::with_capacity(arguments.len());
        let mut refused = Vec::new();
        for each in arguments.iter() {
            let (args, kwargs): (Bound<'py, PyTuple>, Option<Bound<'py, PyDict>>) = each.extract()?;
            let number = {
                let mut state = self.state.lock();
                state.next += 1;
                state.next - 1
            };
            match park::call_of(method.get().id(), parent, timeout, context.as_ref(), &args, kwargs.as_ref()) {
                Ok(call) => posts.push(Post::Call { call, token: self.lane << SEQUENCE_BITS | number }),
                Err(error) if errors::is_ours(&error, py) => {
                    refused.push((number, Some(error.into_value(py).into_bound(py).into_any()), None))
                }
                Err(error) => {
                    py.detach(|| posts.iter().for_each(unsent));
                    return Err(error);
                }
            }
        }
        errors::detached(py, || bridge::post(posts))?;
        Ok(refused)
    }

    /// Takes at most `most` answers, (number, error or None, value); without any it waits up to `wait` seconds for some.
    #[pyo3(signature = (most, wait, plan, /))]
    fn take<'py>(&self, py: Python<'py>, most: usize, wait: f64, plan: Option<Bound<'py, Plan>>) -> PyResult<Vec<Answer<'py>>> {
        let until = env::now() + park::duration(wait)?;
        loop {
            let events = errors::detached(py, || bridge::poll(self.lane, most, left(until).min(park::SIGNALS)))?;
            if !events.is_empty() || left(until).is_zero() {
                return events.into_iter().filter_map(|event| answer(py, event, plan.as_ref()).transpose()).collect();
            }
            py.check_signals()?;
        }
    }

    /// Cancels what is not answered. A second time does nothing.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.end());
    }
}

impl Scatter {
    fn end(&self) {
        if !std::mem::replace(&mut self.state.lock().closed, true) {
            // The lane is there until it is closed here.
            let _ = bridge::lane_close(self.lane);
        }
    }
}

impl Drop for Scatter {
    fn drop(&mut self) {
        self.end();
    }
}

/// Gives up the stream among the arguments of a call that is not sent.
fn unsent(post: &Post) {
    if let Post::Call { call, .. } = post
        && call.input != 0
    {
        bridge::stream_close(call.input);
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(env::now())
}

fn answer<'py>(py: Python<'py>, event: Event, plan: Option<&Bound<'py, Plan>>) -> PyResult<Option<Answer<'py>>> {
    let Event::Done { token, outcome } = event else { return Ok(None) };
    let number = token & ((1 << SEQUENCE_BITS) - 1);
    let (error, value) = errors::told(py, outcome, plan, false)?;
    Ok(Some((number, error, value)))
}
