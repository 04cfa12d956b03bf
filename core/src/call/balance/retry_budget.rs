//! How many second attempts a service's callers may add: at most a fifth of its calls, so that retries can't turn a full service into a
//! broken one. Hedges come out of the same purse.

use crate::directory::Candidates;
use std::time::Instant;

/// What a call earns, and an additional attempt costs 1.
const EARNED: f64 = 0.2;
/// What may be saved: enough for every call in flight to a provider that dies.
const MOST: f64 = 500.0;
/// What is there at the beginning.
const FIRST: f64 = 100.0;
/// A caller that calls now and then may still try again: after each second without a call one more is there, up to so many.
const RESERVE: f64 = 10.0;

/// A call begins.
pub fn earn(candidates: &Candidates, now: Instant) {
    change(candidates, now, |tokens| *tokens = (*tokens + EARNED).min(MOST));
}

/// Whether one more attempt may be made; it is paid for then.
pub fn spend(candidates: &Candidates, now: Instant) -> bool {
    change(candidates, now, |tokens| {
        let enough = *tokens >= 1.0;
        if enough {
            *tokens -= 1.0;
        }
        enough
    })
}

fn change<T>(candidates: &Candidates, now: Instant, change: impl FnOnce(&mut f64) -> T) -> T {
    candidates.tokens().change(now, FIRST, |tokens, since| {
        let pause = since.as_secs_f64();
        if pause >= 1.0 && *tokens < RESERVE {
            *tokens = (*tokens + pause).min(RESERVE);
        }
        change(tokens)
    })
}
