//! One after the other, past those that fail.

use super::Field;
use crate::directory::Candidate;

pub(super) fn pick<'a>(field: &Field<'a, '_>, turn: u64) -> Option<&'a Candidate> {
    let all = |_: &Candidate| true;
    let count = field.eligible(all).count();
    if count == 0 {
        return None;
    }
    let first = (turn % count as u64) as usize;
    let ordered = || field.eligible(all).skip(first).chain(field.eligible(all).take(first));
    ordered().find(|candidate| field.is_trusted(candidate)).or_else(|| ordered().next())
}
