//! The outgoing side of bulk transfers: bodies above 64 KiB, announced on the pair link, sent piece by piece on a second link.
//!
//! Until there is a bulk link a body waits here, within the node's budget. A body is given to the link in pieces, so that several take
//! turns and none fills the link's queue; if the link ends, what it may have lost is withdrawn on the pair link, so that exactly the calls
//! concerned fail.

use super::{Link, budget::Reserved, rendezvous::announcement};
use crate::{
    config::NodeId,
    error::Kind,
    wire::{Extensions, Frame, FrameKind, MAX_PIECE},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Largest body that travels in its own frame on the pair link.
pub const INLINE_MOST: usize = 64 << 10;
/// A piece of a body on the bulk link.
const PIECE: usize = 1 << 20;
/// How much longer the last piece may be, so that a value of a round size and the few bytes around it need no second one: a body in one
/// piece is never copied together.
const TAIL: usize = MAX_PIECE - PIECE;
/// A body that found no bulk link within this time is given up.
const LINK_TIME: Duration = Duration::from_secs(10);
/// Transfers remembered as given to the current link, to be withdrawn if it breaks.
const HANDED_MOST: usize = 1024;
/// Flags of a `Bulk` frame on the pair link that takes an announcement back.
const WITHDRAWN: u8 = 0;

/// A body on its way out.
pub(super) struct Body {
    pub(super) transfer: u64,
    /// The pair link that announced it.
    pub(super) pair: Arc<Link>,
    /// Kind and call of the announced frame, and whether it is of the caller's input.
    pub(super) kind: FrameKind,
    pub(super) id: u64,
    pub(super) input: bool,
    pub(super) bytes: Bytes,
    pub(super) at: usize,
    pub(super) since: Instant,
    pub(super) _reserved: Reserved,
}

impl Body {
    pub(super) fn withdraw(&self) {
        let _ = self.pair.send(withdrawal(self.transfer));
    }
}

/// What is to be done after a pump stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pumped {
    /// Nothing: all is given to the link, somebody else pumps, or there is no link.
    Rest,
    /// The link's queue is full: [`Outgoing::go_on`] a little later.
    Full,
}

#[derive(Default)]
struct Peer {
    link: Option<(u64, Arc<Link>)>,
    queue: VecDeque<Body>,
    handed: VecDeque<(u64, Arc<Link>)>,
    pumping: bool,
    dialling: bool,
}

/// Outgoing bodies of a node, by peer.
#[derive(Default)]
pub(super) struct Outgoing {
    last: AtomicU64,
    peers: Mutex<HashMap<NodeId, Peer>>,
}

impl Outgoing {
    pub(super) fn draw(&self) -> u64 {
        self.last.fetch_add(1, Relaxed) + 1
    }

    /// Enters an announced body and sends what it can.
    pub(super) fn start(&self, peer: NodeId, body: Body) -> Pumped {
        self.peers.lock().entry(peer).or_default().queue.push_back(body);
        self.pump(peer)
    }

    /// A bulk link is open: what waits for it goes out. The link that was there before, if any.
    pub(super) fn link_up(&self, peer: NodeId, serial: u64, link: &Arc<Link>) -> (Option<Arc<Link>>, Pumped) {
        let old = {
            let mut peers = self.peers.lock();
            let entry = peers.entry(peer).or_default();
            entry.dialling = false;
            entry.link.replace((serial, link.clone())).map(|(_, old)| old)
        };
        (old, self.pump(peer))
    }

