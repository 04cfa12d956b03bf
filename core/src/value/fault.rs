//! Why a value can't cross, and where in it.

use crate::error::{Error, Kind};
use std::fmt;

/// One step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Element of an array, a set or a tuple.
    Index(usize),
    /// Field of a record.
    Field(String),
    /// Entry of a map, its key as it is shown.
    Key(String),
}

/// A value that can't cross. The path grows on the way out, so that the good case pays nothing for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    /// Innermost step first.
    steps: Vec<Segment>,
    what: String,
}

impl Fault {
    /// A fault at the item itself; `what` says what is wrong with it.
    pub fn new(what: impl Into<String>) -> Fault {
        Fault(Box::new(Parts { steps: Vec::new(), what: what.into() }))
    }

    /// The same fault seen from the container around the item.
    #[must_use]
    pub fn inside(mut self, step: Segment) -> Fault {
        self.0.steps.push(step);
        self
    }

    /// What is wrong, without the path.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// The path below the root, such as `.items[3].quantity`.
    pub fn path(&self) -> String {
        let mut text = String::new();
        for step in self.0.steps.iter().rev() {
            match step {
                Segment::Index(at) => text.push_str(&format!("[{at}]")),
                Segment::Field(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Segment::Key(key) => {
                    text.push('[');
                    text.push_str(key);
                    text.push(']');
                }
            }
        }
        text
    }

    /// The error of this fault in a value that is called `root`.
    pub fn error(&self, root: &str) -> Error {
        Error::new(Kind::Unserializable, format!("{root}{}: {}", self.path(), self.what()))
    }
}

impl Segment {
    /// A text key as it is shown: quoted, and cut when it is long.
    pub fn text_key(key: &str) -> Segment {
        let mut shown = String::from("\"");
        for c in key.chars().take(40) {
            match c {
                '"' | '\\' => shown.extend(['\\', c]),
                // As Java shows them: a path is one line, whatever a peer chose for a key.
                _ if c.is_control() => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => shown.push(c),
            }
        }
        if key.chars().nth(40).is_some() {
            shown.push('…');
        }
        Segment::Key(shown + "\"")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        if path.is_empty() { f.write_str(self.what()) } else { write!(f, "{path}: {}", self.what()) }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_reads_from_the_outside() {
        let fault = Fault::new("2^70 does not fit").inside(Segment::Field("quantity".into())).inside(Segment::Index(3));
        let fault = fault.inside(Segment::Field("items".into())).inside(Segment::text_key("a\"b"));
        assert_eq!(fault.path(), r#"["a\"b"].items[3].quantity"#);
        assert_eq!(fault.error("order").message(), r#"order["a\"b"].items[3].quantity: 2^70 does not fit"#);
    }

    #[test]
    fn a_key_stays_on_its_line() {
        assert_eq!(Segment::text_key("a\n\u{85}'é\\"), Segment::Key("\"a\\u000a\\u0085'é\\\\\"".into()));
    }

    #[test]
    fn a_long_key_is_cut() {
        let Segment::Key(shown) = Segment::text_key(&"k".repeat(1000)) else { unreachable!() };
        assert_eq!(shown.chars().count(), 43);
    }
}
