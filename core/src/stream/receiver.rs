//! The receiving end of a stream: puts frames in order, keeps items until they are taken, grants credit as they are.

use super::{
    FIRST_BYTES, FIRST_ITEMS, Guard, Input, Owner, ToSender,
    wait::{Claim, Wait},
    window::Window,
};
use crate::{
    env,
    error::{Error, Executed, Kind, Result},
    lane::{Answer, Cancel, Given},
    link::Budget,
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, OnceLock, Weak},
    time::Instant,
};

/// What a stream is, for the texts of its errors.
#[derive(Clone, Debug)]
pub struct About {
    /// `service.method`.
    pub target: Arc<str>,
    /// Name of the node at the other end.
    pub peer: Arc<str>,
    /// Id of the call's trace.
    pub trace: String,
}

/// The receiving end.
pub struct Receiver {
    about: About,
    /// Whether it is a call's input.
    input: bool,
    budget: Arc<Budget>,
    state: Mutex<State>,
    owner: OnceLock<Weak<dyn Owner>>,
    me: Weak<Receiver>,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Bytes>,
    /// Frames that are in order so far.
    next: u64,
    /// Frames that overtook others. Credit bounds them.
    ahead: BTreeMap<u64, Vec<Bytes>>,
    /// The end, after so many frames.
    end: Option<(u64, Option<Error>)>,
    /// How it ended, behind what is ready.
    ended: Option<Option<Error>>,
    closed: bool,
    window: Option<Window>,
    /// What the sender may still send. One item may overdraw the bytes.
    allowed: (i64, i64),
    /// What was taken and is not granted again yet.
    used: (u64, u64),
    way: Option<Arc<dyn ToSender>>,
    /// The input of the same call, which ends with its answer.
    partner: Option<Input>,
    wait: Option<Arc<Wait>>,
    /// When the first item must have come.
    deadline: Option<Instant>,
    items: u64,
    bytes: u64,
}

/// What is to be done without the lock.
#[derive(Default)]
struct Todo {
    answer: Option<(Claim, Result<Given>)>,
    grant: Option<(Arc<dyn ToSender>, u32, u32)>,
    over: Option<(Arc<dyn ToSender>, bool)>,
    partner: Option<Input>,
    /// The first items are taken.
    lift: bool,
}

impl Todo {
    fn run(self, receiver: &Receiver) {
        if self.lift
            && let Some(owner) = receiver.owner.get().and_then(Weak::upgrade)
        {
            owner.lift();
        }
        if let Some((way, items, bytes)) = self.grant {
            way.credit(items, bytes);
        }
        if let Some((way, stop)) = self.over {
            if stop {
                way.stop();
            }
            way.over();
        }
        drop(self.partner);
        if let Some((claim, outcome)) = self.answer {
            claim.send(outcome);
        }
    }
}

impl State {
    /// The next items, at least one.
    fn take(&mut self, (most, bytes): (usize, usize)) -> Vec<Bytes> {
        let mut items = Vec::with_capacity(most.min(self.ready.len()));
        let mut taken = 0;
        while items.len() < most.max(1)
            && let Some(item) = self.ready.front()
            && (items.is_empty() || taken + item.len() <= bytes)
        {
            taken += item.len();
            items.extend(self.ready.pop_front());
        }
        self.items += items.len() as u64;
        self.bytes += taken as u64;
        self.used.0 += items.len() as u64;
        self.used.1 += taken as u64;
        if self.ended.is_some() && self.ready.is_empty() {
            self.window = None;
        }
        items
    }

    /// What may be granted again, once it is half of the window.
    fn grant(&mut self) -> Option<(Arc<dyn ToSender>, u32, u32)> {
        let (window, way) = (self.window.as_ref()?, self.way.as_ref()?);
        if self.used.0 < u64::from(window.items / 2) && self.used.1 < u64::from(window.bytes / 2) {
            return None;
        }
        let items = u32::try_from(self.used.0).unwrap_or(u32::MAX);
        let bytes = u32::try_from(self.used.1).unwrap_or(u32::MAX);
        self.used.0 -= u64::from(items);
        self.used.1 -= u64::from(bytes);
        self.allowed.0 += i64::from(items);
        self.allowed.1 += i64::from(bytes);
        Some((way.clone(), items, bytes))
    }

