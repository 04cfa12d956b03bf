//! Unions: the first member that takes the value as it stands, else the first that takes it without loss.

use super::decode::Decoder;
use super::plan::{Kind, Node, Nodes};
use super::trouble::{Outcome, Trouble};
use super::typed::{Fit, mismatch};
use pyo3::prelude::*;
use twinspan::value::{Element, Head, Reader, tag};

impl<'py> Decoder<'_, 'py> {
    /// The next value as one of the members.
    pub(super) fn union(&mut self, nodes: &Nodes, node: &Node, members: &[usize], depth: u32, fit: Fit) -> Outcome<Bound<'py, PyAny>> {
        let start = self.reader;
        let head = self.reader.peek()?;
        let mut able: Vec<usize> = members.iter().copied().filter(|at| takes(nodes, *at, head)).collect();
        if let Some(name) = registered_name(start) {
            // A name decides, if a member has it.
            let named = |at: &usize| matches!(&nodes.get(*at).kind, Kind::Record(r) if r.registered.as_deref() == Some(name));
            if able.iter().any(named) {
                able.retain(named);
            }
        }
        match able.as_slice() {
            [] => return Err(mismatch(start, node)),
            [only] => return self.typed(nodes, *only, depth, fit),
            _ => {}
        }
        // The trouble of the member that read furthest, and whether it is alone there: then it is the one that was meant.
        let mut nearest: Option<(usize, bool, Trouble)> = None;
        let tries: &[Fit] = if fit == Fit::Close { &[Fit::Close] } else { &[Fit::Close, Fit::Lossless] };
        for fit in tries {
            for at in &able {
                let trouble = match self.typed(nodes, *at, depth, *fit) {
                    Ok(value) => return Ok(value),
                    Err(trouble) if trouble.is_fault() => trouble,
                    Err(raised) => return Err(raised),
                };
                // Nested unions multiply their tries: what a payload can make us read in vain is bounded by its length.
                let vain = self.reader.position().saturating_sub(start.position()) + 1;
                self.patience = match self.patience.checked_sub(vain) {
                    Some(left) => left,
                    None => return Err(Trouble::new("too many members of unions were tried in vain")),
                };
                self.reader = start;
                if *fit == Fit::Lossless || tries.len() == 1 {
                    nearest = Some(match nearest {
                        Some((before, _, kept)) if before == vain => (before, false, kept),
                        Some(kept) if kept.0 > vain => kept,
                        _ => (vain, true, trouble),
                    });
                }
            }
        }
        let why = match nearest {
            Some((_, true, trouble)) if registered_name(start).is_some() || matches!(head, Head::Map(_) | Head::Tag(tag::RECORD)) => {
                return Err(trouble);
            }
            nearest => nearest.map(|(_, _, trouble)| trouble.what().to_owned()).unwrap_or_default(),
        };
        Err(Trouble::new(format!("fits no member of {}: {why}", node.shown)))
    }
}

/// Whether a member can take a value with this head at all.
fn takes(nodes: &Nodes, at: usize, head: Head) -> bool {
    use Head::{Array, Boolean, Bytes, Float, Map, Negative, Null, Tag, Text, Unsigned};
    let integer = matches!(head, Unsigned(_) | Negative(_));
    let numbers = matches!(head, Tag(number) if number == tag::ND_ARRAY || Element::of_tag(number).is_some());
    match &nodes.get(at).kind {
        Kind::Any => true,
        Kind::Union(members) => members.iter().any(|at| takes(nodes, *at, head)),
        Kind::Root(_, inner) => takes(nodes, *inner, head),
        Kind::Null => head == Null,
        Kind::Boolean => matches!(head, Boolean(_)),
        Kind::Integer => integer || matches!(head, Tag(tag::BIGNUM | tag::NEGATIVE_BIGNUM)),
        Kind::Float => integer || matches!(head, Float(_)),
        Kind::Complex => matches!(head, Float(_) | Tag(tag::COMPLEX)),
        Kind::Decimal => integer || head == Tag(tag::DECIMAL),
        Kind::Text | Kind::Enum(_) => matches!(head, Text(_)),
        Kind::Literal(_) => integer || matches!(head, Text(_) | Boolean(_) | Null | Bytes(_)),
        Kind::Bytes | Kind::ByteArray | Kind::MemoryView => matches!(head, Bytes(_)),
        Kind::DateTime(_) => matches!(head, Tag(tag::INSTANT | tag::OFFSET | tag::ZONED | tag::LOCAL_DATE_TIME)),
        Kind::Date => matches!(head, Tag(tag::DATE | tag::DATE_TEXT)),
        Kind::Time(_) => head == Tag(tag::LOCAL_TIME),
        Kind::Delta(_) => head == Tag(tag::DURATION),
        Kind::Uuid => head == Tag(tag::UUID),
        Kind::Range => head == Tag(tag::RANGE),
        Kind::Reference(_) => head == Tag(tag::REFERENCE),
        Kind::List(_) => numbers || matches!(head, Array(_)),
        Kind::Tuple(_) | Kind::Tuples(_) => matches!(head, Array(_)),
        Kind::Set(..) => head == Tag(tag::SET),
        Kind::Dict(..) => matches!(head, Map(_) | Tag(tag::RECORD | tag::NAMED)),
        Kind::Record(_) => matches!(head, Map(_) | Array(_) | Tag(tag::RECORD | tag::NAMED)),
        Kind::NumPy { .. } | Kind::Array(_) | Kind::NdArray => numbers,
        Kind::Table(_) => head == Tag(tag::TABLE),
    }
}

fn registered_name(mut at: Reader<'_>) -> Option<&str> {
    if at.head().ok()? != Head::Tag(tag::NAMED) || at.head().ok()? != Head::Array(2) {
        return None;
    }
    match at.head().ok()? {
        Head::Text(length) => at.text(length).ok(),
        _ => None,
    }
}
