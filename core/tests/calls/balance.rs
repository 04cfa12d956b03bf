//! Which of several nodes gets a call.

use crate::cluster::*;
use bytes::Bytes;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{Builder, sleep},
    time::{Duration, Instant},
};
use twinspan::bridge::*;

/// A provider whose answer is its name.
fn named(cluster: &str, name: &str) -> Member {
    let app = json!({"name": "p", "services": [{"name": "s", "methods": [{"name": "m", "idempotent": true}]}]});
    let mut member = join(cluster, json!({"app": app, "name": name})).unwrap();
    let answer = Bytes::copy_from_slice(member.name.as_bytes());
    member.serve(2, Arc::new(move |_| Ok(answer.clone())));
    member
}

/// Who answers so many calls with these options.
fn answers(client: &Member, options: Value, count: usize) -> BTreeMap<Bytes, usize> {
    let method = client.method("s", "m", options).unwrap();
    let mut counts = BTreeMap::new();
    (0..count).for_each(|_| *counts.entry(finish(Op::Call(call(method))).unwrap()).or_default() += 1);
    counts
}

#[test]
fn keys_and_pins_choose_the_node() {
    let cluster = "calls-keys";
    let mut providers: Vec<_> = ["a", "b", "c"].into_iter().map(|name| named(cluster, name)).collect();
    let (client, other) = (join(cluster, json!({})).unwrap(), join(cluster, json!({})).unwrap());
    [&client, &other].into_iter().for_each(|member| member.wait_for("s", 3));
    let mut owners = BTreeMap::new();
    for key in 0..30 {
        let options = json!({"affinity": format!("customer-{key}")});
        let owner = answers(&client, options.clone(), 3);
        assert_eq!(owner.len(), 1, "one key, one node");
        assert!(answers(&other, options, 1).contains_key(owner.keys().next().unwrap()), "every caller ranks alike");
        owners.insert(key, owner.into_keys().next().unwrap());
    }
    assert_eq!(owners.values().collect::<std::collections::BTreeSet<_>>().len(), 3, "{owners:?}");
    for provider in &providers {
        assert_eq!(answers(&client, json!({"node": provider.id}), 5), BTreeMap::from([(provider.name.clone().into(), 5)]));
    }

    let gone = providers.remove(0);
    let (id, name) = (gone.id.clone(), Bytes::from(gone.name.clone()));
    gone.end();
    let pinned = client.method("s", "m", json!({"node": id})).unwrap();
    let error = finish(Op::Call(call(pinned))).unwrap_err();
    assert_eq!((error.kind(), error.was_executed()), (Kind::Unavailable, Executed::No));
    for (key, owner) in owners {
        let now = answers(&client, json!({"affinity": format!("customer-{key}")}), 1);
        assert!(!now.contains_key(&name) && (owner == name || now.contains_key(&owner)), "{key} was {owner:?}, is {now:?}");
    }
    providers.into_iter().chain([client, other]).for_each(Member::end);
}

/// What one call brought, and how long it took.
struct Seen {
    at: Duration,
    took: Duration,
    outcome: Result<Bytes>,
}

/// Calls from so many threads, one after the other in each.
fn load(client: &Member, options: Value, threads: usize, time: Duration) -> Vec<Seen> {
    let method = client.method("s", "m", options).unwrap();
    let start = Instant::now();
    let one = move || {
        let mut seen = Vec::new();
        while start.elapsed() < time {
            let begun = Instant::now();
            let outcome = finish(Op::Call(call(method)));
            seen.push(Seen { at: start.elapsed(), took: begun.elapsed(), outcome });
        }
        seen
    };
    let all: Vec<_> = (0..threads).map(|_| Builder::new().spawn(one).unwrap()).collect();
    all.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
}

fn p99<'s>(seen: impl Iterator<Item = &'s Seen>) -> Duration {
    let mut took: Vec<_> = seen.map(|seen| seen.took).collect();
    took.sort();
    took[took.len() * 99 / 100]
}

