//! Cheap random numbers for choices, not for secrets.

use super::random;
use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

/// For ids that are to differ but need not be unguessable.
pub fn cheap_random() -> u64 {
    static DICE: LazyLock<Dice> = LazyLock::new(Dice::new);
    DICE.next()
}

/// SplitMix64: a counter, scrambled. Threads share one without a lock.
#[derive(Debug)]
pub struct Dice(AtomicU64);

impl Dice {
    /// Different in every process.
    pub fn new() -> Dice {
        Dice::seeded(u64::from_le_bytes(random()))
    }

    /// The same sequence for the same seed.
    pub const fn seeded(seed: u64) -> Dice {
        Dice(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 for the bounds 0 and 1.
    pub fn below(&self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// True with this probability.
    pub fn chance(&self, probability: f64) -> bool {
        ((self.next() >> 11) as f64) < probability * (1u64 << 53) as f64
    }
}

impl Default for Dice {
    fn default() -> Dice {
        Dice::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fair_enough() {
        let dice = Dice::seeded(1);
        let mut counts = [0; 5];
        (0..50_000).for_each(|_| counts[dice.below(5)] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        let hits = (0..10_000).filter(|_| dice.chance(0.3)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
        assert_eq!((dice.below(0), dice.below(1)), (0, 0));
        assert!(!dice.chance(0.0) && dice.chance(1.0));
    }
}
