//! What one link tells its node: the receiver behind every link, which puts large bodies together and knows its link's place in the cache.

use super::{Link, LinkEnd, Links, Purpose, Receiver, pulse::Pulse, rendezvous::Out};
use crate::{
    config::NodeId,
    env,
    error::{Executed, Result},
    wire::{Frame, FrameKind},
};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::*},
    },
    time::Instant,
};

/// Flags of a `GoAway` that ends one link and not its node: the sender has no open call on it and starts none.
pub(super) const RETIRED: u8 = 1;

/// The state that belongs to one link. The link holds it as its receiver.
pub(super) struct Guest {
    pub(super) links: Weak<Links>,
    pub(super) serial: u64,
    pub(super) peer: NodeId,
    pub(super) purpose: Purpose,
    pub(super) born: Instant,
    max_payload: usize,
    /// Calls in either direction: what keeps a link from being idle.
    pub(super) calls: AtomicU64,
    /// No new call is to go this way.
    pub(super) retiring: AtomicBool,
    /// Our `GoAway` with [`RETIRED`] was sent; the peer's came.
    pub(super) said: AtomicBool,
    pub(super) heard: AtomicBool,
    /// It ended, perhaps before it was entered anywhere.
    pub(super) ended: AtomicBool,
    pub(super) pulse: Mutex<Watch>,
}

/// What the beats of a link remember.
pub(super) struct Watch {
    pub(super) pulse: Pulse,
    /// How many calls there were, and since when no more.
    pub(super) calls: u64,
    pub(super) idle_since: Instant,
}

impl Guest {
    pub(super) fn new(links: Weak<Links>, serial: u64, peer: NodeId, purpose: Purpose, max_payload: usize) -> Arc<Guest> {
        let born = env::now();
        Arc::new(Guest {
            links,
            serial,
            peer,
            purpose,
            born,
            max_payload,
            calls: AtomicU64::new(0),
            retiring: AtomicBool::new(false),
            said: AtomicBool::new(false),
            heard: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            pulse: Mutex::new(Watch { pulse: Pulse::default(), calls: 0, idle_since: born }),
        })
    }

    fn on_pair(&self, links: &Arc<Links>, link: &Arc<Link>, frame: Frame) -> Result<()> {
        match frame.kind {
            FrameKind::Bulk => {
                let announced = frame.flags != 0;
                let out = links.rendezvous.announce(self.peer, self.serial, link, frame, env::now())?;
                links.put_out(out);
                if announced && link.peer().dialled_by_us {
                    links.need_bulk(link);
                }
            }
            FrameKind::GoAway if frame.flags == RETIRED => {
                self.heard.store(true, SeqCst);
                links.retire(self.serial);
            }
            FrameKind::Cancel => {
                if !links.rendezvous.cancel(self.peer, self.serial, frame.id) {
                    links.receiver.frame(link, frame);
                }
            }
            FrameKind::Item => {
                self.calls.fetch_add(1, Relaxed);
                links.receiver.frame(link, frame);
            }
            FrameKind::Call | FrameKind::End => {
                self.calls.fetch_add(1, Relaxed);
                if let Some(frame) = links.rendezvous.pass(self.serial, frame)? {
                    links.receiver.frame(link, frame);
                }
            }
            _ => links.receiver.frame(link, frame),
        }
        Ok(())
    }

    fn on_bulk(&self, links: &Arc<Links>, link: &Arc<Link>, frame: Frame) -> Result<()> {
        if frame.kind == FrameKind::Bulk {
            links.put_out(links.rendezvous.piece(self.peer, frame.id, frame.body, env::now())?);
        } else {
            tracing::debug!("a {:?} frame of `{}` on a bulk link was ignored", frame.kind, link.peer().name);
        }
        Ok(())
    }
}

impl Receiver for Guest {
    fn frame(&self, link: &Arc<Link>, frame: Frame) {
        let Some(links) = self.links.upgrade() else { return link.close(false) };
        let done = match self.purpose {
            Purpose::Pair => self.on_pair(&links, link, frame),
            Purpose::Bulk => self.on_bulk(&links, link, frame),
        };
        if let Err(e) = done {
            tracing::warn!("the link to `{}` is given up: {}", link.peer().name, e.message());
            link.give_up(e.message());
        }
    }

    fn closed(&self, link: &Arc<Link>, end: &LinkEnd) {
        self.ended.store(true, SeqCst);
        if let Some(links) = self.links.upgrade() {
            match self.purpose {
                Purpose::Pair => links.pair_closed(self, link, end),
                Purpose::Bulk => links.bulk_closed(self, link),
            }
        }
    }

    fn max_payload(&self) -> usize {
        self.max_payload
    }
}

impl Links {
    /// Passes on what the rendezvous completed or failed.
    pub(super) fn put_out(&self, out: Vec<Out<Arc<Link>>>) {
        for out in out {
            match out {
                // An answer was looked up in the table of the link that announced it, as if it had come there.
                Out::Deliver(link, frame) if matches!(frame.kind, FrameKind::Reply | FrameKind::Fail) => {
                    let _ = link.deliver(frame);
                }
                Out::Deliver(link, frame) => self.receiver.frame(&link, frame),
                Out::Fail { link, frame, error } if frame.kind == FrameKind::Call => {
                    let error = error.executed(Executed::No).node(self.me.name.clone());
                    let _ = link.send(Frame::new(FrameKind::Fail, frame.id, error.encode().into()));
                }
                Out::Fail { link, frame, error } if matches!(frame.kind, FrameKind::Reply | FrameKind::Fail) => {
                    let error = error.node(link.peer().name.clone());
                    link.resolve(frame.id, super::Answer::Fail { error: error.encode().into(), load: link.load() });
                }
                // Part of a stream was lost: an end without a number ends it as it stands.
                Out::Fail { link, frame, error } => {
                    let error = error.node(link.peer().name.clone());
                    let end = Frame { flags: frame.flags, ..Frame::new(FrameKind::End, frame.id, error.encode().into()) };
                    self.receiver.frame(&link, end);
                }
            }
        }
    }
}
