//! What this node measured about one provider of one service. Calls write it, balancing reads it.

use super::{End, Tally, ejection::Ejection};
use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// How fast a latency that isn't confirmed fades: a slow provider is tried again now and then.
const LATENCY_FADES: f64 = 5.0;
/// A measured latency may at most double what is known: one pause of a garbage collector must not cost a provider its share.
const RISES_AT_MOST: f64 = 2.0;
/// How fast failures are forgotten without calls.
const FAILURES_FADE: f64 = 10.0;
/// Weight of one failure, and of one success, in the rate of failures.
const FAILURE_WEIGHS: f64 = 0.3;
const SUCCESS_WEIGHS: f64 = 0.05;
/// A provider that only fails still gets a try now and then.
const TRUST_AT_LEAST: f64 = 0.01;
/// How fast a load that the provider reported grows old.
const LOAD_FADES: f64 = 1.0;
/// Latencies below this are equal: they say more about the scheduler than about the provider.
const LATENCY_AT_LEAST: f64 = 50e-6;

#[derive(Debug, Default)]
struct Measured {
    /// Seconds; a peak-sensitive moving average, without failures.
    latency: Option<(f64, Instant)>,
    /// Rate of failures, 0 to 1.
    failing: f64,
    failing_at: Option<Instant>,
    failed_at: Option<Instant>,
    load: Option<(u32, Instant)>,
    tally: Tally,
    ejection: Option<Ejection>,
}

impl Measured {
    fn is_out(&self, now: Instant) -> bool {
        self.ejection.is_some_and(|ejection| ejection.is_out(now))
    }

    fn weight(&self, now: Instant) -> f64 {
        self.ejection.map_or(1.0, |ejection| ejection.weight(now, self.tally.calls > 0.0))
    }
}

/// What is known about a provider at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance {
    /// Expected latency in seconds; `None` = never measured.
    pub latency: Option<f64>,
    /// How likely it should be considered at all: 1 = sound, near 0 = it fails, 0 = it is left out.
    pub trust: f64,
    /// What part of its share it gets, by ejections alone: 1, or less while it is left out and comes back.
    pub weight: f64,
    /// Calls that it has to do: ours under way, or what it reported.
    pub queue: f64,
}

impl Glance {
    /// How long a call is likely to take; a provider that was never measured is taken to be as fast as the one it is compared with.
    pub fn cost(&self, other: &Glance) -> f64 {
        let latency = self.latency.or(other.latency).unwrap_or(LATENCY_AT_LEAST);
        latency.max(LATENCY_AT_LEAST) * (self.queue + 1.0)
    }
}

/// Measurements of one provider of one service.
#[derive(Debug)]
pub struct Stats {
    since: Instant,
    in_flight: AtomicU32,
    suspect: AtomicBool,
    /// It was left out at least once.
    ejected: AtomicBool,
    measured: Mutex<Measured>,
}

impl Stats {
    /// Nothing is known yet.
    pub fn new(now: Instant) -> Stats {
        Stats {
            since: now,
            in_flight: AtomicU32::new(0),
            suspect: AtomicBool::new(false),
            ejected: AtomicBool::new(false),
            measured: Mutex::default(),
        }
    }

    /// Since when the provider is known.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Calls of this node that the provider has not answered.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether it fell silent.
    pub fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    /// Marks it as silent, or as heard again.
    pub fn set_suspect(&self, suspect: bool) {
        self.suspect.store(suspect, Ordering::Relaxed);
    }

    /// When a call to it failed last.
    pub fn failed_at(&self) -> Option<Instant> {
        self.measured.lock().failed_at
    }

