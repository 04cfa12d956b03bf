//! Where announcements (on the pair link) and bodies (on the bulk link) wait for each other. Either may come first.
//!
//! A call's input and its end wait behind the call's own body, so that they find it. Frames of other calls overtake, and so do the items of
//! streams, which are numbered. Nothing is kept for a body before its announcement was checked, except what came
//! early, and that within the node's budget.

use super::{
    budget::{Budget, Reserved},
    growing::Growing,
};
use crate::{
    config::NodeId,
    error::{Error, Executed, Kind, Result},
    wire::{Frame, FrameKind, flag},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Most transfers under way from one peer, refused ones included.
const TRANSFERS_MOST: usize = 1024;
/// Most frames that wait behind a body.
const BEHIND_MOST: usize = 256;
/// Most pieces of a body that came before its announcement.
const EARLY_PIECES: usize = 1024;
/// What nobody claims, or nobody wants any more, is forgotten after this time.
const FORGET: Duration = Duration::from_secs(60);

/// What comes out of the rendezvous.
#[derive(Debug)]
pub(super) enum Out<L> {
    /// A frame is complete, and its turn has come.
    Deliver(L, Frame),
    /// An announced frame will never be complete.
    Fail {
        /// The pair link that announced it.
        link: L,
        /// The announced frame without its body.
        frame: Frame,
        /// Why.
        error: Error,
    },
}

/// One call of one pair link and direction; its frames stay in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Stream {
    pair: u64,
    answer: bool,
    id: u64,
}

impl Stream {
    /// None for a frame that overtakes: it has a number of its own, or belongs to nothing that waits.
    fn of(pair: u64, frame: &Frame) -> Option<Stream> {
        let answer = match frame.kind {
            FrameKind::Reply | FrameKind::Fail => true,
            FrameKind::Call => false,
            FrameKind::End if frame.flags & (flag::INPUT | flag::STOP) == flag::INPUT => false,
            _ => return None,
        };
        Some(Stream { pair, answer, id: frame.id })
    }
}

enum Turn {
    Waits(u64),
    Ready(Frame),
}

enum State<L> {
    /// Pieces came before the announcement.
    Early { pieces: Vec<Bytes>, _reserved: Reserved },
    /// Announced; the body grows.
    Announced { link: L, pair: u64, frame: Frame, length: usize, body: Growing, _reserved: Reserved },
    /// Refused or not wanted any more: what still comes is thrown away. `None` = the length was never told.
    Drain { left: Option<usize> },
}

struct Transfer<L> {
    state: State<L>,
    since: Instant,
}

struct Table<L> {
    transfers: HashMap<(NodeId, u64), Transfer<L>>,
    turns: HashMap<Stream, (L, VecDeque<Turn>)>,
    counts: HashMap<NodeId, usize>,
}

/// The incoming side of a node's bulk transfers. `L` is the pair link.
pub(super) struct Rendezvous<L> {
    max_payload: usize,
    budget: Arc<Budget>,
    /// How many streams have a frame waiting: the way past the lock for all others.
    waiting: AtomicUsize,
    table: Mutex<Table<L>>,
}

impl<L: Clone> Rendezvous<L> {
    pub(super) fn new(max_payload: usize, budget: Arc<Budget>) -> Rendezvous<L> {
        let table = Table { transfers: HashMap::new(), turns: HashMap::new(), counts: HashMap::new() };
        Rendezvous { max_payload, budget, waiting: AtomicUsize::new(0), table: Mutex::new(table) }
    }

