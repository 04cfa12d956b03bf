//! What an application offers: its services, their methods and parameters, as the languages describe them and node records carry them.

use serde::{Deserialize, Serialize};

/// An application. Its methods are numbered over all services in the order given; an invocation names the number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppSpec {
    /// The application's name.
    pub name: String,
    /// The application's version.
    pub version: String,
    /// What it serves.
    pub services: Vec<ServiceSpec>,
}

impl AppSpec {
    /// Service and method with this number.
    pub fn method(&self, number: usize) -> Option<(&ServiceSpec, &MethodSpec)> {
        self.services.iter().flat_map(|service| service.methods.iter().map(move |method| (service, method))).nth(number)
    }
}

/// A service. A key that this version doesn't know is skipped, here and below: records come from peers of other versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Its name: identifiers joined by dots.
    pub name: String,
    /// How callers choose among providers, if they don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<String>,
    /// Its methods.
    #[serde(default)]
    pub methods: Vec<MethodSpec>,
    /// Documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// How much of it one node takes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitSpec>,
    /// The classes that its signatures name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<TypeSpec>,
}

/// How much of a service or a method one node takes on. What is absent isn't limited here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitSpec {
    /// Handlers at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<u64>,
    /// Calls that wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// Bytes of their arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// A method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodSpec {
    /// Its name.
    pub name: String,
    /// The lane that runs it, 0 for the join's. Means nothing to others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lane: u64,
    /// Its parameters in order.
    #[serde(default)]
    pub params: Vec<ParamSpec>,
    /// Type of the result.
    #[serde(default = "any")]
    pub returns: String,
    /// Names of the errors it declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raises: Vec<String>,
    /// Whether an argument is a stream.
    #[serde(default, skip_serializing_if = "is_default")]
    pub in_stream: bool,
    /// Whether the result is a stream.
    #[serde(default, skip_serializing_if = "is_default")]
    pub out_stream: bool,
    /// Whether running it twice does no harm.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idempotent: bool,
    /// Whether callers should leave it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated: bool,
    /// Documentation, at most 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// How much of it one node takes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitSpec>,
}

/// A class that signatures name: `record Order`, `enum Color`, `union Payment`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeSpec {
    /// Its name, without a package; unique in the service.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub kind: TypeKind,
    /// The name by which its values cross, if it is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<String>,
    /// Of a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldSpec>,
    /// Names of an enum's values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Types of a union: `record Card`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Documentation, at most 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// What a named type is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TypeKind {
    /// Named fields.
    #[default]
    Record,
    /// Named values; its text crosses.
    Enum,
    /// One of several registered records.
    Union,
    /// A kind that this version doesn't know.
    #[serde(other)]
    Other,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSpec {
    /// Its name as it crosses.
    pub name: String,
    /// Its type in the neutral grammar.
    #[serde(rename = "type", default = "any")]
    pub type_name: String,
    /// Whether it may be left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// What it is then, as JSON, where JSON can say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Documentation, at most 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamSpec {
    /// Its name.
    pub name: String,
    /// How it may be given.
    #[serde(default)]
    pub kind: ParamKind,
    /// Its type in the neutral grammar: `int`, `text`, `list<T>`, `record name`, `any`, `T?`.
    #[serde(rename = "type", default = "any")]
    pub type_name: String,
    /// Whether it may be left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// What it is then, as JSON, where JSON can say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Names that callers may still use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
}

/// How a parameter may be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamKind {
    /// By position only.
    Positional,
    /// By name only.
    Keyword,
    /// Either way.
    #[default]
    Both,
    /// Takes all further positional arguments.
    Rest,
    /// Takes all further named arguments.
    Extra,
}

impl ParamKind {
    /// The word that stands for it in encoded values.
    pub fn name(self) -> &'static str {
        match self {
            ParamKind::Positional => "positional",
            ParamKind::Keyword => "keyword",
            ParamKind::Both => "both",
            ParamKind::Rest => "rest",
            ParamKind::Extra => "extra",
        }
    }
}

fn any() -> String {
    "any".into()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use minicbor_serde::{from_slice, to_vec};

    #[test]
    fn methods_are_numbered_over_all_services() {
        let service = |name: &str, methods: &[&str]| ServiceSpec {
            name: name.into(),
            methods: methods.iter().map(|m| MethodSpec { name: (*m).into(), ..MethodSpec::default() }).collect(),
            ..ServiceSpec::default()
        };
        let app = AppSpec { services: vec![service("a", &["x", "y"]), service("empty", &[]), service("b", &["z"])], ..AppSpec::default() };
        let found = |n| app.method(n).map(|(s, m)| format!("{}.{}", s.name, m.name));
        assert_eq!([found(0), found(1), found(2), found(3)], [Some("a.x".into()), Some("a.y".into()), Some("b.z".into()), None]);
        assert_eq!(from_slice::<AppSpec>(&to_vec(&app).expect("encoded")).expect("read"), app);
    }

    #[test]
    fn a_newer_peer_may_say_more() {
        let json = r#"{"name":"quote","later":1,"params":[{"name":"sku","type":"text","kind":"keyword","unit":"x"},{"name":"n"}]}"#;
        let method: MethodSpec = serde_json::from_str(json).expect("read");
        assert_eq!((method.params[0].kind, method.params[1].kind), (ParamKind::Keyword, ParamKind::Both));
        assert_eq!((method.params[0].type_name.as_str(), method.returns.as_str()), ("text", "any"));
    }
}
