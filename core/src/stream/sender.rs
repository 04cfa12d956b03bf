//! The sending end of a stream: takes items in any case, sends what its credit allows, in frames of many small items.

use super::{
    FIRST_BYTES, FIRST_ITEMS, GATHER_BYTES, GATHER_ITEMS, Owner, PAUSE, ToReceiver,
    items::PREFIX,
    later::later,
    wait::{Claim, Wait},
};
use crate::{
    env,
    error::{Error, Kind, Result},
    lane::{Answer, Cancel, Given},
    link::INLINE_MOST,
};
use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering::*},
    },
    time::Instant,
};

/// Whoever goes on without waiting for room is refused beyond so many items or bytes.
const WAITING_ITEMS: usize = 16 << 10;
/// See [`WAITING_ITEMS`].
const WAITING_BYTES: usize = 64 << 20;
/// A larger item travels in a frame of its own, without a copy.
const PACKED: usize = 16 << 10;

/// The sending end. Dropping it says nothing: whoever made it ends it.
pub struct Sender {
    /// Whether it is a call's input, which its language ends.
    pub input: bool,
    /// A call has it.
    taken: AtomicBool,
    state: Mutex<State>,
    owner: OnceLock<Weak<dyn Owner>>,
    me: Weak<Sender>,
}

struct State {
    queue: VecDeque<Bytes>,
    /// Bytes in `queue`.
    waiting: usize,
    /// What may be sent. One item may overdraw the bytes.
    credit: (u64, i64),
    /// Frames that were sent.
    number: u64,
    items: u64,
    bytes: u64,
    way: Option<Arc<dyn ToReceiver>>,
    /// The way is open: what starts the stream is on its way.
    open: bool,
    /// Somebody sends and will look again.
    sending: bool,
    /// The task will come.
    due: bool,
    /// The end that follows the last item, until it is sent.
    ending: Option<Option<Error>>,
    /// Its producer has ended it.
    finished: bool,
    /// Why nothing is taken any more.
    over: Option<Error>,
    /// When a frame was last sent.
    last: Option<Instant>,
    /// When something was sent or granted.
    progress: Instant,
    room: Option<Arc<Wait>>,
}

impl State {
    /// Whether more is welcome: nothing that waits now lacks credit.
    fn has_room(&self) -> bool {
        self.credit.0 > self.queue.len() as u64 && self.credit.1 > self.waiting as i64
    }

    fn has_gathered(&self, now: Instant) -> bool {
        self.queue.len() >= GATHER_ITEMS
            || self.waiting >= GATHER_BYTES
            || self.last.is_none_or(|last| now.saturating_duration_since(last) >= PAUSE)
    }

    /// The items of the next frame.
    fn batch(&mut self) -> Vec<Bytes> {
        let mut batch = Vec::new();
        let mut body = 0;
        while let Some(item) = self.queue.front() {
            let size = item.len() + PREFIX;
            let alone = item.len() > PACKED;
            if self.credit.0 == 0 || self.credit.1 <= 0 || (!batch.is_empty() && (alone || body + size > INLINE_MOST)) {
                break;
            }
            body += size;
            self.credit.0 -= 1;
            self.credit.1 -= item.len() as i64;
            self.waiting -= item.len();
            batch.extend(self.queue.pop_front());
            if alone {
                break;
            }
        }
        batch
    }

    /// Takes back what could not be sent.
    fn unsend(&mut self, batch: Vec<Bytes>) {
        for item in batch.into_iter().rev() {
            self.credit.0 += 1;
            self.credit.1 += item.len() as i64;
            self.waiting += item.len();
            self.queue.push_front(item);
        }
    }

    /// Nothing more is sent or taken. What is to be done without the lock.
    fn stop(&mut self, error: Error) -> Stopped {
        if self.over.is_some() {
            return Stopped::default();
        }
        self.over = Some(error.clone());
        self.queue.clear();
        self.waiting = 0;
        self.ending = None;
        Stopped { way: self.way.take(), unwanted: true, room: self.room.take(), error: Some(error) }
    }
}

/// What is left to do when a sender has stopped.
#[derive(Default)]
struct Stopped {
    way: Option<Arc<dyn ToReceiver>>,
    unwanted: bool,
    room: Option<Arc<Wait>>,
    error: Option<Error>,
}

impl Stopped {
    fn finish(self) {
        if let Some(way) = self.way {
            way.over(self.unwanted);
        }
        if let (Some(claim), Some(error)) = (self.room.and_then(|wait| wait.claim()), self.error) {
            claim.send(Err(error));
        }
    }
}

enum Step {
    Rest,
    Room(Option<Claim>),
    Items(Arc<dyn ToReceiver>, u32, Vec<Bytes>, bool),
    End(Arc<dyn ToReceiver>, u32, Option<Error>),
}

