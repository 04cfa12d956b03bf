//! What a node serves: methods by target, numbered as the language numbers them.

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

/// Handlers by `service.method`.
#[derive(Debug, Default)]
pub struct Table {
    services: Vec<String>,
    handlers: HashMap<String, Handler>,
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
