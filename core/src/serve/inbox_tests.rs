//! Tests of the inbox: permits, queues, and who is answered how.

use super::*;
use crate::{
    config::NodeId,
    lane::{Event, Lane, LaneKind},
    serve::{Caller, Origin, running},
    stream::Sender,
    wire::Trace,
};
use bytes::Bytes;
use std::{sync::mpsc, time::Duration};

struct To(mpsc::Sender<(u64, Result<Bytes>)>, u64);
impl Origin for To {
    fn answer(self: Box<Self>, outcome: Result<Bytes>, _load: u32) {
        self.0.send((self.1, outcome)).unwrap();
    }

    fn stream(self: Box<Self>, _sender: &Arc<Sender>, _load: u32) {}
}

struct Bed {
    serve: Arc<Serve>,
    lane: Arc<Lane>,
    send: mpsc::Sender<(u64, Result<Bytes>)>,
    answers: mpsc::Receiver<(u64, Result<Bytes>)>,
}

impl Bed {
    fn new(workers: usize, waiting: usize) -> Bed {
        Bed::limited(workers, waiting, |_| {})
    }

    /// Services `s` with the methods `m` and `n`, and `t` with `m`.
    fn limited(workers: usize, waiting: usize, limit: impl FnOnce(&mut Table)) -> Bed {
        let lane = Lane::open(LaneKind::Workers).unwrap();
        let mut table = Table::default();
        table.add("s", [("m", lane.clone()), ("n", lane.clone())].into_iter()).unwrap();
        table.add("t", [("m", lane.clone())].into_iter()).unwrap();
        limit(&mut table);
        let serve = Serve::new("n", 1, table, Limits { workers, max_threads: 64, waiting, waiting_at_all: 99_999, memory: 1 << 20 });
        serve.open();
        let (send, answers) = mpsc::channel();
        Bed { serve, lane, send, answers }
    }

    fn call(&self, id: u64) {
        self.call_at(id, 1);
    }

    fn call_at(&self, id: u64, depth: u8) {
        self.call_from(NodeId::draw(), "s.m", id, depth, 2);
    }

    fn call_from(&self, caller: NodeId, target: &str, id: u64, depth: u8, size: usize) {
        self.call_within(caller, target, id, depth, size, Duration::from_secs(30));
    }

    fn call_within(&self, caller: NodeId, target: &str, id: u64, depth: u8, size: usize, left: Duration) {
        self.serve.accept(Incoming {
            target: target.into(),
            deadline: env::now() + left,
            depth,
            attempt: 1,
            baggage: Bytes::new(),
            trace: Trace::fresh(),
            payload: vec![7; size].into(),
            caller: Caller { id: caller, name: "c".into(), language: "rust".into() },
            key: (7, id),
            origin: Box::new(To(self.send.clone(), id)),
            input: None,
        });
    }

    /// Answers what is fetched next, once; says which call it was.
    fn serve_one(&self) -> Option<u64> {
        let call = running(*self.fetch().first()?).unwrap();
        call.answer(Ok(Bytes::new())).unwrap();
        Some(call.key.1)
    }

    fn end(self) {
        self.serve.abandon();
        let inbox = self.serve.inbox.lock();
        let used = |scope: &Scope| (scope.running, scope.waiting, scope.bytes) == (0, [0, 0], 0);
        assert!(inbox.services.iter().chain(&inbox.methods).chain([&inbox.whole]).all(used), "{:?} {:?}", inbox.services, inbox.methods);
        assert_eq!((inbox.running, inbox.lent, inbox.waiting.len(), inbox.nested.len(), inbox.by_key.len()), (0, 0, 0, 0, 0));
    }

    fn fetch(&self) -> Vec<u64> {
        self.lane.take(99, None).unwrap().into_iter().filter_map(|e| if let Event::Invoke(i) = e { Some(i.call) } else { None }).collect()
    }

    fn kinds(&self) -> Vec<(u64, Option<Kind>)> {
        self.answers.try_iter().map(|(id, outcome)| (id, outcome.err().map(|e| e.kind()))).collect()
    }
}

