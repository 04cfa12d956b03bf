//! The one tokio runtime of this copy of the library: a current-thread runtime in a thread of its own, made on first use.

use crate::error::{Error, Result};
use std::{
    future::Future,
    io,
    sync::OnceLock,
    thread::{Builder, JoinHandle},
};
use tokio::runtime::{Builder as RuntimeBuilder, Handle};

static RUNTIME: OnceLock<Handle> = OnceLock::new();

/// Starts a named native thread. It must never enter a language.
pub fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.into()).stack_size(512 << 10).spawn(body)
}

fn handle() -> Result<&'static Handle> {
    if let Some(handle) = RUNTIME.get() {
        return Ok(handle);
    }
    let runtime = RuntimeBuilder::new_current_thread()
        .enable_all()
        .max_blocking_threads(2)
        .thread_keep_alive(std::time::Duration::from_secs(5))
        .thread_name("twinspan-file")
        .build()
        .map_err(|e| Error::internal(format!("no runtime: {e}")))?;
    let handle = runtime.handle().clone();
    if RUNTIME.set(handle).is_ok() {
        // The runtime is driven for ever: it ends with the process.
        thread("twinspan-tokio", move || runtime.block_on(std::future::pending::<()>()))
            .map_err(|e| Error::internal(format!("no thread: {e}")))?;
    }
    RUNTIME.get().ok_or_else(|| Error::internal("no runtime"))
}

/// Runs a task beside everything else, on the runtime's thread.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Result<tokio::task::JoinHandle<()>> {
    Ok(handle()?.spawn(task))
}

/// Waits for a future from a thread that isn't the runtime's (command line and tests; the neck parks instead).
pub fn block_on<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let (send, receive) = std::sync::mpsc::sync_channel(1);
    spawn(async move {
        let _ = send.send(task.await);
    })?;
    receive.recv().map_err(|_| Error::internal("a task ended early"))
}
