//! One write for what a thread sends in a row.

use super::reactor::Reactor;
use std::{cell::RefCell, sync::Arc};

/// Links by their keys.
type Unwritten = Vec<(Arc<Reactor>, u64)>;

thread_local! {
    /// The links to which this thread has queued frames that it did not write yet; `None` while every frame is written at once.
    static HELD: RefCell<Option<Unwritten>> = const { RefCell::new(None) };
}

/// Runs `body`; what it sends is queued, and written once for each link when it returns (or unwinds). Whoever writes to such a link
/// meanwhile takes the queued frames along, and a link that ends fails them, so `body` may not wait for an answer but can't lose one.
pub fn together<T>(body: impl FnOnce() -> T) -> T {
    let _held = HELD.with_borrow_mut(|held| held.is_none().then(|| *held = Some(Vec::new()))).map(|()| Held);
    body()
}

struct Held;

impl Drop for Held {
    fn drop(&mut self) {
        // Taken out first: from now on this thread's flushes write.
        for (reactor, key) in HELD.take().unwrap_or_default() {
            reactor.flush(key);
        }
    }
}

/// Remembers a link for the end of [`together`]; false outside it.
pub(super) fn hold(reactor: &Arc<Reactor>, key: u64) -> bool {
    HELD.with_borrow_mut(|held| {
        let Some(held) = held else { return false };
        if !held.iter().any(|(_, other)| *other == key) {
            held.push((reactor.clone(), key));
        }
        true
    })
}
