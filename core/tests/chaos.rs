//! Several nodes of one cluster in one process, and everything at once: blocking and token calls, cancels, deadlines, nodes that come and
//! go. Whatever happens, each call has exactly one outcome, what may not run twice doesn't, and nothing is left behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::*},
    },
    thread::{Builder, JoinHandle, sleep},
    time::{Duration, Instant},
};
use twinspan::bridge::*;

const CALLERS: u64 = 8;
const TIME: Duration = Duration::from_secs(8);
/// No call may take longer than its deadline and this: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// Methods in the App's order.
const METHODS: [&str; 3] = ["once", "again", "slow"];

/// Another run on this host must not lend its providers to this one.
fn cluster() -> String {
    format!("chaos-{}", std::process::id())
}

/// How often each call ran, by the number that its arguments carry.
#[derive(Default)]
struct Ledger(Mutex<HashMap<u64, u32>>);

impl Ledger {
    fn ran(&self, call: u64, method: u32) {
        let mut runs = self.0.lock().unwrap();
        let count = runs.entry(call).or_default();
        *count += 1;
        assert!(*count == 1 || METHODS[method as usize] == "again", "call {call:#x} of `{}` ran twice", METHODS[method as usize]);
    }

    fn runs(&self, call: u64) -> u32 {
        self.0.lock().unwrap().get(&call).copied().unwrap_or(0)
    }
}

/// Small, repeatable dice: what is random here is the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % most
    }
}

fn encoded(value: Value) -> Vec<u8> {
    to_vec(value).unwrap()
}

fn decoded(bytes: &[u8]) -> Value {
    from_slice(bytes).unwrap()
}

/// Waits for an operation that must end by itself.
fn finish(op: Op) -> Result<Bytes> {
    let mut pending = start(op)?;
    let until = Instant::now() + PATIENCE + Duration::from_secs(10);
    while Instant::now() < until {
        if let Some(outcome) = pending.park(Duration::from_millis(100)) {
            return outcome.and_then(Given::value);
        }
    }
    panic!("an operation hangs");
}

/// A provider with two workers.
struct Provider {
    node: u64,
    lane: u64,
    workers: Vec<JoinHandle<()>>,
}

impl Provider {
    fn join(ledger: &Arc<Ledger>) -> Provider {
        let lane = lane_open(LaneKind::Workers).unwrap();
        let methods: Vec<_> = METHODS.iter().map(|name| json!({"name": name, "idempotent": *name == "again"})).collect();
        let spec = json!({
            "app": {"name": "provider", "services": [{"name": "ledger", "methods": methods}]}, "language": "rust", "program": "chaos",
            "cluster": cluster(), "lane": lane, "workers": 2,
        });
        let node = decoded(&finish(Op::Join(encoded(spec))).unwrap())["node"].as_u64().unwrap();
        finish(Op::Serve(node)).unwrap();
        let workers = (0..2).map(|_| {
            let ledger = ledger.clone();
            Builder::new().spawn(move || work(lane, &ledger)).unwrap()
        });
        Provider { node, lane, workers: workers.collect() }
    }

    fn leave(self, drain_ms: u64) {
        finish(Op::Close(self.node, encoded(json!({"timeout_ms": drain_ms})))).unwrap();
        lane_close(self.lane).unwrap();
        self.workers.into_iter().for_each(|worker| worker.join().unwrap());
    }
}

fn work(lane: u64, ledger: &Ledger) {
    let mut finished = None;
    loop {
        match next(lane, finished.take(), Duration::from_millis(500)) {
            Ok(Some(invocation)) => {
                ledger.ran(u64::from_le_bytes(*invocation.payload.first_chunk().unwrap()), invocation.method);
                if invocation.method == 2 {
                    sleep(Duration::from_millis(15));
                }
                finished = Some(Finished::Reply { call: invocation.call, payload: invocation.payload });
            }
            Ok(None) => {}
            // The lane is closed; or the answer came too late, and there may be more work.
            Err(_) if lane_fd(lane).is_err() => return,
            Err(error) => assert_eq!(error.kind(), Kind::Closed, "{error}"),
        }
    }
}

/// What the callers saw.
#[derive(Default)]
struct Tally {
    fine: AtomicU64,
    failed: AtomicU64,
}

struct Caller {
    number: u64,
    methods: Vec<u64>,
    dice: Dice,
    sequence: u64,
    ledger: Arc<Ledger>,
    tally: Arc<Tally>,
}

impl Caller {
    fn op(&mut self) -> (u64, usize, Call) {
        self.sequence += 1;
        let id = self.number << 32 | self.sequence;
        let method = [0, 0, 0, 1, 2][self.dice.below(5) as usize];
        let timeout = Duration::from_millis([2, 20, 300, 3000][self.dice.below(4) as usize]);
        // Now and then too large for a frame of the pair link.
        let size = if self.dice.below(20) == 0 { 200_000 } else { 40 };
        let mut payload = vec![0; size];
        payload[..8].copy_from_slice(&id.to_le_bytes());
        let call = Call {
            method: self.methods[method],
            parent: 0,
            timeout: Some(timeout),
            context: Bytes::new(),
            input: 0,
            payload: payload.into(),
        };
        (id, method, call)
    }

    /// What an outcome claims must agree with what ran. A handler may still be about to start, so only what is certain is compared.
    fn check(&self, id: u64, outcome: &Result<Bytes>) {
        match outcome {
            Ok(payload) => {
                assert_eq!(*payload.first_chunk().unwrap(), id.to_le_bytes(), "an answer to another call");
                assert!(self.ledger.runs(id) >= 1);
                self.tally.fine.fetch_add(1, Relaxed);
            }
            Err(error) => {
                assert_ne!(error.kind(), Kind::Internal, "{error}");
                self.tally.failed.fetch_add(1, Relaxed);
            }
        }
    }

