//! A request message to the payload of a call's arguments.

use super::{
    moment_text::{write_date, write_date_time, write_duration, write_time},
    number_text::write_decimal,
    proto::{Fields, Wire, bad},
    schema::{Param, Rpc},
    shape::{Shape, Unit},
    value_in::{Entries, entry, write_value},
};
use crate::{
    error::{Error, Kind, Result},
    membership::ParamKind,
    value::{Reference, ReferenceKind, Writer, tag},
};
use bytes::Bytes;

/// Levels that the arguments' own frame opens: the array of both parts, and each part.
const FRAME: u32 = 2;

/// What a request says of each parameter. A field that no parameter has is refused, like any unknown argument.
pub(super) fn given<'r>(rpc: &Rpc, request: &'r [u8]) -> Result<Vec<Vec<Wire<'r>>>> {
    let mut given = vec![Vec::new(); rpc.params.len()];
    let mut fields = Fields::new(request);
    while let Some((number, wire)) = fields.next()? {
        match given.get_mut(number as usize - 1) {
            Some(values) => values.push(wire),
            None => return Err(bad(format_args!("`{}` has no parameter with the field number {number}", rpc.method))),
        }
    }
    Ok(given)
}

/// `[[positional…], {keyword: value…}]` out of the request's fields. In the place of a stream stands its tag: its items come after it.
pub(super) fn arguments(rpc: &Rpc, request: &[u8]) -> Result<Bytes> {
    let given = given(rpc, request)?;
    // Further positional arguments can only follow when all before them are positional too.
    let rest = rpc.params.iter().zip(&given).any(|(param, wires)| param.kind == ParamKind::Rest && !wires.is_empty());
    let mut packed = Packed::default();
    for (param, wires) in rpc.params.iter().zip(&given) {
        packed.put(param, wires, rest)?;
    }
    let mut out = Writer::new();
    out.array(2);
    out.array(packed.positions);
    out.0.append(&mut packed.positional.0);
    out.map(packed.names);
    out.0.append(&mut packed.keyword.0);
    Ok(out.0.into())
}

#[derive(Default)]
struct Packed<'p> {
    positional: Writer,
    positions: usize,
    keyword: Writer,
    names: usize,
    /// A positional one that was left out: none may follow.
    missing: Option<&'p str>,
}

impl<'p> Packed<'p> {
    fn put(&mut self, param: &'p Param, wires: &[Wire<'_>], rest: bool) -> Result<()> {
        match param.kind {
            ParamKind::Rest => {
                let Shape::List(unit) = param.shape else { return Err(Error::internal("a rest that is no list")) };
                if !wires.is_empty() {
                    self.in_order(param)?;
                }
                self.positions += elements(unit, wires, |wire| write_unit(param, unit, wire, &mut self.positional))?;
            }
            ParamKind::Extra => {
                let Shape::Map(_, unit) = param.shape else { return Err(Error::internal("an extra that is no map")) };
                for (key, value) in entries(param, unit, wires)? {
                    self.keyword.text(key.text()?);
                    write_unit(param, unit, value, &mut self.keyword)?;
                    self.names += 1;
                }
            }
            ParamKind::Positional => self.positional(param, wires)?,
            ParamKind::Both if rest => self.positional(param, wires)?,
            ParamKind::Both | ParamKind::Keyword => {
                let mut value = Writer::default();
                if write_param(param, wires, &mut value)? {
                    self.keyword.text(&param.name);
                    self.keyword.0.append(&mut value.0);
                    self.names += 1;
                }
            }
        }
        Ok(())
    }

    fn positional(&mut self, param: &'p Param, wires: &[Wire<'_>]) -> Result<()> {
        let mut value = Writer::default();
        if write_param(param, wires, &mut value)? {
            self.in_order(param)?;
            self.positional.0.append(&mut value.0);
            self.positions += 1;
        } else if self.missing.is_none() {
            self.missing = Some(&param.name);
        }
        Ok(())
    }

    fn in_order(&self, param: &Param) -> Result<()> {
        match self.missing {
            None => Ok(()),
            Some(missing) => Err(Error::new(Kind::BadArguments, format!("`{}` is given, but `{missing}` before it is not", param.name))
                .advice(format!("Give `{missing}` too: both go by their position."))),
        }
    }
}

