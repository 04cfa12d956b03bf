//! The bytes that a node may hold in queues and half-received bodies.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// A bound on bytes, shared by everything that holds some.
#[derive(Debug)]
pub struct Budget {
    used: AtomicUsize,
    most: usize,
}

impl Budget {
    /// A budget of `most` bytes.
    pub fn new(most: usize) -> Arc<Budget> {
        Arc::new(Budget { used: AtomicUsize::new(0), most })
    }

    /// Takes `bytes`, if so many are left. Dropping the reservation gives them back.
    pub fn reserve(self: &Arc<Budget>, bytes: usize) -> Option<Reserved> {
        let taken = self.used.fetch_update(Relaxed, Relaxed, |used| used.checked_add(bytes).filter(|sum| *sum <= self.most));
        taken.is_ok().then(|| Reserved { budget: self.clone(), bytes })
    }

    /// As [`Budget::reserve`], as long as half of the budget is left.
    pub fn reserve_from_half(self: &Arc<Budget>, bytes: usize) -> Option<Reserved> {
        self.reserve(bytes).filter(|_| self.used() <= self.most / 2)
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.used.load(Relaxed)
    }
}

/// Part of a [`Budget`].
#[derive(Debug)]
pub struct Reserved {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Reserved {
    /// Takes `more` bytes on top; without them nothing changes.
    pub fn grow(&mut self, more: usize) -> bool {
        match self.budget.reserve(more) {
            Some(mut extra) => {
                self.bytes += std::mem::take(&mut extra.bytes);
                true
            }
            None => false,
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_comes_back() {
        let budget = Budget::new(100);
        let mut some = budget.reserve(60).unwrap();
        assert!(budget.reserve(41).is_none());
        assert!(some.grow(40) && !some.grow(1));
        assert!(budget.reserve(usize::MAX).is_none());
        assert_eq!(budget.used(), 100);
        drop(some);
        assert_eq!(budget.used(), 0);
    }
}
