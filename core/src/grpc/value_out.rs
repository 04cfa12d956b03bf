//! A payload's item to `google.protobuf.Value`.

use super::{
    moment_text::{date_text, duration_text, local_text, moment_text, time_text, zoned_text},
    number_text::{decimal_text, integer_text},
    proto::Message,
    value_in::EXACT,
};
use crate::value::{Element, Fault, Head, Integer, Numbers, RECORD_LEVELS, Reader, Scalar, Segment, deeper, tag};
use std::collections::BTreeSet;

const HEX: &[u8; 16] = b"0123456789abcdef";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Reads items of one payload and writes them as protobuf.
pub(super) struct ValueOut<'a, 's> {
    pub(super) reader: Reader<'a>,
    pub(super) shapes: &'s [Vec<&'a str>],
    /// Most bytes of the message.
    pub(super) most: usize,
}

impl<'a> ValueOut<'a, '_> {
    /// Writes the fields of a `Value` that holds the next item.
    pub(super) fn item(&mut self, depth: u32, out: &mut Message) -> Result<(), Fault> {
        if out.0.len() > self.most {
            return Err(Fault::new(too_long(self.most)));
        }
        match self.reader.head()? {
            Head::Null => out.uint(1, 0),
            Head::Boolean(value) => out.boolean(4, value),
            Head::Unsigned(n) => integer(Integer::Unsigned(n), out),
            Head::Negative(n) => integer(Integer::Negative(n), out),
            Head::Float(number) => float(number, out),
            Head::Text(length) => out.text(3, self.reader.text(length)?),
            Head::Bytes(length) => out.text(3, &base64(self.reader.take(length)?)),
            Head::Array(length) => self.list(length, deeper(depth, 1)?, out)?,
            Head::Map(pairs) => self.map(pairs, deeper(depth, 1)?, out)?,
            Head::Tag(tag::SET) => match self.reader.head()? {
                Head::Array(length) => self.list(length, deeper(depth, 1)?, out)?,
                _ => return Err(Fault::new("a set that isn't an array")),
            },
            Head::Tag(tag::RECORD) => self.record(None, deeper(depth, RECORD_LEVELS)?, out)?,
            Head::Tag(tag::NAMED) => self.named(depth, out)?,
            Head::Tag(number) => match Scalar::read(&mut self.reader, number)? {
                Some(scalar) => self.scalar(&scalar, out)?,
                None => return Err(Fault::new(format!("tag {number}, which has no meaning here"))),
            },
        }
        Ok(())
    }

    fn list(&mut self, length: usize, depth: u32, out: &mut Message) -> Result<(), Fault> {
        out.nested(6, |list| {
            (0..length).try_for_each(|at| list.nested(1, |value| self.item(depth, value)).map_err(|f| f.inside(Segment::Index(at))))
        })
    }

    fn map(&mut self, pairs: usize, depth: u32, out: &mut Message) -> Result<(), Fault> {
        let mut keys = BTreeSet::new();
        out.nested(5, |fields| {
            for _ in 0..pairs {
                let key = self.key()?;
                self.entry(&key, depth, fields).map_err(|f| f.inside(Segment::text_key(&key)))?;
                if !keys.insert(key) {
                    return Err(Fault::new("a map with two keys that are the same text"));
                }
            }
            Ok(())
        })
    }

    fn entry(&mut self, key: &str, depth: u32, fields: &mut Message) -> Result<(), Fault> {
        fields.nested(1, |entry| {
            entry.text(1, key);
            entry.nested(2, |value| self.item(depth, value))
        })
    }

    /// A key as text: every scalar has one.
    pub(super) fn key(&mut self) -> Result<String, Fault> {
        match self.reader.head()? {
            Head::Text(length) => Ok(self.reader.text(length)?.to_owned()),
            Head::Unsigned(n) => Ok(n.to_string()),
            Head::Negative(n) => Ok(integer_text(Integer::Negative(n))),
            Head::Bytes(length) => Ok(base64(self.reader.take(length)?)),
            Head::Boolean(value) => Ok(value.to_string()),
            Head::Tag(number) => match Scalar::read(&mut self.reader, number)?.as_ref().and_then(text) {
                Some(text) => Ok(text),
                None => Err(Fault::new("a map whose keys have no text")),
            },
            other => Err(Fault::new(format!("a map with {} as a key, which has no text", other.noun()))),
        }
    }

    fn named(&mut self, depth: u32, out: &mut Message) -> Result<(), Fault> {
        if self.reader.head()? != Head::Array(2) {
            return Err(Fault::new("a registered record that isn't [name, record]"));
        }
        let name = match self.reader.head()? {
            Head::Text(length) => self.reader.text(length)?,
            other => return Err(Fault::new(format!("a registered record whose name is {}", other.noun()))),
        };
        match self.reader.head()? {
            Head::Tag(tag::RECORD) => self.record(Some(name), deeper(depth, RECORD_LEVELS)?, out),
            other => Err(Fault::new(format!("a registered record that holds {}", other.noun()))),
        }
    }

    /// Its fields; one with a registered name says that under `@type`, which no field can be called.
    fn record(&mut self, name: Option<&str>, depth: u32, out: &mut Message) -> Result<(), Fault> {
        let (Head::Array(length @ 1..), Head::Unsigned(shape)) = (self.reader.head()?, self.reader.head()?) else {
            return Err(Fault::new("a record that isn't [shape, value, …]"));
        };
        let shapes = self.shapes;
        let Some(fields) = usize::try_from(shape).ok().and_then(|at| shapes.get(at)).filter(|fields| fields.len() == length - 1) else {
            return Err(Fault::new("a record that doesn't fit the shape table"));
        };
        out.nested(5, |message| {
            if let Some(name) = name {
                message.nested(1, |entry| {
                    entry.text(1, "@type");
                    entry.nested(2, |value| value.text(3, name));
                });
            }
            fields.iter().try_for_each(|field| self.entry(field, depth, message).map_err(|f| f.inside(Segment::Field((*field).to_owned()))))
        })
    }

    fn scalar(&mut self, scalar: &Scalar<'a>, out: &mut Message) -> Result<(), Fault> {
        match scalar {
            Scalar::Complex(re, im) => out.nested(5, |fields| {
                for (key, part) in [("re", re), ("im", im)] {
                    fields.nested(1, |entry| {
                        entry.text(1, key);
                        entry.nested(2, |value| float(*part, value));
                    });
                }
            }),
            Scalar::Range(parts) => out.nested(5, |fields| {
                for (key, part) in ["start", "stop", "step"].into_iter().zip(parts) {
                    fields.nested(1, |entry| {
                        entry.text(1, key);
                        entry.nested(2, |value| integer(*part, value));
                    });
                }
            }),
            Scalar::Numbers(numbers) => return self.numbers(numbers, out),
            Scalar::Integer(n) => integer(*n, out),
            Scalar::Table(bytes) => out.text(3, &base64(bytes)),
            other => out.text(3, &text(other).unwrap_or_default()),
        }
        Ok(())
    }

    fn numbers(&mut self, numbers: &Numbers<'_>, out: &mut Message) -> Result<(), Fault> {
        // Each number takes 13 bytes at most, and its list a few more.
        let count = numbers.bytes.len() / numbers.element.size();
        if count.saturating_mul(13).saturating_add(out.0.len()) > self.most.saturating_mul(2) {
            return Err(Fault::new(too_long(self.most)));
        }
        let plain = [count];
        // A dimension of 0 lets the others be as large as they like.
        let lists = numbers.shape.as_deref().unwrap_or(&[]).iter().fold((0usize, 1usize), |(sum, product), length| {
            let product = product.saturating_mul(*length);
            (sum.saturating_add(product), product)
        });
        if lists.0 > self.most {
            return Err(Fault::new(too_long(self.most)));
        }
        nested_numbers(numbers.element, numbers.bytes, numbers.shape.as_deref().unwrap_or(&plain), out);
        Ok(())
    }
}

