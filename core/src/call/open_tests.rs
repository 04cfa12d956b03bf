//! Tests of open calls: providers by script.

use super::*;
use crate::lane::Parked;
use std::time::Duration;

/// Providers by script: each attempt gets the next line.
struct Script {
    lines: Mutex<Vec<Line>>,
    given_up: Arc<Mutex<usize>>,
    idempotent: bool,
    /// Attempts that the budget still allows.
    allowed: Mutex<usize>,
}
enum Line {
    Now(Outcome),
    Later,
    /// The first attempt fails while this one is being sent.
    FirstFails,
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
            Line::FirstFails => call.ended(1, lost(Executed::Maybe)),
            Line::Cancelled => call.cancel(),
        }
        let given_up = self.given_up.clone();
        let give_up = Box::new(move || {
            *given_up.lock() += 1;
            Executed::Maybe
        });
        Ok(Attempt { node: NodeId::draw(), name: "p".into(), idempotent: self.idempotent, give_up })
    }

    fn afford(&self, _: &OpenCall) -> bool {
        let mut allowed = self.allowed.lock();
        let enough = *allowed > 0;
        *allowed = allowed.saturating_sub(1);
        enough
    }

    fn patience(&self, _: &OpenCall) -> Option<Duration> {
        None
    }
}

fn run(lines: Vec<Line>, idempotent: bool) -> (Arc<OpenCall>, Arc<Parked>, Arc<Mutex<usize>>) {
    run_within(Duration::from_secs(5), lines, idempotent)
}

fn run_within(time: Duration, lines: Vec<Line>, idempotent: bool) -> (Arc<OpenCall>, Arc<Parked>, Arc<Mutex<usize>>) {
    run_with(time, lines, idempotent, 9)
}

fn run_with(time: Duration, lines: Vec<Line>, idempotent: bool, allowed: usize) -> (Arc<OpenCall>, Arc<Parked>, Arc<Mutex<usize>>) {
    let given_up = Arc::new(Mutex::new(0));
    let route = Arc::new(Script { lines: Mutex::new(lines), given_up: given_up.clone(), idempotent, allowed: Mutex::new(allowed) });
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
    let (call, parked, _) = run_within(Duration::from_millis(50), vec![Line::Later], false);
    while env::now() < call.deadline() {
        std::thread::sleep(Duration::from_millis(1));
    }
    call.ended(1, Err(Error::new(Kind::Remote, "its nested call was too late").executed(Executed::Yes)));
    let error = parked.take().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.was_executed()), (Kind::DeadlineExceeded, Executed::Yes));
}

fn kind(parked: &Parked) -> Option<(Kind, Executed)> {
    parked.take().map(|outcome| outcome.map_or_else(|error| (error.kind(), error.was_executed()), |_| panic!("answered")))
}

#[test]
fn what_adds_load_is_paid_for() {
    let full = || Line::Now(Err(Error::new(Kind::Overloaded, "full").executed(Executed::No)));
    let most = Duration::from_secs(5);
    let (_, parked, _) = run_with(most, vec![full(), full(), Line::Now(ok())], false, 2);
    assert_eq!(parked.take(), Some(given()));
    let (_, parked, _) = run_with(most, vec![full(), full()], false, 1);
    assert_eq!(kind(&parked), Some((Kind::Overloaded, Executed::No)));
    // One that is gone costs nothing, one that may have run does.
    let (_, parked, _) = run_with(most, vec![Line::Now(lost(Executed::No)), Line::Now(ok())], false, 0);
    assert_eq!(parked.take(), Some(given()));
    let (_, parked, _) = run_with(most, vec![Line::Now(lost(Executed::Maybe))], true, 0);
    assert_eq!(kind(&parked), Some((Kind::MaybeExecuted, Executed::Maybe)));
}

#[test]
fn the_first_success_of_two_wins_and_the_other_is_given_up() {
    for winner in [1, 2] {
        let (call, parked, given_up) = run(vec![Line::Later, Line::Later], true);
        call.hedge();
        call.hedge();
        call.ended(winner, ok());
        call.ended(3 - winner, lost(Executed::Maybe));
        assert_eq!((parked.take(), *given_up.lock()), (Some(given()), 1), "{winner}");
    }
    // Already over when its second attempt was sent.
    let (call, parked, given_up) = run(vec![Line::Later, Line::Now(ok())], true);
    call.hedge();
    assert_eq!((parked.take(), *given_up.lock()), (Some(given()), 1));
    let (call, parked, given_up) = run(vec![Line::Later, Line::Cancelled], true);
    call.hedge();
    assert_eq!((kind(&parked), *given_up.lock()), (Some((Kind::Cancelled, Executed::Maybe)), 2));
}

#[test]
fn one_of_two_that_fails_leaves_the_call_to_the_other() {
    for first in [1, 2] {
        let (call, parked, given_up) = run(vec![Line::Later, Line::Later], true);
        call.hedge();
        call.ended(first, lost(Executed::Maybe));
        assert_eq!(parked.take(), None);
        call.ended(3 - first, ok());
        assert_eq!((parked.take(), *given_up.lock()), (Some(given()), 0), "{first}");
    }
    let (call, parked, _) = run(vec![Line::Later, Line::FirstFails], true);
    call.hedge();
    assert_eq!(parked.take(), None);
    call.ended(2, ok());
    assert_eq!(parked.take(), Some(given()));
    // Nobody else is there, and the first fails meanwhile.
    let (call, parked, _) = run(vec![Line::Later, Line::Nobody], true);
    call.hedge();
    call.ended(1, ok());
    assert_eq!(parked.take(), Some(given()));
    // Both fail: a third is tried, as after any failure.
    let (call, parked, _) = run(vec![Line::Later, Line::Later, Line::Now(ok())], true);
    call.hedge();
    call.ended(2, lost(Executed::Maybe));
    call.ended(1, lost(Executed::Maybe));
    assert_eq!(parked.take(), Some(given()));
    // What a handler raises is an answer.
    let (call, parked, given_up) = run(vec![Line::Later, Line::Later], true);
    call.hedge();
    call.ended(2, Err(Error::new(Kind::Remote, "x").executed(Executed::Yes)));
    assert_eq!((kind(&parked), *given_up.lock()), (Some((Kind::Remote, Executed::Yes)), 1));
}

#[test]
fn what_may_not_run_twice_or_costs_too_much_is_not_hedged() {
    for (idempotent, allowed) in [(false, 9), (true, 0)] {
        let (call, parked, given_up) = run_with(Duration::from_secs(5), vec![Line::Later], idempotent, allowed);
        call.hedge();
        call.ended(1, ok());
        assert_eq!((parked.take(), *given_up.lock()), (Some(given()), 0));
    }
}
