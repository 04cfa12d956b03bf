//! Keys that a peer chose so that Python's dicts and sets get slow.

use super::trouble::{Outcome, Trouble};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};
use std::collections::HashMap;

/// Containers up to this size are fast enough in any case.
const SMALL: usize = 256;
/// Different keys that may share one hash.
const MOST: u8 = 32;

/// Counts the hashes of the keys of one container.
///
/// Python hashes texts and bytes with a secret, and integers of 64 bits hardly collide. Longer integers, UUIDs, durations and tuples
/// of integers have hashes without a secret: anybody can make thousands of them with one hash, and a dict of those takes
/// minutes to fill.
pub(super) struct Crowd(Option<HashMap<isize, u8>>);

impl Crowd {
    /// For a container of so many elements.
    pub(super) fn of(length: usize) -> Crowd {
        Crowd((length > SMALL).then(HashMap::new))
    }

    /// Refuses a key whose hash too many others have.
    pub(super) fn meet(&mut self, key: &Bound<'_, PyAny>) -> Outcome<()> {
        let Some(hashes) = &mut self.0 else { return Ok(()) };
        let harmless = key.is_exact_instance_of::<PyString>() || key.is_exact_instance_of::<PyBytes>();
        if harmless || (key.is_exact_instance_of::<PyInt>() && key.extract::<i64>().is_ok()) {
            return Ok(());
        }
        let count = hashes.entry(key.hash()?).or_default();
        *count += 1;
        if *count > MOST { Err(Trouble::new("too many keys with one hash; they would make a dict slow")) } else { Ok(()) }
    }
}
