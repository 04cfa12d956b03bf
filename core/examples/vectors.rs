//! What Rust makes of the golden vectors: `vectors VALUES.json OUT.json` checks each payload, decodes it and writes it again.
//!
//! The core has no values of its own, so a payload is decoded here into a tree, with nothing but the public readers. A row without
//! a `type` is what a receiver without a type sends again: a map in the place of a record.

use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use twinspan::value::{Fault, Head, Integer, Moment, Reader, Scalar, Writer, check, read_shapes, tag};

/// One decoded value.
enum Item<'a> {
    Null,
    Boolean(bool),
    Float(f64),
    Integer(Integer<'a>),
    Text(&'a str),
    Bytes(&'a [u8]),
    Array(Vec<Item<'a>>),
    Map(Vec<(Item<'a>, Item<'a>)>),
    Set(Vec<Item<'a>>),
    /// Shape and values; a registered one has a name.
    Record(Option<&'a str>, Vec<&'a str>, Vec<Item<'a>>),
    Scalar(Scalar<'a>),
}

fn main() -> Result<(), Box<dyn Error>> {
    let [from, to] = std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "usage: vectors VALUES.json OUT.json")?;
    let vectors: Value = serde_json::from_slice(&std::fs::read(from)?)?;
    let mut lines = Vec::new();
    for part in ["valid", "invalid"] {
        for row in vectors[part].as_array().ok_or("no rows")? {
            let payload = bytes(row["cbor"].as_str().ok_or("a row without bytes")?)?;
            let told = match made(&payload, row["type"].is_string()) {
                Ok(cbor) => json!({"name": row["name"], "status": "valid", "cbor": hex(&cbor)}),
                Err(fault) => {
                    let (kind, path) = (fault.error("value").kind().name(), format!("value{}", fault.path()));
                    json!({"name": row["name"], "status": "invalid", "kind": kind, "path": path})
                }
            };
            lines.push(told.to_string());
        }
    }
    std::fs::write(to, format!("[\n{}\n]\n", lines.join(",\n")))?;
    Ok(())
}

/// The payload again, from what it was decoded to.
fn made(payload: &[u8], typed: bool) -> Result<Vec<u8>, Fault> {
    check(payload)?;
    let mut reader = Reader::new(payload);
    let shapes = read_shapes(&mut reader)?;
    let value = item(&mut reader, &shapes)?;
    reader.end()?;
    let (mut used, mut body) = (Vec::new(), Writer::new());
    write(&mut body, &value, typed, &mut used);
    if used.is_empty() {
        return Ok(body.0);
    }
    let mut out = Writer::new();
    out.tag(tag::SHAPES);
    out.array(2);
    out.array(used.len());
    for fields in used {
        out.array(fields.len());
        fields.iter().for_each(|field| out.text(field));
    }
    out.0.extend(body.0);
    Ok(out.0)
}

fn item<'a>(reader: &mut Reader<'a>, shapes: &[Vec<&'a str>]) -> Result<Item<'a>, Fault> {
    Ok(match reader.head()? {
        Head::Null => Item::Null,
        Head::Boolean(value) => Item::Boolean(value),
        Head::Float(value) => Item::Float(value),
        Head::Unsigned(n) => Item::Integer(Integer::Unsigned(n)),
        Head::Negative(n) => Item::Integer(Integer::Negative(n)),
        Head::Text(length) => Item::Text(reader.text(length)?),
        Head::Bytes(length) => Item::Bytes(reader.take(length)?),
        Head::Array(length) => Item::Array(items(reader, shapes, length)?),
        Head::Map(pairs) => {
            let mut map = Vec::new();
            for _ in 0..pairs {
                map.push((item(reader, shapes)?, item(reader, shapes)?));
            }
            Item::Map(map)
        }
        Head::Tag(tag::SET) => match reader.head()? {
            Head::Array(length) => Item::Set(items(reader, shapes, length)?),
            other => return Err(Fault::new(format!("a set in {}", other.noun()))),
        },
        Head::Tag(tag::NAMED) => {
            reader.head()?;
            match (item(reader, shapes)?, item(reader, shapes)?) {
                (Item::Text(name), Item::Record(None, fields, values)) => Item::Record(Some(name), fields, values),
                _ => return Err(Fault::new("a registered record that isn't [name, record]")),
            }
        }
        Head::Tag(tag::RECORD) => match (reader.head()?, reader.head()?) {
            (Head::Array(length), Head::Unsigned(shape)) => {
                let fields = usize::try_from(shape).ok().and_then(|at| shapes.get(at)).cloned().unwrap_or_default();
                Item::Record(None, fields, items(reader, shapes, length - 1)?)
            }
            _ => return Err(Fault::new("a record that isn't [shape, value, …]")),
        },
        Head::Tag(number) => match Scalar::read(reader, number)? {
            Some(Scalar::Integer(number)) => Item::Integer(number),
            Some(scalar) => Item::Scalar(scalar),
            None => return Err(Fault::new(format!("tag {number}"))),
        },
    })
}

fn items<'a>(reader: &mut Reader<'a>, shapes: &[Vec<&'a str>], count: usize) -> Result<Vec<Item<'a>>, Fault> {
    (0..count).map(|_| item(reader, shapes)).collect()
}

fn write<'a>(out: &mut Writer, value: &Item<'a>, typed: bool, shapes: &mut Vec<Vec<&'a str>>) {
    match value {
        Item::Null => out.null(),
        Item::Boolean(value) => out.boolean(*value),
        Item::Float(value) => out.float(*value),
        Item::Integer(value) => integer(out, *value),
        Item::Text(value) => out.text(value),
        Item::Bytes(value) => out.bytes(value),
        Item::Array(values) => {
            out.array(values.len());
            values.iter().for_each(|value| write(out, value, typed, shapes));
        }
        Item::Map(pairs) => {
            out.map(pairs.len());
            for (key, value) in pairs {
                write(out, key, typed, shapes);
                write(out, value, typed, shapes);
            }
        }
        Item::Set(values) => {
            let mut elements: Vec<Vec<u8>> = values
                .iter()
                .map(|value| {
                    let mut element = Writer::new();
                    write(&mut element, value, typed, shapes);
                    element.0
                })
                .collect();
            elements.sort();
            out.tag(tag::SET);
            out.array(elements.len());
            elements.iter().for_each(|element| out.0.extend(element));
        }
        Item::Record(_, fields, values) if !typed => {
            out.map(fields.len());
            for (field, value) in fields.iter().zip(values) {
                out.text(field);
                write(out, value, typed, shapes);
            }
        }
        Item::Record(name, fields, values) => {
            let shape = shapes.iter().position(|known| known == fields).unwrap_or_else(|| {
                shapes.push(fields.clone());
                shapes.len() - 1
            });
            if let Some(name) = name {
                out.tag(tag::NAMED);
                out.array(2);
                out.text(name);
            }
            out.tag(tag::RECORD);
            out.array(1 + values.len());
            out.unsigned(shape as u64);
            values.iter().for_each(|value| write(out, value, typed, shapes));
        }
        Item::Scalar(value) => scalar(out, value),
    }
}

fn integer(out: &mut Writer, value: Integer<'_>) {
    match value {
        Integer::Unsigned(n) => out.integer(false, &n.to_be_bytes()),
        Integer::Negative(n) => out.integer(true, &n.to_be_bytes()),
        Integer::Big { negative, magnitude } => out.integer(negative, magnitude),
    }
}

fn parts(out: &mut Writer, number: u64, count: usize) {
    out.tag(number);
    out.array(count);
}

fn instant(out: &mut Writer, moment: Moment) {
    out.moment(tag::INSTANT, moment.seconds, moment.nanos);
}

fn scalar(out: &mut Writer, value: &Scalar<'_>) {
    match value {
        Scalar::Integer(value) => integer(out, *value),
        Scalar::Decimal { exponent, mantissa } => {
            parts(out, tag::DECIMAL, 2);
            out.signed((*exponent).into());
            integer(out, *mantissa);
        }
        Scalar::Instant(moment) => instant(out, *moment),
        Scalar::Offset(moment, minutes) => {
            parts(out, tag::OFFSET, 2);
            instant(out, *moment);
            out.signed((*minutes).into());
        }
        Scalar::Zoned(moment, minutes, zone) => {
            parts(out, tag::ZONED, 3);
            instant(out, *moment);
            out.signed((*minutes).into());
            out.text(zone);
        }
        Scalar::LocalTime(nanos) => {
            out.tag(tag::LOCAL_TIME);
            out.unsigned(*nanos);
        }
        Scalar::LocalDateTime(days, nanos) => {
            parts(out, tag::LOCAL_DATE_TIME, 2);
            out.signed(*days);
            out.unsigned(*nanos);
        }
        Scalar::Date(days) => {
            out.tag(tag::DATE);
            out.signed(*days);
        }
        Scalar::Duration(moment) => out.moment(tag::DURATION, moment.seconds, moment.nanos),
        Scalar::Uuid(id) => {
            out.tag(tag::UUID);
            out.bytes(id);
        }
        Scalar::Complex(re, im) => {
            parts(out, tag::COMPLEX, 2);
            out.float(*re);
            out.float(*im);
        }
        Scalar::Range(range) => {
            parts(out, tag::RANGE, 3);
            range.iter().for_each(|part| integer(out, *part));
        }
        Scalar::Numbers(numbers) => {
            if let Some(shape) = &numbers.shape {
                parts(out, tag::ND_ARRAY, 2);
                out.array(shape.len());
                shape.iter().for_each(|n| out.unsigned(*n as u64));
            }
            out.tag(numbers.element.tag());
            out.bytes(numbers.bytes);
        }
        Scalar::Reference(reference) => out.reference(reference),
        Scalar::Table(bytes) => {
            out.tag(tag::TABLE);
            out.bytes(bytes);
        }
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    (0..text.len()).step_by(2).map(|at| Ok(u8::from_str_radix(text.get(at..at + 2).ok_or("half a byte")?, 16)?)).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
