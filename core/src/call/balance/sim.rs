//! Callers and providers with a fake clock: what share of the calls does each provider get?

use super::{Balance, Dice, InFlight, Wish};
use crate::{
    config::NodeId,
    directory::{Candidates, Directory, End, Offer},
    env,
    membership::{MethodSpec, ServiceSpec},
};
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::Arc,
    time::{Duration, Instant},
};

/// How a provider behaves at a time: latency of one call, and how it ends.
type Behaviour = Box<dyn Fn(Duration) -> (Duration, End)>;

struct World {
    start: Instant,
    now: Duration,
    policy: Balance,
    dice: Dice,
    candidates: Arc<Candidates>,
    behaviours: Vec<Behaviour>,
    /// Handlers that run at once, and until when each is busy.
    workers: Vec<Vec<Duration>>,
    /// Calls under way by the time of their end.
    ends: BinaryHeap<Reverse<(Duration, usize)>>,
    open: Vec<Option<(usize, InFlight, End)>>,
    pause: Duration,
    /// How long each call took that ended in the last run.
    took: Vec<Duration>,
}

fn steady(latency: Duration) -> Behaviour {
    Box::new(move |_| (latency, End::Fine))
}

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

impl World {
    /// `callers` call one after the other, each with a pause after an answer.
    fn new(policy: Balance, callers: usize, pause: Duration, behaviours: Vec<Behaviour>) -> World {
        let services = [ServiceSpec {
            name: "s".into(),
            methods: vec![MethodSpec { name: "m".into(), ..MethodSpec::default() }],
            ..Default::default()
        }];
        let names: Vec<String> = (0..behaviours.len()).map(|n| format!("n{n:02}")).collect();
        let offers: Vec<Offer<'_>> = names
            .iter()
            .enumerate()
            .map(|(n, name)| Offer {
                node: NodeId::from_bytes([n as u8; 16]),
                name,
                language: "rust",
                version: 1,
                me: false,
                near: true,
                ready: true,
                stalled: false,
                suspect: false,
                services: &services,
            })
            .collect();
        let directory = Directory::new();
        let start = env::now();
        directory.update(&offers, start);
        World {
            start,
            now: Duration::ZERO,
            policy,
            dice: Dice::seeded(3),
            candidates: directory.lookup("s", "m").unwrap(),
            workers: vec![vec![Duration::ZERO; 8]; behaviours.len()],
            behaviours,
            // Callers come in one after the other.
            ends: (0..callers).map(|caller| Reverse((MS * caller as u32, caller))).collect(),
            open: (0..callers).map(|_| None).collect(),
            pause,
            took: Vec::new(),
        }
    }

    /// Keys are as many as calls: each comes once.
    fn next_key(&self) -> String {
        self.dice.below(1 << 30).to_string()
    }

    /// Runs for a time; answers how many calls each provider got.
    fn run(&mut self, time: Duration) -> Vec<f64> {
        let until = self.now + time;
        self.took.clear();
        let mut counts = vec![0usize; self.behaviours.len()];
        while let Some(Reverse((at, caller))) = self.ends.peek().copied().filter(|end| end.0.0 < until) {
            self.ends.pop();
            self.now = at;
            if let Some((provider, call, end)) = self.open[caller].take() {
                let load = self.workers[provider].iter().filter(|busy| **busy > at).count() as u32;
                self.took.push(call.elapsed(self.start + at));
                call.finish(self.start + at, end, Some(load));
                self.ends.push(Reverse((at + self.pause, caller)));
                continue;
            }
            let picked = self
                .policy
                .pick(&self.candidates, Wish { affinity: Some(&self.next_key()), ..Wish::default() }, &self.dice, self.start + at)
                .unwrap();
            let provider = usize::from(picked.provider.node.bytes()[0]);
            counts[provider] += 1;
            let (latency, end) = (self.behaviours[provider])(at);
            let worker = self.workers[provider].iter_mut().min().unwrap();
            *worker = (*worker).max(at) + latency;
            self.ends.push(Reverse((*worker, caller)));
            self.open[caller] = Some((provider, InFlight::start(&self.candidates, picked, self.start + at), end));
        }
        self.now = until;
        let all: usize = counts.iter().sum();
        counts.into_iter().map(|count| count as f64 / all as f64).collect()
    }
}

fn p99(world: &mut World) -> Duration {
    world.took.sort();
    world.took[world.took.len() * 99 / 100]
}

