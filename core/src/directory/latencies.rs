//! How long one method takes, over all its providers: what is usual, and what is late.

use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// Steps for each doubling of the time.
const STEPS: f64 = 4.0;
/// The end of the first step, in seconds.
const SHORTEST: f64 = 16e-6;
/// As many steps as lead beyond ten minutes.
const BUCKETS: usize = 104;
/// Calls that must be known before anything is said.
const ENOUGH: u32 = 20;
/// Calls after which the older ones count half.
const MANY: u32 = 2048;
/// Time after which they do.
const HALVED: Duration = Duration::from_secs(5);
/// Calls between two looks at what is late.
const LOOK: u32 = 16;
/// A call is late when it takes so many times what is usual ...
const TIMES: f64 = 4.0;
/// ... and so much more besides: shorter differences say more about schedulers and distances.
const MORE: Duration = Duration::from_millis(2);
/// What is usual: so that a slow provider isn't, even if it gets half or two thirds of the calls.
const USUAL: f64 = 0.25;

/// A histogram in which the old fades.
#[derive(Debug)]
pub struct Latencies {
    counts: Mutex<Counts>,
    /// Nanoseconds beyond which a call is late; 0 = not known yet.
    late: AtomicU64,
}

#[derive(Debug)]
struct Counts {
    buckets: [u32; BUCKETS],
    total: u32,
    halved: Option<Instant>,
    since_look: u32,
}

impl Default for Latencies {
    fn default() -> Latencies {
        let counts = Counts { buckets: [0; BUCKETS], total: 0, halved: None, since_look: 0 };
        Latencies { counts: Mutex::new(counts), late: AtomicU64::new(0) }
    }
}

impl Latencies {
    /// A call was answered.
    pub fn add(&self, now: Instant, latency: Duration) {
        let mut counts = self.counts.lock();
        let halved = *counts.halved.get_or_insert(now);
        // Where calls are rare the old ones are all that is known.
        let old = counts.total >= 2 * ENOUGH && now.saturating_duration_since(halved) >= HALVED;
        if counts.total >= MANY || old {
            counts.buckets.iter_mut().for_each(|count| *count /= 2);
            counts.total = counts.buckets.iter().sum();
            counts.halved = Some(now);
        }
        counts.buckets[bucket(latency)] += 1;
        counts.total += 1;
        counts.since_look += 1;
        if counts.since_look >= LOOK {
            counts.since_look = 0;
            let late = counts.quantile(USUAL).map_or(0, |usual| (usual.mul_f64(TIMES) + MORE).as_nanos() as u64);
            self.late.store(late, Relaxed);
        }
    }

    /// Whether a call that takes so long takes far longer than usual.
    pub fn is_late(&self, latency: Duration) -> bool {
        let late = self.late.load(Relaxed);
        late != 0 && latency.as_nanos() > u128::from(late)
    }

    /// The time within which this part of the calls is answered; `None` while too few are known.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        self.counts.lock().quantile(part)
    }
}

impl Counts {
    fn quantile(&self, part: f64) -> Option<Duration> {
        if self.total < ENOUGH {
            return None;
        }
        let wanted = (f64::from(self.total) * part).ceil().max(1.0) as u32;
        let mut seen = 0;
        let at = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        Some(Duration::from_secs_f64(SHORTEST * (at.unwrap_or(BUCKETS - 1) as f64 / STEPS).exp2()))
    }
}

/// The step whose end is the first that is not below the time.
fn bucket(latency: Duration) -> usize {
    let steps = (latency.as_secs_f64().max(SHORTEST) / SHORTEST).log2() * STEPS;
    (steps.ceil() as usize).min(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn quantiles_are_right_within_a_step() {
        let (latencies, now) = (Latencies::default(), env::now());
        (1..=19).for_each(|n| latencies.add(now, n * MS));
        assert_eq!(latencies.quantile(0.5), None, "too few");
        (20..=1000).for_each(|n| latencies.add(now, n * MS));
        for (part, exact) in [(0.05, 50), (0.5, 500), (0.95, 950), (1.0, 1000)] {
            let found = latencies.quantile(part).unwrap();
            assert!(found >= exact * MS && found <= exact * MS * 5 / 4, "{part}: {found:?}");
        }
        for extreme in [Duration::ZERO, Duration::from_secs(100_000)] {
            latencies.add(now, extreme);
        }
    }

    #[test]
    fn late_is_far_from_usual() {
        let (latencies, now) = (Latencies::default(), env::now());
        assert!(!latencies.is_late(1000 * MS), "nothing is known");
        for _ in 0..100 {
            latencies.add(now, MS);
            latencies.add(now, 10 * MS);
        }
        assert!(latencies.is_late(10 * MS) && !latencies.is_late(4 * MS), "half of the calls are slow, and still that isn't usual");
    }

    #[test]
    fn the_old_fades() {
        let (latencies, start) = (Latencies::default(), env::now());
        (0..2000).for_each(|_| latencies.add(start, 100 * MS));
        (1..200).for_each(|n| latencies.add(start + n * 1000 * MS, MS));
        assert!(latencies.quantile(0.5).unwrap() < 2 * MS && latencies.is_late(100 * MS));
    }
}
