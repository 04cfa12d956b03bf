//! The definition of one live service: what its methods are called, which field carries what, and the file that says so.

use super::{
    descriptor::{FieldSpec, File, MESSAGE, map_entry},
    known::{STRUCT_FILE, VALUE},
    names::{full_name, is_identifier, upper_camel},
    shape::{Shape, Unit},
};
use crate::{
    directory::Service,
    membership::{MethodSpec, ParamKind, ParamSpec},
};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// Field number of a result.
pub(super) const RESULT: u32 = 1;

/// A parameter and the field that carries it.
#[derive(Clone, Debug)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) kind: ParamKind,
    pub(super) shape: Shape,
    /// Whether it may be null.
    pub(super) nullable: bool,
    /// Whether it may be left out.
    pub(super) optional: bool,
    /// Whether it is a stream: each message brings one item in this field.
    pub(super) stream: bool,
}

/// A method as gRPC clients see it.
#[derive(Clone, Debug)]
pub(super) struct Rpc {
    /// The method's own name.
    pub(super) method: String,
    /// Its parameters; the first is field 1.
    pub(super) params: Vec<Param>,
    /// Of a stream each item is one.
    pub(super) result: Shape,
    /// Whether the result is a stream.
    pub(super) streams: bool,
}

/// A service as gRPC clients see it.
#[derive(Debug)]
pub(super) struct Schema {
    /// The service's own name, which is the package too.
    pub(super) service: String,
    /// `shop.pricing.Pricing`.
    pub(super) full: String,
    /// By their names there.
    pub(super) rpcs: BTreeMap<String, Rpc>,
    /// Its definition.
    pub(super) file: Bytes,
    /// Messages of the file, without the package.
    messages: BTreeSet<String>,
}

/// The name of the file that defines a service.
pub(super) fn file_name(service: &str) -> String {
    format!("twinspan/{service}.proto")
}

impl Schema {
    /// Makes it; nothing for a service whose name protobuf doesn't allow. Methods that it can't call are left out.
    pub(super) fn of(service: &Service) -> Option<Schema> {
        let full = full_name(service.name())?;
        let methods: Vec<&MethodSpec> = service.methods().map(|candidates| candidates.signature()).collect();
        let mut rpcs = BTreeMap::new();
        let mut docs = BTreeMap::new();
        for method in methods.iter().filter(|method| is_identifier(&method.name)) {
            let camel = upper_camel(&method.name);
            // Two names that are the same in UpperCamelCase keep their own spelling, all but the first.
            let name = if rpcs.contains_key(&camel) { method.name.clone() } else { camel };
            if rpcs.contains_key(&name) {
                continue;
            }
            let Some(rpc) = Rpc::of(method) else { continue };
            docs.insert(name.clone(), method.doc.as_deref().unwrap_or_default());
            rpcs.insert(name, rpc);
        }
        let uses_value = rpcs.values().any(|rpc| rpc.result.has_value() || rpc.params.iter().any(|param| param.shape.has_value()));
        let (file, messages) = define(service, &full, &rpcs, &docs, uses_value);
        Some(Schema { service: service.name().to_owned(), full, rpcs, file: file.into(), messages })
    }

    /// Whether the file defines the symbol: the service, a method or a message.
    pub(super) fn has(&self, symbol: &str) -> bool {
        if symbol == self.full {
            return true;
        }
        if let Some(method) = symbol.strip_prefix(&self.full).and_then(|rest| rest.strip_prefix('.')) {
            return self.rpcs.contains_key(method);
        }
        let inner = symbol.strip_prefix(&self.service).and_then(|rest| rest.strip_prefix('.'));
        inner.is_some_and(|inner| self.messages.contains(inner.split('.').next().unwrap_or(inner)))
    }
}

/// The type of a stream's items.
fn item_of(type_name: &str) -> Option<&str> {
    type_name.strip_prefix("stream<").and_then(|rest| rest.strip_suffix('>'))
}

impl Param {
    fn of(param: &ParamSpec, in_stream: bool) -> Param {
        let type_name = param.type_name.trim();
        let item = item_of(type_name.trim_end_matches('?')).filter(|_| in_stream);
        let shape = match (param.kind, item) {
            (ParamKind::Rest, _) => Shape::of(&format!("list<{type_name}>"), false),
            (ParamKind::Extra, _) => Shape::of(&format!("map<text,{type_name}>"), false),
            // Whether a message brings an item must be seen, also of one that is 0.
            (_, Some(item)) => Shape::of(item, true),
            (_, None) => Shape::of(type_name, param.optional),
        };
        let stream = item.is_some() && !matches!(param.kind, ParamKind::Rest | ParamKind::Extra);
        let nullable = if stream { item.is_some_and(|item| item.trim().ends_with('?')) } else { type_name.ends_with('?') };
        // A stream without items is left out no more than one that has some.
        Param { name: param.name.clone(), kind: param.kind, shape, nullable, optional: param.optional && !stream, stream }
    }
}

