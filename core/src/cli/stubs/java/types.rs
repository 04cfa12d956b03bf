//! Types as Java writes them, and defaults as `@Default` takes them.

use super::{
    Package,
    classes::{has_plain_fields, has_plain_values, trouble},
    source::Source,
};
use crate::{
    cli::stubs::python::is_decimal,
    config::TypeKind,
    contract::{Type, Word},
};
use serde_json::Value;

/// Where a type stands.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// Of a parameter, a component or a result: a primitive where it can be one.
    Alone,
    /// Between angle brackets.
    Inside,
    /// Of a key or of an element of a set, which must compare by what it holds.
    Key,
}

impl Package<'_> {
    pub(super) fn java(&self, source: &mut Source<'_>, of: &Type, place: Place) -> String {
        let boxed = |source: &mut Source<'_>, primitive: &str, class: &str| {
            if place == Place::Alone { primitive.to_owned() } else { source.name(&format!("java.lang.{class}")) }
        };
        match of {
            Type::Word(Word::Bool) => boxed(source, "boolean", "Boolean"),
            Type::Word(Word::Int) => boxed(source, "long", "Long"),
            Type::Word(Word::Float) => boxed(source, "double", "Double"),
            Type::Word(Word::Bytes) if place == Place::Key => source.name("java.nio.ByteBuffer"),
            Type::Word(Word::Bytes) => "byte[]".into(),
            Type::Word(word) => source.name(word_class(*word)),
            Type::Array(_) => source.name("io.twinspan.NdArray"),
            Type::List(item) => self.generic(source, "java.util.List", &[(item, Place::Inside)]),
            Type::Set(item) => self.generic(source, "java.util.Set", &[(item, Place::Key)]),
            Type::Map(key, value) => self.generic(source, "java.util.Map", &[(key, Place::Key), (value, Place::Inside)]),
            Type::Tuple(parts) => match parts.split_first() {
                Some((first, rest)) if rest.iter().all(|part| part == first) => {
                    self.generic(source, "java.util.List", &[(first, Place::Inside)])
                }
                _ => self.generic(source, "java.util.List", &[(&Type::Any, Place::Inside)]),
            },
            Type::Optional(inner) => self.java(source, inner, if place == Place::Alone { Place::Inside } else { place }),
            Type::Named(kind, name) => self.named(source, *kind, name),
            Type::Any | Type::Stream(_) => source.name("java.lang.Object"),
        }
    }

    fn generic(&self, source: &mut Source<'_>, class: &str, parts: &[(&Type, Place)]) -> String {
        let parts: Vec<String> = parts.iter().map(|(part, place)| self.java(source, part, *place)).collect();
        format!("{}<{}>", source.name(class), parts.join(", "))
    }

    fn named(&self, source: &mut Source<'_>, kind: TypeKind, name: &str) -> String {
        match self.classes.get(kind, name) {
            Some(class) if kind == TypeKind::Enum && !has_plain_values(class) => source.name("java.lang.String"),
            Some(class) if kind == TypeKind::Record && !has_plain_fields(class) => {
                let (map, text, any) = (source.name("java.util.Map"), source.name("java.lang.String"), source.name("java.lang.Object"));
                format!("{map}<{text}, {any}>")
            }
            Some(class) if trouble(&self.classes, class).is_none() => self.local(class),
            _ => source.name("java.lang.Object"),
        }
    }

    /// What a declaration of this type begins with: whether it may be null, and what it is if it is left out.
    pub(super) fn marks(&self, source: &mut Source<'_>, of: &Type, optional: bool, default: Option<&str>) -> String {
        let mut marks = String::new();
        if self.may_be_null(of) {
            marks += &format!("@{} ", source.name("io.twinspan.Nullable"));
        }
        if let Some(text) = default.filter(|_| optional).and_then(|json| self.default(of.without_null(), json)) {
            marks += &format!("@{}({}) ", source.name("io.twinspan.Default"), super::source::quoted(&text));
        }
        marks
    }

    /// Whether null is among the values; what isn't known may be null.
    pub(super) fn may_be_null(&self, of: &Type) -> bool {
        match of {
            Type::Named(kind, name) => self.classes.get(*kind, name).is_none_or(|class| trouble(&self.classes, class).is_some()),
            Type::Any | Type::Stream(_) | Type::Optional(_) | Type::Word(Word::Null | Word::Table) => true,
            _ => false,
        }
    }

    /// The text of `@Default`, where it can say the default.
    fn default(&self, of: &Type, json: &str) -> Option<String> {
        let value: Value = serde_json::from_str(json).ok()?;
        match (of, value) {
            (Type::Word(Word::Bool), Value::Bool(value)) => Some(value.to_string()),
            (Type::Word(Word::Int), Value::Number(number)) if number.is_i64() => Some(number.to_string()),
            (Type::Word(Word::Float), Value::Number(number)) => Some(format!("{:?}", number.as_f64()?)),
            (Type::Word(Word::Text), Value::String(text)) => Some(text),
            (Type::Word(Word::Decimal), Value::String(text)) if is_decimal(&text) => Some(text),
            (Type::Word(word), Value::String(text)) if is_moment(*word) => text.bytes().all(of_a_moment).then_some(text),
            (Type::Named(TypeKind::Enum, name), Value::String(text)) => {
                let class = self.classes.get(TypeKind::Enum, name)?;
                class.values.contains(&text).then_some(text)
            }
            _ => None,
        }
    }
}

/// What both languages write alike: as `java.time` reads it.
fn is_moment(word: Word) -> bool {
    use Word::{Date, Duration, Instant, Local, Offset, Time, Uuid, Zoned};
    matches!(word, Date | Time | Duration | Uuid | Instant | Offset | Zoned | Local)
}

fn of_a_moment(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-:./[]_".contains(&byte)
}

fn word_class(word: Word) -> &'static str {
    match word {
        Word::Bool => "java.lang.Boolean",
        Word::Int => "java.lang.Long",
        Word::Float => "java.lang.Double",
        Word::Text => "java.lang.String",
        Word::Bytes => "java.nio.ByteBuffer",
        Word::Decimal => "java.math.BigDecimal",
        Word::Date => "java.time.LocalDate",
        Word::Time => "java.time.LocalTime",
        Word::Duration => "java.time.Duration",
        Word::Uuid => "java.util.UUID",
        Word::Complex => "io.twinspan.Complex",
        Word::Range => "io.twinspan.Range",
        Word::Instant => "java.time.Instant",
        Word::Offset => "java.time.OffsetDateTime",
        Word::Zoned => "java.time.ZonedDateTime",
        Word::Local => "java.time.LocalDateTime",
        Word::DateTime => "java.time.temporal.Temporal",
        Word::Service => "io.twinspan.ServiceRef",
        Word::Node => "io.twinspan.NodeRef",
        Word::Null | Word::Table => "java.lang.Object",
    }
}
