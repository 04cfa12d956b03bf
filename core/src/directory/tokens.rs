//! A purse: what may be spent on second attempts of one service's calls.

use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Tokens, and when somebody looked at them last. What they are earned and spent for is the caller's affair.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<Option<(f64, Instant)>>);

impl Tokens {
    /// Changes the count, which is `first` at the beginning; `change` also gets the time since the last look.
    pub fn change<T>(&self, now: Instant, first: f64, change: impl FnOnce(&mut f64, Duration) -> T) -> T {
        let mut held = self.0.lock();
        let (count, at) = held.get_or_insert((first, now));
        let since = now.saturating_duration_since(*at);
        *at = now.max(*at);
        change(count, since)
    }
}
