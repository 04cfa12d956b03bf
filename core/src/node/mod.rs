//! A node: one member of a cluster inside one process. It owns the parts and holds no logic of its own.

mod route;

use crate::{
    call::{Method, OpenCall, Request},
    config::{AppSpec, JoinSpec, NodeId, check_node, check_service, default_node_name},
    error::{Error, Kind, Result},
    lane::{Answer, Lane},
    serve::{Caller, Limits, Serve, Table},
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

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
        let name = spec.name.clone().unwrap_or_else(|| default_node_name(&spec.program, std::process::id()));
        check_node(&name)?;
        let workers = spec.workers.unwrap_or(8);
        let limits =
            Limits { workers, max_threads: spec.max_threads.unwrap_or(64), waiting: 1024, memory: spec.memory.unwrap_or(512 << 20) };
        let id = NodeId::draw();
        let table = table(&spec.app, spec.lane)?;
        let serve = Serve::new(&name, handle, table, limits);
        let caller = Caller { id, name: name.as_str().into(), language: spec.language.as_str().into() };
        Ok(Arc::new_cyclic(|me| Node {
            id,
            name,
            handle,
            cluster: spec.cluster.clone().unwrap_or_default(),
            app: spec.app,
            caller,
            serve,
            me: me.clone(),
        }))
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

fn table(app: &AppSpec, lane: u64) -> Result<Table> {
    let mut table = Table::default();
    for service in &app.services {
        check_service(&service.name)?;
        let methods: Result<Vec<_>> =
            service.methods.iter().map(|m| Ok((m.name.as_str(), Lane::find(if m.lane == 0 { lane } else { m.lane })?))).collect();
        table.add(&service.name, methods?.into_iter())?;
    }
    Ok(table)
}
