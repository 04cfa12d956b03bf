//! One call under way: its attempts, its deadline, its one answer.

use super::{Context, Decision, Method, adds_load, decide, hedge, is_answer};
use crate::{
    config::NodeId,
    env,
    error::{Error, Executed, Kind, Result},
    lane::{Answer, Cancel, Given},
    stream::{Input, Sender, Taken},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// What an attempt brought.
#[derive(Debug)]
pub enum Brought {
    /// The result's payload.
    Value(Bytes),
    /// The answer is a stream.
    Stream(Taken),
}

impl From<Bytes> for Brought {
    fn from(payload: Bytes) -> Brought {
        Brought::Value(payload)
    }
}

/// How an attempt ended.
pub type Outcome = Result<Brought>;

/// Hands the call's stream to the invocation inside which the call is made, so that a cancel reaches it.
pub type Nest = Box<dyn FnOnce(Arc<dyn Cancel>) + Send>;

/// One attempt that was given to a provider, or is about to be.
pub struct Attempt {
    /// The provider.
    pub node: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// Whether the method may run twice.
    pub idempotent: bool,
    /// Gives the attempt up: tells the provider that nobody waits, and the caller whether the handler may have run.
    pub give_up: Box<dyn FnOnce() -> Executed + Send>,
}

/// How a provider is chosen and reached; `node` brings it.
pub trait Route: Send + Sync {
    /// Chooses a provider that was not tried yet and starts the attempt. Its end comes to [`OpenCall::ended`] with `number`, possibly
    /// before this returns. An error means that no provider is left, or none exists.
    fn attempt(&self, call: &Arc<OpenCall>, number: u8, tried: &[NodeId]) -> Result<Attempt>;

    /// Pays for an attempt that adds to the service's load; false: that would be too much for it.
    fn afford(&self, call: &OpenCall) -> bool;

    /// How long the first attempt may take before another provider is asked as well; `None`: however long it takes.
    fn patience(&self, call: &OpenCall) -> Option<Duration>;
}

/// What a caller asks for.
pub struct Request {
    /// The prepared method.
    pub method: Arc<Method>,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Calls between this one and the root.
    pub depth: u8,
    /// Trace and baggage.
    pub context: Context,
    /// Arguments.
    pub payload: Bytes,
    /// Dropped when the call ends: a lent permit.
    pub guard: Option<Box<dyn Send + Sync>>,
    /// The stream among the arguments.
    pub input: Option<Input>,
    /// Called if the answer is a stream.
    pub nest: Option<Nest>,
}

/// A call under way.
pub struct OpenCall {
    /// The prepared method.
    pub method: Arc<Method>,
    /// When the caller stops waiting, if its input goes no further.
    deadline: Instant,
    /// Calls between this one and the root.
    pub depth: u8,
    /// Trace and baggage.
    pub context: Context,
    /// Arguments.
    pub payload: Bytes,
    /// The sending end of its input.
    pub input: Option<Arc<Sender>>,
    started: Instant,
    route: Arc<dyn Route>,
    state: Mutex<State>,
}

struct State {
    answer: Option<Answer>,
    guard: Option<Box<dyn Send + Sync>>,
    input: Option<Input>,
    nest: Option<Nest>,
    /// Number of the attempt whose end counts; 0 before the first.
    number: u8,
    current: Option<Attempt>,
    /// The number that was given to an attempt last.
    drawn: u8,
    /// A second attempt beside the current one.
    second: Option<(u8, Attempt)>,
    /// The number of the second one while it is being started, and its end if that came meanwhile.
    hedging: Option<(u8, Option<Outcome>)>,
    tried: Vec<NodeId>,
    /// An attempt's end that came before `attempt` returned.
    early: Option<(u8, Outcome)>,
    last: Option<Error>,
    /// `attempt` was called and hasn't returned: it may have sent something.
    starting: bool,
    /// What the attempts that ended say: one that may have run is not undone by a later one that surely didn't.
    executed: Executed,
}

impl State {
    /// An attempt ended like this: from now on the call is not answered as if nothing had run, also by a deadline that passes meanwhile.
    fn note(&mut self, outcome: &Outcome) {
        let executed = outcome.as_ref().err().map_or(Executed::Yes, Error::was_executed);
        self.executed = at_least(self.executed, executed);
    }

    /// The attempts that are still under way.
    fn losers(&mut self) -> Vec<Attempt> {
        self.current.take().into_iter().chain(self.second.take().map(|(_, attempt)| attempt)).collect()
    }
}

impl OpenCall {
    /// Starts a call; its answer goes to `answer`.
    pub fn start(request: Request, route: Arc<dyn Route>, answer: Answer) -> Arc<OpenCall> {
        let call = Arc::new(OpenCall {
            method: request.method,
            deadline: request.deadline,
            depth: request.depth,
            context: request.context,
            payload: request.payload,
            input: request.input.as_ref().map(|input| input.sender().clone()),
            started: env::now(),
            route,
            state: Mutex::new(State {
                answer: Some(answer),
                guard: request.guard,
                input: request.input,
                nest: request.nest,
                number: 0,
                current: None,
                drawn: 0,
                second: None,
                hedging: None,
                tried: Vec::new(),
                early: None,
                last: None,
                starting: false,
                executed: Executed::No,
            }),
        });
        call.advance();
        if call.method.hedge.is_some()
            && call.input.is_none()
            && let Some(patience) = call.route.patience(&call)
        {
            hedge::at(call.started + patience, Arc::downgrade(&call));
        }
        call
    }

    /// When the caller stops waiting. With an input that is counted from when the input last went on.
    pub fn deadline(&self) -> Instant {
        match &self.input {
            Some(input) => input.progress().max(self.started) + self.time(),
            None => self.deadline,
        }
    }

    fn time(&self) -> Duration {
        self.deadline.saturating_duration_since(self.started)
    }

    /// Whether the call has its answer.
    pub fn is_over(&self) -> bool {
        self.state.lock().answer.is_none()
    }

    /// Who has the attempt that is under way.
    pub fn provider(&self) -> Option<NodeId> {
        self.state.lock().current.as_ref().map(|attempt| attempt.node)
    }

    /// Starts the next attempt; loops while attempts end before they are under way.
    fn advance(self: &Arc<Self>) {
        loop {
            let (number, tried) = {
                let mut state = self.state.lock();
                if state.answer.is_none() {
                    return;
                }
                if self.deadline() <= env::now() {
                    drop(state);
                    self.expire();
                    return;
                }
                state.drawn += 1;
                state.number = state.drawn;
                state.starting = true;
                (state.number, state.tried.clone())
            };
            let started = self.route.attempt(self, number, &tried);
            let mut state = self.state.lock();
            state.starting = false;
            let early = state.early.take().filter(|(of, _)| *of == number).map(|(_, outcome)| outcome);
            match started {
                Ok(attempt) => {
                    state.tried.push(attempt.node);
                    early.iter().for_each(|outcome| state.note(outcome));
                    if state.answer.is_none() {
                        // Cancelled or expired while the attempt started, and answered then.
                        drop(state);
                        if early.is_none() {
                            let _ = (attempt.give_up)();
                        }
                        return;
                    }
                    let Some(outcome) = early else {
                        state.current = Some(attempt);
                        return;
                    };
                    drop(state);
                    if !self.conclude(Some(attempt), outcome) {
                        return;
                    }
                }
                Err(error) => {
                    // The first provider's reason says more than "no other provider".
                    let error = state.last.take().unwrap_or(error);
                    drop(state);
                    self.finish(Err(error));
                    return;
                }
            }
        }
    }

    /// An attempt ended. Ends of attempts that were given up are dropped.
    pub fn ended(self: &Arc<Self>, number: u8, outcome: Outcome) {
        let attempt = {
            let mut state = self.state.lock();
            if state.answer.is_none() {
                return;
            }
            let State { second, hedging, .. } = &mut *state;
            if let Some((_, attempt)) = second.take_if(|(of, _)| *of == number) {
                state.note(&outcome);
                Some(attempt)
            } else if let Some((_, early)) = hedging.as_mut().filter(|(of, _)| *of == number) {
                *early = Some(outcome);
                return;
            } else if state.number != number {
                return;
            } else if state.current.is_none() {
                state.early = Some((number, outcome));
                return;
            } else {
                state.note(&outcome);
                state.current.take()
            }
        };
        if self.conclude(attempt, outcome) {
            self.advance();
        }
    }

    /// The call takes longer than most: another provider is asked as well, if the method may run twice and the service can bear it.
    pub(super) fn hedge(self: &Arc<Self>) {
        let (number, tried) = {
            let mut state = self.state.lock();
            let again = state.current.as_ref().is_some_and(|attempt| attempt.idempotent) && state.drawn < self.method.attempts;
            if state.answer.is_none() || !again || state.second.is_some() || !self.route.afford(self) {
                return;
            }
            state.drawn += 1;
            state.hedging = Some((state.drawn, None));
            (state.drawn, state.tried.clone())
        };
        let started = self.route.attempt(self, number, &tried);
        let mut state = self.state.lock();
        let early = state.hedging.take().and_then(|(_, early)| early);
        let Ok(attempt) = started else {
            // Without another provider the first attempt is all there is; if that failed meanwhile, its end waited for this one.
            let failed = state.current.is_none();
            drop(state);
            return if failed {
                self.advance()
            };
        };
        state.tried.push(attempt.node);
        early.iter().for_each(|outcome| state.note(outcome));
        if state.answer.is_none() {
            drop(state);
            if early.is_none() {
                let _ = (attempt.give_up)();
            }
            return;
        }
        let Some(outcome) = early else {
            if state.current.is_none() {
                (state.number, state.current) = (number, Some(attempt));
            } else {
                state.second = Some((number, attempt));
            }
            return;
        };
        drop(state);
        if self.conclude(Some(attempt), outcome) {
            self.advance();
        }
    }

    /// One of its attempts ended: answers, waits for the other, or says that another follows.
    fn conclude(&self, attempt: Option<Attempt>, outcome: Outcome) -> bool {
        let error = match outcome {
            // Later than the caller promised to wait: an answer then would be chance.
            Ok(_) if env::now() >= self.deadline() => {
                self.finish(Err(self.too_late(attempt.as_ref()).executed(Executed::Yes)));
                return false;
            }
            Ok(brought) => {
                self.finish(Ok(brought));
                return false;
            }
            Err(error) => error,
        };
        let mut state = self.state.lock();
        state.executed = at_least(state.executed, error.was_executed());
        let in_time = env::now() < self.deadline();
        if !in_time && error.kind() == Kind::Remote {
            // The handler failed because its own nested call met the same deadline: which of the two came first is chance.
            drop(state);
            self.finish(Err(self.too_late(attempt.as_ref()).executed(error.was_executed())));
            return false;
        }
        if in_time && !is_answer(&error) {
            // The other one may still succeed, if it isn't what remains already.
            let State { current, second, number, .. } = &mut *state;
            if let (None, Some((other, attempt))) = (&current, second.take()) {
                (*number, *current) = (other, Some(attempt));
            }
            if state.current.is_some() || state.hedging.is_some() {
                state.last = Some(error);
                return false;
            }
        }
        let idempotent = attempt.is_some_and(|attempt| attempt.idempotent);
        // What an input brought to one provider can't be brought to another.
        let left = if in_time && self.input.is_none() { self.method.attempts.saturating_sub(state.drawn) } else { 0 };
        match decide(error.clone(), idempotent, left) {
            Decision::Again if adds_load(&error) && !self.route.afford(self) => {
                drop(state);
                self.finish(Err(error));
                false
            }
            Decision::Again => {
                state.last = Some(error);
                true
            }
            Decision::Give(error) => {
                drop(state);
                self.finish(Err(error));
                false
            }
        }
    }

    fn finish(&self, outcome: Outcome) {
        let (answer, guard, input, nest, losers, executed) = {
            let mut state = self.state.lock();
            let losers = state.losers();
            let State { answer, guard, input, nest, executed, .. } = &mut *state;
            (answer.take(), guard.take(), input.take(), nest.take(), losers, *executed)
        };
        drop(guard);
        let executed = losers.into_iter().fold(executed, |executed, loser| at_least(executed, (loser.give_up)()));
        // Without somebody who hears it a stream is closed, as is the input of a call that ended.
        let Some(answer) = answer else { return };
        answer.send(match outcome {
            Ok(Brought::Value(payload)) => {
                drop(input);
                Ok(Given::Value(payload))
            }
            Ok(Brought::Stream(taken)) => {
                let cancel = taken.as_cancel();
                let given = Given::Stream(taken.give(input));
                if let (Some(nest), Some(cancel)) = (nest, cancel) {
                    nest(cancel);
                }
                Ok(given)
            }
            Err(error) => {
                drop(input);
                let executed = at_least(executed, error.was_executed());
                Err(self.told(error.executed(executed)))
            }
        });
    }

    /// Ends the call from the caller's side.
    fn abort(&self, error: impl FnOnce(&State) -> Error) {
        let (answer, guard, input, open, error, executed) = {
            let mut state = self.state.lock();
            if state.answer.is_none() {
                return;
            }
            let starting = state.starting || state.hedging.is_some();
            let executed = at_least(state.executed, if starting { Executed::Maybe } else { Executed::No });
            let error = error(&state);
            (state.answer.take(), state.guard.take(), state.input.take(), state.losers(), error, executed)
        };
        drop((guard, input));
        let executed = open.into_iter().fold(executed, |executed, attempt| at_least(executed, (attempt.give_up)()));
        if let Some(answer) = answer {
            answer.send(Err(self.told(error.executed(executed))));
        }
    }

    /// What every error of this call says.
    fn told(&self, error: Error) -> Error {
        error.operation(format!("call {}", self.method.target)).trace(self.context.trace.id())
    }

    fn too_late(&self, attempt: Option<&Attempt>) -> Error {
        let waited = self.time().as_secs_f64();
        match attempt {
            Some(attempt) => Error::new(Kind::DeadlineExceeded, format!("no answer within {waited:.3} s from node `{}`", attempt.name))
                .node(&*attempt.name),
            None => Error::new(Kind::DeadlineExceeded, format!("no provider could be reached within {waited:.3} s")),
        }
    }
}

/// The more cautious of the two.
fn at_least(one: Executed, other: Executed) -> Executed {
    match (one, other) {
        (Executed::Yes, _) | (_, Executed::Yes) => Executed::Yes,
        (Executed::Maybe, _) | (_, Executed::Maybe) => Executed::Maybe,
        _ => Executed::No,
    }
}

impl Cancel for OpenCall {
    fn cancel(&self) {
        self.abort(|_| Error::new(Kind::Cancelled, "the call was cancelled"));
    }

    fn expire(&self) -> Option<Instant> {
        let deadline = self.deadline();
        if self.input.is_some() && deadline > env::now() {
            return (!self.is_over()).then_some(deadline);
        }
        self.abort(|state| match &state.current {
            // Its only attempt ended at this very moment.
            None if state.executed != Executed::No => {
                Error::new(Kind::DeadlineExceeded, format!("no answer within {:.3} s", self.time().as_secs_f64()))
            }
            attempt => self.too_late(attempt.as_ref()),
        });
        None
    }
}

impl fmt::Debug for OpenCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenCall({})", self.method.target)
    }
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
