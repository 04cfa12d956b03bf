//! The shape table: field names of records, once a message.

use super::{Fault, Head, Reader, tag};
use std::collections::HashSet;

/// Reads the shape table at the start of a payload; none means no shapes. The item follows.
pub fn read<'a>(reader: &mut Reader<'a>) -> Result<Vec<Vec<&'a str>>, Fault> {
    let mut ahead = *reader;
    if ahead.head() != Ok(Head::Tag(tag::SHAPES)) {
        return Ok(Vec::new());
    }
    *reader = ahead;
    if reader.head()? != Head::Array(2) {
        return Err(Fault::new("a shape table that isn't [shapes, item]"));
    }
    let Head::Array(count @ 1..) = reader.head()? else {
        return Err(Fault::new("a shape table without shapes"));
    };
    let mut shapes = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        let Head::Array(length) = reader.head()? else {
            return Err(Fault::new("a shape that isn't a list of fields"));
        };
        let mut fields = Vec::with_capacity(length.min(64));
        for _ in 0..length {
            let Head::Text(length) = reader.head()? else {
                return Err(Fault::new("a shape with a field whose name isn't a text"));
            };
            fields.push(reader.text(length)?);
        }
        if !distinct(fields.iter().map(|f| f.as_bytes())) {
            return Err(Fault::new("a shape with a field twice"));
        }
        shapes.push(fields);
    }
    Ok(shapes)
}

/// Whether no two of them are equal.
pub fn distinct<'b>(mut keys: impl ExactSizeIterator<Item = &'b [u8]>) -> bool {
    if keys.len() <= 1 {
        return true;
    }
    // std's hasher is keyed at random: a peer can't choose keys that collide.
    let mut seen = HashSet::with_capacity(keys.len());
    keys.all(|key| seen.insert(key))
}