    /// A `Bulk` frame of a pair link. An error ends the link.
    pub(super) fn announce(&self, peer: NodeId, pair: u64, link: &L, frame: Frame, now: Instant) -> Result<Vec<Out<L>>> {
        let (transfer, length) = read_announcement(&frame.body)?;
        if frame.flags == 0 {
            return Ok(self.withdraw(peer, transfer));
        }
        let kind = frame
            .announced()
            .filter(|kind| matches!(kind, FrameKind::Call | FrameKind::Reply | FrameKind::Fail | FrameKind::Item | FrameKind::End))
            .ok_or_else(|| protocol(format!("a body of kind {} was announced", frame.flags)))?;
        let flags = if frame.flags & flag::BULK_INPUT != 0 { flag::INPUT } else { 0 };
        let announced = Frame { kind, flags, id: frame.id, extensions: frame.extensions, body: Bytes::new() };
        let mut guard = self.table.lock();
        let table = &mut *guard;
        let early = match table.transfers.remove(&(peer, transfer)) {
            None => Vec::new(),
            Some(Transfer { state: State::Early { pieces, .. }, .. }) => {
                table.uncount(peer);
                pieces
            }
            Some(Transfer { state: State::Drain { left: None }, .. }) => {
                table.uncount(peer);
                let error = self.lost(kind, "its body was given up before it was announced");
                return Ok(vec![Out::Fail { link: link.clone(), frame: announced, error }]);
            }
            Some(first) => {
                table.transfers.insert((peer, transfer), first);
                return Err(protocol(format!("transfer {transfer} was announced twice")));
            }
        };
        table.count(peer)?;
        let got: usize = early.iter().map(Bytes::len).sum();
        let refusal = match usize::try_from(length) {
            Ok(length) if length <= self.max_payload => match self.budget.reserve(length) {
                Some(reserved) => Ok((length, reserved)),
                None => Err(Error::new(Kind::Overloaded, format!("no memory is left for a body of {length} bytes"))
                    .advice("Send less at once, or raise `memory`.")),
            },
            _ => Err(Error::new(Kind::PayloadTooLarge, format!("a body of {length} bytes, {} are allowed", self.max_payload))),
        };
        match refusal {
            Ok((length, reserved)) => {
                let turn = Stream::of(pair, &announced);
                let state =
                    State::Announced { link: link.clone(), pair, frame: announced, length, body: Growing::Empty, _reserved: reserved };
                table.transfers.insert((peer, transfer), Transfer { state, since: now });
                if let Some(stream) = turn {
                    let turns = table.turns.entry(stream).or_insert_with(|| (link.clone(), VecDeque::new()));
                    if turns.1.len() >= BEHIND_MOST {
                        return Err(protocol(format!("more than {BEHIND_MOST} frames of one call wait for bodies")));
                    }
                    turns.1.push_back(Turn::Waits(transfer));
                    self.waiting.store(table.turns.len(), Relaxed);
                }
            }
            Err(error) => {
                let executed = if kind == FrameKind::Call { Executed::No } else { Executed::Yes };
                let left = usize::try_from(length).ok().map(|length| length.saturating_sub(got)).filter(|left| *left > 0);
                if left.is_some() {
                    table.transfers.insert((peer, transfer), Transfer { state: State::Drain { left }, since: now });
                } else {
                    table.uncount(peer);
                }
                return Ok(vec![Out::Fail { link: link.clone(), frame: announced, error: error.executed(executed) }]);
            }
        }
        let mut out = Vec::new();
        if early.is_empty() && length == 0 {
            self.add(table, (peer, transfer), Bytes::new(), now, &mut out)?;
        }
        for piece in early {
            self.add(table, (peer, transfer), piece, now, &mut out)?;
        }
        Ok(out)
    }

    /// A `Bulk` frame of a bulk link: the next piece of a body. An error ends that link.
    pub(super) fn piece(&self, peer: NodeId, transfer: u64, piece: Bytes, now: Instant) -> Result<Vec<Out<L>>> {
        let mut out = Vec::new();
        self.add(&mut self.table.lock(), (peer, transfer), piece, now, &mut out)?;
        Ok(out)
    }

