use super::*;
use crate::{
    directory::{Directory, Offer},
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

fn spread(policy: Balance, candidates: &Candidates, tried: &[NodeId], now: Instant) -> BTreeMap<u8, usize> {
    let dice = Dice::seeded(7);
    let mut counts = BTreeMap::new();
    for _ in 0..1000 {
        if let Some(picked) = policy.pick(candidates, tried, &dice, now) {
            *counts.entry(picked.provider.node.bytes()[0]).or_default() += 1;
        }
    }
    counts
}

fn fail(candidates: &Candidates, n: u8, now: Instant) {
    let candidate = candidates.list().iter().find(|c| c.provider.node == node(n)).unwrap();
    (0..30).for_each(|_| InFlight::start(&candidate.provider.stats, now).finish(now, false, None));
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
        assert!(policy.pick(&some, &all, &Dice::seeded(1), now).is_none(), "{policy:?}");
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
    for policy in [Balance::LeastLoaded, Balance::RoundRobin] {
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
    let busy = &candidates.list()[0].provider.stats;
    let _calls: Vec<InFlight> = (0..3).map(|_| InFlight::start(busy, now)).collect();
    assert_eq!(spread(Balance::LeastLoaded, &candidates, &tried, now), BTreeMap::from([(2, 1000)]));
    // What the other reports counts too, and grows old.
    InFlight::start(&candidates.list()[1].provider.stats, now).finish(now + Duration::from_millis(1), true, Some(50));
    let soon = now + Duration::from_millis(2);
    assert_eq!(spread(Balance::LeastLoaded, &candidates, &tried, soon), BTreeMap::from([(1, 1000)]));
    assert_eq!(spread(Balance::LeastLoaded, &candidates, &tried, now + Duration::from_secs(10)), BTreeMap::from([(2, 1000)]));
}