#[test]
fn what_cannot_start_in_time_is_refused_at_once() {
    let bed = Bed::new(2, 1000);
    let (start, second) = (env::now(), Duration::from_secs(1));
    bed.serve.inbox.lock().pace.returned(start, true);
    bed.serve.inbox.lock().pace.returned(start + second, true);
    // Two run, and two may wait in any case; then one of 20 s can't wait for 11 s.
    (0..4).for_each(|id| bed.call_within(NodeId::draw(), "s.m", id, 1, 2, second));
    (4..13).for_each(|id| bed.call_within(NodeId::draw(), "s.m", id, 1, 2, 30 * second));
    bed.call_within(NodeId::draw(), "s.m", 13, 1, 2, 20 * second);
    assert_eq!(bed.kinds(), [(13, Some(Kind::Overloaded))]);
    bed.call_within(NodeId::draw(), "s.m", 14, 1, 2, 30 * second);
    // Somebody holds a place for a nested call.
    bed.call_within(NodeId::draw(), "s.m", 15, 2, 2, second);
    assert_eq!(bed.kinds(), []);
    assert_eq!(bed.serve.load(), 15);
    bed.serve.abandon();
}

#[test]
fn permits_bound_what_runs_and_the_queue_what_waits() {
    let bed = Bed::new(2, 3);
    (0..6).for_each(|id| bed.call(id));
    assert_eq!(bed.kinds(), [(5, Some(Kind::Overloaded))]);
    let first = bed.fetch();
    assert_eq!((first.len(), bed.serve.load()), (2, 5));
    running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap();
    assert_eq!(bed.kinds(), [(0, None)]);
    assert_eq!(bed.fetch().len(), 1);
    assert_eq!(running(first[0]).unwrap_err().kind(), Kind::Closed);
    bed.serve.abandon();
    let mut rest = bed.kinds();
    rest.sort_by_key(|r| r.0);
    assert_eq!(rest, [(1, Some(Kind::Closed)), (2, Some(Kind::Closed)), (3, Some(Kind::Closed)), (4, Some(Kind::Closed))]);
    assert_eq!(bed.serve.load(), 0);
}

#[test]
fn a_handler_that_waits_lends_its_permit() {
    let bed = Bed::new(1, 9);
    (0..3).for_each(|id| bed.call(id));
    let first = bed.fetch();
    assert_eq!(first.len(), 1);
    let lent = running(first[0]).unwrap().lend();
    assert_eq!(bed.fetch().len(), 1);
    drop(lent);
    running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap();
    assert_eq!(bed.fetch().len(), 0, "two ran on one permit: one place is given back first");
}

#[test]
fn every_depth_leaves_a_place_to_deeper_calls() {
    for (workers, max_threads) in [(1, 1), (2, 4), (4, 64), (64, 64), (8, 200)] {
        let limits = Limits { workers, max_threads, waiting: 9, waiting_at_all: 9, memory: 9 };
        assert!(places(1, &limits) >= workers);
        for depth in 1..MAX_DEPTH {
            assert!(places(depth + 1, &limits) > places(depth, &limits), "depth {depth}, {limits:?}");
        }
        assert!(places(MAX_DEPTH, &limits) <= max_threads.max(workers + 31));
    }
}

#[test]
fn calls_in_calls_do_not_dead_lock() {
    // Each of many roots nests two deep, every handler waits for the next: with all permits in use the deepest still run.
    let bed = Bed::new(1, 99);
    let mut lent = Vec::new();
    let mut started = 0;
    (0..40).for_each(|id| bed.call_at(id, 1));
    let mut id = 100;
    loop {
        let fetched = bed.fetch();
        if fetched.is_empty() {
            break;
        }
        for call in fetched {
            let run = running(call).unwrap();
            started += 1;
            if run.depth < 3 {
                lent.push((call, run.lend()));
                bed.call_at(id, run.depth + 1);
                id += 1;
            } else {
                // The leaf answers; what waits for it could now go on.
                run.answer(Ok(Bytes::new())).unwrap();
            }
        }
    }
    assert!(started >= 3, "{started} calls ran: a whole chain must get through");
    assert!(bed.answers.try_iter().any(|(id, outcome)| id >= 100 && outcome.is_ok()));
    bed.serve.abandon();
}

#[test]
fn cancelled_calls_do_not_start() {
    let bed = Bed::new(1, 9);
    (0..2).for_each(|id| bed.call(id));
    let first = bed.fetch();
    bed.serve.cancel((7, 1));
    bed.serve.cancel_link(7);
    assert!(running(first[0]).unwrap().is_cancelled());
    running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap();
    assert_eq!(bed.kinds(), [(1, Some(Kind::Cancelled)), (0, None)]);
    assert!(bed.fetch().is_empty());
}

