//! The only door to time, randomness, threads and tasks, so that a simulation can stand behind it.

mod addresses;
mod dice;
pub mod fork;
mod runtime;

pub use addresses::host_addresses;
pub use dice::{Dice, cheap_random};
pub use runtime::{block_on, spawn, thread};

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Monotonic time.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Instant {
    Instant::now()
}

/// Time since 1970 by the host's clock.
#[allow(clippy::disallowed_methods)]
pub fn wall_clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Random bytes from the operating system: fit for keys and ids.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without entropy every id and key would be unsafe. The panic becomes an `Internal` error at the neck (rule N6).
    assert!(aws_lc_rs::rand::fill(&mut bytes).is_ok(), "the operating system gave no random bytes");
    bytes
}