    /// Counts what came against the credit; false if there was too much.
    fn receive(&mut self, items: &[Bytes]) -> bool {
        items.iter().all(|item| {
            let allowed = self.allowed.0 > 0 && self.allowed.1 > 0;
            self.allowed.0 -= 1;
            self.allowed.1 -= item.len() as i64;
            allowed
        })
    }

    fn is_over(&self) -> bool {
        self.closed || self.ended.is_some()
    }

    /// Nothing comes any more.
    fn end(&mut self, error: Option<Error>, stop: bool, todo: &mut Todo) {
        self.ended = Some(error);
        self.ahead.clear();
        self.end = None;
        self.deadline = None;
        if self.ready.is_empty() {
            self.window = None;
        }
        todo.over = self.way.take().map(|way| (way, stop));
        todo.partner = self.partner.take();
    }
}

impl Receiver {
    /// The receiving end of an answer. The first item must come before the deadline. Error: `Overloaded`, no memory is left.
    pub fn answer(about: About, budget: &Arc<Budget>, deadline: Instant) -> Result<Arc<Receiver>> {
        let window = Window::reserve(budget)?;
        let state = State {
            allowed: (FIRST_ITEMS.into(), FIRST_BYTES.into()),
            used: (u64::from(window.items - FIRST_ITEMS), u64::from(window.bytes - FIRST_BYTES)),
            window: Some(window),
            deadline: Some(deadline),
            ..State::default()
        };
        Ok(Receiver::new(about, false, budget, state))
    }

    /// The receiving end of a call's input. Nothing may come before [`Receiver::start`].
    pub fn input(about: About, budget: &Arc<Budget>) -> Arc<Receiver> {
        Receiver::new(about, true, budget, State::default())
    }

    fn new(about: About, input: bool, budget: &Arc<Budget>, state: State) -> Arc<Receiver> {
        Arc::new_cyclic(|me| Receiver {
            about,
            input,
            budget: budget.clone(),
            state: Mutex::new(state),
            owner: OnceLock::new(),
            me: me.clone(),
        })
    }

    /// Says where credit goes, and grants what is due. False: the stream is over already, and so is the way.
    pub fn bind(&self, way: Arc<dyn ToSender>) -> bool {
        let mut todo = Todo::default();
        let bound = {
            let mut state = self.state.lock();
            let open = !state.is_over();
            if open {
                state.way = Some(way);
                todo.grant = state.grant();
            } else {
                todo.over = Some((way, true));
            }
            open
        };
        todo.run(self);
        bound
    }

    /// The handler that reads this input starts: grants the whole window. Error: `Overloaded`, no memory is left.
    pub fn start(&self, owner: Weak<dyn Owner>) -> Result<()> {
        let _ = self.owner.set(owner);
        let window = Window::reserve(&self.budget)?;
        let mut todo = Todo::default();
        {
            let mut state = self.state.lock();
            if !state.is_over() {
                state.used = (window.items.into(), window.bytes.into());
                state.window = Some(window);
                todo.grant = state.grant();
            }
        }
        todo.run(self);
        Ok(())
    }

    /// This answer's call had an input, which ends with the answer.
    pub(super) fn adopt(&self, input: Input) {
        let mut state = self.state.lock();
        if !state.is_over() {
            state.partner = Some(input);
        }
    }