    /// One blocking call, sometimes given up in the middle.
    fn block(&mut self, never: &mut Vec<(u64, Error)>) {
        let (id, _, call) = self.op();
        let until = Instant::now() + call.timeout.unwrap() + PATIENCE;
        let gives_up = self.dice.below(10) == 0;
        let mut pending = start(Op::Call(call)).unwrap();
        loop {
            let wait = Duration::from_millis(if gives_up { 1 } else { 100 });
            match pending.park(wait) {
                Some(outcome) => {
                    self.check(id, &outcome.clone().and_then(Given::value));
                    never.extend(outcome.err().filter(|error| error.was_executed() == Executed::No).map(|error| (id, error)));
                    return;
                }
                None if gives_up => return,
                None => assert!(Instant::now() < until, "a blocking call hangs"),
            }
        }
    }

    /// A handful of token calls, some cancelled: each token comes back once.
    fn tokens(&mut self, lane: u64, never: &mut Vec<(u64, Error)>) {
        let mut open = HashMap::new();
        for _ in 0..1 + self.dice.below(12) {
            let (id, _, call) = self.op();
            let token = lane << 48 | self.sequence;
            let early = self.dice.below(20) == 0;
            if early {
                cancel(token).unwrap();
            }
            submit(Op::Call(call), token).unwrap();
            open.insert(token, id);
            if self.dice.below(6) == 0 {
                cancel(token).unwrap();
            }
        }
        let until = Instant::now() + Duration::from_secs(3) + PATIENCE;
        while !open.is_empty() {
            assert!(Instant::now() < until, "{} token calls hang", open.len());
            for event in poll(lane, 64, Duration::from_millis(200)).unwrap() {
                let Event::Done { token, outcome } = event else { panic!("{event:?}") };
                let id = open.remove(&token).expect("a token was answered twice");
                self.check(id, &outcome.clone().and_then(Given::value));
                never.extend(outcome.err().filter(|error| error.was_executed() == Executed::No).map(|error| (id, error)));
            }
        }
    }
}

fn eventually(what: &str, mut met: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !met() {
        assert!(Instant::now() < until, "not in time: {what}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn everything_at_once() {
    let ledger = Arc::<Ledger>::default();
    let tally = Arc::<Tally>::default();
    let stop = Arc::<AtomicBool>::default();
    let stays = Provider::join(&ledger);
    let client_lane = lane_open(LaneKind::Workers).unwrap();
    let spec = json!({"app": {"name": "client"}, "language": "rust", "program": "chaos", "cluster": cluster(), "lane": client_lane});
    let client = decoded(&finish(Op::Join(encoded(spec))).unwrap())["node"].as_u64().unwrap();
    finish(Op::WaitFor(client, encoded(json!({"service": "ledger"})))).unwrap();

    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            // Half of them call from a node that also serves: some of its calls stay in the process.
            let node = if number % 2 == 0 { client } else { stays.node };
            let prepare = |name: &&str| method(node, &encoded(json!({"service": "ledger", "method": name}))).unwrap();
            let methods: Vec<_> = METHODS.iter().map(prepare).collect();
            let mut caller = Caller { number, methods, dice: Dice(number + 7), sequence: 0, ledger: ledger.clone(), tally: tally.clone() };
            let stop = stop.clone();
            Builder::new()
                .spawn(move || {
                    let lane = lane_open(LaneKind::Pump).unwrap();
                    let mut never = Vec::new();
                    while !stop.load(Relaxed) {
                        if caller.dice.below(2) == 0 { caller.block(&mut never) } else { caller.tokens(lane, &mut never) }
                    }
                    lane_close(lane).unwrap();
                    caller.methods.iter().for_each(|method| method_free(*method));
                    never
                })
                .unwrap()
        })
        .collect();

    // Meanwhile providers come and go, with and without patience.
    let end = Instant::now() + TIME;
    let mut dice = Dice(1);
    let mut guests = Vec::new();
    let mut came = 0;
    while Instant::now() < end {
        if guests.len() < 3 && dice.below(3) > 0 {
            guests.push(Provider::join(&ledger));
            came += 1;
        } else if !guests.is_empty() {
            let at = dice.below(guests.len() as u64) as usize;
            guests.swap_remove(at).leave([0, 0, 2000][dice.below(3) as usize]);
        }
        sleep(Duration::from_millis(dice.below(200)));
    }
    stop.store(true, Relaxed);
    let never: Vec<(u64, Error)> = callers.into_iter().flat_map(|caller| caller.join().expect("a caller failed")).collect();
    guests.into_iter().for_each(|guest| guest.leave(0));

    eventually("nothing runs or waits", || decoded(&stats(stays.node).unwrap())["load"] == 0);
    for node in [client, stays.node] {
        eventually("only two nodes are left", || decoded(&members(node).unwrap()).as_array().unwrap().len() == 2);
        eventually("only one link is left", || decoded(&stats(node).unwrap())["links"] == 1);
    }
    stays.leave(0);
    finish(Op::Close(client, Vec::new())).unwrap();
    lane_close(client_lane).unwrap();

    let (fine, failed) = (tally.fine.load(Relaxed), tally.failed.load(Relaxed));
    assert!(fine > 100 && failed > 10 && came >= 3, "{fine} calls went well, {failed} did not, {came} providers came: too little happened");
    let ran = ledger.0.lock().unwrap();
    for (id, error) in never {
        assert!(!ran.contains_key(&id), "call {id:#x} ran, and its caller was told that it did not: {error}");
    }
}
