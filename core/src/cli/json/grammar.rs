//! The types of parameters, read from the neutral grammar of node records.

use crate::value::ReferenceKind;

/// How a parameter wants its value. What isn't known is `Any`: then JSON's own types decide.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) enum Type {
    Any,
    Float,
    Decimal,
    Bytes,
    DateTime,
    Date,
    Time,
    Duration,
    Uuid,
    Complex,
    Range,
    Array,
    Reference(ReferenceKind),
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Stream(Box<Type>),
}

impl Type {
    pub(in crate::cli) fn read(text: &str) -> Type {
        Type::within(text, 0)
    }

    fn within(text: &str, depth: u32) -> Type {
        // `T?` also takes null, which every type lets pass here: the provider says what it takes.
        let text = text.trim().trim_end_matches('?');
        if depth > 16 {
            return Type::Any;
        }
        let inner = |text: &str| Box::new(Type::within(text, depth + 1));
        if let Some((name, rest)) = text.split_once('<')
            && let Some(arguments) = rest.strip_suffix('>')
        {
            return match (name, split(arguments)) {
                ("list", (one, None)) => Type::List(inner(one)),
                ("set", (one, None)) => Type::Set(inner(one)),
                ("stream", (one, None)) => Type::Stream(inner(one)),
                ("map", (key, Some(value))) => Type::Map(inner(key), inner(value)),
                _ => Type::Any,
            };
        }
        match text {
            "float" => Type::Float,
            "decimal" => Type::Decimal,
            "bytes" => Type::Bytes,
            "datetime" | "instant" | "offset_datetime" | "zoned_datetime" | "local_datetime" => Type::DateTime,
            "date" => Type::Date,
            "time" => Type::Time,
            "duration" => Type::Duration,
            "uuid" => Type::Uuid,
            "complex" => Type::Complex,
            "range" => Type::Range,
            "array" => Type::Array,
            "service_ref" => Type::Reference(ReferenceKind::Service),
            "node_ref" => Type::Reference(ReferenceKind::Node),
            _ => Type::Any,
        }
    }
}

/// One or two arguments, at the comma that stands in no brackets.
fn split(arguments: &str) -> (&str, Option<&str>) {
    let mut open = 0;
    for (at, c) in arguments.char_indices() {
        match c {
            '<' => open += 1,
            '>' => open -= 1,
            ',' if open == 0 => return (&arguments[..at], Some(&arguments[at + 1..])),
            _ => {}
        }
    }
    (arguments, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let list = |of| Type::List(Box::new(of));
        for (text, expected) in [
            ("int", Type::Any),
            ("record Order", Type::Any),
            ("decimal?", Type::Decimal),
            ("list<decimal>", list(Type::Decimal)),
            ("list<list<date?>>?", list(list(Type::Date))),
            ("map<int,list<map<uuid,bytes>>>", {
                let inner = Type::Map(Box::new(Type::Uuid), Box::new(Type::Bytes));
                Type::Map(Box::new(Type::Any), Box::new(list(inner)))
            }),
            ("set<any>", Type::Set(Box::new(Type::Any))),
            ("stream<float>", Type::Stream(Box::new(Type::Float))),
            ("list<", Type::Any),
            ("map<int>", Type::Any),
            ("", Type::Any),
        ] {
            assert_eq!(Type::read(text), expected, "{text}");
        }
        assert_ne!(Type::read(&("list<".repeat(100) + &">".repeat(100))), Type::Any);
    }
}
