//! The outstanding calls of one link. An answer is looked up here and nowhere else, so no peer can answer another peer's call.

use super::Link;
use crate::error::{Error, Executed, Kind, Result};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::*},
    },
};

/// One outstanding call: told exactly once how it ended, on whatever thread leads. It may only queue, never block.
pub trait Answered: Send + Sync {
    /// The call is about to go out on this link, under this id. Called under a lock of the link: it may only note it down.
    fn entering(&self, _link: &Arc<Link>, _id: u64) {}

    /// The call ended.
    fn answered(self: Arc<Self>, answer: Answer);
}

/// How a call ended.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With a result.
    Reply {
        /// The encoded result.
        payload: Bytes,
        /// What runs and waits at the provider.
        load: u32,
    },
    /// With a stream, whose items follow.
    Stream {
        /// The link that brings them.
        link: Arc<Link>,
        /// The call's id there.
        id: u64,
        /// What runs and waits at the provider.
        load: u32,
    },
    /// With an error of the provider or its handler.
    Fail {
        /// The encoded error.
        error: Bytes,
        /// What runs and waits at the provider.
        load: u32,
    },
    /// Not at all: the link ended, or the peer refused further calls.
    Lost {
        /// Whether the handler may have run.
        executed: Executed,
        /// What happened.
        why: String,
    },
}

struct Open {
    calls: HashMap<u64, Arc<dyn Answered>>,
    last: u64,
    /// Why no further call is taken.
    refused: Option<String>,
}

pub(super) struct Table {
    open: Mutex<Open>,
    count: AtomicUsize,
}

impl Table {
    pub(super) fn new() -> Table {
        Table { open: Mutex::new(Open { calls: HashMap::new(), last: 0, refused: None }), count: AtomicUsize::new(0) }
    }

    /// Draws an id, enters the call, and queues its frame, all in one step: so ids rise on the wire, and a call that is in the table is
    /// also in the queue or beyond it.
    pub(super) fn enter(&self, answered: Arc<dyn Answered>, queue: impl FnOnce(u64) -> Result<()>) -> Result<u64> {
        let mut open = self.open.lock();
        if let Some(why) = &open.refused {
            return Err(Error::new(Kind::Unavailable, why.clone()));
        }
        let id = open.last + 1;
        queue(id)?;
        open.last = id;
        open.calls.insert(id, answered);
        self.count.fetch_add(1, Relaxed);
        Ok(id)
    }

    /// Removes the call, if it is still open.
    pub(super) fn take(&self, id: u64) -> Option<Arc<dyn Answered>> {
        let answered = self.open.lock().calls.remove(&id);
        if answered.is_some() {
            self.count.fetch_sub(1, Relaxed);
        }
        answered
    }

    /// No further calls.
    pub(super) fn refuse(&self, why: &str) {
        self.open.lock().refused.get_or_insert_with(|| why.to_owned());
    }

    pub(super) fn is_refusing(&self) -> bool {
        self.open.lock().refused.is_some()
    }

    /// No further calls; removes those above this id.
    pub(super) fn cut_above(&self, id: u64, why: &str) -> Vec<(u64, Arc<dyn Answered>)> {
        let mut open = self.open.lock();
        open.refused.get_or_insert_with(|| why.to_owned());
        let cut: Vec<_> = open.calls.extract_if(|call, _| *call > id).collect();
        self.count.fetch_sub(cut.len(), Relaxed);
        cut
    }

    /// How many calls are open.
    pub(super) fn count(&self) -> usize {
        self.count.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl Answered for Nobody {
        fn answered(self: Arc<Self>, _answer: Answer) {}
    }

    #[test]
    fn ids_rise_and_a_refused_frame_leaves_no_call() {
        let table = Table::new();
        assert_eq!(table.enter(Arc::new(Nobody), |_| Ok(())).unwrap(), 1);
        assert!(table.enter(Arc::new(Nobody), |_| Err(Error::new(Kind::Overloaded, "full"))).is_err());
        assert_eq!(table.enter(Arc::new(Nobody), |_| Ok(())).unwrap(), 2);
        assert_eq!(table.count(), 2);
        assert!(table.take(1).is_some() && table.take(1).is_none());
    }

    #[test]
    fn going_away_cuts_what_lies_above() {
        let table = Table::new();
        for _ in 0..5 {
            table.enter(Arc::new(Nobody), |_| Ok(())).unwrap();
        }
        let mut cut: Vec<_> = table.cut_above(3, "draining").into_iter().map(|(id, _)| id).collect();
        cut.sort_unstable();
        assert_eq!((cut, table.count()), (vec![4, 5], 3));
        assert_eq!(table.enter(Arc::new(Nobody), |_| Ok(())).unwrap_err().message(), "draining");
    }
}