/// A provider whose handlers are up to the test.
fn provider(cluster: &str, name: &str, handler: impl Fn() -> Result<Bytes> + Send + Sync + 'static) -> Member {
    let app = json!({"name": "p", "services": [{"name": "s", "methods": [{"name": "m", "idempotent": true}]}]});
    let mut member = join(cluster, json!({"app": app, "name": name})).unwrap();
    member.serve(8, Arc::new(move |_| handler()));
    member
}

fn steady(cluster: &str, name: &'static str, latency: Duration) -> Member {
    provider(cluster, name, move || {
        sleep(latency);
        Ok(Bytes::from_static(name.as_bytes()))
    })
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_provider_ten_times_slower_is_out_of_the_way() {
    let cluster = "calls-slow";
    let all = [steady(cluster, "a", 6 * MS), steady(cluster, "b", 6 * MS), steady(cluster, "slow", 60 * MS)];
    let client = join(cluster, json!({})).unwrap();
    client.wait_for("s", 3);
    for policy in ["least_loaded", "round_robin"] {
        let seen = load(&client, json!({"balance": policy}), 6, 3500 * MS);
        let late: Vec<_> = seen.iter().filter(|seen| seen.at > 1500 * MS).collect();
        let to_slow = late.iter().filter(|seen| seen.outcome.as_deref() == Ok(b"slow")).count();
        let (whole, healthy) = (p99(late.iter().copied()), p99(late.iter().copied().filter(|seen| seen.outcome.as_deref() != Ok(b"slow"))));
        assert!(to_slow * 20 < late.len(), "{policy}: {to_slow} of {}", late.len());
        assert!(whole <= healthy.mul_f64(1.5), "{policy}: p99 {whole:?}, of the healthy {healthy:?}, {to_slow} of {} slow", late.len());
        assert!(seen.iter().all(|seen| seen.outcome.is_ok()));
    }
    all.into_iter().chain([client]).for_each(Member::end);
}

#[test]
fn one_that_fails_fast_loses_its_share() {
    let cluster = "calls-failing";
    let raising = provider(cluster, "raising", || Err(Error::new(Kind::Remote, "it is broken").executed(Executed::Yes)));
    let all = [steady(cluster, "a", 4 * MS), steady(cluster, "b", 4 * MS), raising];
    let client = join(cluster, json!({})).unwrap();
    client.wait_for("s", 3);
    for policy in ["least_loaded", "round_robin"] {
        let seen = load(&client, json!({"balance": policy}), 4, 1500 * MS);
        let late: Vec<_> = seen.iter().filter(|seen| seen.at > 500 * MS).collect();
        let failed = late.iter().filter(|seen| seen.outcome.is_err()).count();
        assert!(failed * 20 < late.len(), "{policy}: {failed} of {}", late.len());
    }
    all.into_iter().chain([client]).for_each(Member::end);
}

#[test]
fn a_hedged_call_does_not_wait_for_the_one_that_stalls() {
    let cluster = "calls-hedge";
    let runs = Arc::new(AtomicU64::new(0));
    // Every fortieth call hangs, wherever it goes.
    let hanging = |name| {
        let runs = runs.clone();
        provider(cluster, name, move || {
            sleep(if runs.fetch_add(1, Relaxed) % 40 == 39 { 400 * MS } else { 2 * MS });
            Ok(Bytes::new())
        })
    };
    let all = [hanging("a"), hanging("b"), hanging("c")];
    let client = join(cluster, json!({})).unwrap();
    client.wait_for("s", 3);
    load(&client, json!({}), 4, 400 * MS);
    let before = runs.load(Relaxed);
    let seen = load(&client, json!({"hedge": 0.05}), 4, 1500 * MS);
    let (calls, ran) = (seen.len() as u64, runs.load(Relaxed) - before);
    assert!(seen.iter().all(|seen| seen.outcome.is_ok()));
    assert!(p99(seen.iter()) < 200 * MS, "p99 {:?} of {calls}", p99(seen.iter()));
    assert!(ran > calls && ran <= calls + calls / 5 + 1, "{ran} runs for {calls} calls");
    all.into_iter().chain([client]).for_each(Member::end);
}
