//! Who can take one call.

use super::{Latencies, MethodSpec, Stats, Tokens};
use crate::config::NodeId;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// One node that serves one service.
#[derive(Debug)]
pub struct Provider {
    /// The node.
    pub node: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// Its language.
    pub language: Arc<str>,
    /// Whether it is this node.
    pub me: bool,
    /// Whether it runs on this host.
    pub near: bool,
    /// Whether its record says that it takes calls.
    pub ready: bool,
    /// Whether its handlers make no progress: it gets calls only while nobody else can take them.
    pub stalled: bool,
    /// What this node measured about it.
    pub stats: Arc<Stats>,
}

impl Provider {
    /// Takes calls, and runs them at once.
    pub fn is_ready(&self) -> bool {
        self.takes_calls() && !self.stalled
    }

    /// Ready, and not suspect.
    pub fn takes_calls(&self) -> bool {
        self.ready && !self.stats.is_suspect()
    }

    pub(super) fn describe(&self) -> String {
        let state = match (self.ready, self.stats.is_suspect()) {
            (_, true) => "doesn't answer",
            (false, _) => "is not ready",
            (true, _) if self.stalled => "makes no progress",
            (true, _) => "is ready",
        };
        format!("`{}` {state}", self.name)
    }
}

/// A provider together with its form of the method.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The provider.
    pub provider: Arc<Provider>,
    /// The method as this provider has it; versions may differ.
    pub method: Arc<MethodSpec>,
}

/// All providers that have one method, ordered by name.
#[derive(Debug)]
pub struct Candidates {
    pub(super) service: Arc<str>,
    pub(super) method: Arc<str>,
    pub(super) balance: Option<Arc<str>>,
    pub(super) list: Vec<Candidate>,
    /// Shared by the methods of a service; survives rebuilds.
    pub(super) turn: Arc<AtomicU64>,
    /// Likewise.
    pub(super) tokens: Arc<Tokens>,
    /// How long the method takes; survives rebuilds too.
    pub(super) latencies: Arc<Latencies>,
}

impl Candidates {
    /// The service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// How the providers wish to be balanced.
    pub fn balance(&self) -> Option<&str> {
        self.balance.as_deref()
    }

    /// The providers.
    pub fn list(&self) -> &[Candidate] {
        &self.list
    }

    /// The form of the method that messages show.
    pub fn signature(&self) -> &MethodSpec {
        static NONE: std::sync::LazyLock<MethodSpec> = std::sync::LazyLock::new(MethodSpec::default);
        self.list.first().map_or(&NONE, |candidate| &candidate.method)
    }

    /// Whether every provider says that the method may run twice.
    pub fn idempotent(&self) -> bool {
        self.list.iter().all(|candidate| candidate.method.idempotent)
    }

    /// What may be spent on second attempts of the service's calls.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// How long the method takes.
    pub fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// The next number for policies that go round.
    pub fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }
}