    /// A bulk link ended: what it may have lost is withdrawn; what it never got waits for the next one. Whether anything does.
    pub(super) fn link_down(&self, peer: NodeId, serial: u64) -> bool {
        let (handed, broken, waits) = {
            let mut peers = self.peers.lock();
            let Some(entry) = peers.get_mut(&peer) else { return false };
            if entry.link.as_ref().is_none_or(|(s, _)| *s != serial) {
                return !entry.queue.is_empty();
            }
            entry.link = None;
            let handed = std::mem::take(&mut entry.handed);
            let (broken, whole): (VecDeque<_>, VecDeque<_>) = entry.queue.drain(..).partition(|body| body.at > 0);
            entry.queue = whole;
            (handed, broken, !entry.queue.is_empty())
        };
        for (transfer, pair) in handed {
            let _ = pair.send(withdrawal(transfer));
        }
        broken.iter().for_each(Body::withdraw);
        waits
    }

    /// Whether a bulk link to the peer must be dialled; if so the caller does it and tells by [`Outgoing::link_up`] or [`Outgoing::dial_failed`].
    pub(super) fn must_dial(&self, peer: NodeId) -> bool {
        let mut peers = self.peers.lock();
        let entry = peers.entry(peer).or_default();
        if entry.link.is_some() || entry.dialling {
            return false;
        }
        entry.dialling = true;
        true
    }

    /// No bulk link could be made: takes out what waits for it.
    pub(super) fn dial_failed(&self, peer: NodeId) -> Vec<Body> {
        let mut peers = self.peers.lock();
        let Some(entry) = peers.get_mut(&peer) else { return Vec::new() };
        entry.dialling = false;
        if entry.link.is_some() { Vec::new() } else { entry.queue.drain(..).collect() }
    }

    /// A pair link ended: the bodies that it announced go no further.
    pub(super) fn drop_bodies(&self, pair: &Arc<Link>) {
        if let Some(entry) = self.peers.lock().get_mut(&pair.peer().node) {
            entry.queue.retain(|body| !Arc::ptr_eq(&body.pair, pair));
            entry.handed.retain(|(_, link)| !Arc::ptr_eq(link, pair));
        }
    }

    /// The caller of this call gave up: what was not sent of its body goes no further.
    pub(super) fn drop_call(&self, pair: &Arc<Link>, id: u64) {
        let gone = {
            let mut peers = self.peers.lock();
            let Some(entry) = peers.get_mut(&pair.peer().node) else { return };
            let mine = |body: &Body| Arc::ptr_eq(&body.pair, pair) && body.id == id && body.kind == FrameKind::Call;
            entry.queue.iter().position(mine).and_then(|at| entry.queue.remove(at))
        };
        if let Some(body) = gone {
            body.withdraw();
        }
    }

    /// Nobody wants the items of this stream: what was not sent of them goes no further.
    pub(super) fn drop_items(&self, pair: &Arc<Link>, id: u64, input: bool) {
        let gone: Vec<Body> = {
            let mut peers = self.peers.lock();
            let Some(entry) = peers.get_mut(&pair.peer().node) else { return };
            let mine = |body: &Body| Arc::ptr_eq(&body.pair, pair) && (body.id, body.input, body.kind) == (id, input, FrameKind::Item);
            let (gone, stays): (VecDeque<_>, VecDeque<_>) = entry.queue.drain(..).partition(mine);
            entry.queue = stays;
            gone.into()
        };
        gone.iter().for_each(Body::withdraw);
    }

    /// How many bodies for this peer are not wholly given to their link.
    pub(super) fn queued(&self, peer: NodeId) -> usize {
        self.peers.lock().get(&peer).map_or(0, |entry| entry.queue.len())
    }

    /// Bodies that waited too long for a bulk link.
    pub(super) fn overdue(&self, now: Instant) -> Vec<Body> {
        let mut gone = Vec::new();
        for entry in self.peers.lock().values_mut().filter(|entry| entry.link.is_none() && !entry.queue.is_empty()) {
            let (old, stays): (VecDeque<_>, VecDeque<_>) =
                entry.queue.drain(..).partition(|body| now.saturating_duration_since(body.since) > LINK_TIME);
            entry.queue = stays;
            gone.extend(old);
        }
        gone
    }