fn nested_numbers(element: Element, bytes: &[u8], shape: &[usize], out: &mut Message) {
    let Some((length, inner)) = shape.split_first() else {
        return number(element, bytes, out);
    };
    let each = bytes.len().checked_div(*length).unwrap_or(0);
    out.nested(6, |list| {
        for at in 0..*length {
            let part = bytes.get(at * each..(at + 1) * each).unwrap_or_default();
            list.nested(1, |value| nested_numbers(element, part, inner, value));
        }
    });
}

fn number(element: Element, bytes: &[u8], out: &mut Message) {
    let mut all = [0; 8];
    let size = bytes.len().min(8);
    if let (Some(to), Some(from)) = (all.get_mut(..size), bytes.get(..size)) {
        to.copy_from_slice(from);
    }
    let bits = u64::from_le_bytes(all);
    // Signed numbers fill the upper bytes with their sign.
    let signed = |bits: u64, width: u32| ((bits << (64 - width)) as i64) >> (64 - width);
    let exact = |n: i64| if n < 0 { Integer::Negative(!n as u64) } else { Integer::Unsigned(n as u64) };
    match element {
        Element::U8 | Element::U16 | Element::U32 | Element::U64 => integer(Integer::Unsigned(bits), out),
        Element::I8 => integer(exact(signed(bits, 8)), out),
        Element::I16 => integer(exact(signed(bits, 16)), out),
        Element::I32 => integer(exact(signed(bits, 32)), out),
        Element::I64 => integer(exact(bits as i64), out),
        Element::F16 => float(crate::value::widen(bits as u16), out),
        Element::F32 => float(f32::from_bits(bits as u32).into(), out),
        Element::F64 => float(f64::from_bits(bits), out),
    }
}

