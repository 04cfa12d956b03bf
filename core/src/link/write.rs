//! The write half of a link: a bounded queue, and whoever wins the try-lock writes for everybody.
//!
//! The rule that loses no frame: push, then try the lock; who fails relies on the holder, who looks at the queue again after unlocking.
//! When the socket is full the holder stops and asks the reactor for room; the thread that leads goes on.
//!
//! Items of streams go behind everything else, so that a small call never waits for megabytes of them; when the others fill one batch after
//! the other, items get every second. An item never overtakes what was queued before it.

use super::{
    records::{Records, Sealed},
    sys::Socket,
    tls::{RECORD, RECORD_EXTRA},
};
use crate::{
    error::{Error, Kind, Result},
    wire::{Frame, FrameKind, HEADER},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::{HashSet, VecDeque},
    sync::atomic::{AtomicUsize, Ordering::*, fence},
};

/// A small frame waits for one batch at most.
const BATCH: usize = 64 << 10;
/// Of a large body: each batch wakes the peer, and only bulk links carry such bodies.
const BODY_BATCH: usize = 128 << 10;
/// Bytes that the leader writes to one link before the others get their turn.
const LEADER_BYTES: usize = 8 * BATCH;
/// A body up to this is copied behind its header; of a larger one only what fills the record.
const COPIED: usize = RECORD;
/// What a checked block of extensions can have.
const MOST_EXTENSIONS: usize = 1 << 10;
/// Bytes that may wait in one link's queue. Answers get twice as much and control frames a little more still, because a refused
/// call can be tried elsewhere but nobody else can answer.
const QUEUE: usize = 32 << 20;

/// What the write half needs of its link.
pub(super) struct Port<'l> {
    pub(super) socket: &'l Socket,
    pub(super) tls: &'l Mutex<Records>,
    /// Asks the reactor to tell when there is room, or not to tell any more.
    pub(super) want_room: &'l dyn Fn(bool),
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Queued>,
    items: VecDeque<Queued>,
    last: u64,
    /// Nothing may follow; once all is written our direction ends.
    finishing: bool,
    ended: bool,
}

/// A frame and its place among all that were queued.
type Queued = (u64, Frame);

#[derive(Default)]
struct Half {
    /// Taken from the queue, not sealed yet.
    ready: VecDeque<Queued>,
    /// Items among them: hardly more than a batch.
    items: VecDeque<Queued>,
    /// The last batch had no place for items that wait.
    passed_over: bool,
    /// The body whose beginning is sealed already, how far it went, and the call it belongs to.
    body: Option<(Bytes, usize, Option<u64>)>,
    plain: Vec<u8>,
    sealed: Sealed,
    at: usize,
    /// Position in the stream of sealed bytes: all that were made, and all that the kernel took.
    made: u64,
    taken: u64,
    /// Calls that are sealed but not wholly taken, and where their last byte's record ends.
    unsent: VecDeque<(u64, u64)>,
    full: bool,
    finished: bool,
}

#[derive(Default)]
pub(super) struct Writer {
    queue: Mutex<Queue>,
    /// Frames in the queue.
    waiting: AtomicUsize,
    /// Bytes of the frames that are not sealed yet.
    bytes: AtomicUsize,
    half: Mutex<Half>,
}

fn size(frame: &Frame) -> usize {
    HEADER + frame.body.len()
}

/// The call that this frame starts, directly or by announcing its body.
fn call_of(frame: &Frame) -> Option<u64> {
    let starts = frame.kind == FrameKind::Call || frame.announced() == Some(FrameKind::Call);
    starts.then_some(frame.id)
}

fn limit(kind: FrameKind) -> usize {
    match kind {
        FrameKind::Call | FrameKind::Bulk | FrameKind::Item => QUEUE,
        FrameKind::Reply | FrameKind::Fail | FrameKind::End => 2 * QUEUE,
        _ => 2 * QUEUE + (1 << 20),
    }
}

impl Writer {
    /// Queues a frame; [`Writer::flush`] must follow. Errors, with nothing sent: `Overloaded`, `Unavailable`, and what the frame itself is
    /// refused for.
    pub(super) fn push(&self, frame: Frame) -> Result<()> {
        frame.extensions.check()?;
        if u32::try_from(frame.body.len() + HEADER + crate::wire::MAX_EXTENSIONS).is_err() {
            return Err(Error::new(Kind::PayloadTooLarge, format!("a body of {} bytes fits in no frame", frame.body.len())));
        }
        let mut queue = self.queue.lock();
        if queue.ended || queue.finishing {
            return Err(Error::new(Kind::Unavailable, "the link has ended"));
        }
        let before = self.bytes.load(Relaxed);
        // A lone frame always passes, however large.
        if before > 0 && before + size(&frame) > limit(frame.kind) {
            return Err(Error::new(Kind::Overloaded, format!("{before} bytes wait already to be sent to this peer")));
        }
        self.bytes.fetch_add(size(&frame), Relaxed);
        queue.last += 1;
        let queued = (queue.last, frame);
        // The last word of a link is the last: it waits for the items before it.
        if matches!(queued.1.kind, FrameKind::Item | FrameKind::Bye) {
            queue.items.push_back(queued)
        } else {
            queue.frames.push_back(queued)
        }
        self.waiting.fetch_add(1, SeqCst);
        Ok(())
    }

