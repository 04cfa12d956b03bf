//! `twinspan describe`.

use super::{
    cluster::Cluster,
    console::{Console, shown},
    exit::Done,
    services::{method_json, told_doc, told_method, told_providers, unknown},
    session::{Service, Session},
};
use crate::{
    config::{FieldSpec, MethodSpec, TypeKind, TypeSpec},
    contract::Type,
    directory::nearest,
    error::{Error, Kind, Result},
};
use clap::Args;
use serde_json::json;
use std::{collections::BTreeSet, fmt::Write};

const EXAMPLES: &str = "Examples:
  twinspan describe pricing --cluster shop
  twinspan describe pricing.quote
  twinspan describe pricing --json | jq -r '.types[].name'";

/// Describe a service or one of its methods: parameters, defaults, types and documentation, with the classes that they name.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Describe {
    /// What to describe
    #[arg(value_name = "SERVICE[.METHOD]")]
    target: String,
    #[command(flatten)]
    cluster: Cluster,
}

impl Describe {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let session = Session::open(&self.cluster)?;
        let services = session.services()?;
        let (service, methods) = find(&self.target, &services, &session.cluster)?;
        let types = reached(&methods, &service.types);
        let json = json!({
            "cluster": session.cluster,
            "service": service.name,
            "doc": service.doc,
            "providers": service.providers,
            "methods": methods.iter().copied().map(method_json).collect::<Vec<_>>(),
            "types": types,
        });
        console.facts(&json, screen(service, &methods, &types))
    }
}

/// The service of this name, else the method behind the last dot.
fn find<'a>(target: &str, services: &'a [Service], cluster: &str) -> Result<(&'a Service, Vec<&'a MethodSpec>)> {
    let named = |name: &str| services.iter().find(|service| service.name == name);
    if let Some(service) = named(target) {
        return Ok((service, service.methods.iter().collect()));
    }
    let behind = target.rsplit_once('.').and_then(|(service, method)| named(service).map(|service| (service, method)));
    let Some((service, method)) = behind else {
        let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
        return Err(unknown(target, cluster, &names));
    };
    let exact = service.methods.iter().find(|one| one.name == method);
    let found = exact.or_else(|| service.methods.iter().find(|one| crate::contract::alike(&one.name, method)));
    found.map(|method| (service, vec![method])).ok_or_else(|| {
        let error = Error::new(Kind::NoSuchMethod, format!("no provider of service `{}` has a method `{method}`", service.name));
        match nearest(method, service.methods.iter().map(|one| one.name.as_str())).first() {
            Some(near) => error.advice(format!("Did you mean `{near}`?")),
            None => error.advice(format!("`twinspan describe {}` lists them.", service.name)),
        }
    })
}

/// The classes that methods name, and those that their fields name, in the service's order.
pub(super) fn reached<'a>(methods: &[&MethodSpec], types: &'a [TypeSpec]) -> Vec<&'a TypeSpec> {
    let mut names = BTreeSet::new();
    let mut look: Vec<String> = methods.iter().flat_map(|method| method.params.iter().map(|param| param.type_name.clone())).collect();
    look.extend(methods.iter().map(|method| method.returns.clone()));
    while let Some(text) = look.pop() {
        Type::read(&text).each_name(&mut |_, name| {
            if let Some(class) = types.iter().find(|class| class.name == name)
                && names.insert(name.to_owned())
            {
                look.extend(class.fields.iter().map(|field| field.type_name.clone()));
                look.extend(class.members.iter().cloned());
            }
        });
    }
    types.iter().filter(|class| names.contains(&class.name)).collect()
}

fn screen(service: &Service, methods: &[&MethodSpec], types: &[&TypeSpec]) -> String {
    let mut text = format!("{}\n", shown(&service.name));
    told_doc(&mut text, &service.doc, 2);
    told_providers(&mut text, service);
    for method in methods {
        text.push('\n');
        told_method(&mut text, method);
        if !method.raises.is_empty() {
            let _ = writeln!(text, "      raises {}", shown(&method.raises.join(", ")));
        }
    }
    for class in types {
        text.push('\n');
        told_class(&mut text, class);
    }
    text
}