    /// No pair link to the peer is left: its bulk link, to be closed.
    pub(super) fn forget(&self, peer: NodeId) -> Option<Arc<Link>> {
        self.peers.lock().remove(&peer).and_then(|entry| entry.link).map(|(_, link)| link)
    }

    /// Whether any body is not wholly given to its link.
    pub(super) fn is_busy(&self) -> bool {
        self.peers.lock().values().any(|entry| !entry.queue.is_empty())
    }

    /// Every bulk link.
    pub(super) fn links(&self) -> Vec<Arc<Link>> {
        self.peers.lock().values().filter_map(|entry| entry.link.as_ref().map(|(_, link)| link.clone())).collect()
    }

    /// Goes on after [`Pumped::Full`].
    pub(super) fn go_on(&self, peer: NodeId) -> Pumped {
        if let Some(entry) = self.peers.lock().get_mut(&peer) {
            entry.pumping = false;
        }
        self.pump(peer)
    }

    /// Gives pieces to the link in turns until nothing is left or its queue is full. One thread at a time; the lock is not held while sending,
    /// because a link that ends may come back here.
    fn pump(&self, peer: NodeId) -> Pumped {
        let mut mine = false;
        loop {
            let (serial, link, frame, transfer, end) = {
                let mut peers = self.peers.lock();
                let Some(entry) = peers.get_mut(&peer) else { return Pumped::Rest };
                if entry.pumping && !mine {
                    return Pumped::Rest;
                }
                let (Some((serial, link)), Some(body)) = (&entry.link, entry.queue.front()) else {
                    entry.pumping = false;
                    return Pumped::Rest;
                };
                let end = piece_end(body.at, body.bytes.len());
                let frame = Frame {
                    kind: FrameKind::Bulk,
                    flags: 0,
                    id: body.transfer,
                    extensions: Extensions::default(),
                    body: body.bytes.slice(body.at..end),
                };
                let step = (*serial, link.clone(), frame, body.transfer, end);
                entry.pumping = true;
                mine = true;
                step
            };
            let sent = link.send(frame);
            let mut peers = self.peers.lock();
            let Some(entry) = peers.get_mut(&peer) else { return Pumped::Rest };
            match sent {
                Ok(()) => {
                    // It may have been dropped meanwhile.
                    let Some(mut body) = entry.queue.pop_front_if(|body| body.transfer == transfer) else { continue };
                    if entry.link.as_ref().is_none_or(|(now, _)| *now != serial) {
                        // The link ended meanwhile, and whoever noticed did not know of this piece: it may be lost.
                        drop(peers);
                        body.withdraw();
                        continue;
                    }
                    body.at = end;
                    if body.at < body.bytes.len() {
                        entry.queue.push_back(body);
                    } else {
                        if entry.handed.len() >= HANDED_MOST {
                            entry.handed.pop_front();
                        }
                        entry.handed.push_back((transfer, body.pair));
                    }
                }
                Err(e) if e.kind() == Kind::Overloaded => return Pumped::Full,
                Err(_) => {
                    entry.pumping = false;
                    drop(peers);
                    self.link_down(peer, serial);
                    return Pumped::Rest;
                }
            }
        }
    }
}

/// Where the piece that begins at `at` ends.
fn piece_end(at: usize, length: usize) -> usize {
    let left = length - at;
    at + if left <= PIECE + TAIL { left } else { PIECE }
}

/// The frame that takes an announcement back.
fn withdrawal(transfer: u64) -> Frame {
    Frame { flags: WITHDRAWN, ..Frame::new(FrameKind::Bulk, 0, announcement(transfer, 0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_round_size_is_one_piece_with_its_head() {
        assert_eq!(piece_end(0, PIECE + 16), PIECE + 16);
        assert_eq!(piece_end(0, PIECE + TAIL), PIECE + TAIL);
        assert_eq!(piece_end(0, PIECE + TAIL + 1), PIECE);
        assert_eq!(piece_end(PIECE, 2 * PIECE + 16), 2 * PIECE + 16);
    }
}