    /// Items came in the frame of this number.
    pub fn items(&self, number: u32, items: Vec<Bytes>) {
        let mut todo = Todo::default();
        {
            let mut state = self.state.lock();
            if state.is_over() {
                return;
            }
            let number = widen(state.next, number);
            let known =
                number < state.next || state.ahead.contains_key(&number) || state.end.as_ref().is_some_and(|(end, _)| number >= *end);
            if known || !state.receive(&items) {
                let what = if known { "a frame that was there already" } else { "more than it was granted" };
                let error = Error::new(Kind::Protocol, format!("node `{}` sent {what} in a stream", self.about.peer));
                state.end(Some(error.executed(Executed::Maybe)), true, &mut todo);
            } else if number == state.next {
                state.deadline = None;
                state.next += 1;
                state.ready.extend(items);
                let mut next = state.next;
                while let Some(more) = state.ahead.remove(&next) {
                    state.ready.extend(more);
                    next += 1;
                }
                state.next = next;
            } else {
                state.ahead.insert(number, items);
            }
            self.settle(&mut state, &mut todo);
        }
        todo.run(self);
    }

    /// Its end came, which follows so many frames.
    pub fn end(&self, frames: u32, error: Option<Error>) {
        let mut todo = Todo::default();
        {
            let mut state = self.state.lock();
            if state.is_over() || state.end.is_some() {
                return;
            }
            state.end = Some((widen(state.next, frames), error));
            self.settle(&mut state, &mut todo);
        }
        todo.run(self);
    }

    /// Nothing more comes; what came is still there. With `stop` the sender is told.
    pub fn fail(&self, error: Error, stop: bool) {
        let mut todo = Todo::default();
        {
            let mut state = self.state.lock();
            if state.is_over() {
                return;
            }
            state.end(Some(error), stop, &mut todo);
            self.settle(&mut state, &mut todo);
        }
        todo.run(self);
    }

    /// Nobody reads it any more: the sender is told, what waits is dropped.
    pub fn close(&self) {
        let mut todo = Todo::default();
        {
            let mut state = self.state.lock();
            if state.closed {
                return;
            }
            if state.ended.is_none() {
                state.end(None, true, &mut todo);
            }
            state.closed = true;
            state.ready.clear();
            state.window = None;
            if let Some(claim) = state.wait.take().and_then(|wait| wait.claim()) {
                todo.answer = Some((claim, Err(closed())));
            }
        }
        todo.run(self);
    }

    /// Sees whether the end was reached, and answers who waits.
    fn settle(&self, state: &mut State, todo: &mut Todo) {
        if let Some((frames, error)) = state.end.take_if(|(frames, _)| *frames <= state.next) {
            let error = if frames < state.next {
                Some(Error::new(Kind::Protocol, format!("node `{}` ended a stream before its last frame", self.about.peer)))
            } else {
                error
            };
            state.end(error, false, todo);
        }
        if state.ready.is_empty() && state.ended.is_none() {
            return;
        }
        if let Some(wait) = state.wait.take()
            && let Some(claim) = wait.claim()
        {
            let outcome = self.next_of(state, wait.most, todo);
            todo.answer = Some((claim, outcome));
        }
    }

    /// What is there, or the end.
    fn next_of(&self, state: &mut State, most: (usize, usize), todo: &mut Todo) -> Result<Given> {
        todo.lift = state.items == 0;
        let items = state.take(most);
        todo.grant = state.grant();
        match &state.ended {
            Some(Some(error)) if items.is_empty() => Err(self.tell(error, state.items)),
            _ => Ok(Given::Items(items)),
        }
    }

    fn tell(&self, error: &Error, items: u64) -> Error {
        let which = if self.input { "input" } else { "stream" };
        let items = if items == 1 { "1 item".into() } else { format!("{items} items") };
        error
            .clone()
            .raised_at(&self.about.peer)
            .operation(format!("{which} of {}, after {items}", self.about.target))
            .trace(self.about.trace.clone())
    }

