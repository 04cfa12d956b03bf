//! Names of a service as the two languages spell them. A name that neither is one nor can be mapped is told to people.

use std::collections::BTreeSet;

pub(super) const PYTHON: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
    "while", "with", "yield",
];

pub(super) const JAVA: &[&str] = &[
    "_",
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "true",
    "try",
    "void",
    "volatile",
    "while",
];

/// Words that Java takes as names of methods but not of classes.
pub(super) const JAVA_CLASS: &[&str] = &["permits", "record", "sealed", "var", "when", "yield"];

/// Whether the language takes it as a name.
pub(super) fn is_name(text: &str, keywords: &[&str]) -> bool {
    let mut letters = text.chars();
    let starts = letters.next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic());
    starts && letters.all(|c| c == '_' || c.is_ascii_alphanumeric()) && !keywords.contains(&text)
}

/// A name made of any text: what no name may have becomes an underscore, and a keyword gets one behind it.
pub(super) fn as_name(text: &str, keywords: &[&str]) -> String {
    let mut name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    if keywords.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// `geo.distance_calc` as a class: `DistanceCalc`.
pub(super) fn class_name(service: &str) -> String {
    let last = service.rsplit('.').next().unwrap_or_default();
    let mut name = String::new();
    for part in last.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let (first, rest) = part.split_at(1);
        name += &first.to_ascii_uppercase();
        name += rest;
    }
    as_name(&name, &[])
}

/// `order_id` as Java spells it, where the libraries find the one by the other; else as it is.
pub(super) fn for_java(name: &str) -> String {
    let camel = camel(name);
    if java_snake(&camel) == name { camel } else { name.to_owned() }
}

/// `orderId` as Python spells it, where the libraries find the one by the other; else as it is.
pub(super) fn for_python(name: &str) -> String {
    let snake = snake(name);
    if name.contains('_') || camel(&snake) != name { name.to_owned() } else { snake }
}

/// As the codec of Python does.
fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut up = false;
    for c in name.chars() {
        match c {
            '_' if !out.is_empty() => up = true,
            c if up => {
                out.extend(c.to_uppercase());
                up = false;
            }
            c => out.push(c),
        }
    }
    if up { out + "_" } else { out }
}

/// As the codec of Python does.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut low = false;
    for c in name.chars() {
        if c.is_uppercase() && low {
            out.push('_');
        }
        low = c.is_lowercase() || c.is_ascii_digit();
        if c.is_uppercase() && !out.is_empty() { out.extend(c.to_lowercase()) } else { out.push(c) }
    }
    out
}

/// As the codec of Java does.
fn java_snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in letters.iter().enumerate() {
        if c.is_uppercase() && at > 0 && letters[at - 1] != '_' {
            let starts = !letters[at - 1].is_uppercase();
            let ends = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
            if starts || ends {
                out.push('_');
            }
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Names that are given once.
#[derive(Default)]
pub(super) struct Pool(BTreeSet<String>);

impl Pool {
    /// The first of `name`, `name2`, `name3`, … that nobody has; as on a disk that ignores the case of letters.
    pub(super) fn take(&mut self, name: &str) -> String {
        let tries = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}{n}")));
        let free = tries.into_iter().find(|name| self.0.insert(name.to_lowercase()));
        free.unwrap_or_else(|| name.to_owned())
    }

    /// Takes exactly this name, if nobody has it.
    pub(super) fn claim(&mut self, name: &str) -> bool {
        self.0.insert(name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_find_each_other() {
        for (wire, java, python) in [
            ("order_id", "orderId", "order_id"),
            ("orderId", "orderId", "order_id"),
            ("id", "id", "id"),
            // No spelling of the other language leads back to these.
            ("orderID", "orderID", "orderID"),
            ("order_2_id", "order_2_id", "order_2_id"),
            ("_private", "_private", "_private"),
            ("Order", "Order", "Order"),
            ("a_", "a_", "a_"),
        ] {
            assert_eq!((for_java(wire).as_str(), for_python(wire).as_str()), (java, python), "{wire}");
        }
    }

    #[test]
    fn names_of_any_text() {
        for (text, expected) in [("class", "class_"), ("a-b", "a_b"), ("2x", "_2x"), ("", "_"), ("größe", "gr__e"), ("ok", "ok")] {
            assert_eq!(as_name(text, PYTHON), expected);
            assert!(is_name(&as_name(text, PYTHON), PYTHON));
        }
        assert!(!is_name("class", JAVA) && !is_name("a-b", JAVA) && !is_name("", JAVA) && !is_name("x\ny", PYTHON));
        for (service, expected) in [("pricing", "Pricing"), ("geo.distance_calc", "DistanceCalc"), ("a.2x", "_2x"), ("", "_")] {
            assert_eq!(class_name(service), expected);
        }
        let mut pool = Pool::default();
        assert_eq!(["A", "a", "A", "B"].map(|name| pool.take(name)), ["A", "a2", "A3", "B"]);
        assert!(!pool.claim("b") && pool.claim("c"));
    }
}
