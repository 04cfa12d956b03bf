use super::*;
use crate::{
    directory::{Directory, End, Offer},
    env,
    membership::{MethodSpec, ServiceSpec},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

fn node(n: u8) -> NodeId {
    NodeId::from_bytes([n; 16])
}

/// Node 1 is this node, 2 and 3 are on this host.
fn candidates(edit: impl Fn(u8, &mut Offer<'_>)) -> Arc<Candidates> {
    let services = [ServiceSpec {
        name: "geo".into(),
        balance: Some("round_robin".into()),
        methods: vec![MethodSpec { name: "distance".into(), ..MethodSpec::default() }],
        ..ServiceSpec::default()
    }];
    let names: Vec<String> = (0..6).map(|n| format!("n{n}")).collect();
    let offers: Vec<Offer<'_>> = (1..6u8)
        .map(|n| {
            let mut offer = Offer {
                node: node(n),
                name: &names[usize::from(n)],
                language: "java",
                version: 1,
                me: n == 1,
                near: n <= 3,
                ready: true,
                stalled: false,
                suspect: false,
                services: &services,
            };
            edit(n, &mut offer);
            offer
        })
        .collect();
    let directory = Directory::new();
    directory.update(&offers, env::now());
    directory.lookup("geo", "distance").unwrap()
}

/// Keys change from call to call.
fn spread(policy: Balance, candidates: &Candidates, tried: &[NodeId], now: Instant) -> BTreeMap<u8, usize> {
    let dice = Dice::seeded(7);
    let mut counts = BTreeMap::new();
    for n in 0..1000 {
        let key = format!("customer-{n}");
        let wish = Wish { tried, affinity: (policy == Balance::Hash).then_some(&key), node: None };
        if let Some(picked) = policy.pick(candidates, wish, &dice, now) {
            *counts.entry(picked.provider.node.bytes()[0]).or_default() += 1;
        }
    }
    counts
}

fn fail(candidates: &Arc<Candidates>, n: u8, now: Instant) {
    let candidate = candidates.list().iter().find(|c| c.provider.node == node(n)).unwrap();
    (0..30).for_each(|_| InFlight::start(candidates, candidate, now).finish(now, End::Failed, None));
}

#[test]
fn names_lead_back() {
    for policy in Balance::ALL {
        assert_eq!(policy.name().parse::<Balance>().unwrap(), policy);
    }
    let error = "round_robbin".parse::<Balance>().unwrap_err();
    assert_eq!((error.kind(), error.advice_text()), (Kind::BadConfig, "Did you mean `round_robin`?"));
    let candidates = candidates(|_, _| {});
    assert_eq!(Balance::resolve(None, &candidates), Balance::RoundRobin);
    assert_eq!(Balance::resolve(Some(Balance::LocalFirst), &candidates), Balance::LocalFirst);
}

#[test]
fn nobody_gets_what_it_must_not() {
    let now = env::now();
    let some = candidates(|n, offer| match n {
        2 => offer.ready = false,
        3 => offer.suspect = true,
        _ => {}
    });
    for policy in Balance::ALL {
        let counts = spread(policy, &some, &[node(1), node(4)], now);
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(5, 1000)], "{policy:?}");
        let all: Vec<NodeId> = (1..6).map(node).collect();
        assert!(policy.pick(&some, Wish { tried: &all, affinity: Some("k"), node: None }, &Dice::seeded(1), now).is_none(), "{policy:?}");
    }
}

#[test]
fn equals_share_equally() {
    let candidates = candidates(|_, _| {});
    let now = env::now();
    assert!(spread(Balance::RoundRobin, &candidates, &[], now).values().all(|count| *count == 200));
    let counts = spread(Balance::LeastLoaded, &candidates, &[], now);
    assert!(counts.len() == 5 && counts.values().all(|count| (150..250).contains(count)), "{counts:?}");
}

#[test]
fn local_first_goes_outwards() {
    let candidates = candidates(|_, _| {});
    let now = env::now();
    let who = |tried: &[NodeId]| -> Vec<u8> { spread(Balance::LocalFirst, &candidates, tried, now).into_keys().collect() };
    assert_eq!(who(&[]), [1]);
    assert_eq!(who(&[node(1)]), [2, 3]);
    assert_eq!(who(&[node(1), node(2), node(3)]), [4, 5]);
    fail(&candidates, 1, now);
    fail(&candidates, 2, now);
    fail(&candidates, 3, now);
    let counts = spread(Balance::LocalFirst, &candidates, &[], now);
    assert!(counts[&4] + counts[&5] > 900, "{counts:?}");
}