fn told_class(text: &mut String, class: &TypeSpec) {
    let name = shown(&class.name);
    let crosses = class.registered.as_ref().filter(|name| **name != class.name);
    let crosses = crosses.map(|name| format!("  [crosses as {}]", shown(name))).unwrap_or_default();
    let _ = match class.kind {
        TypeKind::Record | TypeKind::Other => writeln!(text, "  record {name}{crosses}"),
        TypeKind::Enum => writeln!(text, "  enum {name}: {}", shown(&class.values.join(", "))),
        TypeKind::Union => writeln!(text, "  union {name}: {}", shown(&class.members.join(" | "))),
    };
    told_doc(text, &class.doc, 6);
    for field in &class.fields {
        let _ = writeln!(text, "      {}", shown(&told_field(field)));
    }
}

fn told_field(field: &FieldSpec) -> String {
    let default = match &field.default {
        _ if !field.optional => String::new(),
        None => " = …".to_owned(),
        Some(value) => format!(" = {value}"),
    };
    format!("{}: {}{default}", field.name, field.type_name)
}

/// A service by its name, for commands that need one. `NotFound`: the cluster has none of the name.
pub(super) fn one(session: &Session, name: &str) -> Result<Service> {
    let mut services = session.services()?;
    match services.iter().position(|service| service.name == name) {
        Some(at) => Ok(services.swap_remove(at)),
        None => {
            let names: Vec<String> = services.into_iter().map(|service| service.name).collect();
            Err(unknown(name, &session.cluster, &names))
        }
    }
}

impl Service {
    /// What callers rely on.
    pub(super) fn spec(&self) -> crate::config::ServiceSpec {
        crate::config::ServiceSpec {
            name: self.name.clone(),
            methods: self.methods.clone(),
            doc: self.doc.clone(),
            types: self.types.clone(),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Service {
        let method = |name: &str, of: &str| json!({"name": name, "params": [{"name": "a", "type": of}], "returns": "list<enum Color>"});
        serde_json::from_value(json!({
            "name": "geo.map",
            "providers": [],
            "methods": [method("draw_line", "record Line"), method("clear", "int")],
            "types": [
                {"name": "Lost"},
                {"name": "Line", "registered": "geo.Line", "doc": "A line.", "fields": [
                    {"name": "from", "type": "record Point"},
                    {"name": "width", "type": "int", "optional": true, "default": "1"},
                ]},
                {"name": "Point"},
                {"name": "Color", "kind": "enum", "values": ["RED", "BLUE"]},
            ],
        }))
        .expect("a service")
    }

    #[test]
    fn a_service_or_a_method_behind_its_last_dot() {
        let services = [service()];
        let found =
            |target: &str| find(target, &services, "c").map(|(_, methods)| methods.iter().map(|m| m.name.clone()).collect::<Vec<_>>());
        assert_eq!(found("geo.map").expect("found"), ["draw_line", "clear"]);
        assert_eq!(found("geo.map.clear").expect("found"), ["clear"]);
        assert_eq!(found("geo.map.drawLine").expect("found"), ["draw_line"]);
        for (target, kind, advice) in [("geo.mop", Kind::NotFound, "`geo.map`"), ("geo.map.claer", Kind::NoSuchMethod, "`clear`")] {
            let error = found(target).expect_err(target);
            assert!(error.kind() == kind && error.advice_text().contains(advice), "{error}");
        }
    }

    #[test]
    fn the_classes_that_are_named() {
        let service = service();
        let names = |at: &[usize]| {
            let methods: Vec<_> = at.iter().map(|at| &service.methods[*at]).collect();
            reached(&methods, &service.types).iter().map(|class| class.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[0, 1]), ["Line", "Point", "Color"]);
        assert_eq!(names(&[1]), ["Color"]);
        let methods: Vec<_> = service.methods.iter().take(1).collect();
        let text = screen(&service, &methods, &reached(&methods, &service.types));
        for line in ["  record Line  [crosses as geo.Line]", "      A line.", "      width: int = 1", "  enum Color: RED, BLUE"] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }
}