#[test]
fn ten_times_slower_is_out_of_the_way_within_three_seconds() {
    for policy in Balance::ALL {
        for (callers, latency) in [(4, MS), (4, 5 * MS), (16, MS), (16, 50 * MS)] {
            let healthy = |n| (0..n).map(|_| steady(latency));
            let mut alone = World::new(policy, callers, latency, healthy(3).collect());
            alone.run(8 * SECOND);
            let mut world = World::new(policy, callers, latency, healthy(3).chain([steady(latency * 10)]).collect());
            world.run(3 * SECOND);
            let share = world.run(12 * SECOND);
            let (with, without) = (p99(&mut world), p99(&mut alone));
            assert!(share[3] < 0.05 && share[3] > 0.0, "{policy:?} {callers} {latency:?}: {share:.4?}");
            assert!(share[..3].iter().all(|share| (0.25..0.42).contains(share)), "{policy:?} {callers} {latency:?}: {share:.4?}");
            assert!(with <= without.mul_f64(1.5), "{policy:?} {callers} {latency:?}: p99 {with:?}, without the slow one {without:?}");
        }
    }
}

#[test]
fn one_that_raises_where_others_do_not_loses_its_share() {
    for policy in Balance::ALL {
        for (ends, part) in [(1, 0.05), (2, 0.1)] {
            // It raises each time, or every second time.
            let turn = std::cell::Cell::new(0);
            let raising: Behaviour = Box::new(move |_| {
                turn.set(turn.get() + 1);
                (MS / 10, if turn.get() % ends == 0 { End::Raised } else { End::Fine })
            });
            let mut world = World::new(policy, 8, 5 * MS, vec![steady(5 * MS), steady(5 * MS), raising]);
            world.run(3 * SECOND);
            let share = world.run(30 * SECOND);
            assert!(share[2] < part, "{policy:?} {ends}: {share:.3?}");
        }
    }
}

#[test]
fn what_all_do_alike_costs_nobody_its_share() {
    for policy in [Balance::LeastLoaded, Balance::RoundRobin, Balance::Hash] {
        // A third of the calls raise, a third are twenty times as long, wherever they go.
        let mixed = || -> Behaviour {
            let turn = std::cell::Cell::new(0);
            Box::new(move |_| {
                turn.set(turn.get() + 1);
                [(5 * MS, End::Fine), (MS, End::Raised), (100 * MS, End::Fine)][turn.get() % 3]
            })
        };
        let mut world = World::new(policy, 16, 5 * MS, vec![mixed(), mixed(), mixed()]);
        let share = world.run(30 * SECOND);
        assert!(share.iter().all(|share| (0.23..0.43).contains(share)), "{policy:?}: {share:.3?}");
        assert!(world.candidates.list().iter().all(|c| c.provider.stats.weight(world.start + world.now) == 1.0));
    }
}

#[test]
fn never_more_than_half_are_out() {
    for policy in Balance::ALL {
        let bad = |_| -> Behaviour { Box::new(|_| (MS, End::Failed)) };
        let mut world = World::new(policy, 8, MS, (0..3).map(bad).chain([steady(MS)]).collect());
        for _ in 0..50 {
            world.run(SECOND / 5);
            let out = world.candidates.list().iter().filter(|c| c.provider.stats.is_out(world.start + world.now)).count();
            assert!(out <= 2, "{policy:?}: {out} of 4");
        }
    }
}

#[test]
fn a_provider_ten_times_slower_gets_less_than_a_twentieth() {
    for (callers, pause) in [(1, Duration::ZERO), (1, 20 * MS), (8, MS), (8, Duration::ZERO), (64, 50 * MS)] {
        for others in [1, 2, 5] {
            let mut behaviours: Vec<Behaviour> = (0..others).map(|_| steady(2 * MS)).collect();
            behaviours.push(steady(20 * MS));
            let share = World::new(Balance::LeastLoaded, callers, pause, behaviours).run(30 * SECOND);
            assert!(share[others] < 0.05, "{callers} callers, {pause:?}: {share:.3?}");
            assert!(share[others] > 0.0, "it is tried again: {share:.3?}");
        }
    }
}

#[test]
fn a_slow_provider_helps_out_when_the_fast_one_is_full() {
    // Both together manage 4,400 calls a second, 400 of them the slow one.
    let share = World::new(Balance::LeastLoaded, 64, Duration::ZERO, vec![steady(2 * MS), steady(20 * MS)]).run(30 * SECOND);
    assert!((0.05..0.12).contains(&share[1]), "{share:.3?}");
}

