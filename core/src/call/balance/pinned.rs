//! One provider or none: who asks for a node doesn't want another.

use super::Field;
use crate::{config::NodeId, directory::Candidate};

pub(super) fn pick<'a>(field: &Field<'a, '_>, node: NodeId) -> Option<&'a Candidate> {
    field.eligible(|candidate| candidate.provider.node == node).next()
}
