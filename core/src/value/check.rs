//! Validates a payload without building anything.

use super::shapes::{self, distinct};
use super::{Fault, Head, KeyKind, MAX_DEPTH, RECORD_LEVELS, Reader, Scalar, Segment, SetKind, tag};

/// Checks that the bytes are one payload of the profile: what a language's decoder without a type accepts.
///
/// Whatever is held meanwhile is smaller than a small multiple of the payload.
pub fn check(payload: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(payload);
    let shapes = shapes::read(&mut reader)?;
    skip(&mut reader, &shapes, 0)?;
    reader.end()
}

/// Checks the next item, inside of so many levels, and stands behind it.
pub fn skip(reader: &mut Reader<'_>, shapes: &[Vec<&str>], depth: u32) -> Result<(), Fault> {
    let mut checker = Checker { reader: *reader, shapes };
    checker.item(depth)?;
    *reader = checker.reader;
    Ok(())
}

/// Checks that the next item can be the key of a map, inside of so many levels, and stands behind it.
pub fn skip_key(reader: &mut Reader<'_>, depth: u32) -> Result<(), Fault> {
    let mut checker = Checker { reader: *reader, shapes: &[] };
    checker.key(depth)?;
    *reader = checker.reader;
    Ok(())
}

/// The depth inside of so many more levels, while that is allowed.
#[inline]
pub fn deeper(depth: u32, levels: u32) -> Result<u32, Fault> {
    if depth + levels > MAX_DEPTH { Err(Fault::new(format!("nested deeper than {MAX_DEPTH} levels"))) } else { Ok(depth + levels) }
}

struct Checker<'a, 's> {
    reader: Reader<'a>,
    shapes: &'s [Vec<&'s str>],
}

impl Checker<'_, '_> {
    fn item(&mut self, depth: u32) -> Result<(), Fault> {
        match self.reader.head()? {
            Head::Text(length) => self.reader.text(length).map(drop),
            Head::Bytes(length) => self.reader.take(length).map(drop),
            Head::Array(length) => {
                let depth = deeper(depth, 1)?;
                for at in 0..length {
                    self.item(depth).map_err(|f| f.inside(Segment::Index(at)))?;
                }
                Ok(())
            }
            Head::Map(pairs) => self.map(pairs, deeper(depth, 1)?),
            Head::Tag(tag::SET) => self.set(deeper(depth, 1)?),
            Head::Tag(tag::RECORD) => self.record(deeper(depth, RECORD_LEVELS)?),
            Head::Tag(tag::NAMED) => self.named(depth),
            Head::Tag(tag::SHAPES) => Err(Fault::new("a shape table inside of the value")),
            Head::Tag(number) => match Scalar::read(&mut self.reader, number)? {
                Some(_) => Ok(()),
                None => Err(Fault::new(format!("tag {number}, which has no meaning here"))),
            },
            _ => Ok(()),
        }
    }

    fn map(&mut self, pairs: usize, depth: u32) -> Result<(), Fault> {
        let mut keys = Vec::with_capacity(pairs.min(64));
        for _ in 0..pairs {
            let start = self.reader;
            self.key(depth)?;
            keys.push(self.reader.since(start.position()));
            if let Err(fault) = self.item(depth) {
                return Err(fault.inside(shown(start)));
            }
        }
        // Keys are in preferred encoding, so equal ones have equal bytes.
        if distinct(keys.iter().copied()) { Ok(()) } else { Err(Fault::new("a map with a key twice")) }
    }

    /// A map's key. What is wrong inside of it is told at the map.
    fn key(&mut self, depth: u32) -> Result<(), Fault> {
        KeyKind::map_key(&self.reader)?;
        let start = self.reader;
        if let Head::Array(length) = self.reader.head()? {
            let depth = deeper(depth, 1)?;
            return (0..length).try_for_each(|_| self.key(depth));
        }
        self.reader = start;
        self.item(depth)
    }

