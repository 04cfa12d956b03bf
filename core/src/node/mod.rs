//! A node: one member of a cluster inside one process. It owns the parts and holds no logic of its own.

mod engine;
mod home;
mod join;
mod leave;
mod look;
mod offer;
mod outside;
mod progress;
mod record;
mod route;
mod router;
mod seeds;

use crate::{
    call::{Method, Request, Route, balance::Dice},
    config::NodeId,
    directory::Directory,
    error::{Error, Kind, Result},
    health::Health,
    link::{Budget, Links},
    membership::{Place, Watch},
    serve::{Caller, Serve},
    stream::Streams,
};
use engine::Inputs;
use home::Home;
use join::DefaultName;
use parking_lot::Mutex;
use std::{
    fmt,
    sync::{Arc, Weak, atomic::AtomicBool},
};

pub use look::NodeStats;

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
    addresses: Vec<String>,
    place: Place,
    /// Whether it meets nobody.
    alone: bool,
    /// Whether Unix sockets are dialled.
    unix: bool,
    max_payload: usize,
    caller: Caller,
    serve: Arc<Serve>,
    streams: Arc<Streams>,
    links: Arc<Links>,
    budget: Arc<Budget>,
    directory: Arc<Directory>,
    watch: Arc<Watch>,
    inputs: Inputs,
    dice: Dice,
    /// What it holds in this host's state directory, if it is listed there.
    home: Mutex<Option<Home>>,
    /// Its name, if it is a default one.
    given: Mutex<Option<DefaultName>>,
    /// Why it had to leave by itself.
    expelled: Mutex<Option<Error>>,
    /// `close` was called; until what ran is finished, calls go on.
    leaving: AtomicBool,
    closed: AtomicBool,
    /// Answers orchestrators, until the node is closed.
    health: Mutex<Option<Health>>,
    me: Weak<Node>,
}

impl Node {
    /// The provider's side.
    pub fn serve(&self) -> &Arc<Serve> {
        &self.serve
    }

    /// The way of a call, once it is known that it may begin. A payload beyond the limit is refused before anything is sent.
    pub fn way(&self, request: &Request) -> Result<Arc<dyn Route>> {
        let me = self.me.upgrade().filter(|_| !self.is_closed()).ok_or_else(|| self.closed())?;
        let size = request.payload.len();
        if size > self.max_payload {
            let text = format!("the arguments of `{}` have {size} bytes, {} are allowed", request.method.target, self.max_payload);
            return Err(Error::new(Kind::PayloadTooLarge, text));
        }
        Ok(me)
    }

    /// Reads the options of a method.
    pub fn prepare(&self, encoded: &[u8]) -> Result<Method> {
        Method::decode(encoded)
    }

    /// Where `/livez` and `/readyz` are answered.
    pub fn health(&self) -> Option<std::net::SocketAddr> {
        self.health.lock().as_ref().map(Health::address)
    }

    /// Where others reach it.
    pub fn addresses(&self) -> Vec<String> {
        self.addresses.clone()
    }

    /// Whether it is still a member; the error says why not.
    pub fn check(&self) -> Result<()> {
        if self.is_closed() { Err(self.closed()) } else { Ok(()) }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(std::sync::atomic::Ordering::Acquire)
    }

    fn closed(&self) -> Error {
        match &*self.expelled.lock() {
            Some(reason) => reason.clone(),
            None => Error::new(Kind::Closed, format!("node `{}` was closed", self.name)),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({}, {})", self.name, self.id)
    }
}
