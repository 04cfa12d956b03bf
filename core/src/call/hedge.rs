//! When a call that takes longer than most gets a second attempt: one task waits for all of them.

use super::OpenCall;
use crate::env;
use parking_lot::Mutex;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    sync::{LazyLock, Weak},
    time::Instant,
};
use tokio::sync::Notify;

/// Most calls that wait for their second attempt: one beyond has to do with its first.
const MOST: usize = 65_536;

static WAITING: LazyLock<Mutex<Waiting>> = LazyLock::new(Mutex::default);
static EARLIER: LazyLock<Notify> = LazyLock::new(Notify::new);

#[derive(Default)]
struct Waiting {
    due: BinaryHeap<Reverse<(Instant, u64)>>,
    calls: BTreeMap<u64, Weak<OpenCall>>,
    next: u64,
    started: bool,
}

/// Hedges the call at this time unless it is over by then. Calls of one method wait about equally long, so a new one seldom wakes the task.
pub(super) fn at(due: Instant, call: Weak<OpenCall>) {
    let mut waiting = WAITING.lock();
    if waiting.due.len() >= MOST {
        return;
    }
    let earliest = waiting.due.peek().is_none_or(|Reverse((first, _))| due < *first);
    let number = waiting.next;
    waiting.next += 1;
    waiting.due.push(Reverse((due, number)));
    waiting.calls.insert(number, call);
    if !waiting.started {
        // Without a runtime there are no calls either.
        waiting.started = env::spawn(run()).is_ok();
    }
    drop(waiting);
    if earliest {
        EARLIER.notify_one();
    }
}

async fn run() {
    loop {
        let next = WAITING.lock().due.peek().map(|Reverse((due, _))| *due);
        let wait = async {
            match next {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => due().iter().filter_map(Weak::upgrade).for_each(|call| call.hedge()),
            () = EARLIER.notified() => {}
        }
    }
}

fn due() -> Vec<Weak<OpenCall>> {
    let (now, mut waiting) = (env::now(), WAITING.lock());
    let mut found = Vec::new();
    while let Some(Reverse((due, number))) = waiting.due.peek().copied() {
        if due > now {
            break;
        }
        waiting.due.pop();
        found.extend(waiting.calls.remove(&number));
    }
    found
}