#[test]
fn cancelled_calls_take_nobody_s_place() {
    let bed = Bed::new(1, 2);
    (0..3).for_each(|id| bed.call(id));
    assert_eq!(bed.serve.cancel((7, 1)), Executed::No);
    bed.call(3);
    assert_eq!(bed.kinds(), [(1, Some(Kind::Cancelled))], "the place of the cancelled call is free");
    // Permitted, but fetched by nobody.
    assert_eq!(bed.serve.cancel((7, 0)), Executed::No);
    let next = bed.fetch();
    assert_eq!(next.len(), 1);
    assert_eq!(running(next[0]).unwrap().key, (7, 2));
    assert_eq!(bed.serve.cancel((7, 2)), Executed::Maybe, "its handler runs");
    assert_eq!(bed.kinds(), [(0, Some(Kind::Cancelled))]);
    bed.serve.abandon();
    assert_eq!(bed.serve.counts().0, 1);
}

#[test]
fn many_waiting_calls_of_a_closed_loop_need_no_stack() {
    let bed = Bed::new(1, 5000);
    (0..5000).for_each(|id| bed.call(id));
    let first = bed.fetch();
    bed.lane.close();
    let thread = env::thread("small", move || running(first[0]).unwrap().answer(Ok(Bytes::new())).unwrap()).unwrap();
    thread.join().unwrap();
    assert_eq!(bed.serve.load(), 0);
    let closed = bed.answers.try_iter().filter(|(_, outcome)| outcome.as_ref().is_err_and(|e| e.kind() == Kind::Closed)).count();
    assert_eq!(closed, 4999);
}

#[test]
fn a_handler_lends_its_permit_once_and_only_while_it_runs() {
    let bed = Bed::new(1, 9);
    (0..5).for_each(|id| bed.call(id));
    let first = running(bed.fetch()[0]).unwrap();
    // It waits for three calls at once, and lends the one permit it has.
    let lent: Vec<_> = (0..3).map(|_| first.lend()).collect();
    assert_eq!(bed.fetch().len(), 1);
    // It doesn't wait for their end.
    first.answer(Ok(Bytes::new())).unwrap();
    assert_eq!(bed.fetch().len(), 0, "one runs on the one permit");
    drop(lent);
    assert_eq!(bed.fetch().len(), 0);
    bed.serve.abandon();
    assert_eq!(bed.serve.inbox.lock().lent, 0);
}

#[test]
fn roots_that_wait_do_not_keep_nested_calls_out() {
    let bed = Bed::new(1, 2);
    (0..3).for_each(|id| bed.call(id));
    let first = running(bed.fetch()[0]).unwrap();
    bed.call_at(3, 1);
    assert_eq!(bed.kinds(), [(3, Some(Kind::Overloaded))]);
    let _lent = first.lend();
    bed.fetch();
    bed.call(9);
    bed.call_at(4, 2);
    assert_eq!(bed.kinds(), []);
    bed.serve.abandon();
}

#[test]
fn a_call_at_its_deadline_does_not_run() {
    let bed = Bed::new(1, 9);
    let caller = Caller { id: NodeId::draw(), name: "c".into(), language: "rust".into() };
    bed.serve.accept(Incoming {
        target: "s.m".into(),
        deadline: env::now(),
        depth: 1,
        attempt: 1,
        baggage: Bytes::new(),
        trace: Trace::fresh(),
        payload: Bytes::new(),
        caller,
        key: (7, 1),
        origin: Box::new(To(bed.send.clone(), 1)),
        input: None,
    });
    assert_eq!(bed.kinds(), [(1, Some(Kind::DeadlineExceeded))]);
    assert!(bed.fetch().is_empty());
}

#[test]
fn what_was_not_fetched_did_not_run_when_the_node_closes() {
    let bed = Bed::new(2, 9);
    bed.call(0);
    bed.fetch();
    bed.call(1);
    bed.serve.abandon();
    let mut executed: Vec<_> = bed.answers.try_iter().map(|(id, outcome)| (id, outcome.unwrap_err().was_executed())).collect();
    executed.sort_by_key(|e| e.0);
    assert_eq!(executed, [(0, Executed::Maybe), (1, Executed::No)]);
    assert!(bed.fetch().is_empty());
}

#[test]
fn unknown_methods_and_draining() {
    let bed = Bed::new(1, 9);
    bed.serve.stop_accepting();
    bed.call(1);
    assert_eq!(bed.kinds(), [(1, Some(Kind::Closed))]);
}