#[test]
fn equals_share_under_load() {
    for callers in [4, 32] {
        let share = World::new(Balance::LeastLoaded, callers, MS, (0..4).map(|_| steady(3 * MS)).collect()).run(20 * SECOND);
        assert!(share.iter().all(|share| (0.2..0.3).contains(share)), "{share:.3?}");
    }
}

#[test]
fn one_that_fails_fast_loses_its_share() {
    for policy in Balance::ALL {
        for callers in [1, 16] {
            let failing: Behaviour = Box::new(|_| (MS / 10, End::Failed));
            let mut world = World::new(policy, callers, 5 * MS, vec![steady(5 * MS), steady(5 * MS), failing]);
            world.run(2 * SECOND);
            let share = world.run(60 * SECOND);
            assert!(share[2] < 0.05, "{policy:?} {callers} callers: {share:.3?}");
        }
    }
}

#[test]
fn one_that_recovers_comes_back_slowly() {
    let fixed = 20 * SECOND;
    let recovering: Behaviour = Box::new(move |at| (5 * MS, if at > fixed { End::Fine } else { End::Failed }));
    let mut world = World::new(Balance::LeastLoaded, 16, 5 * MS, vec![steady(5 * MS), steady(5 * MS), recovering]);
    world.run(fixed);
    let at_once = world.run(SECOND / 2)[2];
    world.run(29 * SECOND);
    let later = world.run(10 * SECOND)[2];
    assert!(at_once < 0.15, "at once {at_once:.3}");
    assert!(later > 0.25, "later {later:.3}");
}

#[test]
fn keys_come_back_one_by_one() {
    let fixed = 2 * SECOND;
    let recovering: Behaviour = Box::new(move |at| (5 * MS, if at > fixed { End::Fine } else { End::Failed }));
    let mut world = World::new(Balance::Hash, 16, 5 * MS, vec![steady(5 * MS), steady(5 * MS), recovering]);
    let owners = |world: &World| -> Vec<u8> {
        let owner = |n: usize| {
            let wish = Wish { affinity: Some(&format!("k{n}")), ..Wish::default() };
            world.policy.pick(&world.candidates, wish, &world.dice, world.start + world.now).unwrap().provider.node.bytes()[0]
        };
        (0..900).map(owner).collect()
    };
    let before = owners(&world);
    let its: Vec<usize> = (0..900).filter(|n| before[*n] == 2).collect();
    world.run(fixed);
    let (mut last, mut some, mut share) = (owners(&world), 0, Vec::new());
    for _ in 0..150 {
        world.run(SECOND / 10);
        let now = owners(&world);
        let weight = world.candidates.list()[2].provider.stats.weight(world.start + world.now);
        let back = its.iter().filter(|n| now[**n] == 2).count() as f64 / its.len() as f64;
        assert!(back <= weight + 0.1, "{back} of the keys at weight {weight}");
        some += usize::from(back > 0.05 && back < 0.95);
        share.push(back);
        for n in 0..900 {
            // A key that is back stays; the keys of the others never move.
            assert!(now[n] == last[n] || (last[n] != 2 && now[n] == 2 && before[n] == 2), "k{n} went from {} to {}", last[n], now[n]);
        }
        last = now;
    }
    assert_eq!(last, before);
    assert!(some > 40, "for {some} tenths of a second some are back and some are not: {share:.2?}");
}

#[test]
fn one_that_gets_faster_is_found_again() {
    let faster: Behaviour = Box::new(|at| (if at < 10 * SECOND { 50 * MS } else { 2 * MS }, End::Fine));
    let mut world = World::new(Balance::LeastLoaded, 4, 2 * MS, vec![steady(2 * MS), faster]);
    let before = world.run(10 * SECOND)[1];
    world.run(30 * SECOND);
    let after = world.run(20 * SECOND)[1];
    assert!(before < 0.05 && after > 0.3, "{before:.3} {after:.3}");
}

#[test]
fn a_hanging_provider_holds_few_calls() {
    // It answers after a deadline of 2 s, and then it is a failure.
    let hanging: Behaviour = Box::new(|_| (2 * SECOND, End::Failed));
    let mut world = World::new(Balance::LeastLoaded, 32, MS, vec![steady(2 * MS), steady(2 * MS), hanging]);
    let share = world.run(30 * SECOND);
    assert!(share[2] < 0.01, "{share:.4?}");
}
