//! The payload of a result to a response message.

use super::{
    number_text::integer_text,
    proto::Message,
    schema::{RESULT, Rpc},
    shape::{Shape, Unit},
    value_in::EXACT,
    value_out::{ValueOut, text, too_long},
};
use crate::{
    error::{Executed, Result},
    value::{Fault, Head, Integer, Reader, Scalar, Segment, read_shapes, tag},
};

/// The response message. A value that doesn't fit the declared type is `Unserializable`, as anywhere; the handler ran then.
pub(super) fn response(rpc: &Rpc, payload: &[u8], most: usize) -> Result<Vec<u8>> {
    convert(rpc, payload, most).map_err(|fault| fault.error("result").executed(Executed::Yes))
}

fn convert(rpc: &Rpc, payload: &[u8], most: usize) -> std::result::Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(payload);
    let shapes = read_shapes(&mut reader)?;
    let mut out = ValueOut { reader, shapes: &shapes, most };
    let mut message = Message::new();
    field(&mut out, rpc.result, &mut message)?;
    out.reader.end()?;
    if message.0.len() > most {
        return Err(Fault::new(too_long(most)));
    }
    Ok(message.0)
}

fn field(from: &mut ValueOut<'_, '_>, shape: Shape, out: &mut Message) -> std::result::Result<(), Fault> {
    match shape {
        Shape::Nothing => match from.reader.head()? {
            Head::Null => Ok(()),
            other => Err(Fault::new(format!("{}, where the method is declared to return nothing", other.noun()))),
        },
        Shape::Maybe(unit) if unit != Unit::Value && from.reader.peek()? == Head::Null => from.reader.head().map(drop),
        Shape::Maybe(unit) | Shape::One(unit) => one(from, unit, RESULT, 0, out),
        Shape::List(unit) | Shape::Set(unit) => {
            let mut head = from.reader.head()?;
            if head == Head::Tag(tag::SET) {
                head = from.reader.head()?;
            }
            let Head::Array(length) = head else { return Err(mismatch(head.noun(), "a list")) };
            (0..length).try_for_each(|at| one(from, unit, RESULT, 1, out).map_err(|f| f.inside(Segment::Index(at))))
        }
        Shape::Map(key, unit) => {
            let head = from.reader.head()?;
            let Head::Map(pairs) = head else { return Err(mismatch(head.noun(), "a map")) };
            (0..pairs).try_for_each(|_| {
                let ahead = from.reader;
                let name = from.key()?;
                from.reader = ahead;
                out.nested(RESULT, |entry| {
                    one(from, key, 1, 1, entry)?;
                    one(from, unit, 2, 1, entry)
                })
                .map_err(|f| f.inside(Segment::text_key(&name)))
            })
        }
    }
}

fn one(from: &mut ValueOut<'_, '_>, unit: Unit, field: u32, depth: u32, out: &mut Message) -> std::result::Result<(), Fault> {
    if unit == Unit::Value {
        return out.nested(field, |value| from.item(depth, value));
    }
    let head = from.reader.head()?;
    match (unit, head) {
        (Unit::Int, Head::Unsigned(n)) => out.uint(field, i64::try_from(n).map_err(|_| beyond(Integer::Unsigned(n)))? as u64),
        (Unit::Int, Head::Negative(n)) => out.uint(field, !i64::try_from(n).map_err(|_| beyond(Integer::Negative(n)))? as u64),
        (Unit::Float, Head::Float(number)) => out.double(field, number),
        // An integer is as good where a double holds it exactly.
        (Unit::Float, Head::Unsigned(n)) if n <= EXACT as u64 => out.double(field, n as f64),
        (Unit::Float, Head::Negative(n)) if n < EXACT as u64 => out.double(field, -1.0 - n as f64),
        (Unit::Bool, Head::Boolean(value)) => out.boolean(field, value),
        (Unit::Text, Head::Text(length)) => out.text(field, from.reader.text(length)?),
        (Unit::Bytes, Head::Bytes(length)) => out.bytes(field, from.reader.take(length)?),
        (Unit::Decimal, Head::Unsigned(n)) => out.text(field, &n.to_string()),
        (Unit::Decimal, Head::Negative(n)) => out.text(field, &integer_text(Integer::Negative(n))),
        (_, Head::Tag(number)) => {
            let scalar = Scalar::read(&mut from.reader, number)?.ok_or_else(|| mismatch("a record or a set", noun(unit)))?;
            match (unit, &scalar) {
                (Unit::Int, Scalar::Integer(n)) => return Err(beyond(*n)),
                (Unit::Decimal, Scalar::Decimal { .. } | Scalar::Integer(_))
                | (Unit::DateTime, Scalar::Instant(_) | Scalar::Offset(..) | Scalar::Zoned(..) | Scalar::LocalDateTime(..))
                | (Unit::Date, Scalar::Date(_))
                | (Unit::Time, Scalar::LocalTime(_))
                | (Unit::Duration, Scalar::Duration(_))
                | (Unit::Uuid, Scalar::Uuid(_)) => out.text(field, &text(&scalar).unwrap_or_default()),
                (Unit::Reference(kind), Scalar::Reference(reference)) if reference.kind() == kind => out.text(field, &reference.uri()),
                _ => return Err(mismatch(scalar.noun(), noun(unit))),
            }
        }
        (_, other) => return Err(mismatch(other.noun(), noun(unit))),
    }
    Ok(())
}

fn mismatch(found: &str, declared: &str) -> Fault {
    Fault::new(format!("{found}, where {declared} is declared"))
}

fn beyond(integer: Integer<'_>) -> Fault {
    let text = integer_text(integer);
    let shown: String = text.chars().take(40).collect();
    Fault::new(format!("{shown}{} does not fit an int64", if shown.len() < text.len() { "…" } else { "" }))
}

fn noun(unit: Unit) -> &'static str {
    match unit {
        Unit::Int => "an integer",
        Unit::Float => "a float",
        Unit::Bool => "a boolean",
        Unit::Text => "a text",
        Unit::Bytes => "bytes",
        Unit::Decimal => "a decimal",
        Unit::DateTime => "a date-time",
        Unit::Date => "a date",
        Unit::Time => "a local time",
        Unit::Duration => "a duration",
        Unit::Uuid => "a UUID",
        Unit::Reference(kind) => kind.noun(),
        Unit::Value => "any value",
    }
}
