//! The types of parameters, results and fields, read from the neutral grammar of node records.

use crate::config::TypeKind;
use std::fmt;

/// Deepest nesting that is read; what lies deeper is `any`.
const DEEPEST: u32 = 32;

/// A type. What can't be said, and what this version doesn't know, is `Any`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything.
    Any,
    /// A type without parts.
    Word(Word),
    /// Numbers with shape; of any elements if none are said.
    Array(Option<Element>),
    /// Of any length.
    List(Box<Type>),
    /// Each element once.
    Set(Box<Type>),
    /// Key and value.
    Map(Box<Type>, Box<Type>),
    /// Item by item.
    Stream(Box<Type>),
    /// A list of fixed length.
    Tuple(Vec<Type>),
    /// Or null.
    Optional(Box<Type>),
    /// A class that the service's `types` define.
    Named(TypeKind, String),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal $what:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = $what] $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word that stands for it.
            pub fn text(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            fn read(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.text() == text)
            }
        }
    };
}

words! {
    /// A type without parts.
    Word {
        Null "null" "Null only.",
        Bool "bool" "True or false.",
        Int "int" "An integer of any size.",
        Float "float" "A float of 64 bits.",
        Text "text" "Unicode text.",
        Bytes "bytes" "Bytes.",
        Decimal "decimal" "A decimal number of any length.",
        Date "date" "A local date.",
        Time "time" "A local time.",
        Duration "duration" "A duration.",
        Uuid "uuid" "A UUID.",
        Complex "complex" "A complex number.",
        Range "range" "Start, stop and step.",
        Table "table" "An Arrow table.",
        Service "service_ref" "A reference to a service.",
        Node "node_ref" "A reference to a node.",
        Instant "instant" "A moment.",
        Offset "offset_datetime" "A date-time with an offset.",
        Zoned "zoned_datetime" "A date-time in a zone.",
        Local "local_datetime" "A date-time without zone or offset.",
        DateTime "datetime" "Any of the four before.",
    }
}

words! {
    /// Elements of an array.
    Element {
        U8 "u8" "8 bits without sign.",
        U16 "u16" "16 bits without sign.",
        U32 "u32" "32 bits without sign.",
        U64 "u64" "64 bits without sign.",
        I8 "i8" "8 bits.",
        I16 "i16" "16 bits.",
        I32 "i32" "32 bits.",
        I64 "i64" "64 bits.",
        F16 "f16" "A float of 16 bits.",
        F32 "f32" "A float of 32 bits.",
        F64 "f64" "A float of 64 bits.",
    }
}

impl Type {
    /// Reads a type; never fails, because it comes from peers that may know more types.
    pub fn read(text: &str) -> Type {
        Type::within(text, 0)
    }

    fn within(text: &str, depth: u32) -> Type {
        let text = text.trim();
        if depth > DEEPEST {
            return Type::Any;
        }
        if let Some(inner) = text.strip_suffix('?') {
            return match Type::within(inner, depth + 1) {
                known @ (Type::Any | Type::Optional(_) | Type::Word(Word::Null)) => known,
                inner => Type::Optional(Box::new(inner)),
            };
        }
        if let Some((name, rest)) = text.split_once('<') {
            let Some(parts) = rest.strip_suffix('>').and_then(split) else { return Type::Any };
            return Type::generic(name.trim_end(), &parts, depth);
        }
        if let Some((kind, name)) = text.split_once(' ') {
            let kind = match kind {
                "record" => TypeKind::Record,
                "enum" => TypeKind::Enum,
                "union" => TypeKind::Union,
                _ => return Type::Any,
            };
            return Type::Named(kind, name.trim_start().to_owned());
        }
        match text {
            "array" => Type::Array(None),
            _ => Word::read(text).map_or(Type::Any, Type::Word),
        }
    }

    fn generic(name: &str, parts: &[&str], depth: u32) -> Type {
        let part = |at: usize| Box::new(Type::within(parts[at], depth + 1));
        match (name, parts.len()) {
            ("list", 1) => Type::List(part(0)),
            ("set", 1) => Type::Set(part(0)),
            ("stream", 1) => Type::Stream(part(0)),
            ("map", 2) => Type::Map(part(0), part(1)),
            ("array", 1) => Element::read(parts[0].trim()).map_or(Type::Any, |element| Type::Array(Some(element))),
            ("tuple", _) => Type::Tuple(parts.iter().map(|part| Type::within(part, depth + 1)).collect()),
            _ => Type::Any,
        }
    }

