//! What a loop sends in one of its turns: encoded at once, given to the core together, so that it leaves in one write.

use crate::{
    codec, errors,
    handles::{Method, Payload},
    park,
};
use parking_lot::Mutex;
use pyo3::{
    prelude::*,
    types::{PyBytes, PyDict, PyTuple},
};
use twinspan::bridge::{self, Finished, Post};

/// So much may wait for the end of the turn: one batch of a link.
const MOST_BYTES: usize = 64 << 10;
const MOST_POSTS: usize = 256;

#[derive(Default)]
struct Posts {
    all: Vec<Post>,
    bytes: usize,
    /// The methods of the calls: they must not be freed before.
    methods: Vec<Py<Method>>,
}

/// Calls and answers that wait for the end of the turn.
#[pyclass(frozen, module = "twinspan._native")]
#[derive(Default)]
pub(crate) struct Outbox {
    posts: Mutex<Posts>,
}

impl Outbox {
    fn add(&self, py: Python<'_>, post: Post, bytes: usize) -> PyResult<()> {
        let full = {
            let mut posts = self.posts.lock();
            posts.all.push(post);
            posts.bytes += bytes;
            posts.bytes >= MOST_BYTES || posts.all.len() >= MOST_POSTS
        };
        if full { self.flush(py).map(|_| ()) } else { Ok(()) }
    }
}

#[pymethods]
impl Outbox {
    #[new]
    fn new() -> Outbox {
        Outbox::default()
    }

    /// As `call`, at the next `flush`. What keeps the call from starting comes as its answer.
    #[pyo3(signature = (method, token, parent, timeout, context, args, kwargs, /))]
    #[allow(clippy::too_many_arguments)] // as `call`
    fn call<'py>(
        &self,
        py: Python<'py>,
        method: Bound<'py, Method>,
        token: u64,
        parent: u64,
        timeout: Option<f64>,
        context: Option<Bound<'py, PyBytes>>,
        args: Bound<'py, PyTuple>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let call = park::call_of(method.get().id(), parent, timeout, context.as_ref(), &args, kwargs.as_ref())?;
        let bytes = call.payload.len();
        self.posts.lock().methods.push(method.unbind());
        self.add(py, Post::Call { call, token }, bytes)
    }

    /// As `reply`, at the next `flush`.
    #[pyo3(signature = (call, payload, /))]
    fn reply(&self, py: Python<'_>, call: u64, payload: &Payload) -> PyResult<()> {
        let payload = payload.take();
        let bytes = payload.len();
        self.add(py, Post::Finished(Finished::Reply { call, payload }), bytes)
    }

    /// As `fail`, at the next `flush`.
    #[pyo3(signature = (call, failure, /))]
    fn fail(&self, py: Python<'_>, call: u64, failure: Bound<'_, PyAny>) -> PyResult<()> {
        let encoded = codec::encode_value(py, &failure)?;
        let bytes = encoded.len();
        self.add(py, Post::Finished(Finished::Fail { call, encoded }), bytes)
    }

    /// Sends it all; gives how many answers came too late.
    fn flush(&self, py: Python<'_>) -> PyResult<usize> {
        let Posts { all, methods, .. } = std::mem::take(&mut *self.posts.lock());
        if all.is_empty() {
            return Ok(0);
        }
        let late = errors::detached(py, || bridge::post(all));
        drop(methods);
        late
    }

    fn __len__(&self) -> usize {
        self.posts.lock().all.len()
    }
}