/// A number where a double holds it, else text.
fn integer(integer: Integer<'_>, out: &mut Message) {
    match integer {
        Integer::Unsigned(n) if n <= EXACT as u64 => out.double(2, n as f64),
        Integer::Negative(n) if n < EXACT as u64 => out.double(2, -1.0 - n as f64),
        other => out.text(3, &integer_text(other)),
    }
}

/// A number; those that JSON hasn't are text.
fn float(number: f64, out: &mut Message) {
    match number {
        n if n.is_nan() => out.text(3, "NaN"),
        f64::INFINITY => out.text(3, "Infinity"),
        f64::NEG_INFINITY => out.text(3, "-Infinity"),
        n => out.double(2, n),
    }
}

/// The text of a scalar; nothing for those that consist of several numbers.
pub(super) fn text(scalar: &Scalar<'_>) -> Option<String> {
    Some(match scalar {
        Scalar::Integer(n) => integer_text(*n),
        Scalar::Decimal { exponent, mantissa } => decimal_text(*exponent, *mantissa),
        Scalar::Instant(moment) => moment_text(*moment, None),
        Scalar::Offset(moment, minutes) => moment_text(*moment, Some(*minutes)),
        Scalar::Zoned(moment, minutes, zone) => zoned_text(*moment, *minutes, zone),
        Scalar::LocalTime(nanos) => time_text(*nanos),
        Scalar::LocalDateTime(days, nanos) => local_text(*days, *nanos),
        Scalar::Date(days) => date_text(*days),
        Scalar::Duration(duration) => duration_text(*duration),
        Scalar::Uuid(id) => uuid_text(id),
        Scalar::Reference(reference) => reference.uri(),
        Scalar::Complex(..) | Scalar::Range(_) | Scalar::Numbers(_) | Scalar::Table(_) => return None,
    })
}

fn uuid_text(id: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(HEX.get(usize::from(digit)).copied().unwrap_or(b'0')));
        }
    }
    text
}

/// Base64 as protobuf's JSON writes bytes.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().fold(0u32, |all, b| all << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = BASE64.get((all >> (18 - 6 * at)) as usize & 63).copied().unwrap_or(b'=');
            text.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

pub(super) fn too_long(most: usize) -> String {
    format!("the message is longer than {most} bytes")
}
