//! Power of two choices: looking at two random providers is nearly as good as looking at all, and callers don't stampede the best one.

use super::Field;
use crate::directory::Candidate;

/// Draws of a pair before the best of all is taken: only when nearly everybody fails.
const DRAWS: usize = 4;

pub(super) fn pick<'a>(field: &Field<'a, '_>, fits: impl Fn(&Candidate) -> bool + Copy) -> Option<&'a Candidate> {
    let count = field.eligible(fits).count();
    if count < 2 {
        return field.eligible(fits).next();
    }
    for _ in 0..DRAWS {
        let first = field.dice.below(count);
        let second = (first + 1 + field.dice.below(count - 1)) % count;
        let drawn = |at: usize| field.eligible(fits).nth(at).filter(|candidate| field.is_trusted(candidate));
        match (drawn(first), drawn(second)) {
            (Some(a), Some(b)) => return Some(cheaper(field, a, b)),
            (Some(one), None) | (None, Some(one)) => return Some(one),
            (None, None) => {}
        }
    }
    field.eligible(fits).max_by(|a, b| trust(field, a).total_cmp(&trust(field, b)))
}

fn cheaper<'a>(field: &Field<'_, '_>, a: &'a Candidate, b: &'a Candidate) -> &'a Candidate {
    let (x, y) = (a.provider.stats.glance(field.now), b.provider.stats.glance(field.now));
    // The pair came in random order, so that a tie favours nobody.
    if y.cost(&x) < x.cost(&y) { b } else { a }
}

fn trust(field: &Field<'_, '_>, candidate: &Candidate) -> f64 {
    candidate.provider.stats.glance(field.now).trust
}
