//! Writing JSON: on one line, or with a line for each member.

use super::Json;
use std::fmt::{self, Write};

impl fmt::Display for Json {
    /// `{}` is one line, `{:#}` is indented.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indented = f.alternate();
        write(self, f, indented.then_some(0))
    }
}

fn write(json: &Json, f: &mut fmt::Formatter<'_>, depth: Option<usize>) -> fmt::Result {
    let inner = depth.map(|depth| depth + 1);
    match json {
        Json::Null => f.write_str("null"),
        Json::Bool(b) => write!(f, "{b}"),
        Json::Number(digits) => f.write_str(digits),
        Json::Text(text) => write_text(text, f),
        // A list of plain values is easier to read on one line.
        Json::List(items) if items.is_empty() || items.iter().all(is_plain) => {
            f.write_char('[')?;
            for (at, item) in items.iter().enumerate() {
                f.write_str(match (at, depth) {
                    (0, _) => "",
                    (_, None) => ",",
                    _ => ", ",
                })?;
                write(item, f, None)?;
            }
            f.write_char(']')
        }
        Json::List(items) => {
            f.write_char('[')?;
            for (at, item) in items.iter().enumerate() {
                next(f, at, inner)?;
                write(item, f, inner)?;
            }
            new_line(f, depth)?;
            f.write_char(']')
        }
        Json::Object(members) if members.is_empty() => f.write_str("{}"),
        Json::Object(members) => {
            f.write_char('{')?;
            for (at, (name, value)) in members.iter().enumerate() {
                next(f, at, inner)?;
                write_text(name, f)?;
                f.write_str(if depth.is_some() { ": " } else { ":" })?;
                write(value, f, inner)?;
            }
            new_line(f, depth)?;
            f.write_char('}')
        }
    }
}

fn is_plain(json: &Json) -> bool {
    !matches!(json, Json::List(_) | Json::Object(_))
}

fn next(f: &mut fmt::Formatter<'_>, at: usize, depth: Option<usize>) -> fmt::Result {
    if at > 0 {
        f.write_char(',')?;
    }
    new_line(f, depth)
}

fn new_line(f: &mut fmt::Formatter<'_>, depth: Option<usize>) -> fmt::Result {
    match depth {
        Some(depth) => write!(f, "\n{:width$}", "", width = 2 * depth),
        None => Ok(()),
    }
}

/// Control characters are escaped, those of the upper range too: what a peer sent must not steer a terminal.
fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_read_back() {
        let text = r#"{"a":[1,"ä\u001b[0m\u009b\"\\",null],"b":{"c":[{"d":1.10},{}]},"e":[]}"#;
        let json: Json = text.parse().unwrap();
        assert_eq!(json.to_string(), text);
        let long = format!("{json:#}");
        assert_eq!(long.parse::<Json>(), Ok(json));
        assert!(
            long.starts_with("{\n  \"a\": [1, \"ä\\u001b") && long.contains("\n    \"c\": [\n      {\n        \"d\": 1.10\n"),
            "{long}"
        );
    }
}
