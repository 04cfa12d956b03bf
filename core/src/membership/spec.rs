//! Services, methods, parameters and places, until the settings and the host cluster bring the same types.

use serde::{Deserialize, Serialize};

/// Host, namespaces and user of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The kernel's boot: one value on every process of a running host.
    pub boot_id: String,
    /// Mount namespace: whether a path means the same file.
    pub mount_ns: String,
    /// Network namespace.
    pub net_ns: String,
    /// Effective user.
    pub uid: u32,
}

impl Place {
    /// Whether a process here can dial the Unix socket of one there: all four are equal. Where the kernel doesn't tell, it can't.
    pub fn reaches(&self, other: &Place) -> bool {
        let known = [&self.boot_id, &self.mount_ns, &self.net_ns].iter().all(|part| !part.is_empty());
        known && self == other
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

fn any() -> String {
    "any".into()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
