//! The task that sends what gathered, and what found a full queue, a little later. It runs only while there is something.

use super::{PAUSE, Sender};
use crate::env;
use parking_lot::Mutex;
use std::sync::Weak;
use tokio::time::sleep;

static DUE: Mutex<Due> = Mutex::new(Due { senders: Vec::new(), running: false });

struct Due {
    senders: Vec<Weak<Sender>>,
    running: bool,
}

/// Flushes a sender after the pause. False: there is no runtime, and nothing will.
pub(super) fn later(sender: Weak<Sender>) -> bool {
    let mut due = DUE.lock();
    due.senders.push(sender);
    if due.running {
        return true;
    }
    due.running = env::spawn(run()).is_ok();
    due.running
}

async fn run() {
    loop {
        sleep(PAUSE).await;
        let senders = {
            let mut due = DUE.lock();
            if due.senders.is_empty() {
                due.running = false;
                return;
            }
            std::mem::take(&mut due.senders)
        };
        senders.iter().filter_map(Weak::upgrade).for_each(|sender| sender.flush_due());
    }
}