impl Rpc {
    /// Nothing where a stream comes among the arguments, but no parameter says that it is the one.
    fn of(method: &MethodSpec) -> Option<Rpc> {
        let params: Vec<Param> = method.params.iter().map(|param| Param::of(param, method.in_stream)).collect();
        if params.iter().filter(|param| param.stream).count() != usize::from(method.in_stream) {
            return None;
        }
        let returns = method.returns.trim();
        let item = item_of(returns).filter(|_| method.out_stream).unwrap_or(returns);
        Some(Rpc { method: method.name.clone(), params, result: Shape::of_result(item), streams: method.out_stream })
    }

    /// The parameter that is a stream, and its place.
    pub(super) fn input(&self) -> Option<(usize, &Param)> {
        self.params.iter().enumerate().find(|(_, param)| param.stream)
    }

    /// The names of its fields: those of the parameters, where protobuf allows them and they are not taken.
    fn field_names(&self) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut names = Vec::new();
        for (at, param) in self.params.iter().enumerate() {
            let mut name = param.name.clone();
            if !is_identifier(&name) || !taken.insert(name.clone()) {
                name = format!("arg{}", at + 1);
                while !taken.insert(name.clone()) {
                    name.push('_');
                }
            }
            names.push(name);
        }
        names
    }
}

fn define(
    service: &Service,
    full: &str,
    rpcs: &BTreeMap<String, Rpc>,
    docs: &BTreeMap<String, &str>,
    uses_value: bool,
) -> (Vec<u8>, BTreeSet<String>) {
    let package = service.name();
    let dependencies: &[&str] = if uses_value { &[STRUCT_FILE] } else { &[] };
    let mut file = File::new(&file_name(package), package, dependencies);
    let mut messages = BTreeSet::new();
    let mut methods = Vec::new();
    let short = full.rsplit('.').next().unwrap_or(full);
    for (name, rpc) in rpcs {
        // No message may be called like the service.
        let unique = |mut message: String| {
            while message == short || messages.contains(&message) {
                message.push('_');
            }
            message
        };
        let request = unique(format!("{name}Request"));
        let response = unique(format!("{name}Response"));
        let names = rpc.field_names();
        let fields: Vec<_> = names.iter().zip(&rpc.params).map(|(name, param)| (name.as_str(), param.shape)).collect();
        message(&mut file, package, &request, &fields);
        let result = [("result", rpc.result)];
        message(&mut file, package, &response, if rpc.result == Shape::Nothing { &[] } else { &result });
        let sides = (rpc.input().is_some(), rpc.streams);
        methods.push((name.as_str(), format!(".{package}.{request}"), format!(".{package}.{response}"), sides));
        messages.extend([request, response]);
    }
    file.service(
        short,
        methods.iter().map(|(name, request, response, (client, server))| (*name, request.as_str(), response.as_str(), *client, *server)),
    );
    let mut comments = Vec::new();
    if let Some(doc) = service.doc().filter(|doc| !doc.trim().is_empty()) {
        comments.push((vec![6, 0], doc));
    }
    for (at, (name, ..)) in methods.iter().enumerate() {
        if let Some(doc) = docs.get(*name).filter(|doc| !doc.trim().is_empty()) {
            comments.push((vec![6, 0, 2, at as u32], doc));
        }
    }
    file.comments(&comments);
    (file.finish(), messages)
}

/// One message; its fields are numbered from 1.
fn message(file: &mut File, package: &str, name: &str, fields: &[(&str, Shape)]) {
    // Everything that a `FieldSpec` borrows is made first.
    let entries: Vec<String> = fields.iter().map(|(field, _)| format!("{}Entry", upper_camel(field))).collect();
    let entry_types: Vec<String> = entries.iter().map(|entry| format!(".{package}.{name}.{entry}")).collect();
    let oneofs: Vec<String> = fields.iter().map(|(field, _)| format!("_{field}")).collect();
    let mut used: Vec<&str> = Vec::new();
    let mut specs = Vec::new();
    for (at, (field, shape)) in fields.iter().enumerate() {
        let number = at as u32 + 1;
        let entry_type = entry_types.get(at).map_or("", String::as_str);
        let mut spec = match shape {
            Shape::One(unit) => plain(field, number, *unit),
            Shape::Maybe(Unit::Value) => plain(field, number, Unit::Value),
            Shape::Maybe(unit) => {
                used.push(oneofs.get(at).map_or("", String::as_str));
                FieldSpec { oneof: Some(used.len() as u32 - 1), proto3_optional: true, ..plain(field, number, *unit) }
            }
            Shape::List(unit) | Shape::Set(unit) => plain(field, number, *unit).repeated(),
            Shape::Map(..) => FieldSpec::of(field, number, MESSAGE, entry_type).repeated(),
            Shape::Nothing => continue,
        };
        // Exactly the parameter's name, so that `a_b` and `aB` never meet.
        spec.json = Some(field);
        specs.push(spec);
    }
    file.message(name, &specs, &used, |message| {
        for ((_, shape), entry) in fields.iter().zip(&entries) {
            if let Shape::Map(key, value) = shape {
                map_entry(message, entry, key.proto_type(), plain("value", 2, *value));
            }
        }
    });
}

fn plain(name: &str, number: u32, unit: Unit) -> FieldSpec<'_> {
    let type_name = if unit == Unit::Value { VALUE } else { "" };
    FieldSpec::of(name, number, unit.proto_type(), type_name)
}