    /// Answers with items: at once if there are some, else when there are. What cancels the wait, if it waits; then the permit of `owner`
    /// is lent.
    pub fn next(&self, most: usize, bytes: usize, owner: Option<Arc<dyn Owner>>, answer: Answer) -> Option<Arc<dyn Cancel>> {
        let mut guard: Option<Guard> = None;
        let mut owner = owner;
        loop {
            let mut todo = Todo::default();
            let mut state = self.state.lock();
            let late = state.deadline.is_some_and(|deadline| state.ready.is_empty() && deadline <= env::now());
            if late {
                state.end(Some(self.late()), true, &mut todo);
            }
            let outcome = if state.closed {
                Err(closed())
            } else if !state.ready.is_empty() || state.ended.is_some() {
                self.next_of(&mut state, (most, bytes), &mut todo)
            } else if state.wait.as_ref().is_some_and(|wait| !wait.is_over()) {
                Err(Error::new(Kind::Misuse, "somebody else waits for items of this stream already"))
            } else if let Some(owner) = owner.take() {
                drop(state);
                // Without the lock: other handlers may start here. What came meanwhile is seen in the next round.
                guard = Some(owner.lend());
                continue;
            } else {
                let on = state.deadline.map(|_| self.me.clone());
                let wait = Wait::new(answer, guard, (most, bytes), on);
                state.wait = Some(wait.clone());
                return Some(wait);
            };
            drop(state);
            drop(guard);
            todo.run(self);
            answer.send(outcome);
            return None;
        }
    }

    /// Takes items back that were given to somebody who had stopped waiting.
    pub fn put_back(&self, items: Vec<Bytes>) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        let bytes = items.iter().map(|item| item.len() as u64).sum::<u64>();
        state.items -= items.len() as u64;
        state.bytes -= bytes;
        // They were granted again already, at most once more than the window holds.
        state.used.0 = state.used.0.saturating_sub(items.len() as u64);
        state.used.1 = state.used.1.saturating_sub(bytes);
        for item in items.into_iter().rev() {
            state.ready.push_front(item);
        }
    }

    /// When the first item must have come, if it is still awaited.
    pub fn deadline(&self) -> Option<Instant> {
        self.state.lock().deadline
    }

    fn late(&self) -> Error {
        Error::new(Kind::DeadlineExceeded, format!("no item of the stream came in time from node `{}`", self.about.peer))
            .node(&*self.about.peer)
            .executed(Executed::Yes)
    }

    /// Items and bytes that were taken, items that wait, whether nothing more comes.
    pub fn stats(&self) -> (u64, u64, usize, bool) {
        let state = self.state.lock();
        (state.items, state.bytes, state.ready.len(), state.is_over())
    }

    /// As if so many frames had come.
    #[cfg(test)]
    pub(super) fn start_at(&self, next: u64) {
        self.state.lock().next = next;
    }

    /// Whether it is a call's input.
    pub fn is_input(&self) -> bool {
        self.input
    }

    /// What it is.
    pub fn about(&self) -> &About {
        &self.about
    }
}

impl Cancel for Receiver {
    /// The invocation that reads it was cancelled.
    fn cancel(&self) {
        self.fail(Error::new(Kind::Cancelled, "the stream was cancelled with the call that read it").executed(Executed::Yes), true);
    }

    fn expire(&self) -> Option<Instant> {
        let mut todo = Todo::default();
        {
            let mut state = self.state.lock();
            match state.deadline {
                Some(deadline) if deadline > env::now() => return Some(deadline),
                Some(_) => {}
                None => return None,
            }
            state.end(Some(self.late()), true, &mut todo);
            self.settle(&mut state, &mut todo);
        }
        todo.run(self);
        None
    }
}

/// The number whose low bits these are, near the one that comes next.
fn widen(next: u64, low: u32) -> u64 {
    let ahead = low.wrapping_sub(next as u32) as i32;
    next.saturating_add_signed(ahead.into())
}

fn closed() -> Error {
    Error::new(Kind::Closed, "this stream was closed").advice("Call the method again for another stream.")
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (items, _, waiting, over) = self.stats();
        write!(f, "Receiver({}, {items} taken, {waiting} waiting, {})", self.about.target, if over { "over" } else { "open" })
    }
}
