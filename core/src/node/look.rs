//! What can be seen of the cluster through a node.

use super::Node;
use crate::{directory::ServiceView, error::Result, lane::Lane, link::Reactor, membership::MemberView, serve};
use serde::Serialize;

/// Counters of one node, and of what it shares with the others of its process.
#[derive(Debug, Serialize)]
pub struct NodeStats {
    /// Invocations that were run.
    pub served: u64,
    /// Calls that were refused by admission.
    pub refused: u64,
    /// Invocations that run or wait.
    pub load: u32,
    /// Open links.
    pub links: usize,
    /// Ends of streams that run over links.
    pub streams: usize,
    /// Times a thread of the language took the lead.
    pub leads: u64,
    /// Times the standby thread read instead.
    pub standby: u64,
    /// Waits that spinning ended, and those that it didn't.
    pub spin_hits: u64,
    /// See `spin_hits`.
    pub spin_misses: u64,
    /// Operations of this process that wait for their answer by a token.
    pub tokens: usize,
    /// Invocations of this process that are not answered.
    pub invocations: usize,
    /// Methods that this process has prepared and not freed.
    pub methods: usize,
    /// Answers that came after nobody waited for them any more.
    pub late: u64,
}

impl Node {
    /// Calls `show` with the members that this node sees, itself included.
    pub fn with_members<T>(&self, show: impl FnOnce(&[MemberView<'_>]) -> T) -> T {
        let members = self.watch.current();
        let views: Vec<_> = members.all().iter().map(|member| member.view()).collect();
        show(&views)
    }

    /// Calls `show` with the services that this node sees.
    pub fn with_services<T>(&self, show: impl FnOnce(&[ServiceView<'_>]) -> T) -> T {
        let services = self.directory.services();
        let all = services.all();
        let views: Vec<_> = all.iter().map(|service| service.view()).collect();
        show(&views)
    }

    /// Calls `show` with one service, if this node sees a provider of it.
    pub fn with_service<T>(&self, name: &str, show: impl FnOnce(&ServiceView<'_>) -> T) -> Option<T> {
        let services = self.directory.services();
        services.get(name).map(|service| show(&service.view()))
    }

    /// Counters; the methods are counted by who prepares them.
    pub fn stats(&self, methods: usize) -> Result<NodeStats> {
        let reactor = Reactor::get()?.stats();
        let (served, refused) = self.serve.counts();
        let (tokens, late) = Lane::counts();
        Ok(NodeStats {
            served,
            refused,
            load: self.serve.load(),
            links: self.links.count(),
            streams: self.streams.count(),
            leads: reactor.leads,
            standby: reactor.standby,
            spin_hits: reactor.hits,
            spin_misses: reactor.misses,
            tokens,
            invocations: serve::invocations(),
            methods,
            late,
        })
    }
}
