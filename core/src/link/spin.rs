//! When to look again instead of going to sleep: waking a halted core costs more than a whole call.
//!
//! Spinning pays only if what is waited for comes within microseconds. So waits are timed; after a few short ones in a row the next
//! one spins, and a spin that was in vain turns spinning off for a while, for longer each time. An idle process never spins.

use super::lead::Role;
use crate::env;
use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// A wait that ends within this would probably have been shorter still had both sides been awake.
const SHORT: Duration = Duration::from_micros(200);
/// Short waits in a row before spinning is tried.
const ENOUGH: u32 = 4;
const FIRST_PAUSE: u64 = 2_000;
const LONGEST_PAUSE: u64 = 128_000;
/// A peer that writes a large body without a pause sends its next part within this.
const PART: Duration = Duration::from_micros(60);

/// The experience of one role; hits and misses are rough counts, so relaxed atomics do.
#[derive(Default)]
struct Experience {
    short: AtomicU32,
    /// No spin before this moment, in microseconds since the start.
    off_until: AtomicU64,
    pause: AtomicU64,
}

impl Experience {
    fn put_off(&self, now: u64) {
        let pause = (self.pause.load(Relaxed) * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.pause.store(pause, Relaxed);
        self.off_until.store(now + pause, Relaxed);
    }
}

/// Decides who spins, and for how long.
pub(super) struct Spin {
    start: Instant,
    cores: usize,
    roles: [Experience; 2],
    bodies: Experience,
}

impl Spin {
    pub(super) fn new(cores: usize) -> Spin {
        Spin { start: env::now(), cores, roles: Default::default(), bodies: Experience::default() }
    }

    fn of(&self, role: Role) -> &Experience {
        let [caller, worker] = &self.roles;
        match role {
            Role::Caller => caller,
            Role::Worker => worker,
        }
    }

    fn micros(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }

    /// How long a leader may spin now, with so many callers waiting.
    pub(super) fn budget(&self, role: Role, callers: usize, now: Instant) -> Option<Duration> {
        let mine = self.of(role);
        if self.cores < 2 || callers > self.cores || mine.short.load(Relaxed) < ENOUGH || self.micros(now) < mine.off_until.load(Relaxed) {
            return None;
        }
        Some(match role {
            Role::Caller => Duration::from_micros(50),
            Role::Worker => Duration::from_micros(20),
        })
    }

    /// A spin brought something.
    pub(super) fn hit(&self, role: Role) {
        self.of(role).pause.store(0, Relaxed);
    }

    /// A spin was in vain.
    pub(super) fn missed(&self, role: Role, now: Instant) {
        self.of(role).put_off(self.micros(now));
    }

    /// How long to look for the next part of a large body.
    pub(super) fn filling(&self, now: Instant) -> Option<Duration> {
        let looks = self.cores >= 2 && self.micros(now) >= self.bodies.off_until.load(Relaxed);
        looks.then_some(PART)
    }

    /// The next part came while it was looked for.
    pub(super) fn filled(&self) {
        self.bodies.pause.store(0, Relaxed);
    }

    /// It didn't.
    pub(super) fn not_filled(&self, now: Instant) {
        self.bodies.put_off(self.micros(now));
    }

    /// A wait ended because what was waited for came.
    pub(super) fn waited(&self, role: Role, time: Duration) {
        let short = &self.of(role).short;
        if time > SHORT {
            short.store(0, Relaxed);
        } else if short.load(Relaxed) < ENOUGH {
            short.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_after_short_waits() {
        let spin = Spin::new(2);
        for _ in 0..ENOUGH {
            assert_eq!(spin.budget(Role::Caller, 1, env::now()), None);
            spin.waited(Role::Caller, SHORT / 2);
        }
        assert!(spin.budget(Role::Caller, 1, env::now()).is_some());
        assert_eq!(spin.budget(Role::Worker, 1, env::now()), None);
        spin.waited(Role::Caller, SHORT * 2);
        assert_eq!(spin.budget(Role::Caller, 1, env::now()), None);
    }

    #[test]
    fn a_miss_turns_it_off_for_longer_each_time() {
        let spin = Spin::new(2);
        (0..ENOUGH).for_each(|_| spin.waited(Role::Worker, Duration::ZERO));
        let start = env::now();
        spin.missed(Role::Worker, start);
        assert_eq!(spin.budget(Role::Worker, 0, start + Duration::from_micros(FIRST_PAUSE / 2)), None);
        let later = start + Duration::from_micros(FIRST_PAUSE + 1);
        assert!(spin.budget(Role::Worker, 0, later).is_some());
        spin.missed(Role::Worker, later);
        assert_eq!(spin.budget(Role::Worker, 0, later + Duration::from_micros(FIRST_PAUSE + 1)), None);
        spin.hit(Role::Worker);
        spin.missed(Role::Worker, later);
        assert!(spin.budget(Role::Worker, 0, later + Duration::from_micros(FIRST_PAUSE + 1)).is_some());
    }

    #[test]
    fn never_on_one_core_nor_with_more_callers_than_cores() {
        let (one, two) = (Spin::new(1), Spin::new(2));
        for spin in [&one, &two] {
            (0..ENOUGH).for_each(|_| spin.waited(Role::Caller, Duration::ZERO));
        }
        assert_eq!(one.budget(Role::Caller, 1, env::now()), None);
        assert_eq!(two.budget(Role::Caller, 3, env::now()), None);
        assert!(two.budget(Role::Caller, 2, env::now()).is_some());
    }
}