    /// Whether a frame of a pair link must wait behind a body of the same call; if not it comes back.
    pub(super) fn pass(&self, pair: u64, frame: Frame) -> Result<Option<Frame>> {
        if self.waiting.load(Relaxed) == 0 {
            return Ok(Some(frame));
        }
        let Some(stream) = Stream::of(pair, &frame) else { return Ok(Some(frame)) };
        let mut table = self.table.lock();
        match table.turns.get_mut(&stream) {
            None => Ok(Some(frame)),
            Some((_, turns)) if turns.len() < BEHIND_MOST => {
                turns.push_back(Turn::Ready(frame));
                Ok(None)
            }
            Some(_) => Err(protocol(format!("more than {BEHIND_MOST} frames of one call wait for bodies"))),
        }
    }

    /// The caller gave up: what waits of its call is dropped. Whether there was anything.
    pub(super) fn cancel(&self, peer: NodeId, pair: u64, id: u64) -> bool {
        if self.waiting.load(Relaxed) == 0 {
            return false;
        }
        let mut table = self.table.lock();
        let found = table.turns.remove(&Stream { pair, answer: false, id });
        self.waiting.store(table.turns.len(), Relaxed);
        let Some((_, turns)) = found else { return false };
        for turn in turns {
            if let Turn::Waits(transfer) = turn {
                table.drain(peer, transfer);
            }
        }
        true
    }

    /// The sender says that this body won't come, or not wholly.
    fn withdraw(&self, peer: NodeId, transfer: u64) -> Vec<Out<L>> {
        let mut guard = self.table.lock();
        let table = &mut *guard;
        let Some(gone) = table.transfers.remove(&(peer, transfer)) else { return Vec::new() };
        table.uncount(peer);
        let State::Announced { link, pair, frame, .. } = gone.state else { return Vec::new() };
        let error = self.lost(frame.kind, "the link that carried its body ended");
        let turn = Stream::of(pair, &frame);
        let mut out = vec![Out::Fail { link, frame, error }];
        let Some(stream) = turn else { return out };
        if let Some((_, turns)) = table.turns.get_mut(&stream) {
            turns.retain(|turn| !matches!(turn, Turn::Waits(t) if *t == transfer));
        }
        self.release(table, stream, &mut out);
        out
    }

    /// Fails everything announced by this peer of which nothing came yet: there is no bulk link and none can be made.
    pub(super) fn give_up(&self, peer: NodeId) -> Vec<Out<L>> {
        let waiting: Vec<u64> = {
            let table = self.table.lock();
            let nothing = |t: &Transfer<L>| matches!(&t.state, State::Announced { body, .. } if body.len() == 0);
            table.transfers.iter().filter(|((p, _), t)| *p == peer && nothing(t)).map(|((_, transfer), _)| *transfer).collect()
        };
        waiting.into_iter().flat_map(|transfer| self.withdraw(peer, transfer)).collect()
    }

    /// A pair link ended: its calls are failed by itself, here they are only forgotten. With `last`, no link to the peer is left.
    pub(super) fn pair_ended(&self, peer: NodeId, pair: u64, last: bool) {
        let mut table = self.table.lock();
        table.turns.retain(|stream, _| stream.pair != pair);
        self.waiting.store(table.turns.len(), Relaxed);
        if last {
            table.transfers.retain(|(p, _), _| *p != peer);
            table.counts.remove(&peer);
            return;
        }
        let of_pair = |t: &Transfer<L>| matches!(&t.state, State::Announced { pair: p, .. } if *p == pair);
        let gone: Vec<u64> = table.transfers.iter().filter(|((p, _), t)| *p == peer && of_pair(t)).map(|((_, t), _)| *t).collect();
        for transfer in gone {
            table.drain(peer, transfer);
        }
    }

    /// Forgets what nobody claimed for a minute.
    pub(super) fn sweep(&self, now: Instant) {
        let mut table = self.table.lock();
        let old = |t: &Transfer<L>| !matches!(t.state, State::Announced { .. }) && now.saturating_duration_since(t.since) > FORGET;
        let gone: Vec<(NodeId, u64)> = table.transfers.iter().filter(|(_, t)| old(t)).map(|(key, _)| *key).collect();
        for key in gone {
            table.transfers.remove(&key);
            table.uncount(key.0);
        }
    }

