//! What a language says of its App at `join`.

use serde::Deserialize;

/// What a process offers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppSpec {
    /// Name of the App.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Services in the order in which the language numbers their methods.
    pub services: Vec<ServiceSpec>,
}

/// One service of an App.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceSpec {
    /// Its name.
    pub name: String,
    /// Balancing policy that the provider suggests.
    pub balance: Option<String>,
    /// What it is for, for people.
    pub doc: String,
    /// Methods in order.
    pub methods: Vec<MethodSpec>,
}

/// One method of a service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MethodSpec {
    /// Its name.
    pub name: String,
    /// Lane that gets its invocations; 0 takes the lane of the join.
    pub lane: u64,
    /// Parameters in order.
    pub params: Vec<ParamSpec>,
    /// Result type in the neutral grammar.
    pub returns: String,
    /// Wire names of the exceptions that it declares.
    pub raises: Vec<String>,
    /// Whether it takes a stream.
    pub in_stream: bool,
    /// Whether it answers with a stream.
    pub out_stream: bool,
    /// Whether it may run twice for one call.
    pub idempotent: bool,
    /// Whether callers should move on.
    pub deprecated: bool,
    /// What it does, for people.
    pub doc: String,
}

/// One parameter of a method.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ParamSpec {
    /// Its name.
    pub name: String,
    /// `positional`, `keyword`, `both`, `rest` or `extra`.
    pub kind: String,
    /// Its type in the neutral grammar.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether a caller may leave it out.
    pub optional: bool,
}
