//! Which provider gets a call. Policies are functions of the candidates, a [`Dice`] and the time; they keep nothing themselves.

mod hash;
mod in_flight;
mod least_loaded;
mod local_first;
mod outlier;
mod pinned;
pub mod retry_budget;
mod round_robin;
#[cfg(test)]
mod sim;

pub use crate::env::Dice;
pub use in_flight::InFlight;

use crate::{
    config::NodeId,
    directory::{Candidate, Candidates, nearest},
    error::{Error, Kind, Result},
};
use std::{str::FromStr, time::Instant};

/// How calls are spread over the providers of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balance {
    /// The better of two random providers, by calls under way and by latency; those that fail lose their share.
    #[default]
    LeastLoaded,
    /// One after the other.
    RoundRobin,
    /// This node, else this host, else the least loaded.
    LocalFirst,
    /// The same provider for the same key, as long as it is there; without a key the least loaded.
    Hash,
}

/// What one call asks of its provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// Providers that were tried already.
    pub tried: &'a [NodeId],
    /// The key of `hash`.
    pub affinity: Option<&'a str>,
    /// This provider or none.
    pub node: Option<NodeId>,
}

impl Balance {
    /// Every policy.
    pub const ALL: [Balance; 4] = [Balance::LeastLoaded, Balance::RoundRobin, Balance::LocalFirst, Balance::Hash];

    /// Its name in options.
    pub fn name(self) -> &'static str {
        match self {
            Balance::LeastLoaded => "least_loaded",
            Balance::RoundRobin => "round_robin",
            Balance::LocalFirst => "local_first",
            Balance::Hash => "hash",
        }
    }

    /// What counts: the caller's option, else what the providers wish (a wish of a newer version that isn't known here is skipped), else the default.
    pub fn resolve(option: Option<Balance>, candidates: &Candidates) -> Balance {
        option.or_else(|| candidates.balance()?.parse().ok()).unwrap_or_default()
    }

    /// The provider for a call, or none if all are suspect, not ready, tried or not wished for.
    pub fn pick<'a>(self, candidates: &'a Candidates, wish: Wish<'_>, dice: &Dice, now: Instant) -> Option<&'a Candidate> {
        let mut field = Field { list: candidates.list(), tried: wish.tried, dice, now, stalled: true };
        if let Some(node) = wish.node {
            return pinned::pick(&field, node);
        }
        // One that makes no progress is better than none.
        let progress = field.eligible(|candidate| !candidate.provider.stalled).next().is_some();
        field.stalled = !progress;
        match (self, wish.affinity) {
            (Balance::Hash, Some(key)) => hash::pick(&field, key),
            (Balance::LeastLoaded | Balance::Hash, _) => least_loaded::pick(&field, |_| true),
            (Balance::RoundRobin, _) => round_robin::pick(&field, candidates.next_turn()),
            (Balance::LocalFirst, _) => local_first::pick(&field),
        }
    }
}

impl FromStr for Balance {
    type Err = Error;

    fn from_str(text: &str) -> Result<Balance> {
        Balance::ALL.into_iter().find(|policy| policy.name() == text).ok_or_else(|| {
            let names = Balance::ALL.map(Balance::name);
            let advice = match nearest(text, names.into_iter()).first() {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Choose one of these.".into(),
            };
            Error::new(Kind::BadConfig, format!("balance: `{text}` is none of {}", names.join(", "))).advice(advice)
        })
    }
}

/// What a policy chooses from.
struct Field<'a, 'b> {
    list: &'a [Candidate],
    tried: &'b [NodeId],
    dice: &'b Dice,
    now: Instant,
    /// Whether those that make no progress are asked too.
    stalled: bool,
}

impl<'a> Field<'a, '_> {
    /// The candidates that may get the call. Looked at without allocating; a flag may change between two looks.
    fn eligible<'s>(&'s self, fits: impl Fn(&Candidate) -> bool + Copy + 's) -> impl Iterator<Item = &'a Candidate> + 's {
        let list = self.list;
        list.iter().filter(move |candidate| {
            let provider = &candidate.provider;
            provider.takes_calls() && (self.stalled || !provider.stalled) && !self.tried.contains(&provider.node) && fits(candidate)
        })
    }

    /// Whether a provider that failed lately is considered this time: so it comes back little by little.
    fn is_trusted(&self, candidate: &Candidate) -> bool {
        let trust = candidate.provider.stats.glance(self.now).trust;
        trust >= 1.0 || self.dice.chance(trust)
    }
}

#[cfg(test)]
mod tests;