    /// Whether a body of this peer is awaited.
    pub(super) fn awaits(&self, peer: NodeId) -> bool {
        self.table.lock().transfers.iter().any(|((p, _), t)| *p == peer && matches!(t.state, State::Announced { .. }))
    }

    fn add(&self, table: &mut Table<L>, key: (NodeId, u64), piece: Bytes, now: Instant, out: &mut Vec<Out<L>>) -> Result<()> {
        let full = || protocol("bodies without an announcement fill the memory");
        let Some(transfer) = table.transfers.get_mut(&key) else {
            let reserved = self.budget.reserve(piece.len()).ok_or_else(full)?;
            table.count(key.0)?;
            table.transfers.insert(key, Transfer { state: State::Early { pieces: vec![piece], _reserved: reserved }, since: now });
            return Ok(());
        };
        transfer.since = now;
        let complete = match &mut transfer.state {
            State::Early { pieces, _reserved } => {
                if pieces.len() >= EARLY_PIECES || !_reserved.grow(piece.len()) {
                    return Err(full());
                }
                pieces.push(piece);
                false
            }
            State::Announced { length, body, .. } => {
                if piece.len() > *length - body.len() {
                    return Err(protocol(format!("transfer {} brings more than was announced", key.1)));
                }
                body.push(piece, *length);
                body.len() == *length
            }
            State::Drain { left: None } => false,
            State::Drain { left: Some(left) } => {
                *left = left.saturating_sub(piece.len());
                *left == 0
            }
        };
        if !complete {
            return Ok(());
        }
        let done = table.transfers.remove(&key);
        table.uncount(key.0);
        let Some(Transfer { state: State::Announced { link, pair, mut frame, body, .. }, .. }) = done else { return Ok(()) };
        frame.body = body.take();
        let Some(stream) = Stream::of(pair, &frame) else {
            out.push(Out::Deliver(link, frame));
            return Ok(());
        };
        if let Some((_, turns)) = table.turns.get_mut(&stream)
            && let Some(turn) = turns.iter_mut().find(|turn| matches!(turn, Turn::Waits(t) if *t == key.1))
        {
            *turn = Turn::Ready(frame);
        }
        self.release(table, stream, out);
        Ok(())
    }

    /// Lets go whatever stands ready at the front of a stream.
    fn release(&self, table: &mut Table<L>, stream: Stream, out: &mut Vec<Out<L>>) {
        let Some((link, turns)) = table.turns.get_mut(&stream) else { return };
        while let Some(Turn::Ready(_)) = turns.front() {
            if let Some(Turn::Ready(frame)) = turns.pop_front() {
                out.push(Out::Deliver(link.clone(), frame));
            }
        }
        if turns.is_empty() {
            table.turns.remove(&stream);
            self.waiting.store(table.turns.len(), Relaxed);
        }
    }

    fn lost(&self, kind: FrameKind, why: &str) -> Error {
        let executed = if kind == FrameKind::Call { Executed::No } else { Executed::Yes };
        Error::new(Kind::Unavailable, format!("a body above 64 KiB was lost: {why}")).executed(executed)
    }
}

impl<L> Table<L> {
    fn count(&mut self, peer: NodeId) -> Result<()> {
        let count = self.counts.entry(peer).or_default();
        if *count >= TRANSFERS_MOST {
            return Err(protocol(format!("more than {TRANSFERS_MOST} bodies are under way at once")));
        }
        *count += 1;
        Ok(())
    }

    fn uncount(&mut self, peer: NodeId) {
        if let Some(count) = self.counts.get_mut(&peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&peer);
            }
        }
    }

    /// Gives the bytes back and throws away what still comes.
    fn drain(&mut self, peer: NodeId, transfer: u64) {
        if let Some(found) = self.transfers.get_mut(&(peer, transfer))
            && let State::Announced { length, body, .. } = &found.state
        {
            let left = Some(*length - body.len());
            found.state = State::Drain { left };
        }
    }
}

/// The body of a `Bulk` frame on the pair link.
pub(super) fn announcement(transfer: u64, length: u64) -> Bytes {
    [transfer.to_le_bytes(), length.to_le_bytes()].concat().into()
}

