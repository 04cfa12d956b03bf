//! What gRPC needs of the node that it speaks for.

use crate::{
    call::Context,
    directory::Services,
    error::Result,
    lane::{Cancel, Outcome},
    link::Reserved,
    stream::Input,
};
use bytes::Bytes;
use std::{sync::Arc, time::Instant};
use tokio::sync::{oneshot, watch};

/// One call that a client wants.
pub struct Ask {
    /// The service.
    pub service: String,
    /// Its method.
    pub method: String,
    /// When the client stops waiting.
    pub deadline: Instant,
    /// Trace and baggage.
    pub context: Context,
    /// The arguments' payload.
    pub payload: Bytes,
    /// The stream among them.
    pub input: Option<Input>,
}

/// The node behind the listener; `node` brings it.
pub trait Cluster: Send + Sync + 'static {
    /// Whether the node is in its cluster and stays.
    fn is_up(&self) -> bool;

    /// The services that it sees.
    fn services(&self) -> Arc<Services>;

    /// Changes with the services.
    fn changes(&self) -> watch::Receiver<u64>;

    /// Largest payload, in bytes.
    fn max_payload(&self) -> usize;

    /// Bytes for a message out of the node's memory budget, if so many are left.
    fn reserve(&self, bytes: usize) -> Option<Reserved>;

    /// Starts a call the way that the node's own calls go; its answer comes to `answer`.
    fn call(&self, ask: Ask, answer: oneshot::Sender<Outcome>) -> Result<Arc<dyn Cancel>>;
}
