//! What a service or a method takes on, beside what its node does.

use crate::{
    config::LimitSpec,
    error::{Error, Kind, Result},
};

/// Limits of a service or of a method; `None` leaves it to the wider one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Handlers at once; one that waits in a nested call doesn't count.
    pub running: Option<usize>,
    /// Calls that wait.
    pub waiting: Option<usize>,
    /// Bytes of arguments that wait. One call may have more when no other waits.
    pub bytes: Option<usize>,
}

impl Limit {
    /// Reads a limit of the App; `of` names what it belongs to.
    pub fn of(spec: Option<&LimitSpec>, of: &str) -> Result<Limit> {
        let Some(spec) = spec else { return Ok(Limit::default()) };
        for (key, value) in [("running", spec.running), ("bytes", spec.bytes)] {
            if value == Some(0) {
                return Err(Error::new(Kind::BadConfig, format!("limit of `{of}`: {key} is 0, so that no call could ever run")));
            }
        }
        let size = |value: Option<u64>| value.map(|value| usize::try_from(value).unwrap_or(usize::MAX));
        Ok(Limit { running: size(spec.running), waiting: size(spec.waiting), bytes: size(spec.bytes) })
    }
}

/// A limit, and how far it is used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    pub(super) limit: Limit,
    pub(super) running: usize,
    /// Roots, and nested calls: roots never take the room of the nested.
    pub(super) waiting: [usize; 2],
    pub(super) bytes: usize,
}

impl Scope {
    pub(super) fn new(limit: Limit) -> Scope {
        Scope { limit, ..Scope::default() }
    }

    pub(super) fn may_run(&self) -> bool {
        self.limit.running.is_none_or(|most| self.running < most)
    }

    /// What is in the way of one more that waits.
    pub(super) fn full(&self, nested: bool, size: usize) -> Option<Full> {
        let waiting = self.waiting[usize::from(nested)];
        if self.limit.waiting.is_some_and(|most| waiting >= most) {
            return Some(Full::Calls);
        }
        let others = self.waiting[0] + self.waiting[1] > 0;
        (others && self.limit.bytes.is_some_and(|most| self.bytes + size > most)).then_some(Full::Bytes)
    }
}

/// Which limit of those that wait is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Calls,
    Bytes,
}