    /// No frame is taken any more; once all are written, our direction ends. [`Writer::flush`] must follow.
    pub(super) fn finish(&self) {
        let mut queue = self.queue.lock();
        queue.finishing = true;
        self.waiting.fetch_add(1, SeqCst);
    }

    /// Writes what is queued, unless somebody else does so already. An error means that the socket is broken.
    pub(super) fn flush(&self, port: &Port<'_>) -> Result<()> {
        loop {
            fence(SeqCst);
            if self.waiting.load(SeqCst) == 0 {
                return Ok(());
            }
            let Some(mut half) = self.half.try_lock() else { return Ok(()) };
            if half.full || half.finished {
                return Ok(()); // the leader goes on when there is room
            }
            self.write(&mut half, port, usize::MAX)?;
            if half.full {
                return Ok(());
            }
        }
    }

    /// There is room again, or the session itself has something to say: writes whatever there is. Called by the leader.
    pub(super) fn go_on(&self, port: &Port<'_>) -> Result<()> {
        let mut half = self.half.lock();
        self.write(&mut half, port, LEADER_BYTES)?;
        if !half.full && !half.finished {
            half.seal_nothing(port)?;
            half.send(port)?;
        }
        drop(half);
        self.flush(port)
    }

    /// Takes no more frames and tells which calls were not wholly given to the kernel: nobody can have run those.
    pub(super) fn end(&self) -> HashSet<u64> {
        let mut half = self.half.lock();
        let mut queue = self.queue.lock();
        queue.ended = true;
        half.settle();
        let mut unsent: HashSet<u64> = half.unsent.drain(..).map(|(_, id)| id).collect();
        unsent.extend(half.body.take().and_then(|(_, _, call)| call));
        unsent.extend(half.ready.drain(..).chain(queue.frames.drain(..)).filter_map(|(_, frame)| call_of(&frame)));
        queue.items.clear();
        *half = Half { finished: true, ..Half::default() };
        self.waiting.store(0, SeqCst);
        self.bytes.store(0, Relaxed);
        unsent
    }

    /// Writes what there is; after so many bytes it asks the reactor to be called again, as if the socket were full.
    fn write(&self, half: &mut Half, port: &Port<'_>, most: usize) -> Result<()> {
        let mut written = 0;
        loop {
            half.send(port)?;
            if half.full || half.finished {
                return Ok(());
            }
            if written >= most {
                half.full = true;
                (port.want_room)(true);
                return Ok(());
            }
            if !self.seal(half, port.tls)? {
                return Ok(());
            }
            written += half.sealed.len();
        }
    }

    /// Seals the next batch; false if there is nothing to write.
    fn seal(&self, half: &mut Half, tls: &Mutex<Records>) -> Result<bool> {
        if half.body.is_some() {
            return half.seal_body(tls).map(|()| true);
        }
        if half.ready.is_empty() {
            let mut queue = self.queue.lock();
            // Both at once: what was queued before one of these items is ready too, or gone.
            std::mem::swap(&mut queue.frames, &mut half.ready);
            half.refill(&mut queue.items);
            self.waiting.store(queue.items.len(), SeqCst);
            if half.ready.is_empty() && half.items.is_empty() {
                if queue.finishing && !queue.ended {
                    tls.lock().close(&mut half.sealed);
                    half.made += half.sealed.len() as u64;
                    half.finished = true;
                    return Ok(true);
                }
                return Ok(false);
            }
        }
        let mut bytes = 0;
        half.plain.clear();
        let items_first = half.passed_over;
        while let Some((item, length)) = half.choose(items_first) {
            if !half.plain.is_empty() && half.plain.len() + length.min(COPIED) + MOST_EXTENSIONS > BATCH {
                break;
            }
            let from = if item { &mut half.items } else { &mut half.ready };
            let Some((_, frame)) = from.pop_front() else { break };
            bytes += size(&frame);
            frame.encode_head(&mut half.plain)?;
            let call = call_of(&frame);
            let copied = if frame.body.len() <= COPIED {
                frame.body.len()
            } else {
                frame.body.len().min((RECORD - half.plain.len() % RECORD) % RECORD)
            };
            half.plain.extend_from_slice(frame.body.get(..copied).unwrap_or_default());
            if copied < frame.body.len() {
                half.body = Some((frame.body, copied, call));
                break;
            }
            if let Some(id) = call {
                let records = half.plain.len().div_ceil(RECORD) as u64;
                half.unsent.push_back((half.made + records * (RECORD + RECORD_EXTRA) as u64, id));
            }
        }
        half.passed_over = !items_first && !half.items.is_empty();
        self.bytes.fetch_sub(bytes, Relaxed);
        tls.lock().seal(&half.plain, &mut half.sealed)?;
        half.made += half.sealed.len() as u64;
        let made = half.made;
        half.unsent.iter_mut().rev().take_while(|(end, _)| *end > made).for_each(|(end, _)| *end = made);
        if half.plain.capacity() > 2 * BATCH {
            half.plain = Vec::new();
        }
        Ok(true)
    }
}