    fn set(&mut self, depth: u32) -> Result<(), Fault> {
        let Head::Array(length) = self.reader.head()? else {
            return Err(Fault::new("a set that isn't an array"));
        };
        let mut order = SetKind::default();
        for at in 0..length {
            let start = self.reader.position();
            let kind = order.next(&self.reader).map_err(|f| f.inside(Segment::Index(at)))?;
            let read = if kind == KeyKind::Key { self.key(depth) } else { self.item(depth) };
            read.map_err(|f| f.inside(Segment::Index(at)))?;
            order.read(self.reader.since(start))?;
        }
        Ok(())
    }

    fn named(&mut self, depth: u32) -> Result<(), Fault> {
        if self.reader.head()? != Head::Array(2) {
            return Err(Fault::new("a registered record that isn't [name, record]"));
        }
        match self.reader.head()? {
            Head::Text(length) => drop(self.reader.text(length)?),
            other => return Err(Fault::new(format!("a registered record whose name is {}", other.noun()))),
        }
        match self.reader.head()? {
            Head::Tag(tag::RECORD) => self.record(deeper(depth, RECORD_LEVELS)?),
            other => Err(Fault::new(format!("a registered record that holds {}", other.noun()))),
        }
    }

    fn record(&mut self, depth: u32) -> Result<(), Fault> {
        let Head::Array(length @ 1..) = self.reader.head()? else {
            return Err(Fault::new("a record that isn't [shape, value, …]"));
        };
        let Head::Unsigned(shape) = self.reader.head()? else {
            return Err(Fault::new("a record whose shape isn't an index"));
        };
        let Some(fields) = usize::try_from(shape).ok().and_then(|at| self.shapes.get(at)).map(Vec::len) else {
            return Err(Fault::new(format!("a record of shape {shape}, which isn't in the shape table")));
        };
        if fields != length - 1 {
            return Err(Fault::new(format!("a record of {} values whose shape has {fields} fields", length - 1)));
        }
        for at in 0..fields {
            if let Err(fault) = self.item(depth) {
                let field = self.shapes.get(shape as usize).and_then(|s| s.get(at)).copied().unwrap_or_default();
                return Err(fault.inside(Segment::Field(field.to_owned())));
            }
        }
        Ok(())
    }
}

/// How the key at this place is shown in a path.
fn shown(mut key: Reader<'_>) -> Segment {
    match key.head() {
        Ok(Head::Text(length)) => Segment::text_key(key.text(length).unwrap_or_default()),
        Ok(Head::Unsigned(n)) => Segment::Key(n.to_string()),
        Ok(Head::Negative(n)) => Segment::Key((-1 - i128::from(n)).to_string()),
        _ => Segment::Key("…".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/values.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn bytes(row: &Value) -> Vec<u8> {
        let text = row["cbor"].as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn valid_vectors_pass() {
        let vectors = vectors();
        let rows = vectors["valid"].as_array().unwrap();
        assert!(rows.len() >= 220);
        for row in rows {
            assert_eq!(check(&bytes(row)), Ok(()), "{}", row["name"]);
        }
    }

    #[test]
    fn invalid_vectors_fail_at_their_path() {
        let vectors = vectors();
        let rows = vectors["invalid"].as_array().unwrap();
        assert!(rows.len() >= 160);
        for row in rows {
            let fault = check(&bytes(row)).expect_err(row["name"].as_str().unwrap());
            assert_eq!(format!("value{}", fault.path()), row["path"].as_str().unwrap(), "{}: {}", row["name"], fault.what());
            assert_eq!(fault.error("value").kind().name(), row["kind"].as_str().unwrap());
        }
    }

    #[test]
    fn every_cut_of_a_valid_payload_is_refused() {
        for row in vectors()["valid"].as_array().unwrap() {
            let bytes = bytes(row);
            for end in 0..bytes.len().min(200) {
                assert!(check(&bytes[..end]).is_err(), "{} cut at {end}", row["name"]);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = check(&bytes);
        }

        #[test]
        fn no_changed_byte_makes_it_panic(row in 0usize..150, at in 0usize..64, to in proptest::num::u8::ANY) {
            let vectors = vectors();
            let mut bytes = bytes(&vectors["valid"][row]);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            let _ = check(&bytes);
        }
    }
}
