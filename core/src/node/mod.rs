//! A node: one member of a cluster inside one process. It owns the parts and holds no logic of its own.

mod record;
mod route;

use crate::{
    call::{Method, OpenCall, Request},
    config::{AppSpec, JoinSpec, NodeId, Settings},
    error::{Error, Kind, Result},
    lane::Answer,
    security::names_in,
    serve::{Caller, Limits, Serve},
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// Calls that wait, a service.
const WAITING: usize = 1024;

/// One member of a cluster.
pub struct Node {
    /// Drawn at this join.
    pub id: NodeId,
    /// Unique among live nodes.
    pub name: String,
    /// Handle under which the language knows it.
    pub handle: u64,
    /// Name of its cluster.
    pub cluster: String,
    app: AppSpec,
    caller: Caller,
    serve: Arc<Serve>,
    me: Weak<Node>,
}

impl Node {
    /// Joins.
    pub async fn join(spec: JoinSpec, handle: u64) -> Result<Arc<Node>> {
        let settings = Settings::resolve(&spec, &names_in)?;
        let name = settings.name.clone();
        let limits = Limits {
            workers: settings.workers as usize,
            max_threads: settings.max_threads as usize,
            waiting: WAITING,
            memory: settings.memory as usize,
        };
        let id = NodeId::draw();
        let serve = Serve::new(&name, handle, record::table(&spec.app, spec.lane)?, limits);
        let caller = Caller { id, name: name.as_str().into(), language: spec.language.as_str().into() };
        Ok(Arc::new_cyclic(|me| Node { id, name, handle, cluster: settings.cluster, app: spec.app, caller, serve, me: me.clone() }))
    }

    /// Gets calls from now on.
    pub async fn open(&self) -> Result<()> {
        self.serve.open();
        Ok(())
    }

    /// Waits until so many providers of a service are ready.
    pub async fn wait_for(&self, service: &str, _count: usize, _timeout: Duration) -> Result<()> {
        if self.app.services.iter().any(|s| s.name == service) {
            Ok(())
        } else {
            Err(Error::new(Kind::Unavailable, format!("no provider of `{service}`")))
        }
    }

    /// Takes no new invocations; waits for the running ones.
    pub async fn drain(&self, timeout: Duration) -> Result<()> {
        self.serve.stop_accepting();
        tokio::time::timeout(timeout, self.serve.until_idle())
            .await
            .map_err(|_| Error::new(Kind::DeadlineExceeded, format!("{} invocations still run", self.serve.load())))
    }

    /// Leaves.
    pub async fn close(&self, drain: Duration) {
        if !drain.is_zero() {
            let _ = self.drain(drain).await;
        }
        self.serve.abandon();
    }

    /// Where others reach it.
    pub fn addresses(&self) -> Vec<String> {
        Vec::new()
    }

    /// The members it sees.
    pub fn members(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    /// The services it sees.
    pub fn services(&self) -> Vec<String> {
        self.app.services.iter().map(|s| s.name.clone()).collect()
    }

    /// Counters.
    pub fn stats(&self) -> Vec<u64> {
        Vec::new()
    }

    /// The provider's side.
    pub fn serve(&self) -> &Arc<Serve> {
        &self.serve
    }

    /// Starts a call.
    pub fn call(&self, request: Request, answer: Answer) -> Result<Arc<OpenCall>> {
        let me = self.me.upgrade().ok_or_else(closed)?;
        Ok(OpenCall::start(request, me, answer))
    }

    /// Checks a prepared method.
    pub fn prepare(&self, encoded: &[u8]) -> Result<Method> {
        Method::decode(encoded)
    }
}

fn closed() -> Error {
    Error::new(Kind::Closed, "the node is closed")
}
