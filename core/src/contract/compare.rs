//! Two states of a service.

use super::{change::Change, fits::Fits, methods, names::find};
use crate::config::ServiceSpec;

/// What differs for somebody who relies on `wanted` and meets `offered`: first the methods in their order, then the classes that they
/// name. What is sent must fit the newer state, what is answered the older one. Documentation, balance and limits are not compared.
pub fn compare(wanted: &ServiceSpec, offered: &ServiceSpec) -> Vec<Change> {
    let mut fits = Fits::new(&wanted.types, &offered.types);
    for method in &wanted.methods {
        match find(&method.name, &offered.methods, |method| &method.name) {
            Some(now) => methods::compare(&mut fits, method, now),
            None => fits.push(Change::breaks(&method.name, "is gone")),
        }
    }
    for method in &offered.methods {
        if find(&method.name, &wanted.methods, |method| &method.name).is_none() {
            fits.push(Change::harmless(&method.name, "is new"));
        }
    }
    fits.done()
}