impl Half {
    /// Takes items over, as many as a batch holds.
    fn refill(&mut self, items: &mut VecDeque<Queued>) {
        let mut bytes: usize = self.items.iter().map(|(_, frame)| size(frame)).sum();
        while bytes < BATCH {
            let Some(queued) = items.pop_front() else { return };
            bytes += size(&queued.1);
            self.items.push_back(queued);
        }
    }

    /// Whether the next frame is an item, and the frame's size.
    fn choose(&self, items_first: bool) -> Option<(bool, usize)> {
        let (frame, item) = (self.ready.front(), self.items.front());
        let item_goes = match (frame, item) {
            (Some((before, _)), Some((place, _))) => items_first && place < before,
            (None, Some(_)) => true,
            _ => false,
        };
        let chosen = if item_goes { item } else { frame };
        chosen.map(|(_, frame)| (item_goes, size(frame)))
    }

    /// Gives the kernel what is sealed. On return either nothing is left or `full` is set and the reactor asked for room.
    fn send(&mut self, port: &Port<'_>) -> Result<()> {
        while let Some(rest) = self.sealed.bytes().get(self.at..).filter(|rest| !rest.is_empty()) {
            match port.socket.send(rest) {
                Ok(Some(sent)) => {
                    self.at += sent;
                    self.taken += sent as u64;
                }
                Ok(None) => {
                    if !self.full {
                        self.full = true;
                        (port.want_room)(true);
                    }
                    return Ok(());
                }
                Err(e) => return Err(Error::new(Kind::Unavailable, format!("sending failed: {e}"))),
            }
        }
        self.sealed.clear();
        self.at = 0;
        self.settle();
        if self.full {
            self.full = false;
            (port.want_room)(false);
        }
        if self.finished {
            port.socket.finish();
        }
        Ok(())
    }

    fn settle(&mut self) {
        while self.unsent.front().is_some_and(|(end, _)| *end <= self.taken) {
            self.unsent.pop_front();
        }
    }

    /// Seals the next part of a large body straight from where it lies.
    fn seal_body(&mut self, tls: &Mutex<Records>) -> Result<()> {
        let Some((body, at, call)) = self.body.take() else { return Ok(()) };
        let end = body.len().min(at + BODY_BATCH);
        tls.lock().seal(body.get(at..end).unwrap_or_default(), &mut self.sealed)?;
        self.made += self.sealed.len() as u64;
        if end < body.len() {
            self.body = Some((body, end, call));
        } else if let Some(id) = call {
            self.unsent.push_back((self.made, id));
        }
        Ok(())
    }

    /// Lets the session say what it has to say.
    fn seal_nothing(&mut self, port: &Port<'_>) -> Result<()> {
        port.tls.lock().seal(&[], &mut self.sealed)?;
        self.made += self.sealed.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(ready: &[(u64, usize)], items: &[(u64, usize)]) -> Half {
        let frames = |kind, all: &[(u64, usize)]| {
            all.iter().map(|(place, size)| (*place, Frame::new(kind, *place, Bytes::from(vec![0; *size])))).collect::<VecDeque<_>>()
        };
        Half { ready: frames(FrameKind::Call, ready), items: frames(FrameKind::Item, items), ..Half::default() }
    }

    #[test]
    fn items_go_behind_the_others_and_never_before_what_was_queued_first() {
        let chosen = |half: &Half, items_first| half.choose(items_first).map(|(item, _)| item);
        assert_eq!(chosen(&half(&[(2, 1)], &[(1, 1)]), false), Some(false));
        assert_eq!(chosen(&half(&[(2, 1)], &[(1, 1)]), true), Some(true));
        assert_eq!(chosen(&half(&[(1, 1)], &[(2, 1)]), true), Some(false));
        assert_eq!(chosen(&half(&[], &[(2, 1)]), false), Some(true));
        assert_eq!(chosen(&half(&[], &[]), true), None);
    }

    #[test]
    fn hardly_more_than_a_batch_of_items_is_taken_over() {
        let mut waiting: VecDeque<Queued> = half(&[], &[(1, 40_000); 9]).items;
        let mut half = half(&[], &[]);
        half.refill(&mut waiting);
        half.refill(&mut waiting);
        assert_eq!((half.items.len(), waiting.len()), (2, 7));
    }
}
