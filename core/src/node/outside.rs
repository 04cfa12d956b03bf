//! The node as clients see it that are no nodes: it answers for every service of the cluster, by its own calls.

use super::Node;
use crate::{
    call::{OpenCall, Request},
    directory::Services,
    error::{Error, Kind, Result},
    grpc::{Ask, Cluster, Server},
    lane::{Answer, Cancel, Outcome},
    link::Reserved,
};
use minicbor_serde::to_vec;
use std::{
    collections::BTreeMap,
    sync::{Arc, Weak, atomic::Ordering},
};
use tokio::sync::{oneshot, watch};

/// The node, which may end before its last client.
struct Outward {
    node: Weak<Node>,
    /// For a node that is gone.
    nothing: watch::Sender<u64>,
}

/// Serves gRPC for a node.
pub(super) fn server(node: &Arc<Node>) -> Arc<Server> {
    Server::new(Arc::new(Outward { node: Arc::downgrade(node), nothing: watch::Sender::new(0) }))
}

impl Outward {
    fn node(&self) -> Option<Arc<Node>> {
        self.node.upgrade().filter(|node| !node.is_closed())
    }
}

impl Cluster for Outward {
    fn is_up(&self) -> bool {
        self.node().is_some_and(|node| !node.leaving.load(Ordering::Acquire))
    }

    fn services(&self) -> Arc<Services> {
        self.node().map(|node| node.directory.services().clone()).unwrap_or_default()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.node().map_or_else(|| self.nothing.subscribe(), |node| node.directory.changes())
    }

    fn max_payload(&self) -> usize {
        self.node().map_or(0, |node| node.max_payload)
    }

    fn reserve(&self, bytes: usize) -> Option<Reserved> {
        self.node()?.budget.reserve(bytes)
    }

    fn call(&self, ask: Ask, answer: oneshot::Sender<Outcome>) -> Result<Arc<dyn Cancel>> {
        let node = self.node().ok_or_else(|| Error::new(Kind::Closed, "this node has left its cluster"))?;
        let options = to_vec(BTreeMap::from([("service", &ask.service), ("method", &ask.method)]));
        let method = Arc::new(node.prepare(&options.map_err(|e| Error::internal(format!("options of a method: {e}")))?)?);
        let request = Request {
            method,
            deadline: ask.deadline,
            depth: 1,
            context: ask.context,
            payload: ask.payload,
            guard: None,
            input: ask.input,
            nest: None,
        };
        let way = node.way(&request)?;
        Ok(OpenCall::start(request, way, Answer::task(answer)))
    }
}
