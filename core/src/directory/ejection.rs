//! A provider that one caller leaves out for a while, and how it comes back.

use std::time::{Duration, Instant};

/// The first time that it is left out; each next one is twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest time.
const LONGEST: Duration = Duration::from_secs(30);
/// How long its share grows afterwards until it is whole again.
const RETURN: Duration = Duration::from_secs(10);
/// The share with which it begins.
const BEGINS_WITH: f64 = 0.05;
/// Without another ejection for so long the times are counted anew.
const FORGIVEN: Duration = Duration::from_secs(60);

/// When a provider was left out last, and how often lately.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ejection {
    until: Instant,
    times: u32,
    probed: Option<Instant>,
}

impl Ejection {
    /// Leaves it out from now on.
    pub(super) fn next(before: Option<Ejection>, now: Instant) -> Ejection {
        let times = before.filter(|before| now < before.until + FORGIVEN).map_or(0, |before| before.times);
        let time = FIRST.saturating_mul(1 << times.min(16)).min(LONGEST);
        Ejection { until: now + time, times: times.saturating_add(1), probed: None }
    }

    /// Whether it is left out now.
    pub(super) fn is_out(self, now: Instant) -> bool {
        now < self.until
    }

    /// One call goes to a provider that comes back; the next when it is known how that ended, or when it takes too long.
    pub(super) fn probe(&mut self, now: Instant) {
        self.probed = Some(now);
    }

    /// What part of its share it gets: none while it is left out, then little by little all of it. `known`: a call since then has ended.
    pub(super) fn weight(self, now: Instant, known: bool) -> f64 {
        let waits = !known && self.probed.is_some_and(|at| now < at + RETURN);
        if self.is_out(now) || waits {
            return 0.0;
        }
        let back = now.saturating_duration_since(self.until).as_secs_f64() / RETURN.as_secs_f64();
        back.clamp(BEGINS_WITH, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    #[test]
    fn longer_each_time_and_back_little_by_little() {
        let start = env::now();
        let mut now = start;
        let mut last = None;
        let mut lengths = Vec::new();
        for _ in 0..7 {
            let ejection = Ejection::next(last, now);
            assert_eq!(ejection.weight(now, false), 0.0);
            lengths.push((ejection.until - now).as_secs());
            now = ejection.until;
            last = Some(ejection);
        }
        assert_eq!(lengths, [1, 2, 4, 8, 16, 30, 30]);
        let ejection = last.unwrap();
        let weights = [0, 1, 5, 10, 99].map(|seconds| ejection.weight(now + Duration::from_secs(seconds), true));
        assert_eq!(weights, [0.05, 0.1, 0.5, 1.0, 1.0]);
        let mut probed = ejection;
        probed.probe(now);
        assert_eq!((probed.weight(now, false), probed.weight(now, true), probed.weight(now + RETURN, false)), (0.0, 0.05, 1.0));
        let later = now + FORGIVEN;
        assert_eq!(Ejection::next(last, later).until, later + FIRST);
    }
}
