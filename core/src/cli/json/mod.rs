//! JSON as people write it on a command line, and the values that cross: docs/cli.md has the table.

mod base64;
mod decode;
mod digits;
mod encode;
mod grammar;
mod moments;
mod parse;
mod print;

pub(super) use decode::decode;
pub(super) use encode::{arguments, item};
pub(super) use grammar::Type;

/// A JSON value. Numbers keep their digits, objects the order of their members.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The member that names the class of a registered record.
const CLASS: &str = "@type";

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Json {
        Json::Text(text.into())
    }
}

/// A moment of the wall clock for people, whole seconds.
pub(super) fn instant(since_1970: std::time::Duration) -> String {
    moments::instant_text(crate::value::Moment { seconds: since_1970.as_secs() as i64, nanos: 0 }, None)
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Json {
        use serde_json::Value;
        match value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Number(n) => Json::Number(n.to_string()),
            Value::String(text) => Json::text(text),
            Value::Array(items) => Json::List(items.iter().map(Json::from).collect()),
            Value::Object(members) => Json::Object(members.iter().map(|(name, value)| (name.clone(), value.into())).collect()),
        }
    }
}
