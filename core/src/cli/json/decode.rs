//! From a payload to JSON.

use super::{CLASS, Json, base64, digits, moments};
use crate::value::{Element, Fault, Head, Integer, Numbers, Reader, Scalar, check, read_shapes, tag};

/// The JSON of a payload, which is checked first: nothing of it can be deeper or longer than it says.
pub(in crate::cli) fn decode(payload: &[u8]) -> Result<Json, Fault> {
    check(payload)?;
    let mut reader = Reader::new(payload);
    let shapes = read_shapes(&mut reader)?;
    Decoder { reader, shapes: &shapes }.item()
}

struct Decoder<'a, 's> {
    reader: Reader<'a>,
    shapes: &'s [Vec<&'a str>],
}

impl Decoder<'_, '_> {
    fn item(&mut self) -> Result<Json, Fault> {
        Ok(match self.reader.head()? {
            Head::Null => Json::Null,
            Head::Boolean(b) => Json::Bool(b),
            Head::Unsigned(n) => Json::Number(n.to_string()),
            Head::Negative(n) => Json::Number(digits::of(&Integer::Negative(n))),
            Head::Float(f) => float(f),
            Head::Text(length) => Json::text(self.reader.text(length)?),
            Head::Bytes(length) => Json::Text(base64::encode(self.reader.take(length)?)),
            Head::Array(length) => self.list(length)?,
            Head::Map(pairs) => self.map(pairs)?,
            Head::Tag(tag::SET) => self.item()?,
            Head::Tag(tag::RECORD) => Json::Object(self.record()?),
            Head::Tag(tag::NAMED) => self.named()?,
            Head::Tag(number) => match Scalar::read(&mut self.reader, number)? {
                Some(scalar) => of_scalar(&scalar),
                None => return Err(Fault::new(format!("tag {number}, which has no meaning here"))),
            },
        })
    }

    fn list(&mut self, length: usize) -> Result<Json, Fault> {
        (0..length).map(|_| self.item()).collect::<Result<_, _>>().map(Json::List)
    }

    /// An object if every key has a text of its own; else a list of pairs.
    fn map(&mut self, pairs: usize) -> Result<Json, Fault> {
        let mut entries = Vec::with_capacity(pairs.min(1024));
        for _ in 0..pairs {
            entries.push((self.item()?, self.item()?));
        }
        let mut texts: Vec<String> = entries.iter().filter_map(|(key, _)| key_text(key)).collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.len() < entries.len() {
            return Ok(Json::List(entries.into_iter().map(|(key, value)| Json::List(vec![key, value])).collect()));
        }
        Ok(Json::Object(entries.into_iter().filter_map(|(key, value)| Some((key_text(&key)?, value))).collect()))
    }

    fn record(&mut self) -> Result<Vec<(String, Json)>, Fault> {
        let wrong = || Fault::new("a record that isn't [shape, value, …]");
        let (Head::Array(_), Head::Unsigned(shape)) = (self.reader.head()?, self.reader.head()?) else { return Err(wrong()) };
        let fields = self.shapes.get(shape as usize).ok_or_else(wrong)?;
        fields.iter().map(|field| Ok(((*field).to_owned(), self.item()?))).collect()
    }

    fn named(&mut self) -> Result<Json, Fault> {
        let wrong = || Fault::new("a registered record that isn't [name, record]");
        let (Head::Array(2), Head::Text(length)) = (self.reader.head()?, self.reader.head()?) else { return Err(wrong()) };
        let mut members = vec![(CLASS.to_owned(), Json::text(self.reader.text(length)?))];
        self.reader.head()?;
        members.extend(self.record()?);
        Ok(Json::Object(members))
    }
}

fn key_text(key: &Json) -> Option<String> {
    match key {
        Json::Text(text) | Json::Number(text) => Some(text.clone()),
        _ => None,
    }
}

/// A number that has a point or an exponent, so that it reads back as a float; JSON has no word for the others.
fn float(value: f64) -> Json {
    if value.is_nan() {
        return Json::text("NaN");
    }
    if value.is_infinite() {
        return Json::text(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    Json::Number(format!("{value:?}"))
}

fn of_scalar(scalar: &Scalar<'_>) -> Json {
    match scalar {
        Scalar::Integer(integer) => Json::Number(digits::of(integer)),
        Scalar::Decimal { exponent, mantissa } => Json::Text(digits::decimal(*exponent, mantissa)),
        Scalar::Instant(moment) => Json::Text(moments::instant_text(*moment, None)),
        Scalar::Offset(moment, minutes) => Json::Text(moments::instant_text(*moment, Some(*minutes))),
        Scalar::Zoned(moment, minutes, zone) => Json::Text(format!("{}[{zone}]", moments::instant_text(*moment, Some(*minutes)))),
        Scalar::LocalTime(nanos) => Json::Text(moments::time_text(*nanos)),
        Scalar::LocalDateTime(days, nanos) => Json::Text(moments::local_text(*days, *nanos)),
        Scalar::Date(days) => Json::Text(moments::date_text(*days)),
        Scalar::Duration(length) => Json::Text(moments::duration_text(*length)),
        Scalar::Uuid(id) => Json::Text(uuid(id)),
        Scalar::Complex(re, im) => Json::List(vec![float(*re), float(*im)]),
        Scalar::Range(parts) => Json::List(parts.iter().map(|part| Json::Number(digits::of(part))).collect()),
        Scalar::Numbers(numbers) => of_numbers(numbers),
        Scalar::Table(bytes) => Json::Text(base64::encode(bytes)),
        Scalar::Reference(reference) => Json::Text(reference.uri()),
    }
}

fn uuid(id: &[u8; 16]) -> String {
    let hex: Vec<String> = id.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]].map(<[String]>::concat).join("-")
}

