//! How fast permits come back while calls wait for them: what one more that waits has to expect.
//!
//! A queue that is longer than its callers are patient does worse than none: by the time a call starts nobody waits for its answer, and the
//! work done for it is missing where it would still count. So a call that can't start in time is refused while there is time to go elsewhere.

use std::time::{Duration, Instant};

/// Weight of one interval in the mean.
const WEIGHT: f64 = 1.0 / 16.0;
/// The share of what is left of its deadline that a call may spend waiting: the estimate is a mean, and the answer has a way to go.
const PATIENCE: f64 = 0.5;

/// The mean interval between two permits that came back while calls waited.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Seconds.
    interval: Option<f64>,
    /// When one came back last, if calls have waited ever since.
    last: Option<Instant>,
}

impl Pace {
    /// A permit came back; `waited` says whether a call waited for it.
    pub(super) fn returned(&mut self, now: Instant, waited: bool) {
        if let (Some(last), true) = (self.last, waited) {
            let seen = now.saturating_duration_since(last).as_secs_f64();
            self.interval = Some(self.interval.map_or(seen, |mean| mean + WEIGHT * (seen - mean)));
        }
        self.last = waited.then_some(now);
    }

    /// Whether a call behind `ahead` others is likely to start in time and to end in time, with `left` of its deadline. So many as run at
    /// once may always wait: without them nothing would be learned about a pool that became faster.
    pub(super) fn is_in_time(&self, ahead: usize, workers: usize, left: Duration) -> bool {
        let Some(interval) = self.interval.filter(|_| ahead >= workers) else { return true };
        let (wait, left) = (interval * ahead as f64, left.as_secs_f64());
        // Where all workers are busy a call runs for as long as it takes until each of them has given its permit back.
        wait <= left * PATIENCE && wait + interval * workers as f64 <= left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    const MS: Duration = Duration::from_millis(1);

    /// A pace of one permit every `every`.
    fn steady(every: Duration) -> (Pace, Instant) {
        let (mut pace, mut now) = (Pace::default(), env::now());
        for _ in 0..100 {
            pace.returned(now, true);
            now += every;
        }
        (pace, now)
    }

    #[test]
    fn table() {
        let (pace, _) = steady(10 * MS);
        for (ahead, workers, left, in_time) in [
            (3, 4, MS, true),          // a pool full may always wait
            (40, 4, 1000 * MS, true),  // 400 ms of 1 s
            (51, 4, 1000 * MS, false), // 510 ms of 1 s
            (51, 4, 1100 * MS, true),
            (16, 16, 320 * MS, true), // 160 ms of waiting, 160 ms of work
            (16, 16, 319 * MS, false),
            (1000, 4, 30_000 * MS, true),
        ] {
            assert_eq!(pace.is_in_time(ahead, workers, left), in_time, "{ahead} {workers} {left:?}");
        }
    }

    #[test]
    fn nothing_is_refused_before_it_is_known() {
        let mut pace = Pace::default();
        assert!(pace.is_in_time(1000, 1, MS));
        pace.returned(env::now(), true);
        assert!(pace.is_in_time(1000, 1, MS));
    }

    #[test]
    fn a_pause_without_calls_is_no_interval() {
        let (mut pace, mut now) = steady(10 * MS);
        pace.returned(now, false);
        now += 3_600_000 * MS;
        pace.returned(now, true);
        pace.returned(now + 10 * MS, true);
        assert!(pace.is_in_time(40, 4, 1000 * MS));
    }

    #[test]
    fn it_learns_what_changes() {
        let (mut pace, mut now) = steady(10 * MS);
        for _ in 0..100 {
            now += 100 * MS;
            pace.returned(now, true);
        }
        assert!(!pace.is_in_time(10, 4, 1000 * MS) && pace.is_in_time(10, 4, 2100 * MS));
        for _ in 0..100 {
            now += MS;
            pace.returned(now, true);
        }
        assert!(pace.is_in_time(400, 4, 1000 * MS));
    }
}