impl Sender {
    /// The sending end of an answer, which has some credit from the beginning.
    pub fn answer(owner: Weak<dyn Owner>) -> Arc<Sender> {
        let sender = Sender::new(false, (FIRST_ITEMS.into(), FIRST_BYTES.into()));
        let _ = sender.owner.set(owner);
        sender
    }

    /// The sending end of a call's input, which is granted credit when the handler starts.
    pub fn input() -> Arc<Sender> {
        Sender::new(true, (0, 0))
    }

    fn new(input: bool, credit: (u64, i64)) -> Arc<Sender> {
        let state = State {
            queue: VecDeque::new(),
            waiting: 0,
            credit,
            number: 0,
            items: 0,
            bytes: 0,
            way: None,
            open: false,
            sending: false,
            due: false,
            ending: None,
            finished: false,
            over: None,
            last: None,
            progress: env::now(),
            room: None,
        };
        Arc::new_cyclic(|me| Sender {
            input,
            taken: AtomicBool::new(!input),
            state: Mutex::new(state),
            owner: OnceLock::new(),
            me: me.clone(),
        })
    }

    /// Takes it for a call; false if another has it.
    pub fn take(&self) -> bool {
        !self.taken.swap(true, AcqRel)
    }

    /// Whether a call has it.
    pub fn is_taken(&self) -> bool {
        self.taken.load(Acquire)
    }

    /// Says where the items go. Nothing is sent before [`Sender::open`]. False: it was stopped already, and the way is over.
    pub fn bind(&self, way: Arc<dyn ToReceiver>) -> bool {
        let old = {
            let mut state = self.state.lock();
            if state.over.is_some() {
                drop(state);
                way.over(true);
                return false;
            }
            state.way.replace(way)
        };
        if let Some(old) = old {
            old.over(true);
        }
        true
    }

    /// What starts the stream is on its way: items may follow.
    pub fn open(&self) {
        let mut state = self.state.lock();
        state.open = true;
        state.progress = env::now();
        self.flush(state);
    }

    /// Takes items; false: wait for room before the next. An error says that nobody wants any more.
    pub fn send(&self, items: Vec<Bytes>) -> Result<bool> {
        let now = env::now();
        let mut state = self.state.lock();
        if let Some(error) = &state.over {
            return Err(error.clone());
        }
        if state.finished {
            return Err(ended());
        }
        if state.queue.len() >= WAITING_ITEMS || state.waiting >= WAITING_BYTES {
            let text = format!("{} items wait already to be sent in this stream", state.queue.len());
            return Err(Error::new(Kind::Overloaded, text).advice("Wait until the stream has room again."));
        }
        state.waiting += items.iter().map(Bytes::len).sum::<usize>();
        state.queue.extend(items);
        let room = state.has_room();
        // What lacks credit is sent when credit comes.
        if !room || state.has_gathered(now) || (!state.due && !later(self.me.clone())) {
            self.flush(state);
            return Ok(self.state.lock().has_room());
        }
        state.due = true;
        Ok(room)
    }

    /// Answers when the stream has room again, or at once; an error when nobody wants any more. What cancels the wait, if it waits.
    pub fn room(&self, answer: Answer) -> Option<Arc<dyn Cancel>> {
        let lend = {
            let mut state = self.state.lock();
            if state.over.is_none() && !state.has_room() {
                // Before its producer sleeps, everything that may go must be under way.
                self.flush(state);
                state = self.state.lock();
            }
            state.over.is_none() && !state.has_room()
        };
        let owner = self.owner.get().and_then(Weak::upgrade);
        // Without the lock: other handlers may start here.
        let guard = if lend { owner.map(|owner| owner.lend()) } else { None };
        let mut state = self.state.lock();
        let outcome = match &state.over {
            Some(error) => Err(error.clone()),
            None if state.has_room() => Ok(Given::Value(Bytes::new())),
            None if state.room.as_ref().is_some_and(|wait| !wait.is_over()) => {
                Err(Error::new(Kind::Misuse, "somebody else waits for room in this stream already"))
            }
            None => {
                let wait = Wait::new(answer, guard, (0, 0), None);
                state.room = Some(wait.clone());
                return Some(wait);
            }
        };
        drop(state);
        drop(guard);
        answer.send(outcome);
        None
    }

    /// More may be sent.
    pub fn credit(&self, items: u32, bytes: u32) {
        let mut state = self.state.lock();
        state.credit.0 = state.credit.0.saturating_add(items.into());
        state.credit.1 = state.credit.1.saturating_add(bytes.into());
        state.progress = env::now();
        self.flush(state);
    }