/// Writes the argument; false when it is left out.
fn write_param(param: &Param, wires: &[Wire<'_>], out: &mut Writer) -> Result<bool> {
    if param.stream {
        out.tag(tag::STREAM);
        out.null();
        return Ok(true);
    }
    write_value_of(param, wires, out)
}

/// Writes what the field holds: an argument, or an item. False where nothing is there to write.
pub(super) fn write_value_of(param: &Param, wires: &[Wire<'_>], out: &mut Writer) -> Result<bool> {
    match (param.shape, wires.last()) {
        (_, None) if param.optional => return Ok(false),
        (Shape::Maybe(_), None) if param.nullable => out.null(),
        // The provider says which argument is missing.
        (Shape::Maybe(_) | Shape::Nothing, None) => return Ok(false),
        // One value in two parts is not merged, as nobody sends it so.
        (Shape::Maybe(unit) | Shape::One(unit), Some(wire)) => write_unit(param, unit, *wire, out)?,
        (Shape::One(unit), None) => zero(param, unit, out)?,
        (Shape::List(unit), _) => {
            let mut items = Writer::default();
            let count = elements(unit, wires, |wire| write_unit(param, unit, wire, &mut items))?;
            out.array(count);
            out.0.append(&mut items.0);
        }
        (Shape::Set(unit), _) => write_set(param, unit, wires, out)?,
        (Shape::Map(_, unit), _) => {
            let entries = entries(param, unit, wires)?;
            out.map(entries.len());
            for (key, value) in entries {
                match key {
                    Key::Int(key) => out.signed(key),
                    Key::Text(key) => out.text(key),
                }
                write_unit(param, unit, value, out)?;
            }
        }
        (Shape::Nothing, Some(_)) => return Err(Error::internal("a parameter without a type")),
    }
    Ok(true)
}

/// What proto3 doesn't send: the zero of the type.
pub(super) fn zero(param: &Param, unit: Unit, out: &mut Writer) -> Result<()> {
    match unit {
        Unit::Int => out.unsigned(0),
        Unit::Float => out.float(0.0),
        Unit::Bool => out.boolean(false),
        Unit::Bytes => out.bytes(&[]),
        _ => write_unit(param, unit, Wire::Len(&[]), out)?,
    }
    Ok(())
}

/// Gives each element of a repeated field on, packed ones too; how many there were.
fn elements<'a>(unit: Unit, wires: &[Wire<'a>], mut each: impl FnMut(Wire<'a>) -> Result<()>) -> Result<usize> {
    let mut count = 0;
    for wire in wires {
        match (unit, wire) {
            (Unit::Int | Unit::Bool | Unit::Float, Wire::Len(bytes)) => {
                let mut numbers = Fields::new(bytes);
                while let Some(number) = numbers.packed(unit == Unit::Float)? {
                    each(number)?;
                    count += 1;
                }
            }
            _ => {
                each(*wire)?;
                count += 1;
            }
        }
    }
    Ok(count)
}

fn write_set(param: &Param, unit: Unit, wires: &[Wire<'_>], out: &mut Writer) -> Result<()> {
    let mut items = Vec::new();
    elements(unit, wires, |wire| {
        let mut item = Writer::default();
        write_unit(param, unit, wire, &mut item)?;
        items.push(item.0);
        Ok(())
    })?;
    items.sort();
    if items.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Error::new(Kind::BadArguments, format!("`{}` is a set, and an element is given twice", param.name)));
    }
    out.tag(tag::SET);
    out.array(items.len());
    items.iter_mut().for_each(|item| out.0.append(item));
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Int(i64),
    Text(&'a str),
}

impl<'a> Key<'a> {
    fn text(self) -> Result<&'a str> {
        match self {
            Key::Text(key) => Ok(key),
            Key::Int(_) => Err(Error::internal("a number where a name belongs")),
        }
    }
}

