//! Whether another Python thread keeps the GIL: then a call that gives it up for its wait gets it back a switch interval later, 5 ms.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use twinspan::env;

/// Who waited so long for the GIL waited for a thread that computes; many threads that call take turns much faster.
const COMPUTES: Duration = Duration::from_millis(1);
/// For so long after such a wait calls keep the GIL; then one gives it up again to see. Longer each time, as one call in so many is slow.
const FIRST: u64 = 100_000;
const LONGEST: u64 = 1_600_000;

static START: LazyLock<Instant> = LazyLock::new(env::now);
/// Microseconds after `START`. Rough figures, so relaxed atomics do.
static UNTIL: AtomicU64 = AtomicU64::new(0);
static WINDOW: AtomicU64 = AtomicU64::new(0);

fn micros(now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(*START).as_micros()).unwrap_or(u64::MAX)
}

/// Whether the GIL was contended lately.
pub(crate) fn is_contended() -> bool {
    let until = UNTIL.load(Relaxed);
    until != 0 && micros(env::now()) < until
}

/// A thread asked for the GIL at `since` and has it now.
pub(crate) fn taken(since: Instant) {
    let now = env::now();
    if now.saturating_duration_since(since) >= COMPUTES {
        let window = (WINDOW.load(Relaxed) * 2).clamp(FIRST, LONGEST);
        WINDOW.store(window, Relaxed);
        UNTIL.store(micros(now) + window, Relaxed);
    } else if UNTIL.load(Relaxed) != 0 && !is_contended() {
        WINDOW.store(0, Relaxed);
        UNTIL.store(0, Relaxed);
    }
}
