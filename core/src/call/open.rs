//! One call under way: its attempts, its deadline, its one answer.

use super::{Context, Decision, Method, decide};
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
    tried: Vec<NodeId>,
    /// An attempt's end that came before `attempt` returned.
    early: Option<(u8, Outcome)>,
    last: Option<Error>,
    /// `attempt` was called and hasn't returned: it may have sent something.
    starting: bool,
    /// What the attempts that ended say: one that may have run is not undone by a later one that surely didn't.
    executed: Executed,
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
                tried: Vec::new(),
                early: None,
                last: None,
                starting: false,
                executed: Executed::No,
            }),
        });
        call.advance();
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
                state.number += 1;
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
                    if state.answer.is_none() {
                        // Cancelled or expired while the attempt started, and answered then.
                        drop(state);
                        if early.is_none() {
                            let _ = (attempt.give_up)();
                        }
                        return;
                    }
                    state.current = Some(attempt);
                    let Some(outcome) = early else { return };
                    drop(state);
                    if !self.conclude(number, outcome) {
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
        {
            let mut state = self.state.lock();
            if state.number != number || state.answer.is_none() {
                return;
            }
            if state.current.is_none() {
                state.early = Some((number, outcome));
                return;
            }
        }
        if self.conclude(number, outcome) {
            self.advance();
        }
    }

    /// Answers, or says that another attempt follows.
    fn conclude(&self, number: u8, outcome: Outcome) -> bool {
        let error = match outcome {
            // Later than the caller promised to wait: an answer then would be chance.
            Ok(_) if env::now() >= self.deadline() => {
                let attempt = self.state.lock().current.take();
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
        let attempt = state.current.take();
        state.executed = at_least(state.executed, error.was_executed());
        let in_time = env::now() < self.deadline();
        if !in_time && error.kind() == Kind::Remote {
            // The handler failed because its own nested call met the same deadline: which of the two came first is chance.
            drop(state);
            self.finish(Err(self.too_late(attempt.as_ref()).executed(error.was_executed())));
            return false;
        }
        let idempotent = attempt.is_some_and(|attempt| attempt.idempotent);
        // What an input brought to one provider can't be brought to another.
        let left = if in_time && self.input.is_none() { self.method.attempts.saturating_sub(number) } else { 0 };
        match decide(error.clone(), idempotent, left) {
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
        let (answer, guard, input, nest, current, executed) = {
            let mut state = self.state.lock();
            let State { answer, guard, input, nest, current, executed, .. } = &mut *state;
            (answer.take(), guard.take(), input.take(), nest.take(), current.take(), *executed)
        };
        drop((guard, current));
        // Without somebody who hears it a stream is closed, as is the input of a call that ended.
        let Some(answer) = answer else { return };
        answer.send(match outcome {
            Ok(Brought::Value(payload)) => Ok(Given::Value(payload)),
            Ok(Brought::Stream(taken)) => {
                let cancel = taken.as_cancel();
                let given = Given::Stream(taken.give(input));
                if let (Some(nest), Some(cancel)) = (nest, cancel) {
                    nest(cancel);
                }
                Ok(given)
            }
            Err(error) => {
                let executed = at_least(executed, error.was_executed());
                Err(self.told(error.executed(executed)))
            }
        });
    }

    /// Ends the call from the caller's side.
    fn abort(&self, error: impl FnOnce(Option<&Attempt>) -> Error) {
        let (answer, guard, input, current, error, executed) = {
            let mut state = self.state.lock();
            if state.answer.is_none() {
                return;
            }
            let current = state.current.take();
            let executed = at_least(state.executed, if state.starting { Executed::Maybe } else { Executed::No });
            let error = error(current.as_ref());
            (state.answer.take(), state.guard.take(), state.input.take(), current, error, executed)
        };
        drop((guard, input));
        let executed = at_least(executed, current.map_or(Executed::No, |attempt| (attempt.give_up)()));
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
        self.abort(|attempt| self.too_late(attempt));
        None
    }
}

impl fmt::Debug for OpenCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenCall({})", self.method.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Parked;
    use std::time::Duration;

    /// Providers by script: each attempt gets the next line.
    struct Script {
        lines: Mutex<Vec<Line>>,
        given_up: Arc<Mutex<usize>>,
        idempotent: bool,
    }
    enum Line {
        Now(Outcome),
        Later,
        Nobody,
        /// The caller cancels while the attempt is being sent.
        Cancelled,
    }
    impl Route for Script {
        fn attempt(&self, call: &Arc<OpenCall>, number: u8, tried: &[NodeId]) -> Result<Attempt> {
            assert_eq!(tried.len() + 1, number as usize);
            match self.lines.lock().remove(0) {
                Line::Nobody => return Err(Error::new(Kind::Unavailable, "nobody")),
                Line::Now(outcome) => call.ended(number, outcome),
                Line::Later => {}
                Line::Cancelled => call.cancel(),
            }
            let given_up = self.given_up.clone();
            let give_up = Box::new(move || {
                *given_up.lock() += 1;
                Executed::Maybe
            });
            Ok(Attempt { node: NodeId::draw(), name: "p".into(), idempotent: self.idempotent, give_up })
        }
    }

    fn run(lines: Vec<Line>, idempotent: bool) -> (Arc<OpenCall>, Arc<Parked>, Arc<Mutex<usize>>) {
        run_within(Duration::from_secs(5), lines, idempotent)
    }

    fn run_within(time: Duration, lines: Vec<Line>, idempotent: bool) -> (Arc<OpenCall>, Arc<Parked>, Arc<Mutex<usize>>) {
        let given_up = Arc::new(Mutex::new(0));
        let route = Arc::new(Script { lines: Mutex::new(lines), given_up: given_up.clone(), idempotent });
        let options = minicbor_serde::to_vec(serde_json::json!({"service": "s", "method": "m"})).unwrap();
        let request = Request {
            method: Arc::new(Method::decode(&options).unwrap()),
            deadline: env::now() + time,
            depth: 1,
            context: Context::inside(None),
            payload: Bytes::new(),
            guard: None,
            input: None,
            nest: None,
        };
        let parked = Arc::new(Parked::default());
        (OpenCall::start(request, route, Answer::parked(parked.clone())), parked, given_up)
    }

    fn lost(executed: Executed) -> Outcome {
        Err(Error::new(if executed == Executed::No { Kind::Unavailable } else { Kind::MaybeExecuted }, "lost").executed(executed))
    }

    fn ok() -> Outcome {
        Ok(Bytes::from_static(b"x").into())
    }

    fn given() -> crate::lane::Outcome {
        Ok(Bytes::from_static(b"x").into())
    }

    #[test]
    fn safe_failures_are_tried_elsewhere() {
        let (_, parked, _) = run(vec![Line::Now(lost(Executed::No)), Line::Now(ok())], false);
        assert_eq!(parked.take(), Some(given()));
        let (_, parked, _) = run(vec![Line::Now(lost(Executed::Maybe)), Line::Now(ok())], true);
        assert_eq!(parked.take(), Some(given()));
        let (_, parked, _) = run(vec![Line::Now(lost(Executed::Maybe))], false);
        assert_eq!(parked.take().unwrap().unwrap_err().kind(), Kind::MaybeExecuted);
    }

    #[test]
    fn the_first_reason_is_kept() {
        let (_, parked, _) = run(vec![Line::Now(lost(Executed::No)), Line::Nobody], false);
        assert_eq!(parked.take().unwrap().unwrap_err().message(), "lost");
        let (_, parked, _) = run(vec![Line::Nobody], false);
        assert_eq!(parked.take().unwrap().unwrap_err().message(), "nobody");
    }

    #[test]
    fn cancel_gives_the_attempt_up_and_late_ends_are_dropped() {
        let (call, parked, given_up) = run(vec![Line::Later], false);
        call.cancel();
        call.ended(1, ok());
        call.expire();
        let error = parked.take().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.was_executed(), *given_up.lock()), (Kind::Cancelled, Executed::Maybe, 1));
        assert!(call.is_over());
    }

    #[test]
    fn attempts_are_bounded() {
        let lines = (0..9).map(|_| Line::Now(lost(Executed::No))).collect();
        let (_, parked, _) = run(lines, false);
        assert_eq!(parked.take().unwrap().unwrap_err().kind(), Kind::Unavailable);
    }

    #[test]
    fn an_attempt_that_may_have_run_is_not_undone_by_a_later_refusal() {
        let maybe = || Line::Now(lost(Executed::Maybe));
        for end in [Line::Nobody, Line::Now(Err(Error::new(Kind::BadArguments, "no").executed(Executed::No)))] {
            let (_, parked, _) = run(vec![maybe(), end], true);
            assert_eq!(parked.take().unwrap().unwrap_err().was_executed(), Executed::Maybe);
        }
        // Between two attempts, and while one is being sent.
        let (_, parked, given_up) = run(vec![maybe(), Line::Cancelled], true);
        let error = parked.take().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.was_executed(), *given_up.lock()), (Kind::Cancelled, Executed::Maybe, 1));
        let (_, parked, _) = run(vec![Line::Cancelled], false);
        assert_eq!(parked.take().unwrap().unwrap_err().was_executed(), Executed::Maybe);
    }

    #[test]
    fn a_deadline_that_passed_sends_nothing() {
        let (_, parked, _) = run_within(Duration::ZERO, vec![], false);
        let error = parked.take().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.was_executed()), (Kind::DeadlineExceeded, Executed::No));
    }

    #[test]
    fn a_handler_that_fails_after_the_deadline_was_too_late() {
        let (call, parked, _) = run_within(Duration::from_millis(5), vec![Line::Later], false);
        while env::now() < call.deadline() {
            std::thread::sleep(Duration::from_millis(1));
        }
        call.ended(1, Err(Error::new(Kind::Remote, "its nested call was too late").executed(Executed::Yes)));
        let error = parked.take().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.was_executed()), (Kind::DeadlineExceeded, Executed::Yes));
    }
}
