//! Who serves what: a snapshot that calls read without a lock, rebuilt when the members or a record change.

mod build;
mod candidates;
mod ejection;
mod latencies;
mod nearest;
mod signature;
mod stats;
mod tally;
mod tokens;

pub use candidates::{Candidate, Candidates, Provider};
pub use latencies::Latencies;
pub use nearest::nearest;
pub use signature::signature;
pub use stats::{Glance, Stats};
pub use tally::{End, Tally};
pub use tokens::Tokens;

use crate::{
    config::{NodeId, TypeSpec},
    error::{Error, Kind, Result},
    membership::{Member, MemberState, Members, MethodSpec, Place, ServiceSpec},
};
use arc_swap::{ArcSwap, Guard};
use build::Memory;
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, OnceLock},
    time::Instant,
};
use tokio::sync::watch;

/// Most methods that a message lists.
const LIST_AT_MOST: usize = 20;

/// What one visible member offers: the directory's input.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The member.
    pub node: NodeId,
    /// Its name.
    pub name: &'a str,
    /// Its language.
    pub language: &'a str,
    /// Version of its record: the same version is not read again.
    pub version: u64,
    /// Whether it is this node.
    pub me: bool,
    /// Whether it runs on this host.
    pub near: bool,
    /// Whether it takes calls.
    pub ready: bool,
    /// Whether its handlers make no progress.
    pub stalled: bool,
    /// Whether it fell silent.
    pub suspect: bool,
    /// What it serves.
    pub services: &'a [ServiceSpec],
}

impl<'a> Offer<'a> {
    /// What a member offers, seen from `here`.
    pub fn of(member: &'a Member, here: &Place) -> Offer<'a> {
        let record = member.record();
        Offer {
            node: record.id,
            name: &record.name,
            language: &record.language,
            version: record.version,
            me: member.me,
            near: !here.boot_id.is_empty() && here.boot_id == record.place.boot_id,
            ready: record.ready && !record.draining,
            stalled: record.stalled,
            suspect: member.state == MemberState::Suspect,
            services: &record.services,
        }
    }
}

/// One service and everybody who serves it.
#[derive(Debug)]
pub struct Service {
    pub(crate) name: Arc<str>,
    pub(crate) doc: Option<String>,
    /// Of two with one name that of the provider whose name comes first.
    pub(crate) types: Vec<Arc<TypeSpec>>,
    pub(crate) providers: Vec<Arc<Provider>>,
    pub(crate) methods: BTreeMap<Arc<str>, Arc<Candidates>>,
    /// The methods by their bare names, nothing where two are spelt alike; made at the first call in the other language's style.
    alike: OnceLock<HashMap<String, Option<Arc<Candidates>>>>,
}

impl Service {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does, for people.
    pub fn doc(&self) -> Option<&str> {
        self.doc.as_deref()
    }

    /// Who serves it, by name.
    pub fn providers(&self) -> &[Arc<Provider>] {
        &self.providers
    }

    /// The methods that at least one provider has, with those who have it.
    pub fn methods(&self) -> impl Iterator<Item = &Arc<Candidates>> {
        self.methods.values()
    }

    /// The one method that is spelt alike but for snake_case and camelCase, so that each language calls in its own style.
    fn alias(&self, method: &str) -> Option<&Arc<Candidates>> {
        let alike = self.alike.get_or_init(|| {
            let mut alike = HashMap::new();
            for (name, candidates) in &self.methods {
                alike.entry(bare(name)).and_modify(|known| *known = None).or_insert_with(|| Some(candidates.clone()));
            }
            alike
        });
        alike.get(&bare(method))?.as_ref()
    }

    /// The entry of `services()`.
    pub fn view(&self) -> ServiceView<'_> {
        let provider =
            |p: &'_ Arc<Provider>| ProviderView { id: p.node, name: p.name.clone(), language: p.language.clone(), ready: p.is_ready() };
        ServiceView {
            name: &self.name,
            doc: self.doc(),
            providers: self.providers.iter().map(provider).collect(),
            methods: self.methods.values().map(|method| method.signature()).collect(),
            types: self.types.iter().map(Arc::as_ref).collect(),
        }
    }
}

/// A service with the keys that the neck promises.
#[derive(Debug, Serialize)]
pub struct ServiceView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<&'a str>,
    /// Who serves it.
    pub providers: Vec<ProviderView>,
    /// What it can do.
    pub methods: Vec<&'a MethodSpec>,
    /// The classes that its signatures name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<&'a TypeSpec>,
}

/// A provider with the keys that the neck promises.
#[derive(Debug)]
pub struct ProviderView {
    /// Node id.
    pub id: NodeId,
    /// Node name.
    pub name: Arc<str>,
    /// `python`, `java` or `rust`.
    pub language: Arc<str>,
    /// Whether it takes calls now.
    pub ready: bool,
}

