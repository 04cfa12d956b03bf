//! Whether another Python thread keeps the GIL: then a call that gives it up for its wait gets it back a switch interval later, 5 ms.
//! Such a call keeps it for a moment instead, and looks for its answer.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use twinspan::env;

/// Who waited so long for the GIL waited for a thread that computes; many threads that call take turns much faster.
const COMPUTES: u64 = 1_000;
/// For so long after such a wait calls keep the GIL; then one gives it up again to see. Longer each time, as one call in so many is slow.
const FIRST_WINDOW: u64 = 100_000;
const LONGEST_WINDOW: u64 = 1_600_000;
/// A call keeps it for so long: the answer of a peer that is awake is there by then.
const GLANCE: u64 = 30;
/// A peer that fell asleep must wake first, and it falls asleep whenever a call has to wait for the GIL. So each such wait
/// gives a credit, a sixteenth of what the other thread had; a call takes so much of it at most.
const CREDIT: u64 = 16;
const MOST_CREDIT: u64 = 1_000;
const MOST_EXTRA: u64 = 170;

static START: LazyLock<Instant> = LazyLock::new(env::now);
// Microseconds, the first one after `START`. Rough figures, so relaxed atomics do.
static CONTENDED_UNTIL: AtomicU64 = AtomicU64::new(0);
static WINDOW: AtomicU64 = AtomicU64::new(0);
static LEFT: AtomicU64 = AtomicU64::new(0);

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn since_start(now: Instant) -> u64 {
    micros(now.saturating_duration_since(*START))
}

/// For how long a call that starts now may keep the GIL; `None` if nobody else wanted it lately.
pub(crate) fn glance() -> Option<Duration> {
    let until = CONTENDED_UNTIL.load(Relaxed);
    let contended = until != 0 && since_start(env::now()) < until;
    contended.then(|| Duration::from_micros(GLANCE + LEFT.load(Relaxed).min(MOST_EXTRA)))
}

/// A call kept it since then.
pub(crate) fn glanced(since: Instant) {
    let extra = micros(env::now().saturating_duration_since(since)).saturating_sub(GLANCE);
    LEFT.store(LEFT.load(Relaxed).saturating_sub(extra), Relaxed);
}

/// A thread asked for the GIL at `since` and has it now.
pub(crate) fn taken(since: Instant) {
    let now = env::now();
    let waited = micros(now.saturating_duration_since(since));
    if waited >= COMPUTES {
        let window = (WINDOW.load(Relaxed) * 2).clamp(FIRST_WINDOW, LONGEST_WINDOW);
        WINDOW.store(window, Relaxed);
        LEFT.store((LEFT.load(Relaxed) + waited / CREDIT).min(MOST_CREDIT), Relaxed);
        CONTENDED_UNTIL.store(since_start(now) + window, Relaxed);
    } else if WINDOW.load(Relaxed) != 0 && glance().is_none() {
        WINDOW.store(0, Relaxed);
        CONTENDED_UNTIL.store(0, Relaxed);
    }
}