/// The entries of a map; a value that is not sent is the zero of its type.
fn entries<'a>(param: &Param, unit: Unit, wires: &[Wire<'a>]) -> Result<Vec<(Key<'a>, Wire<'a>)>> {
    let absent = match unit {
        Unit::Int | Unit::Bool => Wire::Varint(0),
        Unit::Float => Wire::Fixed64(0),
        _ => Wire::Len(&[]),
    };
    let by_number = matches!(param.shape, Shape::Map(Unit::Int, _));
    let mut entries = Entries::default();
    for wire in wires {
        let (key, value) = entry(wire.bytes()?)?;
        let key = match key {
            None if by_number => Key::Int(0),
            None => Key::Text(""),
            Some(key) if by_number => Key::Int(key.varint()? as i64),
            Some(key) => Key::Text(key.text()?),
        };
        entries.put(key, value.unwrap_or(absent));
    }
    Ok(entries.in_order())
}

fn write_unit(param: &Param, unit: Unit, wire: Wire<'_>, out: &mut Writer) -> Result<()> {
    let (write, what): (fn(&str, &mut Writer) -> Option<()>, _) = match unit {
        Unit::Int => {
            out.signed(wire.varint()? as i64);
            return Ok(());
        }
        Unit::Float => {
            out.float(wire.double()?);
            return Ok(());
        }
        Unit::Bool => {
            out.boolean(wire.varint()? != 0);
            return Ok(());
        }
        Unit::Text => {
            out.text(wire.text()?);
            return Ok(());
        }
        Unit::Bytes => {
            out.bytes(wire.bytes()?);
            return Ok(());
        }
        Unit::Value => return write_value(wire.bytes()?, FRAME, out),
        Unit::Decimal => (write_decimal, "a decimal such as 12.50"),
        Unit::DateTime => (write_date_time, "a date-time such as 2026-11-28T14:05:00Z"),
        Unit::Date => (write_date, "a date such as 2026-11-28"),
        Unit::Time => (write_time, "a time such as 14:05:00"),
        Unit::Duration => (write_duration, "a duration such as PT90.5S"),
        Unit::Uuid => (write_uuid, "a UUID"),
        Unit::Reference(ReferenceKind::Service) => (write_service, "a reference such as twinspan://shop/service/pricing"),
        Unit::Reference(ReferenceKind::Node) => (write_node, "a reference such as twinspan://shop/node/ops-1"),
    };
    let text = wire.text()?;
    write(text, out).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Error::new(Kind::BadArguments, format!("`{}`: `{}` is not {what}", param.name, shown.escape_debug()))
    })
}

fn write_service(text: &str, out: &mut Writer) -> Option<()> {
    write_reference(text, ReferenceKind::Service, out)
}

fn write_node(text: &str, out: &mut Writer) -> Option<()> {
    write_reference(text, ReferenceKind::Node, out)
}

fn write_reference(text: &str, kind: ReferenceKind, out: &mut Writer) -> Option<()> {
    out.reference(&Reference::parse(text).ok().filter(|reference| reference.kind() == kind)?);
    Some(())
}

fn write_uuid(text: &str, out: &mut Writer) -> Option<()> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|at| bytes.get(*at) != Some(&b'-')) {
        return None;
    }
    let digits: Vec<u8> =
        bytes.iter().filter(|b| **b != b'-').map(|b| char::from(*b).to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let id: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |all, digit| all << 4 | digit)).collect();
    if id.len() != 16 {
        return None;
    }
    out.tag(tag::UUID);
    out.bytes(&id);
    Some(())
}
