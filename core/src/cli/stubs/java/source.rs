//! One file: its imports, and text of peers in comments and literals.

use crate::cli::console::shown;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// A file in the making.
pub(super) struct Source<'a> {
    /// Classes of the package itself, which hide others of their name.
    taken: &'a BTreeSet<String>,
    /// By simple name.
    imports: BTreeMap<String, String>,
}

impl<'a> Source<'a> {
    pub(super) fn new(taken: &'a BTreeSet<String>) -> Source<'a> {
        Source { taken, imports: BTreeMap::new() }
    }

    /// How a class is written here, by its full name: imported, unless another one has its simple name.
    pub(super) fn name(&mut self, full: &str) -> String {
        let (package, simple) = full.rsplit_once('.').unwrap_or(("java.lang", full));
        if self.taken.contains(simple) {
            return full.to_owned();
        }
        if package == "java.lang" {
            return simple.to_owned();
        }
        match self.imports.get(simple) {
            Some(known) if known != full => full.to_owned(),
            Some(_) => simple.to_owned(),
            None => {
                self.imports.insert(simple.to_owned(), full.to_owned());
                simple.to_owned()
            }
        }
    }

    pub(super) fn imports(&self) -> String {
        let mut all: Vec<&String> = self.imports.values().collect();
        all.sort();
        let lines: String = all.iter().map(|full| format!("import {full};\n")).collect();
        if lines.is_empty() { lines } else { format!("\n{lines}") }
    }
}

/// A text as a literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            // A Unicode escape would be read before the literal is.
            c if u32::from(c) < 0x20 || (0x7f..0xa0).contains(&u32::from(c)) => {
                let _ = write!(out, "\\{:03o}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// Text of a peer as Javadoc, with tags behind it; nothing where there is nothing to say. Text between backquotes becomes code.
pub(super) fn documented(indent: &str, text: &str, tags: &[String]) -> String {
    let mut lines: Vec<String> = text.trim().lines().map(|line| escaped(line.trim_end())).collect();
    if !lines.is_empty() && !tags.is_empty() {
        lines.push(String::new());
    }
    lines.extend(tags.iter().cloned());
    match lines.as_slice() {
        [] => String::new(),
        [one] if one.len() < 90 => format!("{indent}/** {one} */\n"),
        lines => {
            let mut out = format!("{indent}/**\n");
            let mut before = "first";
            for line in lines {
                // An empty line alone would not be seen in the page that Javadoc makes.
                let paragraph = if before.is_empty() && !line.is_empty() && !line.starts_with('@') { "<p>" } else { "" };
                let _ = writeln!(out, "{}", format!("{indent} * {paragraph}{line}").trim_end());
                before = line;
            }
            out + indent + " */\n"
        }
    }
}

/// Text of a peer behind a tag.
pub(super) fn on_one_line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What would end a comment, be a tag, or be read as an escape is said in another way.
pub(super) fn escaped(line: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    for c in shown(line).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '@' => out += "&#64;",
            '/' if out.ends_with('*') => out += "&#47;",
            '\\' => out += "&#92;",
            '`' if line.matches('`').count().is_multiple_of(2) => {
                out += if code { "</code>" } else { "<code>" };
                code = !code;
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_comment_or_literal() {
        assert_eq!(quoted("a\"\\u0022\n\u{7}\u{85}"), r#""a\"\\u0022\n\007\205""#);
        for (text, expected) in [
            ("", ""),
            ("Ends */ here", "/** Ends *&#47; here */\n"),
            ("\\u002a/ @see <b> &", "/** &#92;u002a/ &#64;see &lt;b&gt; &amp; */\n"),
            ("A `b` c", "/** A <code>b</code> c */\n"),
            ("A `b", "/** A `b */\n"),
            ("a\n\n  b", "/**\n * a\n *\n * <p>  b\n */\n"),
        ] {
            assert_eq!(documented("", text, &[]), expected, "{text}");
        }
    }

    #[test]
    fn a_class_of_the_package_hides_others() {
        let taken = BTreeSet::from(["List".to_owned(), "String".to_owned()]);
        let mut source = Source::new(&taken);
        let names = ["java.util.List", "java.lang.String", "java.util.Map", "java.lang.Long", "io.twinspan.Map", "java.util.Map"];
        assert_eq!(names.map(|name| source.name(name)), ["java.util.List", "java.lang.String", "Map", "Long", "io.twinspan.Map", "Map"]);
        assert_eq!(source.imports(), "\nimport java.util.Map;\n");
    }
}
