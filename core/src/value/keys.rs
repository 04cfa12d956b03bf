//! What may be a key of a map or an element of a set.

use super::{Fault, Head, Reader, tag};

/// What an item is as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Integer, text, bytes, UUID, date or time value, or an array of these.
    Key,
    /// A boolean: only in sets of booleans.
    Boolean,
    /// A float: only in sets of floats.
    Float,
}

impl KeyKind {
    /// The kind of the next item, from its head alone (an array's elements are not looked at).
    pub fn of(head: Head) -> Option<KeyKind> {
        match head {
            Head::Unsigned(_) | Head::Negative(_) | Head::Bytes(_) | Head::Text(_) | Head::Array(_) => Some(KeyKind::Key),
            Head::Tag(number) => match number {
                tag::BIGNUM | tag::NEGATIVE_BIGNUM | tag::UUID | tag::INSTANT | tag::OFFSET | tag::ZONED => Some(KeyKind::Key),
                tag::LOCAL_TIME | tag::LOCAL_DATE_TIME | tag::DATE | tag::DATE_TEXT | tag::DURATION => Some(KeyKind::Key),
                _ => None,
            },
            Head::Boolean(_) => Some(KeyKind::Boolean),
            Head::Float(_) => Some(KeyKind::Float),
            Head::Map(_) | Head::Null => None,
        }
    }

    /// Refuses a next item that can't be a map's key.
    pub fn map_key(reader: &Reader<'_>) -> Result<(), Fault> {
        let head = reader.peek()?;
        match KeyKind::of(head) {
            Some(KeyKind::Key) => Ok(()),
            _ => Err(Fault::new(format!("{} can't be the key of a map", key_noun(head)))),
        }
    }
}

/// Checks the elements of one set: one kind throughout, and strictly ascending bytes.
#[derive(Debug, Default)]
pub struct SetKind<'a> {
    kind: Option<KeyKind>,
    last: &'a [u8],
}

impl<'a> SetKind<'a> {
    /// Refuses a next element that can't stand beside those before it.
    pub fn next(&mut self, reader: &Reader<'_>) -> Result<KeyKind, Fault> {
        let head = reader.peek()?;
        let kind = KeyKind::of(head).ok_or_else(|| Fault::new(format!("{} can't be an element of a set", key_noun(head))))?;
        match self.kind.replace(kind) {
            Some(before) if before != kind => Err(Fault::new(format!("{} in a set with other kinds of elements", key_noun(head)))),
            _ => Ok(kind),
        }
    }

    /// Takes the bytes of the element that was just read; elements stand sorted, so equal ones are neighbours.
    pub fn read(&mut self, bytes: &'a [u8]) -> Result<(), Fault> {
        if bytes <= self.last {
            let what = if bytes == self.last { "a set with an element twice" } else { "a set that isn't sorted" };
            return Err(Fault::new(what));
        }
        self.last = bytes;
        Ok(())
    }
}

fn key_noun(head: Head) -> &'static str {
    match head {
        Head::Tag(tag::DECIMAL) => "a decimal",
        Head::Tag(tag::SET) => "a set",
        Head::Tag(tag::RECORD | tag::NAMED) => "a record",
        Head::Tag(tag::REFERENCE) => "a reference",
        other => other.noun(),
    }
}
