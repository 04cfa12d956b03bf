//! One call under way, as the statistics see it.

use super::outlier;
use crate::{
    config::NodeId,
    directory::{Candidate, Candidates, End, Stats},
};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// Counts a call as under way until it is finished or dropped. Dropped unfinished (never sent) it teaches nothing.
pub struct InFlight {
    candidates: Arc<Candidates>,
    node: NodeId,
    stats: Arc<Stats>,
    started: Instant,
}

impl InFlight {
    /// The call goes out now.
    pub fn start(candidates: &Arc<Candidates>, candidate: &Candidate, now: Instant) -> InFlight {
        let (node, stats) = (candidate.provider.node, candidate.provider.stats.clone());
        stats.start(now);
        InFlight { candidates: candidates.clone(), node, stats, started: now }
    }

    /// How long the call has been under way.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    /// The call ended. `Fine` becomes `Slow` by itself. `load` is what the provider reported.
    pub fn finish(self, now: Instant, end: End, load: Option<u32>) {
        let (elapsed, latencies) = (self.elapsed(now), self.candidates.latencies());
        let end = if end == End::Fine && latencies.is_late(elapsed) { End::Slow } else { end };
        if matches!(end, End::Fine | End::Slow) {
            latencies.add(now, elapsed);
        }
        self.learn(now, end, load);
    }

    /// The caller doesn't wait any longer: before the usual time that says nothing about the provider.
    pub fn give_up(self, now: Instant) {
        if self.candidates.latencies().is_late(self.elapsed(now)) {
            self.learn(now, End::GivenUp, None);
        }
    }

    fn learn(self, now: Instant, end: End, load: Option<u32>) {
        self.stats.learn(now, end, self.elapsed(now), load);
        if !matches!(end, End::Fine | End::Refused) {
            outlier::judge(&self.candidates, self.node, &self.stats, now);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.stats.end();
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InFlight({})", self.node)
    }
}