    /// Nothing follows: what waits is sent, then the end.
    pub fn finish(&self, error: Option<Error>) {
        let mut state = self.state.lock();
        if state.over.is_none() && !state.finished {
            state.finished = true;
            state.ending = Some(error);
            self.flush(state);
        }
    }

    /// Ends the stream with an error at once; what waits is dropped.
    pub fn abort(&self, error: Error) {
        let mut state = self.state.lock();
        if state.over.is_none() {
            state.queue.clear();
            state.waiting = 0;
            state.finished = true;
            if state.way.is_none() && !self.is_taken() {
                // There is nobody to tell.
                let stopped = state.stop(error);
                drop(state);
                return stopped.finish();
            }
            state.ending = Some(Some(error));
            self.flush(state);
        }
    }

    /// Nobody wants any more, or the way is lost: the producer hears `error`.
    pub fn stop(&self, error: Error) {
        let stopped = self.state.lock().stop(error);
        stopped.finish();
    }

    /// When something was last sent or granted.
    pub fn progress(&self) -> Instant {
        self.state.lock().progress
    }

    /// Items and bytes that were sent, items that wait, whether nothing follows.
    pub fn stats(&self) -> (u64, u64, usize, bool) {
        let state = self.state.lock();
        (state.items, state.bytes, state.queue.len(), state.over.is_some() || state.finished)
    }

    pub(super) fn flush_due(&self) {
        let mut state = self.state.lock();
        state.due = false;
        self.flush(state);
    }

    /// Sends whatever may go, unless somebody does so already. The lock is not held while sending.
    fn flush<'s>(&'s self, mut state: MutexGuard<'s, State>) {
        if state.sending {
            return;
        }
        state.sending = true;
        loop {
            match self.step(&mut state) {
                Step::Rest => return,
                Step::Room(claim) => {
                    drop(state);
                    if let Some(claim) = claim {
                        claim.send(Ok(Given::Value(Bytes::new())));
                    }
                    return;
                }
                Step::Items(way, number, batch, first) => {
                    drop(state);
                    if first && let Some(owner) = self.owner.get().and_then(Weak::upgrade) {
                        owner.lift();
                    }
                    let sent = way.items(number, &batch);
                    state = self.state.lock();
                    match sent {
                        Ok(()) => {
                            let now = env::now();
                            (state.last, state.progress) = (Some(now), now);
                            state.items += batch.len() as u64;
                            state.bytes += batch.iter().map(|item| item.len() as u64).sum::<u64>();
                        }
                        Err(error) => {
                            if error.kind() == Kind::Overloaded && state.over.is_none() {
                                state.number -= 1;
                                state.unsend(batch);
                            }
                            return self.hold(state, error);
                        }
                    }
                }
                Step::End(way, number, error) => {
                    drop(state);
                    let sent = way.end(number, error.as_ref());
                    state = self.state.lock();
                    match sent {
                        Ok(()) => {
                            let stopped = state.stop(ended());
                            state.sending = false;
                            drop(state);
                            return Stopped { unwanted: false, ..stopped }.finish();
                        }
                        Err(why) => {
                            if why.kind() == Kind::Overloaded && state.over.is_none() && state.ending.is_none() {
                                state.ending = Some(error);
                            }
                            return self.hold(state, why);
                        }
                    }
                }
            }
        }
    }

    /// The way takes nothing now, or never again.
    fn hold(&self, mut state: MutexGuard<'_, State>, error: Error) {
        state.sending = false;
        let stopped = if error.kind() == Kind::Overloaded && (state.due || later(self.me.clone())) {
            state.due = true;
            Stopped::default()
        } else {
            state.stop(error)
        };
        drop(state);
        stopped.finish();
    }

    fn step(&self, state: &mut State) -> Step {
        let way = match &state.way {
            Some(way) if state.open && state.over.is_none() => way.clone(),
            _ => {
                state.sending = false;
                return Step::Rest;
            }
        };
        let batch = state.batch();
        if !batch.is_empty() {
            let number = state.number;
            state.number += 1;
            return Step::Items(way, number as u32, batch, number == 0);
        }
        if state.queue.is_empty()
            && let Some(error) = state.ending.take()
        {
            return Step::End(way, state.number as u32, error);
        }
        state.sending = false;
        if state.has_room() { Step::Room(state.room.take().and_then(|wait| wait.claim())) } else { Step::Rest }
    }
}

fn ended() -> Error {
    Error::new(Kind::Closed, "this stream was ended").advice("Send nothing after the end.")
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (items, _, waiting, over) = self.stats();
        write!(f, "Sender({items} sent, {waiting} waiting, {})", if over { "over" } else { "open" })
    }
}