const A: NodeId = NodeId::from_bytes([1; 16]);
const B: NodeId = NodeId::from_bytes([2; 16]);
const C: NodeId = NodeId::from_bytes([3; 16]);

#[test]
fn callers_are_served_in_turns() {
    let bed = Bed::new(1, 99);
    (0..5).for_each(|id| bed.call_from(A, "s.m", id, 1, 2));
    (10..12).for_each(|id| bed.call_from(B, "s.m", id, 1, 2));
    bed.call_from(C, "t.m", 20, 1, 2);
    let order: Vec<_> = std::iter::from_fn(|| bed.serve_one()).collect();
    assert_eq!(order, [0, 1, 10, 20, 2, 11, 3, 4]);
    bed.end();
}

#[test]
fn one_caller_does_not_fill_the_queue() {
    let bed = Bed::new(1, 4);
    (0..6).for_each(|id| bed.call_from(A, "s.m", id, 1, 2));
    assert_eq!(bed.kinds(), [(5, Some(Kind::Overloaded))], "whoever has most is refused first");
    // Others get their part: whoever has most loses its newest.
    bed.call_from(B, "s.m", 10, 1, 2);
    bed.call_from(C, "s.n", 20, 1, 2);
    assert_eq!(bed.kinds(), [(4, Some(Kind::Overloaded)), (3, Some(Kind::Overloaded))]);
    // Now nobody has more than one more than the others.
    bed.call_from(B, "s.m", 11, 1, 2);
    bed.call_from(A, "s.m", 6, 1, 2);
    assert_eq!(bed.kinds(), [(11, Some(Kind::Overloaded)), (6, Some(Kind::Overloaded))]);
    assert_eq!(bed.serve.counts().1, 5);
    bed.end();
}

#[test]
fn what_lost_its_place_did_not_run() {
    let bed = Bed::new(1, 2);
    (0..3).for_each(|id| bed.call_from(A, "s.m", id, 1, 2));
    bed.call_from(B, "s.m", 10, 1, 2);
    let (id, outcome) = bed.answers.try_recv().unwrap();
    let error = outcome.unwrap_err();
    assert_eq!((id, error.kind(), error.was_executed()), (2, Kind::Overloaded, Executed::No));
    bed.end();
}

fn limit(running: impl Into<Option<usize>>, waiting: impl Into<Option<usize>>, bytes: impl Into<Option<usize>>) -> Limit {
    Limit { running: running.into(), waiting: waiting.into(), bytes: bytes.into() }
}

#[test]
fn a_method_at_its_limit_holds_up_no_other() {
    let bed = Bed::limited(4, 9, |table| table.limit_method("s.m", limit(1, 2, None)));
    (0..4).for_each(|id| bed.call_from(A, "s.m", id, 1, 2));
    assert_eq!(bed.kinds(), [(3, Some(Kind::Overloaded))]);
    bed.call_from(A, "s.n", 10, 1, 2);
    bed.call_from(B, "t.m", 11, 1, 2);
    let running_now = bed.fetch();
    assert_eq!(running_now.len(), 3, "one of `s.m`, and the others");
    // It waits for itself, through another: its place is lent.
    let first = running(running_now[0]).unwrap();
    assert_eq!(first.key.1, 0);
    let lent = first.lend();
    assert_eq!(bed.fetch().len(), 1);
    drop(lent);
    first.answer(Ok(Bytes::new())).unwrap();
    assert_eq!(bed.fetch().len(), 0, "two ran on one place: one is given back first");
    bed.end();
}

#[test]
fn a_service_at_its_limit_refuses_at_once() {
    let bed = Bed::limited(4, 9, |table| table.limit_service("s", limit(2, 0, None)));
    bed.call_from(A, "s.m", 0, 1, 2);
    bed.call_from(A, "s.n", 1, 1, 2);
    bed.call_from(B, "s.m", 2, 1, 2);
    // A nested call as well: there is no place for it.
    bed.call_from(B, "s.m", 3, 2, 2);
    bed.call_from(B, "t.m", 4, 1, 2);
    assert_eq!(bed.kinds(), [(2, Some(Kind::Overloaded)), (3, Some(Kind::Overloaded))]);
    assert_eq!(bed.fetch().len(), 3);
    bed.end();
}

