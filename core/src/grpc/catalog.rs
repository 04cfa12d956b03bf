//! The definitions of the services that a node sees, each made when somebody first asks for it.

use super::{
    names::{full_name, service_of},
    schema::{Schema, file_name},
};
use crate::directory::{Service, Services};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

/// Most definitions that are kept.
const KEPT_MOST: usize = 256;

/// By the service's name: the view of it that the definition was made from, and the definition.
type Made = HashMap<String, (Arc<Service>, Arc<Schema>)>;

#[derive(Default)]
pub(super) struct Catalog(Mutex<Made>);

impl Catalog {
    /// The definition of the service with this full name.
    pub(super) fn by_full_name(&self, services: &Services, full: &str) -> Option<Arc<Schema>> {
        self.of(services.get(service_of(full)?)?)
    }

    /// The definition of whatever has this symbol: a service, a method of one, a message, with or without a dot in front.
    pub(super) fn by_symbol(&self, services: &Services, symbol: &str) -> Option<Arc<Schema>> {
        let symbol = symbol.strip_prefix('.').unwrap_or(symbol);
        // The package is the service's name: some beginning of the symbol.
        symbol.match_indices('.').rev().find_map(|(at, _)| {
            let schema = self.of(services.get(symbol.get(..at)?)?)?;
            schema.has(symbol).then_some(schema)
        })
    }

    /// The definition in the file of this name.
    pub(super) fn by_file(&self, services: &Services, file: &str) -> Option<Arc<Schema>> {
        let service = file.strip_prefix("twinspan/")?.strip_suffix(".proto")?;
        (file_name(service) == file).then_some(())?;
        self.of(services.get(service)?)
    }

    /// The full names of all services, in order.
    pub(super) fn full_names(services: &Services) -> Vec<String> {
        services.all().into_iter().filter_map(|service| full_name(service.name())).collect()
    }

    fn of(&self, service: &Arc<Service>) -> Option<Arc<Schema>> {
        let mut kept = self.0.lock();
        if let Some((of, schema)) = kept.get(service.name())
            && Arc::ptr_eq(of, service)
        {
            return Some(schema.clone());
        }
        let schema = Arc::new(Schema::of(service)?);
        if kept.len() >= KEPT_MOST {
            kept.clear();
        }
        kept.insert(service.name().to_owned(), (service.clone(), schema.clone()));
        Some(schema)
    }
}