    /// Itself, without "or null".
    pub fn without_null(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner,
            other => other,
        }
    }

    /// Calls `found` for every named type in it.
    pub fn each_name(&self, found: &mut impl FnMut(TypeKind, &str)) {
        match self {
            Type::Any | Type::Word(_) | Type::Array(_) => {}
            Type::List(a) | Type::Set(a) | Type::Stream(a) | Type::Optional(a) => a.each_name(found),
            Type::Map(a, b) => {
                a.each_name(found);
                b.each_name(found);
            }
            Type::Tuple(parts) => parts.iter().for_each(|part| part.each_name(found)),
            Type::Named(kind, name) => found(*kind, name),
        }
    }
}

/// The parts at the commas that stand in no brackets; nothing where brackets don't match.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut open, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '<' => open += 1,
            '>' => open = open.checked_sub(1)?,
            ',' if open == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text.trim().is_empty() {
        parts.push(&text[start..]);
    }
    (open == 0).then_some(parts)
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Word(word) => f.write_str(word.text()),
            Type::Array(None) => f.write_str("array"),
            Type::Array(Some(element)) => write!(f, "array<{}>", element.text()),
            Type::List(item) => write!(f, "list<{item}>"),
            Type::Set(item) => write!(f, "set<{item}>"),
            Type::Stream(item) => write!(f, "stream<{item}>"),
            Type::Map(key, value) => write!(f, "map<{key},{value}>"),
            Type::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(Type::to_string).collect();
                write!(f, "tuple<{}>", parts.join(","))
            }
            Type::Optional(inner) => write!(f, "{inner}?"),
            Type::Named(kind, name) => {
                let kind = match kind {
                    TypeKind::Enum => "enum",
                    TypeKind::Union => "union",
                    TypeKind::Record | TypeKind::Other => "record",
                };
                write!(f, "{kind} {name}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form() {
        let list = |of| Type::List(Box::new(of));
        let word = Type::Word;
        for (text, expected) in [
            ("int", word(Word::Int)),
            ("zoned_datetime", word(Word::Zoned)),
            ("array", Type::Array(None)),
            ("array<f32>", Type::Array(Some(Element::F32))),
            ("list<date?>?", Type::Optional(Box::new(list(Type::Optional(Box::new(word(Word::Date))))))),
            ("map<text,list<record Order>>", {
                let order = Type::Named(TypeKind::Record, "Order".into());
                Type::Map(Box::new(word(Word::Text)), Box::new(list(order)))
            }),
            ("tuple<int,map<int,int>,text>", {
                let map = Type::Map(Box::new(word(Word::Int)), Box::new(word(Word::Int)));
                Type::Tuple(vec![word(Word::Int), map, word(Word::Text)])
            }),
            ("tuple<>", Type::Tuple(Vec::new())),
            ("enum Color", Type::Named(TypeKind::Enum, "Color".into())),
            ("stream<union Payment>", Type::Stream(Box::new(Type::Named(TypeKind::Union, "Payment".into())))),
        ] {
            assert_eq!(Type::read(text), expected, "{text}");
            assert_eq!(expected.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_known_is_any() {
        for text in ["", "any", "any?", "list<", "list<int", "list<int>>", "map<int>", "array<f80>", "later<int>", "thing Order", "int int"]
        {
            assert_eq!(Type::read(text), Type::Any, "{text}");
        }
        assert_eq!(Type::read("int??"), Type::read("int?"));
        assert_eq!(Type::read(" map< int , text > "), Type::read("map<int,text>"));
        // Deep nesting ends in `any`, not in a stack that overflows.
        let mut inner = &Type::read(&("list<".repeat(100_000) + "int" + &">".repeat(100_000)));
        while let Type::List(next) = inner {
            inner = next;
        }
        assert_eq!(inner, &Type::Any);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z<>,? ]{0,60}") {
            let read = Type::read(&text);
            prop_assert_eq!(&Type::read(&read.to_string()), &read);
        }
    }
}
