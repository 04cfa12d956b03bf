//! The shape table: field names of records, once a message.

use super::{Fault, Head, MAX_FIELDS, MAX_SHAPES, Reader, tag};
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
    fits(count, 0)?;
    let (mut shapes, mut all) = (Vec::with_capacity(count.min(64)), 0);
    for _ in 0..count {
        let Head::Array(length) = reader.head()? else {
            return Err(Fault::new("a shape that isn't a list of fields"));
        };
        all += length;
        fits(count, all)?;
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

/// Whether a message may have so many shapes, and so many fields in all of them.
pub fn fits(shapes: usize, fields: usize) -> Result<(), Fault> {
    match (shapes > MAX_SHAPES, fields > MAX_FIELDS) {
        (true, _) => Err(Fault::new(format!("records of {shapes} shapes; {MAX_SHAPES} are allowed"))),
        (_, true) => Err(Fault::new(format!("records whose shapes have {fields} fields; {MAX_FIELDS} are allowed"))),
        _ => Ok(()),
    }
}

/// So many are compared with each other faster than hashed.
const FEW: usize = 16;

/// Whether no two of them are equal.
pub fn distinct<'b>(mut keys: impl ExactSizeIterator<Item = &'b [u8]>) -> bool {
    if keys.len() <= FEW {
        let mut seen: [&[u8]; FEW] = [&[]; FEW];
        return keys.enumerate().all(|(at, key)| {
            let (before, rest) = seen.split_at_mut(at);
            rest.iter_mut().take(1).for_each(|place| *place = key);
            !before.contains(&key)
        });
    }
    // std's hasher is keyed at random: a peer can't choose keys that collide.
    let mut seen = HashSet::with_capacity(keys.len());
    keys.all(|key| seen.insert(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_keys_are_told_apart() {
        for count in [0usize, 1, 2, 3, FEW - 1, FEW, FEW + 1, 100] {
            let mut keys: Vec<Vec<u8>> = (0..count).map(|n| n.to_string().into_bytes()).collect();
            assert!(distinct(keys.iter().map(Vec::as_slice)), "{count}");
            for (twin, of) in [(0, count.saturating_sub(1)), (count / 2, 0), (count.saturating_sub(1), count.saturating_sub(2))] {
                if twin != of {
                    let same = keys[of].clone();
                    let kept = std::mem::replace(&mut keys[twin], same);
                    assert!(!distinct(keys.iter().map(Vec::as_slice)), "{count}: {twin} like {of}");
                    keys[twin] = kept;
                }
            }
        }
    }
}