fn of_numbers(numbers: &Numbers<'_>) -> Json {
    let elements: Vec<Json> = numbers.bytes.chunks_exact(numbers.element.size()).map(|bytes| element(numbers.element, bytes)).collect();
    match &numbers.shape {
        Some(shape) => folded(elements, shape),
        None => Json::List(elements),
    }
}

fn element(element: Element, bytes: &[u8]) -> Json {
    let all = bytes.iter().rev().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let shift = 64 - 8 * bytes.len() as u32;
    match element {
        Element::U8 | Element::U16 | Element::U32 | Element::U64 => Json::Number(all.to_string()),
        Element::I8 | Element::I16 | Element::I32 | Element::I64 => Json::Number(((all << shift) as i64 >> shift).to_string()),
        Element::F16 => float(half(all as u16)),
        // The shortest digits of a narrow float are its own, not those of the wide one that equals it.
        Element::F32 => match f32::from_bits(all as u32) {
            value if value.is_finite() => Json::Number(format!("{value:?}")),
            value => float(value.into()),
        },
        Element::F64 => float(f64::from_bits(all)),
    }
}

/// A payload's reader widens halves: asked with the head of one.
fn half(bits: u16) -> f64 {
    let [high, low] = bits.to_be_bytes();
    match Reader::new(&[0xf9, high, low]).head() {
        Ok(Head::Float(value)) => value,
        _ => f64::NAN,
    }
}

/// Row-major elements as lists in lists.
fn folded(elements: Vec<Json>, shape: &[usize]) -> Json {
    match shape {
        [] => elements.into_iter().next().unwrap_or(Json::Null),
        [_] => Json::List(elements),
        [rows, inner @ ..] => {
            let size: usize = inner.iter().product();
            let mut elements = elements.into_iter();
            Json::List((0..if size == 0 { 0 } else { *rows }).map(|_| folded(elements.by_ref().take(size).collect(), inner)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Every vector has a JSON, and each of it reads back.
    #[test]
    fn every_valid_vector_can_be_shown() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/values.json");
        let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for row in vectors["valid"].as_array().unwrap() {
            let text = row["cbor"].as_str().unwrap();
            let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
            let json = decode(&bytes).unwrap_or_else(|fault| panic!("{}: {fault}", row["name"]));
            assert_eq!(json.to_string().parse::<Json>().as_ref(), Ok(&json), "{}", row["name"]);
        }
        for row in vectors["invalid"].as_array().unwrap() {
            let text = row["cbor"].as_str().unwrap();
            let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
            assert!(decode(&bytes).is_err(), "{}", row["name"]);
        }
    }

    #[test]
    fn what_json_has_no_word_for() {
        for (payload, shown) in [
            (&[0xf9, 0x7e, 0x00][..], "\"NaN\""),
            (&[0xf9, 0xfc, 0x00], "\"-Infinity\""),
            (&[0xf9, 0x3c, 0x00], "1.0"),
            (&[0xf9, 0x80, 0x00], "-0.0"),
            (&[0x42, 1, 2], "\"AQI=\""),
            (&[0xa2, 0x01, 0x61, b'i', 0x61, b'1', 0x61, b't'], r#"[[1,"i"],["1","t"]]"#),
            (&[0xa1, 0x01, 0x61, b'i'], r#"{"1":"i"}"#),
            (&[0xd8, 85, 0x44, 0xcd, 0xcc, 0xcc, 0x3d], "[0.1]"),
            (&[0xd8, 77, 0x44, 0xff, 0xff, 0x02, 0x00], "[-1,2]"),
            (&[0xd8, 40, 0x82, 0x82, 0x02, 0x01, 0xd8, 72, 0x42, 0xff, 0x01], "[[-1],[1]]"),
            (&[0xc4, 0x82, 0x21, 0x18, 150], "\"1.50\""),
        ] {
            assert_eq!(decode(payload).map(|json| json.to_string()), Ok(shown.into()));
        }
    }
}
