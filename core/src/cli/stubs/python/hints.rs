//! Types as hints, and defaults as literals.

use super::{
    Module,
    classes::{self, has_plain_values},
    quoted,
};
use crate::{
    config::TypeKind,
    contract::{Element, Type, Word},
};
use serde_json::Value;

/// A default as Python writes it.
pub(super) enum Literal {
    /// It may stand in a signature.
    Plain(String),
    /// A list, set or map: each instance gets its own.
    Fresh(String),
}

impl Module<'_> {
    /// A type of a value.
    pub(super) fn hint(&mut self, of: &Type) -> String {
        match of {
            Type::Any | Type::Word(Word::Table) | Type::Stream(_) => self.imports.name("typing", "Any"),
            Type::Word(word) => self.word(*word),
            Type::Array(element) => {
                let element = match element {
                    Some(element) => self.element(*element),
                    None => self.imports.name("typing", "Any"),
                };
                format!("{}[{element}]", self.imports.name("numpy.typing", "NDArray"))
            }
            Type::List(item) => self.generic("list", &[item]),
            Type::Set(item) => {
                let item = self.key(item);
                format!("{}[{item}]", self.imports.name("builtins", "set"))
            }
            Type::Map(key, value) => {
                let (key, value) = (self.key(key), self.hint(value));
                format!("{}[{key}, {value}]", self.imports.name("builtins", "dict"))
            }
            Type::Tuple(parts) if parts.is_empty() => format!("{}[()]", self.imports.name("builtins", "tuple")),
            Type::Tuple(parts) => self.generic("tuple", &parts.iter().collect::<Vec<_>>()),
            Type::Optional(inner) => match self.hint(inner) {
                any if matches!(**inner, Type::Any | Type::Word(Word::Table) | Type::Stream(_)) => any,
                inner => format!("{inner} | None"),
            },
            Type::Named(kind, name) => match self.classes.get(*kind, name) {
                Some(class) if classes::trouble(self, class).is_none() => self.local(class),
                _ => self.imports.name("typing", "Any"),
            },
        }
    }

    fn generic(&mut self, name: &str, parts: &[&Type]) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.hint(part)).collect();
        format!("{}[{}]", self.imports.name("builtins", name), parts.join(", "))
    }

    /// Of a key or an element of a set: a list there is a tuple.
    fn key(&mut self, of: &Type) -> String {
        match of {
            Type::List(item) => {
                let item = self.key(item);
                format!("{}[{item}, ...]", self.imports.name("builtins", "tuple"))
            }
            other => self.hint(other),
        }
    }

    fn word(&mut self, word: Word) -> String {
        let (module, name) = match word {
            Word::Null => return "None".into(),
            Word::Bool => ("builtins", "bool"),
            Word::Int => ("builtins", "int"),
            Word::Float => ("builtins", "float"),
            Word::Text => ("builtins", "str"),
            Word::Bytes => ("builtins", "bytes"),
            Word::Decimal => ("decimal", "Decimal"),
            Word::Date => ("datetime", "date"),
            Word::Time => ("datetime", "time"),
            Word::Duration => ("datetime", "timedelta"),
            Word::Uuid => ("uuid", "UUID"),
            Word::Complex => ("builtins", "complex"),
            Word::Range => ("builtins", "range"),
            Word::Table => ("typing", "Any"),
            Word::Service => ("twinspan", "ServiceRef"),
            Word::Node => ("twinspan", "NodeRef"),
            Word::Instant | Word::Offset | Word::Zoned | Word::Local | Word::DateTime => ("datetime", "datetime"),
        };
        self.imports.name(module, name)
    }

    fn element(&mut self, element: Element) -> String {
        let text = element.text();
        let (kind, bits) = text.split_at(1);
        let kind = match kind {
            "u" => "uint",
            "i" => "int",
            _ => "float",
        };
        self.imports.name("numpy", &format!("{kind}{bits}"))
    }

    /// A default that JSON says, where Python can write it.
    pub(super) fn literal(&mut self, of: &Type, json: &str) -> Option<Literal> {
        let value = serde_json::from_str(json).ok()?;
        self.value(of, &value, 0)
    }

    fn value(&mut self, of: &Type, value: &Value, depth: u32) -> Option<Literal> {
        let plain = |text: String| Some(Literal::Plain(text));
        match (of, value) {
            (Type::Optional(_) | Type::Any | Type::Word(Word::Null), Value::Null) => plain("None".into()),
            (Type::Optional(inner), value) => self.value(inner, value, depth),
            (Type::Word(Word::Bool) | Type::Any, Value::Bool(value)) => plain(if *value { "True" } else { "False" }.into()),
            (Type::Word(Word::Int) | Type::Any, Value::Number(number)) if number.is_i64() || number.is_u64() => plain(number.to_string()),
            (Type::Word(Word::Float), Value::Number(number)) => plain(format!("{:?}", number.as_f64()?)),
            (Type::Any, Value::Number(number)) => plain(format!("{:?}", number.as_f64()?)),
            (Type::Word(Word::Text) | Type::Any, Value::String(text)) => plain(quoted(text)),
            (Type::Word(Word::Decimal), Value::String(text)) if is_decimal(text) => {
                plain(format!("{}({})", self.imports.name("decimal", "Decimal"), quoted(text)))
            }
            (Type::Named(TypeKind::Enum, name), Value::String(text)) => {
                let class = self.classes.get(TypeKind::Enum, name).filter(|class| class.values.contains(text))?;
                plain(if has_plain_values(class) { format!("{}.{text}", self.local(class)) } else { quoted(text) })
            }
            (Type::List(item), Value::Array(items)) if depth < 4 => {
                let items: Option<Vec<String>> = items.iter().map(|one| Some(self.value(item, one, depth + 1)?.text())).collect();
                Some(Literal::Fresh(format!("[{}]", items?.join(", "))))
            }
            (Type::Map(key, item), Value::Object(items)) if depth < 4 && (items.is_empty() || **key == Type::Word(Word::Text)) => {
                let pair = |(key, one): (&String, &Value)| Some(format!("{}: {}", quoted(key), self.value(item, one, depth + 1)?.text()));
                let pairs: Option<Vec<String>> = items.iter().map(pair).collect();
                Some(Literal::Fresh(format!("{{{}}}", pairs?.join(", "))))
            }
            (Type::Set(_), Value::Array(items)) if items.is_empty() => {
                Some(Literal::Fresh(format!("{}()", self.imports.name("builtins", "set"))))
            }
            _ => None,
        }
    }
}

impl Literal {
    fn text(self) -> String {
        match self {
            Literal::Plain(text) | Literal::Fresh(text) => text,
        }
    }
}

/// Digits, with a sign, a point and an exponent where one likes.
pub(in super::super) fn is_decimal(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && text.parse::<f64>().is_ok()
}
