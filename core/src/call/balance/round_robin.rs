//! One after the other, past those that are left out or fail.

use super::Field;
use crate::directory::Candidate;

pub(super) fn pick<'a>(field: &Field<'a, '_>, turn: u64) -> Option<&'a Candidate> {
    let here = |candidate: &Candidate| candidate.provider.stats.weight(field.now) > 0.0;
    let count = field.eligible(here).count();
    if count == 0 {
        return field.eligible(|_| true).next();
    }
    let at = |turn: u64| field.eligible(here).nth((turn % count as u64) as usize).filter(|candidate| field.is_trusted(candidate));
    // The turn of one that isn't trusted falls to anybody: always to its neighbour would be a double share.
    let other = || at(field.dice.below(count) as u64);
    at(turn)
        .or_else(other)
        .or_else(other)
        .or_else(|| (1..=count as u64).find_map(|next| at(turn + next)))
        .or_else(|| field.eligible(here).next())
}