    /// A call starts.
    pub fn start(&self, now: Instant) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        if self.ejected.load(Ordering::Relaxed) {
            let mut measured = self.measured.lock();
            if measured.tally.calls == 0.0
                && let Some(ejection) = &mut measured.ejection
            {
                ejection.probe(now);
            }
        }
    }

    /// A call ended, however.
    pub fn end(&self) {
        let _ = self.in_flight.try_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    }

    /// What a call taught. The latency of a failure or of what a handler raised says nothing good: only an answer can lower it.
    pub fn learn(&self, now: Instant, end: End, latency: Duration, load: Option<u32>) {
        let (success, answered) = (!matches!(end, End::Failed | End::Refused), matches!(end, End::Fine | End::Slow));
        let mut measured = self.measured.lock();
        // While it is left out, what comes back is old.
        if !measured.is_out(now) {
            measured.tally.add(now, end);
        }
        let faded = measured.failing * fading(measured.failing_at, now, FAILURES_FADE);
        measured.failing = if success { faded * (1.0 - SUCCESS_WEIGHS) } else { faded + FAILURE_WEIGHS * (1.0 - faded) };
        measured.failing_at = Some(now);
        if let Some(load) = load {
            measured.load = Some((load, now));
        }
        if !success {
            measured.failed_at = Some(now);
        }
        let seen = latency.as_secs_f64().max(LATENCY_AT_LEAST);
        measured.latency = match measured.latency {
            None if answered => Some((seen, now)),
            Some((known, _)) if seen > known => Some((seen.min(known * RISES_AT_MOST), now)),
            Some((known, at)) if answered => {
                let kept = fading(Some(at), now, LATENCY_FADES);
                Some((known * kept + seen * (1.0 - kept), now))
            }
            unchanged => unchanged,
        };
    }

    /// What became of its calls lately.
    pub fn tally(&self, now: Instant) -> Tally {
        self.measured.lock().tally.faded(now)
    }

    /// Whether it is left out now.
    pub fn is_out(&self, now: Instant) -> bool {
        self.measured.lock().is_out(now)
    }

    /// What part of its share it gets: 1, or less while it is left out and comes back.
    pub fn weight(&self, now: Instant) -> f64 {
        self.measured.lock().weight(now)
    }

    /// Leaves it out for a while; it is judged anew when it comes back.
    pub fn eject(&self, now: Instant) {
        let mut measured = self.measured.lock();
        measured.ejection = Some(Ejection::next(measured.ejection, now));
        measured.tally = Tally::default();
        self.ejected.store(true, Ordering::Relaxed);
    }

    /// What is known now.
    pub fn glance(&self, now: Instant) -> Glance {
        let measured = self.measured.lock();
        let failing = measured.failing * fading(measured.failing_at, now, FAILURES_FADE);
        let load = measured.load.map_or(0.0, |(load, at)| f64::from(load) * fading(Some(at), now, LOAD_FADES));
        let weight = measured.weight(now);
        Glance {
            latency: measured.latency.map(|(known, at)| known * fading(Some(at), now, LATENCY_FADES)),
            // Cubed: what fails every second call is nearly out.
            trust: (1.0 - failing).powi(3).max(TRUST_AT_LEAST) * weight,
            weight,
            queue: f64::from(self.in_flight()).max(load),
        }
    }
}

/// What remains after the time since `at`: 1 now, 1/e after `seconds`.
pub(super) fn fading(at: Option<Instant>, now: Instant, seconds: f64) -> f64 {
    at.map_or(1.0, |at| (-now.saturating_duration_since(at).as_secs_f64() / seconds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_single_peak_at_most_doubles() {
        let now = env::now();
        let stats = Stats::new(now);
        stats.learn(now, End::Fine, MS, None);
        stats.learn(now, End::Fine, 500 * MS, None);
        assert_eq!(stats.glance(now).latency, Some(0.002));
        for _ in 0..20 {
            stats.learn(now, End::Fine, 500 * MS, None);
        }
        assert_eq!(stats.glance(now).latency, Some(0.5));
    }

    #[test]
    fn knowledge_fades() {
        let now = env::now();
        let stats = Stats::new(now);
        stats.learn(now, End::Failed, MS, Some(40));
        stats.learn(now, End::Fine, 10 * MS, Some(40));
        let later = now + Duration::from_secs(10);
        let (fresh, old) = (stats.glance(now), stats.glance(later));
        assert!(old.latency < fresh.latency && old.trust > fresh.trust && old.queue < 0.01 && fresh.queue == 40.0, "{fresh:?} {old:?}");
        assert_eq!(stats.failed_at(), Some(now));
    }

    #[test]
    fn failing_fast_is_not_being_fast() {
        let now = env::now();
        let stats = Stats::new(now);
        stats.learn(now, End::Fine, 10 * MS, None);
        let before = stats.glance(now);
        for _ in 0..20 {
            stats.learn(now + MS, End::Failed, Duration::ZERO, None);
        }
        let after = stats.glance(now + MS);
        assert!(after.latency >= before.latency.map(|l| l * 0.99));
        assert!(after.trust < 0.02 && before.trust == 1.0, "{after:?}");
        // Failing slowly, by deadlines, counts as slow besides.
        stats.learn(now + MS, End::Failed, 400 * MS, None);
        assert!(stats.glance(now + MS).latency > after.latency);
    }

    #[test]
    fn in_flight_never_wraps() {
        let stats = Stats::new(env::now());
        stats.start(env::now());
        stats.end();
        stats.end();
        assert_eq!(stats.in_flight(), 0);
    }
}