#[test]
fn those_that_fail_are_passed_over_and_taken_when_nobody_else_is_left() {
    let candidates = candidates(|_, _| {});
    let now = env::now();
    fail(&candidates, 4, now);
    for policy in [Balance::LeastLoaded, Balance::RoundRobin, Balance::Hash] {
        let counts = spread(policy, &candidates, &[], now);
        assert!(counts.get(&4).is_none_or(|count| *count < 30), "{policy:?} {counts:?}");
    }
    (1..6).for_each(|n| fail(&candidates, n, now));
    for policy in Balance::ALL {
        assert_eq!(spread(policy, &candidates, &[], now).values().sum::<usize>(), 1000);
    }
}

#[test]
fn the_idle_one_of_two_is_taken() {
    let candidates = candidates(|_, _| {});
    let now = env::now();
    let tried = [node(3), node(4), node(5)];
    let busy = &candidates.list()[0];
    let _calls: Vec<InFlight> = (0..3).map(|_| InFlight::start(&candidates, busy, now)).collect();
    assert_eq!(spread(Balance::LeastLoaded, &candidates, &tried, now), BTreeMap::from([(2, 1000)]));
    // What the other reports counts too, and grows old.
    InFlight::start(&candidates, &candidates.list()[1], now).finish(now + Duration::from_millis(1), End::Fine, Some(50));
    let soon = now + Duration::from_millis(2);
    assert_eq!(spread(Balance::LeastLoaded, &candidates, &tried, soon), BTreeMap::from([(1, 1000)]));
    assert_eq!(spread(Balance::LeastLoaded, &candidates, &tried, now + Duration::from_secs(10)), BTreeMap::from([(2, 1000)]));
}

fn keys(candidates: &Candidates, now: Instant) -> Vec<u8> {
    let dice = Dice::seeded(1);
    let who = |n: usize| {
        let key = format!("k{n}");
        let wish = Wish { affinity: Some(&key), ..Wish::default() };
        Balance::Hash.pick(candidates, wish, &dice, now).unwrap().provider.node.bytes()[0]
    };
    (0..5000).map(who).collect()
}

#[test]
fn a_key_stays_where_it_is_when_another_provider_goes() {
    let now = env::now();
    let all = candidates(|_, _| {});
    let before = keys(&all, now);
    for n in 1..6 {
        let share = before.iter().filter(|owner| **owner == n).count();
        assert!((850..1150).contains(&share), "{n} has {share} of 5000");
    }
    // Gone, failing or silent: its keys move, to all of the others, and no other key does.
    let without = candidates(|n, offer| offer.suspect = n == 3);
    let failing = candidates(|_, _| {});
    fail(&failing, 3, now);
    for changed in [&without, &failing] {
        let after = keys(changed, now);
        let mut heirs = [0; 6];
        for (was, is) in before.iter().zip(&after) {
            assert!(*is != 3 && (was == is || *was == 3), "{was} {is}");
            heirs[usize::from(*is)] += usize::from(was != is);
        }
        assert!([1, 2, 4, 5].iter().all(|n| heirs[*n] > 150), "{heirs:?}");
    }
    // It is the owner's next in rank that gets the second attempt.
    let next = Wish { tried: &[node(before[0])], affinity: Some("k0"), node: None };
    let second = Balance::Hash.pick(&all, next, &Dice::seeded(1), now).unwrap().provider.node;
    assert_ne!(second, node(before[0]));
}

#[test]
fn without_a_key_hash_is_least_loaded() {
    let all = candidates(|_, _| {});
    let dice = Dice::seeded(2);
    let mut counts = [0; 6];
    for _ in 0..1000 {
        counts[usize::from(Balance::Hash.pick(&all, Wish::default(), &dice, env::now()).unwrap().provider.node.bytes()[0])] += 1;
    }
    assert!(counts[1..].iter().all(|count| *count > 100), "{counts:?}");
}

