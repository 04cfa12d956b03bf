//! What became of a provider's calls lately.

use super::stats::fading;
use std::time::Instant;

/// How fast calls are forgotten, in seconds.
const FORGOTTEN: f64 = 5.0;

/// How a call ended, as far as it says something about its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was answered.
    Fine,
    /// It was answered, but far later than this method usually is.
    Slow,
    /// The handler raised.
    Raised,
    /// The caller gave it up after far more time than this method usually takes.
    GivenUp,
    /// The provider is full: that is no fault, but a reason to ask another.
    Refused,
    /// The provider didn't do its part: a lost link, a deadline that passed.
    Failed,
}

/// Counts of calls, in which the old ones fade.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// All of them.
    pub calls: f64,
    /// Those that failed.
    pub failed: f64,
    /// Those whose handler raised.
    pub raised: f64,
    /// Those that took far longer than usual.
    pub slow: f64,
    /// Those that failed since the last one that didn't.
    pub in_a_row: u32,
    at: Option<Instant>,
}

impl Tally {
    pub(super) fn add(&mut self, now: Instant, end: End) {
        *self = self.faded(now);
        self.at = Some(now);
        self.calls += 1.0;
        match end {
            End::Fine | End::Refused => {}
            End::Slow | End::GivenUp => self.slow += 1.0,
            End::Raised => self.raised += 1.0,
            End::Failed => self.failed += 1.0,
        }
        self.in_a_row = if end == End::Failed { self.in_a_row.saturating_add(1) } else { 0 };
    }

    pub(super) fn faded(&self, now: Instant) -> Tally {
        let kept = fading(self.at, now, FORGOTTEN);
        Tally { calls: self.calls * kept, failed: self.failed * kept, raised: self.raised * kept, slow: self.slow * kept, ..*self }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.raised += other.raised;
        self.slow += other.slow;
    }
}
