//! One call under way, as the statistics see it.

use crate::directory::Stats;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Counts a call as under way until it is finished or dropped. Dropped unfinished (cancelled, never sent) it teaches nothing.
#[derive(Debug)]
pub struct InFlight {
    stats: Arc<Stats>,
    started: Instant,
}

impl InFlight {
    /// The call goes out now.
    pub fn start(stats: &Arc<Stats>, now: Instant) -> InFlight {
        stats.start();
        InFlight { stats: stats.clone(), started: now }
    }

    /// How long the call has been under way.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    /// The call ended. `success` = the provider did its part: an exception of the handler counts as success, a lost link, a refusal
    /// by admission or a deadline that passed doesn't. `load` is what the provider reported.
    pub fn finish(self, now: Instant, success: bool, load: Option<u32>) {
        self.stats.learn(now, success, self.elapsed(now), load);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.stats.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    #[test]
    fn counts_until_the_end() {
        let now = env::now();
        let stats = Arc::new(Stats::new(now));
        let call = InFlight::start(&stats, now);
        let dropped = InFlight::start(&stats, now);
        assert_eq!(stats.in_flight(), 2);
        drop(dropped);
        assert_eq!((stats.in_flight(), stats.glance(now).latency), (1, None));
        call.finish(now + Duration::from_millis(4), true, Some(9));
        let glance = stats.glance(now + Duration::from_millis(4));
        assert_eq!((stats.in_flight(), glance.latency, glance.queue), (0, Some(0.004), 9.0));
    }
}
