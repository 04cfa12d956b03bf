//! From a type of the neutral grammar to the protobuf field that carries it. docs/grpc.md has the table.

use crate::value::ReferenceKind;

/// What one value is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Int,
    Float,
    Bool,
    Text,
    Bytes,
    /// As text: `1.50`.
    Decimal,
    /// As text, ISO 8601; the text says whether it has an offset or a zone.
    DateTime,
    /// As text: `2026-11-28`.
    Date,
    /// As text: `14:05:00.5`.
    Time,
    /// As text: `PT90.5S`.
    Duration,
    /// As text.
    Uuid,
    /// As text: `twinspan://shop/service/pricing`.
    Reference(ReferenceKind),
    /// `google.protobuf.Value`.
    Value,
}

impl Unit {
    fn of(name: &str) -> Unit {
        match name {
            "int" => Unit::Int,
            "float" => Unit::Float,
            "bool" => Unit::Bool,
            "text" => Unit::Text,
            "bytes" => Unit::Bytes,
            "decimal" => Unit::Decimal,
            "datetime" | "instant" | "offset_datetime" | "zoned_datetime" | "local_datetime" => Unit::DateTime,
            "date" => Unit::Date,
            "time" => Unit::Time,
            "duration" => Unit::Duration,
            "uuid" => Unit::Uuid,
            "service_ref" => Unit::Reference(ReferenceKind::Service),
            "node_ref" => Unit::Reference(ReferenceKind::Node),
            _ if name.starts_with("enum ") => Unit::Text,
            _ => Unit::Value,
        }
    }

    /// Its number in `FieldDescriptorProto.Type`.
    pub(super) fn proto_type(self) -> u64 {
        match self {
            Unit::Float => 1,
            Unit::Int => 3,
            Unit::Bool => 8,
            Unit::Value => 11,
            Unit::Bytes => 12,
            _ => 9,
        }
    }
}

/// How often a field holds its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Always there: what is not sent is the zero of its type.
    One(Unit),
    /// proto3 `optional`: there or not. A `Value` is always one of these, for it is a message.
    Maybe(Unit),
    List(Unit),
    /// Travels as a set.
    Set(Unit),
    /// `Int` or `Text` as the key.
    Map(Unit, Unit),
    /// The result `null`: no field at all.
    Nothing,
}

impl Shape {
    /// The shape of a type. With `absent` the field may be left out.
    pub(super) fn of(type_name: &str, absent: bool) -> Shape {
        let type_name = type_name.trim();
        let (inner, nullable) = type_name.strip_suffix('?').map_or((type_name, false), |inner| (inner, true));
        if let Some(shape) = Shape::container(inner) {
            // Null and empty would look the same in a repeated field.
            return if nullable { Shape::Maybe(Unit::Value) } else { shape };
        }
        let unit = Unit::of(inner);
        if nullable || absent || unit == Unit::Value { Shape::Maybe(unit) } else { Shape::One(unit) }
    }

    /// The shape of a result.
    pub(super) fn of_result(type_name: &str) -> Shape {
        if type_name.trim() == "null" { Shape::Nothing } else { Shape::of(type_name, false) }
    }

    fn container(text: &str) -> Option<Shape> {
        let (name, rest) = text.split_once('<')?;
        let inner = rest.strip_suffix('>')?;
        match name {
            "list" => Some(Shape::List(Unit::of(inner))),
            "set" => Some(Shape::Set(Unit::of(inner))),
            "map" => {
                let (key, value) = inner.split_once(',')?;
                match Unit::of(key.trim()) {
                    key @ (Unit::Int | Unit::Text) => Some(Shape::Map(key, Unit::of(value.trim()))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a field of this shape holds a `google.protobuf.Value` somewhere.
    pub(super) fn has_value(self) -> bool {
        match self {
            Shape::One(unit) | Shape::Maybe(unit) | Shape::List(unit) | Shape::Set(unit) | Shape::Map(_, unit) => unit == Unit::Value,
            Shape::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_fields() {
        for (text, shape) in [
            ("int", Shape::One(Unit::Int)),
            ("int?", Shape::Maybe(Unit::Int)),
            ("uuid", Shape::One(Unit::Uuid)),
            ("service_ref", Shape::One(Unit::Reference(ReferenceKind::Service))),
            ("node_ref?", Shape::Maybe(Unit::Reference(ReferenceKind::Node))),
            ("instant?", Shape::Maybe(Unit::DateTime)),
            ("enum Color", Shape::One(Unit::Text)),
            ("tuple<int,text>", Shape::Maybe(Unit::Value)),
            ("any", Shape::Maybe(Unit::Value)),
            ("record Order", Shape::Maybe(Unit::Value)),
            ("record Order?", Shape::Maybe(Unit::Value)),
            ("list<float>", Shape::List(Unit::Float)),
            ("list<float>?", Shape::Maybe(Unit::Value)),
            ("list<float?>", Shape::List(Unit::Value)),
            ("list<list<int>>", Shape::List(Unit::Value)),
            ("list<record Line>", Shape::List(Unit::Value)),
            ("set<text>", Shape::Set(Unit::Text)),
            ("map<text,decimal>", Shape::Map(Unit::Text, Unit::Decimal)),
            ("map<int,list<int>>", Shape::Map(Unit::Int, Unit::Value)),
            ("map<date,int>", Shape::Maybe(Unit::Value)),
            ("map<text", Shape::Maybe(Unit::Value)),
            ("something new", Shape::Maybe(Unit::Value)),
        ] {
            assert_eq!(Shape::of(text, false), shape, "{text}");
        }
        assert_eq!(Shape::of("int", true), Shape::Maybe(Unit::Int));
        assert_eq!((Shape::of_result("null"), Shape::of("null", false)), (Shape::Nothing, Shape::Maybe(Unit::Value)));
    }
}
