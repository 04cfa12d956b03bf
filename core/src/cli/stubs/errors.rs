//! Declared errors: which classes of the callers' language they are.

/// The same exception in both languages: Python's builtin, Java's class. The first of several is the one that stands for the other.
const PAIRS: &[(&str, &str)] = &[
    ("ValueError", "java.lang.IllegalArgumentException"),
    ("LookupError", "java.util.NoSuchElementException"),
    ("KeyError", "java.util.NoSuchElementException"),
    ("IndexError", "java.lang.IndexOutOfBoundsException"),
    ("TypeError", "java.lang.ClassCastException"),
    ("TimeoutError", "java.util.concurrent.TimeoutException"),
    ("PermissionError", "java.lang.SecurityException"),
    ("NotImplementedError", "java.lang.UnsupportedOperationException"),
    ("ArithmeticError", "java.lang.ArithmeticException"),
    ("ZeroDivisionError", "java.lang.ArithmeticException"),
    ("FileNotFoundError", "java.nio.file.NoSuchFileException"),
    ("OSError", "java.io.IOException"),
    ("RuntimeError", "java.lang.IllegalStateException"),
    ("RuntimeError", "java.lang.RuntimeException"),
];

/// What a declared error is in a language.
#[derive(Debug, PartialEq)]
pub(super) enum Raised<'a> {
    /// A class of the language itself: Python's builtin, or Java's full name.
    Known(&'a str),
    /// The service's own: a class that crosses by this name.
    Own(&'a str),
    /// A class of the other language that has no twin here.
    Foreign(&'a str),
}

pub(super) fn in_python(name: &str) -> Raised<'_> {
    if let Some(builtin) = name.strip_prefix("builtins.") {
        return PAIRS.iter().find(|(python, _)| *python == builtin).map_or(Raised::Foreign(name), |(python, _)| Raised::Known(python));
    }
    match PAIRS.iter().find(|(_, java)| *java == name) {
        Some((python, _)) => Raised::Known(python),
        None => own(name),
    }
}

pub(super) fn in_java(name: &str) -> Raised<'_> {
    if let Some(builtin) = name.strip_prefix("builtins.") {
        return PAIRS.iter().find(|(python, _)| *python == builtin).map_or(Raised::Foreign(name), |(_, java)| Raised::Known(java));
    }
    match PAIRS.iter().find(|(_, java)| *java == name) {
        Some((_, java)) => Raised::Known(java),
        None => own(name),
    }
}

fn own(name: &str) -> Raised<'_> {
    let of_a_language = ["java.", "javax.", "jdk.", "asyncio.", "twinspan.", "io.twinspan."];
    if of_a_language.iter().any(|prefix| name.starts_with(prefix)) { Raised::Foreign(name) } else { Raised::Own(name) }
}

/// The last part of an error's name, which its class gets here.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit(['.', '$']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins() {
        use Raised::{Foreign, Known, Own};
        for (name, python, java) in [
            ("builtins.ValueError", Known("ValueError"), Known("java.lang.IllegalArgumentException")),
            ("builtins.KeyError", Known("KeyError"), Known("java.util.NoSuchElementException")),
            ("java.util.NoSuchElementException", Known("LookupError"), Known("java.util.NoSuchElementException")),
            ("java.lang.RuntimeException", Known("RuntimeError"), Known("java.lang.RuntimeException")),
            ("builtins.UnicodeError", Foreign("builtins.UnicodeError"), Foreign("builtins.UnicodeError")),
            (
                "java.util.MissingResourceException",
                Foreign("java.util.MissingResourceException"),
                Foreign("java.util.MissingResourceException"),
            ),
            ("shop.FraudRejected", Own("shop.FraudRejected"), Own("shop.FraudRejected")),
        ] {
            assert_eq!((in_python(name), in_java(name)), (python, java));
        }
        assert_eq!(["shop.A", "a.B$C", "X"].map(last_part), ["A", "C", "X"]);
    }
}
