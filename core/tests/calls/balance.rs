//! Which of several nodes gets a call.

use crate::cluster::*;
use bytes::Bytes;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
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