#[test]
fn bytes_that_wait_are_limited() {
    let bed = Bed::limited(1, 9, |table| table.limit_service("s", limit(None, None, 100)));
    bed.call_from(A, "s.m", 0, 1, 500);
    // One large call may wait alone.
    bed.call_from(A, "s.m", 1, 1, 500);
    bed.call_from(A, "s.m", 2, 1, 1);
    assert_eq!(bed.kinds(), [(2, Some(Kind::Overloaded))]);
    // Another caller's small one takes its place.
    bed.call_from(B, "s.m", 10, 1, 60);
    assert_eq!(bed.kinds(), [(1, Some(Kind::Overloaded))]);
    bed.call_from(B, "s.m", 11, 1, 60);
    bed.call_from(A, "t.m", 3, 1, 60);
    assert_eq!(bed.kinds(), [(11, Some(Kind::Overloaded))]);
    bed.end();
}

#[test]
fn the_node_s_whole_queue_is_limited() {
    let mut bed = Bed::new(1, 9);
    let whole = |bed: &mut Bed| bed.serve.inbox.lock().whole.limit.waiting = Some(3);
    whole(&mut bed);
    (0..3).for_each(|id| bed.call_from(A, "s.m", id, 1, 2));
    bed.call_from(A, "t.m", 3, 1, 2);
    bed.call_from(A, "t.m", 4, 1, 2);
    bed.call_from(B, "t.m", 10, 1, 2);
    assert_eq!(bed.kinds(), [(4, Some(Kind::Overloaded)), (3, Some(Kind::Overloaded))]);
    bed.end();
}

#[test]
fn limits_that_let_nothing_run_are_refused() {
    let spec = |running, bytes| crate::config::LimitSpec { running, waiting: Some(0), bytes };
    for bad in [spec(Some(0), None), spec(None, Some(0))] {
        assert_eq!(Limit::of(Some(&bad), "s.m").unwrap_err().kind(), Kind::BadConfig);
    }
    assert_eq!(Limit::of(Some(&spec(Some(2), None)), "s.m").unwrap(), limit(2, 0, None));
    assert_eq!(Limit::of(None, "s.m").unwrap(), Limit::default());
}

#[test]
fn what_nobody_fetches_is_sent_where_it_can_run() {
    let bed = Bed::new(1, 9);
    (0..2).for_each(|id| bed.call_from(A, "s.m", id, 1, 2));
    bed.call_from(A, "t.m", 2, 1, 2);
    let now = env::now();
    let (second, later) = (Duration::from_secs(1), now + Duration::from_secs(2));
    assert!(bed.serve.stuck(later) >= second && bed.serve.stuck(now) < second);
    bed.serve.send_away(now, second, |_| true);
    assert_eq!(bed.kinds(), []);
    bed.serve.send_away(later, second, |target| target == "s.m");
    let mut sent = bed.kinds();
    sent.sort_by_key(|sent| sent.0);
    assert_eq!(sent, [(0, Some(Kind::Overloaded)), (1, Some(Kind::Overloaded))]);
    // What only this node can do is done when it goes on.
    assert_eq!(bed.fetch().len(), 1);
    assert_eq!(bed.serve.stuck(later), Duration::ZERO);
    bed.end();
}

#[test]
fn what_is_offered_later_takes_the_next_numbers() {
    let bed = Bed::new(9, 9);
    bed.call(1);
    let mut more = Table::default();
    more.add("t", [("m", bed.lane.clone()), ("p", bed.lane.clone())].into_iter()).unwrap();
    more.add("u", [("m", bed.lane.clone())].into_iter()).unwrap();
    more.limit_method("u.m", limit(1, 0, None));
    bed.serve.extend(&more);
    for (id, target) in [(2, "s.n"), (3, "t.m"), (4, "t.p"), (5, "u.m"), (6, "u.m")] {
        bed.call_from(NodeId::draw(), target, id, 1, 2);
    }
    // What ran before keeps its number; `t.m` has a new one, and the limit of `u.m` refuses its second call.
    let fetched: Vec<(u32, u64)> = bed.lane.take(99, None).unwrap().into_iter().filter_map(invoked).collect();
    let numbers: Vec<u32> = fetched.iter().map(|(method, _)| *method).collect();
    assert_eq!(numbers, [0, 1, 3, 4, 5]);
    assert_eq!(bed.kinds(), [(6, Some(Kind::Overloaded))]);
    for (_, call) in fetched {
        running(call).unwrap().answer(Ok(Bytes::new())).unwrap();
    }
    bed.end();
}

fn invoked(event: Event) -> Option<(u32, u64)> {
    if let Event::Invoke(i) = event { Some((i.method, i.call)) } else { None }
}
