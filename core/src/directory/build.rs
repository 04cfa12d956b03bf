//! Building the snapshot, and what outlives it.

use super::{Candidate, Candidates, Latencies, MethodSpec, Offer, Provider, Service, Services, Stats, Tokens};
use crate::config::{NodeId, TypeSpec};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::Instant,
};

/// Most services that are remembered after their last provider left.
const FORMER_AT_MOST: usize = 1024;

/// A service as one node offers it, shared by all snapshots until its record changes.
struct Offered {
    name: Arc<str>,
    balance: Option<Arc<str>>,
    doc: Option<String>,
    types: Vec<Arc<TypeSpec>>,
    methods: Vec<(Arc<str>, Arc<MethodSpec>)>,
}

/// What all snapshots of a service share.
#[derive(Default)]
struct Shared {
    turn: Arc<AtomicU64>,
    tokens: Arc<Tokens>,
    latencies: HashMap<Arc<str>, Arc<Latencies>>,
}

#[derive(Default)]
pub(super) struct Memory {
    records: HashMap<NodeId, (u64, Arc<[Offered]>)>,
    stats: HashMap<(NodeId, Arc<str>), Arc<Stats>>,
    shared: HashMap<Arc<str>, Shared>,
    former: BTreeSet<Arc<str>>,
}

impl Memory {
    pub(super) fn build(&mut self, offers: &[Offer<'_>], now: Instant) -> Services {
        let mut offers: Vec<&Offer<'_>> = offers.iter().collect();
        offers.sort_by_key(|offer| (offer.name, offer.node));
        let mut services = BTreeMap::<Arc<str>, Service>::new();
        for offer in &offers {
            let (name, language): (Arc<str>, Arc<str>) = (offer.name.into(), offer.language.into());
            for offered in self.read(offer).iter() {
                let stats = self.stats.entry((offer.node, offered.name.clone())).or_insert_with(|| Arc::new(Stats::new(now)));
                stats.set_suspect(offer.suspect);
                let provider = Arc::new(Provider {
                    node: offer.node,
                    name: name.clone(),
                    language: language.clone(),
                    me: offer.me,
                    near: offer.me || offer.near,
                    ready: offer.ready,
                    stalled: offer.stalled,
                    stats: stats.clone(),
                });
                let service = services.entry(offered.name.clone()).or_insert_with(|| Service {
                    name: offered.name.clone(),
                    doc: offered.doc.clone(),
                    types: Vec::new(),
                    providers: Vec::new(),
                    methods: BTreeMap::new(),
                    alike: OnceLock::new(),
                });
                for kind in &offered.types {
                    if !service.types.iter().any(|known| known.name == kind.name) {
                        service.types.push(kind.clone());
                    }
                }
                self.add(service, offered, provider);
            }
        }
        self.forget(&offers, &services);
        let by_name = services.into_iter().map(|(name, service)| (name, Arc::new(service))).collect();
        Services { by_name, former: self.former.clone() }
    }

    fn add(&mut self, service: &mut Service, offered: &Offered, provider: Arc<Provider>) {
        let shared = self.shared.entry(offered.name.clone()).or_default();
        for (name, record) in &offered.methods {
            let candidates = service.methods.entry(name.clone()).or_insert_with(|| {
                Arc::new(Candidates {
                    service: offered.name.clone(),
                    method: name.clone(),
                    balance: None,
                    list: Vec::new(),
                    turn: shared.turn.clone(),
                    tokens: shared.tokens.clone(),
                    latencies: shared.latencies.entry(name.clone()).or_default().clone(),
                })
            });
            // Nobody else holds it while it is being built.
            if let Some(candidates) = Arc::get_mut(candidates) {
                if candidates.balance.is_none() {
                    candidates.balance.clone_from(&offered.balance);
                }
                candidates.list.push(Candidate { provider: provider.clone(), method: record.clone() });
            }
        }
        service.providers.push(provider);
    }

    /// A record is taken apart once a version.
    fn read(&mut self, offer: &Offer<'_>) -> Arc<[Offered]> {
        if let Some((version, offered)) = self.records.get(&offer.node)
            && *version == offer.version
        {
            return offered.clone();
        }
        let mut names = BTreeSet::new();
        let offered: Arc<[Offered]> = offer
            .services
            .iter()
            .filter(|service| names.insert(&service.name))
            .map(|service| {
                let mut methods = BTreeMap::new();
                for method in &service.methods {
                    methods.entry(Arc::from(method.name.as_str())).or_insert_with(|| Arc::new(method.clone()));
                }
                Offered {
                    name: service.name.as_str().into(),
                    balance: service.balance.as_deref().map(Arc::from),
                    doc: service.doc.clone(),
                    types: service.types.iter().cloned().map(Arc::new).collect(),
                    methods: methods.into_iter().collect(),
                }
            })
            .collect();
        self.records.insert(offer.node, (offer.version, offered.clone()));
        offered
    }

    /// Drops what belongs to nodes that left, but for the names of their services.
    fn forget(&mut self, offers: &[&Offer<'_>], services: &BTreeMap<Arc<str>, Service>) {
        let here: BTreeSet<NodeId> = offers.iter().map(|offer| offer.node).collect();
        self.records.retain(|node, _| here.contains(node));
        let former = &mut self.former;
        self.shared.retain(|name, shared| {
            let served = services.get(name);
            shared.latencies.retain(|method, _| served.is_some_and(|service| service.methods.contains_key(method)));
            if served.is_none() && former.len() < FORMER_AT_MOST {
                former.insert(name.clone());
            }
            served.is_some()
        });
        former.retain(|name| !services.contains_key(name));
        self.stats.retain(|(node, name), _| {
            services.get(name).is_some_and(|service| service.providers.iter().any(|provider| provider.node == *node))
        });
    }
}