impl Serialize for ProviderView {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut map = serializer.serialize_struct("ProviderView", 4)?;
        map.serialize_field("id", &self.id)?;
        map.serialize_field("name", &*self.name)?;
        map.serialize_field("language", &*self.language)?;
        map.serialize_field("ready", &self.ready)?;
        map.end()
    }
}

/// All services at one moment.
#[derive(Debug, Default)]
pub struct Services {
    by_name: HashMap<Arc<str>, Arc<Service>>,
    /// Services whose last provider left.
    former: BTreeSet<Arc<str>>,
}

impl Services {
    /// All of them, ordered by name.
    pub fn all(&self) -> Vec<&Arc<Service>> {
        let mut all: Vec<_> = self.by_name.values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The service with this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Service>> {
        self.by_name.get(name)
    }

    fn lookup(&self, service: &str, method: &str) -> Result<Arc<Candidates>> {
        let Some(found) = self.by_name.get(service) else {
            return Err(self.unknown(service));
        };
        let Some(candidates) = found.methods.get(method).or_else(|| found.alias(method)) else {
            return Err(no_such_method(found, method));
        };
        if candidates.list().iter().any(|candidate| candidate.provider.takes_calls()) {
            return Ok(candidates.clone());
        }
        let states: Vec<String> = candidates.list().iter().take(LIST_AT_MOST).map(|c| c.provider.describe()).collect();
        Err(Error::new(Kind::Unavailable, format!("no provider of `{service}.{method}` takes calls now: {}", states.join(", ")))
            .advice("Try again in a moment, or start another provider."))
    }

    fn unknown(&self, service: &str) -> Error {
        if self.former.contains(service) {
            return Error::new(Kind::Unavailable, format!("service `{service}` has no live provider: the last one left"))
                .advice("Start a provider of the service, then try again.");
        }
        let near = nearest(service, self.by_name.keys().map(|name| &**name));
        let error = Error::new(Kind::NotFound, format!("no service `{service}` in the cluster"));
        match near.as_slice() {
            [] if self.by_name.is_empty() => {
                error.advice("No node of the cluster serves anything: start a provider, or check the cluster's name.")
            }
            [] => error,
            near => error.advice(did_you_mean(near)),
        }
    }
}

fn bare(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

fn no_such_method(service: &Service, method: &str) -> Error {
    let name = &service.name;
    let names = service.methods.keys().map(|name| &**name);
    let near = nearest(method, names);
    let mut known: Vec<String> = service.methods.values().take(LIST_AT_MOST).map(|c| signature(c.signature())).collect();
    if service.methods.len() > LIST_AT_MOST {
        known.push(format!("and {} more", service.methods.len() - LIST_AT_MOST));
    }
    let has = if known.is_empty() { "It has none.".into() } else { format!("It has: {}.", known.join(", ")) };
    let advice = if near.is_empty() { has } else { format!("{} {has}", did_you_mean(&near)) };
    Error::new(Kind::NoSuchMethod, format!("no provider of service `{name}` has a method `{method}`")).advice(advice)
}

fn did_you_mean(near: &[&str]) -> String {
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    format!("Did you mean {}?", quoted.join(" or "))
}

/// The directory of one node.
#[derive(Default)]
pub struct Directory {
    current: ArcSwap<Services>,
    memory: Mutex<Memory>,
    /// Counts the snapshots.
    changes: watch::Sender<u64>,
}

impl Directory {
    /// Without any service.
    pub fn new() -> Directory {
        Directory::default()
    }

    /// The newest snapshot, without a lock.
    pub fn services(&self) -> Guard<Arc<Services>> {
        self.current.load()
    }

    /// Changes with every snapshot.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The providers that have the method. `NotFound`: nobody serves the service; `NoSuchMethod`: no provider has the method, both
    /// with the nearest names; `Unavailable`: known, but nobody takes calls now.
    pub fn lookup(&self, service: &str, method: &str) -> Result<Arc<Candidates>> {
        self.current.load().lookup(service, method)
    }

    /// Rebuilds the snapshot from the visible members.
    pub fn show(&self, members: &Members, here: &Place, now: Instant) {
        let offers: Vec<Offer<'_>> = members.all().iter().map(|member| Offer::of(member, here)).collect();
        self.update(&offers, now);
    }

    /// Rebuilds the snapshot from what every visible member offers, this node included. What was measured about a provider stays.
    pub fn update(&self, offers: &[Offer<'_>], now: Instant) {
        let mut memory = self.memory.lock();
        let services = memory.build(offers, now);
        self.current.store(Arc::new(services));
        self.changes.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests;
