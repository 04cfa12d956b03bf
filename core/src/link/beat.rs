//! The heartbeat of a node's links: pings, silence, idle links, links that are leaving, bodies that found no way.

use super::{
    Links, Verdict,
    links::Entry,
    pulse::{BEAT, Beat, Look, STALLED},
};
use crate::{
    env,
    wire::{Frame, FrameKind},
};
use std::{
    sync::{
        Arc, Weak,
        atomic::Ordering::{Relaxed, SeqCst},
    },
    time::Instant,
};
use tokio::time::sleep;

/// Starts the one task of a node; it ends when there is no link. Whether it runs.
pub(super) fn start(links: Weak<Links>) -> bool {
    env::spawn(async move {
        let mut last = env::now();
        loop {
            sleep(BEAT).await;
            let Some(links) = links.upgrade() else { return };
            let now = env::now();
            let stalled = now.saturating_duration_since(last) > STALLED;
            last = now;
            if !links.beat(now, stalled) {
                return;
            }
        }
    })
    .is_ok()
}

impl Links {
    fn beat(&self, now: Instant, stalled: bool) -> bool {
        let entries: Vec<Arc<Entry>> = {
            let mut state = self.state.lock();
            if state.pairs.is_empty() {
                state.beating = false;
                return false;
            }
            state.pairs.values().cloned().collect()
        };
        for entry in &entries {
            self.feel(entry, now, stalled);
            self.go_on_retiring(entry);
        }
        for body in self.outgoing.overdue(now) {
            self.give_up(&body, "none came up in time");
        }
        self.rendezvous.sweep(now);
        true
    }

    fn feel(&self, Entry { link, guest, .. }: &Entry, now: Instant, stalled: bool) {
        let busy = link.outstanding() > 0;
        let (beat, idle) = {
            let mut watch = guest.pulse.lock();
            let calls = guest.calls.load(Relaxed);
            if busy || calls != watch.calls {
                watch.calls = calls;
                watch.idle_since = now;
            }
            let beat = watch.pulse.beat(Look { heard: link.last_heard(), busy, stalled }, now);
            (beat, now.saturating_duration_since(watch.idle_since))
        };
        let live = || self.live.load().get(&guest.peer).is_some_and(|entry| entry.guest.serial == guest.serial);
        match beat {
            Beat::Rest => {}
            Beat::Ping => {
                let _ = link.send(Frame::number(FrameKind::Ping, guest.serial));
            }
            Beat::Suspect if live() => self.probe.verdict(guest.peer, Verdict::Suspect, "it left a ping unanswered for 500 ms"),
            Beat::Alive if live() => self.probe.verdict(guest.peer, Verdict::Alive, "it answered again"),
            Beat::Suspect | Beat::Alive => {}
            Beat::Dead => link.give_up("nothing came for 3 s"),
        }
        let retiring = guest.retiring.load(SeqCst);
        if !retiring && idle >= self.limits.idle && !self.keep_idle.load(Relaxed) {
            self.retire(guest.serial);
        }
    }
}
