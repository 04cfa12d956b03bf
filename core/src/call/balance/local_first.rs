//! Near before far: this node, then this host, then the least loaded of all.

use super::{Field, least_loaded};
use crate::directory::Candidate;

pub(super) fn pick<'a>(field: &Field<'a, '_>) -> Option<&'a Candidate> {
    let mine = field.eligible(|candidate| candidate.provider.me).next();
    if let Some(mine) = mine.filter(|candidate| field.is_trusted(candidate)) {
        return Some(mine);
    }
    // A near provider that fails loses to a far one, as it would in `least_loaded`.
    least_loaded::pick(field, |candidate| candidate.provider.near && !candidate.provider.me)
        .filter(|candidate| field.is_trusted(candidate))
        .or_else(|| least_loaded::pick(field, |_| true))
}
