//! What a node serves: methods by target, numbered as the language numbers them.

use super::{Limit, limit::Scope};
use crate::{
    error::{Error, Kind, Result},
    lane::Lane,
};
use std::{collections::HashMap, sync::Arc};

/// One method that the language can run.
#[derive(Clone, Debug)]
pub struct Handler {
    /// Number over all services of the App.
    pub method: u32,
    /// Which service, counted in the App's order.
    pub service: usize,
    /// Where the language fetches its invocations.
    pub lane: Arc<Lane>,
}

/// Limits by number of the service, and of the method.
#[derive(Clone, Debug, Default)]
struct Limits {
    services: HashMap<usize, Limit>,
    methods: HashMap<u32, Limit>,
}

/// Handlers by `service.method`.
#[derive(Clone, Debug, Default)]
pub struct Table {
    services: Vec<String>,
    handlers: HashMap<String, Handler>,
    limits: Limits,
    count: u32,
}

impl Table {
    /// Adds a service with its methods in the App's order.
    pub fn add<'a>(&mut self, service: &str, methods: impl Iterator<Item = (&'a str, Arc<Lane>)>) -> Result<()> {
        if self.services.iter().any(|s| s == service) {
            return Err(twice(service));
        }
        let at = self.services.len();
        self.services.push(service.to_owned());
        for (name, lane) in methods {
            let target = crate::config::method_target(service, name)?;
            let handler = Handler { method: self.count, service: at, lane };
            if self.handlers.insert(target.clone(), handler).is_some() {
                return Err(twice(&target));
            }
            self.count += 1;
        }
        Ok(())
    }

    /// Adds what another table has, with the next numbers. A target that is here already gets the other handler.
    pub(super) fn extend(&mut self, more: &Table) {
        let places: Vec<usize> = more.services.iter().map(|name| self.place(name)).collect();
        for (target, handler) in &more.handlers {
            let handler = Handler { method: self.count + handler.method, service: places[handler.service], lane: handler.lane.clone() };
            self.handlers.insert(target.clone(), handler);
        }
        self.limits.services.extend(more.limits.services.iter().map(|(at, limit)| (places[*at], *limit)));
        self.limits.methods.extend(more.limits.methods.iter().map(|(method, limit)| (self.count + method, *limit)));
        self.count += more.count;
    }

    /// Which service has this name; it is added where it is missing.
    fn place(&mut self, service: &str) -> usize {
        self.services.iter().position(|known| known == service).unwrap_or_else(|| {
            self.services.push(service.to_owned());
            self.services.len() - 1
        })
    }

    /// Limits a service that was added.
    pub fn limit_service(&mut self, service: &str, limit: Limit) {
        if let Some(at) = self.services.iter().position(|name| name == service) {
            self.limits.services.insert(at, limit);
        }
    }

    /// Limits a method that was added.
    pub fn limit_method(&mut self, target: &str, limit: Limit) {
        if let Some(handler) = self.handlers.get(target) {
            self.limits.methods.insert(handler.method, limit);
        }
    }

    /// A scope for each service, in which so many calls may wait where it doesn't say, and one for each method.
    pub(super) fn scopes(&self, waiting: usize) -> (Vec<Scope>, Vec<Scope>) {
        let of_service = |at: usize| self.limits.services.get(&at).copied().unwrap_or_default();
        let services = (0..self.services.len()).map(of_service).map(|limit| Limit { waiting: limit.waiting.or(Some(waiting)), ..limit });
        let methods = (0..self.count).map(|method| self.limits.methods.get(&method).copied().unwrap_or_default());
        (services.map(Scope::new).collect(), methods.map(Scope::new).collect())
    }

    /// The service of each method.
    pub(super) fn services_of_methods(&self) -> Vec<usize> {
        let mut services = vec![0; self.count as usize];
        self.handlers.values().for_each(|handler| services[handler.method as usize] = handler.service);
        services
    }

    /// The name of a service.
    pub(super) fn service_name(&self, at: usize) -> &str {
        self.services.get(at).map_or("", String::as_str)
    }

    /// The handler of a target.
    pub fn find(&self, target: &str) -> Option<&Handler> {
        self.handlers.get(target)
    }

    /// How many services there are.
    pub fn services(&self) -> usize {
        self.services.len()
    }

    /// Every lane that gets invocations, each once.
    pub fn lanes(&self) -> Vec<Arc<Lane>> {
        let mut lanes: Vec<Arc<Lane>> = Vec::new();
        for handler in self.handlers.values() {
            if !lanes.iter().any(|lane| Arc::ptr_eq(lane, &handler.lane)) {
                lanes.push(handler.lane.clone());
            }
        }
        lanes
    }
}

fn twice(what: &str) -> Error {
    Error::new(Kind::AlreadyExists, format!("`{what}` is registered twice in one App")).advice("Give one of the two another name.")
}