fn read_announcement(body: &[u8]) -> Result<(u64, u64)> {
    match (body.first_chunk::<8>(), body.last_chunk::<8>(), body.len()) {
        (Some(transfer), Some(length), 16) => Ok((u64::from_le_bytes(*transfer), u64::from_le_bytes(*length))),
        _ => Err(protocol(format!("an announcement of {} bytes, 16 expected", body.len()))),
    }
}

fn protocol(message: impl Into<String>) -> Error {
    Error::new(Kind::Protocol, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{env, wire::Extensions};

    const MOST: usize = 1000;

    struct Bench {
        table: Rendezvous<&'static str>,
        budget: Arc<Budget>,
        peer: NodeId,
    }

    fn bench() -> Bench {
        let budget = Budget::new(5000);
        Bench { table: Rendezvous::new(MOST, budget.clone()), budget, peer: NodeId::from_bytes([1; 16]) }
    }

    impl Bench {
        fn announce(&self, transfer: u64, kind: FrameKind, id: u64, length: u64) -> Vec<Out<&'static str>> {
            let extensions = Extensions { depth: 3, ..Extensions::default() };
            let frame = Frame { kind: FrameKind::Bulk, flags: kind as u8, id, extensions, body: announcement(transfer, length) };
            self.table.announce(self.peer, 7, &"pair", frame, env::now()).unwrap()
        }

        fn piece(&self, transfer: u64, bytes: &[u8]) -> Vec<Out<&'static str>> {
            self.table.piece(self.peer, transfer, Bytes::copy_from_slice(bytes), env::now()).unwrap()
        }
    }

    fn delivered(out: &[Out<&'static str>]) -> Vec<(FrameKind, u64, usize)> {
        out.iter()
            .map(|o| match o {
                Out::Deliver(_, frame) => (frame.kind, frame.id, frame.body.len()),
                Out::Fail { error, .. } => panic!("{error}"),
            })
            .collect()
    }

    fn failed(out: &[Out<&'static str>]) -> Vec<(u64, Kind, Executed)> {
        out.iter()
            .map(|o| match o {
                Out::Fail { frame, error, .. } => (frame.id, error.kind(), error.was_executed()),
                Out::Deliver(_, frame) => panic!("{frame:?}"),
            })
            .collect()
    }

    #[test]
    fn either_may_come_first() {
        let b = bench();
        assert!(b.announce(1, FrameKind::Call, 10, 6).is_empty());
        assert!(b.piece(1, b"abc").is_empty());
        let out = b.piece(1, b"def");
        assert!(matches!(&out[..], [Out::Deliver("pair", f)] if f.body == "abcdef" && f.extensions.depth == 3 && f.flags == 0));
        assert!(b.piece(2, b"abc").is_empty());
        assert!(b.piece(2, b"d").is_empty());
        assert_eq!(delivered(&b.announce(2, FrameKind::Reply, 10, 4)), [(FrameKind::Reply, 10, 4)]);
        assert_eq!(delivered(&b.announce(3, FrameKind::Reply, 11, 0)), [(FrameKind::Reply, 11, 0)]);
        assert_eq!(b.budget.used(), 0);
        assert!(!b.table.awaits(b.peer));
    }

    #[test]
    fn the_end_of_an_input_waits_behind_its_call_and_others_overtake() {
        let b = bench();
        let end = |flags, id| Frame { flags, ..Frame::new(FrameKind::End, id, Bytes::new()) };
        b.announce(1, FrameKind::Call, 10, 2);
        b.announce(2, FrameKind::Item, 10, 3);
        assert!(b.table.pass(7, end(flag::INPUT, 10)).unwrap().is_none());
        // Of another call, of another link, of our own call that has the same number.
        assert!(b.table.pass(7, end(flag::INPUT, 11)).unwrap().is_some());
        assert!(b.table.pass(8, end(flag::INPUT, 10)).unwrap().is_some());
        assert!(b.table.pass(7, end(0, 10)).unwrap().is_some());
        assert!(b.table.pass(7, end(flag::INPUT | flag::STOP, 10)).unwrap().is_some());
        assert_eq!(delivered(&b.piece(2, b"abc")), [(FrameKind::Item, 10, 3)]);
        assert_eq!(delivered(&b.piece(1, b"ab")), [(FrameKind::Call, 10, 2), (FrameKind::End, 10, 0)]);
        assert!(b.table.pass(7, end(flag::INPUT, 10)).unwrap().is_some());
    }

    #[test]
    fn too_large_is_refused_before_anything_is_kept() {
        let b = bench();
        assert_eq!(failed(&b.announce(1, FrameKind::Call, 10, MOST as u64 + 1)), [(10, Kind::PayloadTooLarge, Executed::No)]);
        assert_eq!(failed(&b.announce(2, FrameKind::Reply, 11, u64::MAX)), [(11, Kind::PayloadTooLarge, Executed::Yes)]);
        assert_eq!(b.budget.used(), 0);
        // What comes nevertheless is thrown away, and then forgotten.
        assert!(b.piece(1, &[0; MOST]).is_empty());
        assert!(b.piece(1, &[0; 1]).is_empty());
        assert_eq!(b.budget.used(), 0);
        assert!(!b.table.table.lock().transfers.contains_key(&(b.peer, 1)));
    }

    #[test]
    fn the_budget_bounds_both_orders() {
        let b = bench();
        for transfer in 0..5 {
            assert!(b.announce(transfer, FrameKind::Call, transfer, 1000).is_empty());
        }
        assert_eq!(failed(&b.announce(6, FrameKind::Call, 6, 1)), [(6, Kind::Overloaded, Executed::No)]);
        assert!(b.table.piece(b.peer, 99, Bytes::from_static(b"x"), env::now()).is_err());
        b.table.pair_ended(b.peer, 7, true);
        assert_eq!(b.budget.used(), 0);
    }

    #[test]
    fn withdrawn_and_cancelled() {
        let b = bench();
        b.announce(1, FrameKind::Call, 10, 6);
        b.piece(1, b"abc");
        b.announce(2, FrameKind::Call, 11, 6);
        b.announce(3, FrameKind::Reply, 10, 6);
        let withdraw = |transfer| {
            let frame = Frame { flags: 0, ..Frame::new(FrameKind::Bulk, 0, announcement(transfer, 0)) };
            b.table.announce(b.peer, 7, &"pair", frame, env::now()).unwrap()
        };
        assert_eq!(failed(&withdraw(1)), [(10, Kind::Unavailable, Executed::No)]);
        assert!(withdraw(1).is_empty());
        assert!(b.table.cancel(b.peer, 7, 11) && !b.table.cancel(b.peer, 7, 11));
        assert!(b.piece(2, b"abcdef").is_empty());
        assert_eq!(failed(&b.table.give_up(b.peer)), [(10, Kind::Unavailable, Executed::Yes)]);
        assert_eq!(b.budget.used(), 0);
        assert!(b.table.table.lock().transfers.is_empty() && b.table.table.lock().turns.is_empty());
    }

    #[test]
    fn hostile_announcements() {
        let b = bench();
        let announce = |flags, body: Bytes| {
            b.table.announce(b.peer, 7, &"pair", Frame { flags, ..Frame::new(FrameKind::Bulk, 1, body) }, env::now()).map(|_| ())
        };
        assert!(announce(1, Bytes::from_static(b"short")).is_err());
        assert!(announce(FrameKind::Bulk as u8, announcement(1, 1)).is_err());
        assert!(announce(1, announcement(5, 10)).is_ok());
        assert!(announce(1, announcement(5, 10)).is_err());
        assert!(b.table.piece(b.peer, 5, Bytes::from_static(&[0; 11]), env::now()).is_err());
        let refused = (0..TRANSFERS_MOST as u64 + 1).map(|t| announce(1, announcement(100 + t, 2000))).filter(Result::is_err).count();
        assert!(refused >= 1);
    }
}