#[test]
fn one_that_makes_no_progress_is_better_than_none() {
    let now = env::now();
    let some = candidates(|n, offer| offer.stalled = n < 4);
    let all = candidates(|_, offer| offer.stalled = true);
    for policy in Balance::ALL {
        assert!(spread(policy, &some, &[], now).keys().all(|n| *n > 3), "{policy:?}");
        assert!(spread(policy, &some, &[node(4), node(5)], now).keys().all(|n| *n < 4), "{policy:?}");
        assert_eq!(spread(policy, &all, &[], now).values().sum::<usize>(), 1000);
    }
}

#[test]
fn a_pinned_call_goes_to_its_node_or_nowhere() {
    let some = candidates(|n, offer| offer.suspect = n == 3);
    let now = env::now();
    fail(&some, 4, now);
    for policy in Balance::ALL {
        let pick = |n: u8, tried: &[NodeId]| {
            policy
                .pick(&some, Wish { tried, affinity: None, node: Some(node(n)) }, &Dice::seeded(1), now)
                .map(|c| c.provider.node.bytes()[0])
        };
        assert_eq!([pick(2, &[]), pick(4, &[]), pick(3, &[]), pick(9, &[]), pick(2, &[node(2)])], [Some(2), Some(4), None, None, None]);
    }
}

#[test]
fn a_call_under_way_counts_until_its_end() {
    let all = candidates(|_, _| {});
    let now = env::now();
    let stats = &all.list()[0].provider.stats;
    let call = InFlight::start(&all, &all.list()[0], now);
    let dropped = InFlight::start(&all, &all.list()[0], now);
    assert_eq!(stats.in_flight(), 2);
    drop(dropped);
    assert_eq!((stats.in_flight(), stats.glance(now).latency), (1, None));
    call.finish(now + Duration::from_millis(4), End::Fine, Some(9));
    let glance = stats.glance(now + Duration::from_millis(4));
    assert_eq!((stats.in_flight(), glance.latency, glance.queue), (0, Some(0.004), 9.0));
}

#[test]
fn second_attempts_add_at_most_a_fifth() {
    let all = candidates(|_, _| {});
    let start = env::now();
    // Everybody is full: each call asks for two more attempts, a thousand calls a second for a minute.
    let (mut calls, mut more, mut later) = (0, 0, 0);
    for n in 0..60_000u64 {
        let now = start + Duration::from_millis(n);
        retry_budget::earn(&all, now);
        calls += 1;
        let paid = (0..2).filter(|_| retry_budget::spend(&all, now)).count();
        more += paid;
        later += if n >= 10_000 { paid } else { 0 };
    }
    assert!(more <= calls / 5 + 100 && later <= 50_000 / 5 + 1, "{more} for {calls}, later {later}");
    assert!(later >= 49_000 / 5, "it is there to be used: {later}");
    // A while later a rare caller may try again a few times, and then it may not.
    let now = start + Duration::from_secs(120);
    assert_eq!((0..50).filter(|_| retry_budget::spend(&all, now)).count(), 10);
    // Saved by good times, but not without bound.
    (0..100_000).for_each(|_| retry_budget::earn(&all, now));
    assert_eq!((0..1000).filter(|_| retry_budget::spend(&all, now)).count(), 500);
}

#[test]
fn hedging_cuts_the_tail_and_costs_little() {
    let all = candidates(|_, _| {});
    let (start, dice, ms) = (env::now(), Dice::seeded(5), Duration::from_millis);
    let (mut plain, mut hedged, mut more) = (Vec::new(), Vec::new(), 0);
    let latency = || if dice.chance(0.03) { ms(300) } else { ms(4 + dice.below(3) as u64) };
    for n in 0..20_000u64 {
        let now = start + ms(n);
        let (first, second) = (latency(), latency());
        retry_budget::earn(&all, now);
        let patience = all.latencies().quantile(0.95).filter(|patience| *patience < first && retry_budget::spend(&all, now));
        more += usize::from(patience.is_some());
        let took = patience.map_or(first, |patience| first.min(patience + second));
        all.latencies().add(now, took);
        plain.push(first);
        hedged.push(took);
    }
    plain.sort();
    hedged.sort();
    let p99 = |all: &[Duration]| all[all.len() * 99 / 100];
    assert!(p99(&plain) == ms(300) && p99(&hedged) < ms(20), "{:?} {:?}", p99(&plain), p99(&hedged));
    assert!(more < 20_000 / 10, "{more} of 20,000 were hedged");
}
