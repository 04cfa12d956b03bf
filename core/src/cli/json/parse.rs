//! Reading JSON without losing a digit, a member, or the order of members.

use super::Json;
use crate::value::MAX_DEPTH;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{fmt, str::FromStr};

impl FromStr for Json {
    type Err = String;

    /// Reads exactly one value.
    fn from_str(text: &str) -> Result<Json, String> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|e| e.to_string())?;
        read(raw, 0)
    }
}

/// What is raw was checked already, but for what only its reader can refuse.
fn read(raw: &RawValue, depth: u32) -> Result<Json, String> {
    if depth > MAX_DEPTH {
        return Err(format!("nested deeper than {MAX_DEPTH} levels"));
    }
    let text = raw.get();
    let told = |e: serde_json::Error| e.to_string();
    Ok(match text.as_bytes().first() {
        Some(b'n') => Json::Null,
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'"') => Json::Text(serde_json::from_str(text).map_err(told)?),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(told)?;
            Json::List(items.into_iter().map(|item| read(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text).map_err(told)?;
            let mut read_members: Vec<(String, Json)> = Vec::with_capacity(members.len());
            for (name, value) in members {
                if read_members.iter().any(|(known, _)| *known == name) {
                    return Err(format!("the member `{name}` stands twice in one object"));
                }
                read_members.push((name, read(value, depth + 1)?));
            }
            Json::Object(read_members)
        }
        _ => Json::Number(text.to_owned()),
    })
}

/// The members of an object in their order, doubles included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let read: Json = r#" {"b": [1.10, 123456789012345678901234567890, -0, "\u00e4\n"], "a": {"x": null, "y": true}} "#.parse().unwrap();
        let number = |text: &str| Json::Number(text.into());
        let expected = Json::Object(vec![
            ("b".into(), Json::List(vec![number("1.10"), number("123456789012345678901234567890"), number("-0"), Json::text("ä\n")])),
            ("a".into(), Json::Object(vec![("x".into(), Json::Null), ("y".into(), Json::Bool(true))])),
        ]);
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bad in ["", "Berlin", "{", "[1,]", "1 2", "NaN", "01", "'a'", r#"{"a":1,"a":2}"#, &"[".repeat(100_000)] {
            assert!(bad.parse::<Json>().is_err(), "{:.20}", bad);
        }
        let deep = "[".repeat(70) + &"]".repeat(70);
        assert!(deep.parse::<Json>().is_err_and(|why| why.contains("64 levels")));
    }
}
