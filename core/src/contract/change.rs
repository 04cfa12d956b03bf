//! One difference between two states of a service.

use serde::{Deserialize, Serialize};

/// A difference, and whether somebody who relies on the older state is broken by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `quote`, `quote.sku`, `Order.items`.
    #[serde(rename = "where")]
    pub place: String,
    /// What differs, for people: one line that ends without a full stop.
    pub what: String,
    /// Whether callers written for the older state are broken.
    pub breaking: bool,
}

impl Change {
    pub(super) fn breaks(place: impl Into<String>, what: impl Into<String>) -> Change {
        Change { place: place.into(), what: what.into(), breaking: true }
    }

    pub(super) fn harmless(place: impl Into<String>, what: impl Into<String>) -> Change {
        Change { place: place.into(), what: what.into(), breaking: false }
    }
}
