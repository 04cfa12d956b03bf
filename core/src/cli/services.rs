//! `twinspan services`.

use super::{
    cluster::Cluster,
    console::{Console, shown},
    exit::Done,
    session::{Service, Session},
};
use crate::{
    config::MethodSpec,
    directory::{nearest, signature},
    error::{Error, Kind},
};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write;

const EXAMPLES: &str = "Examples:
  twinspan services --cluster shop
  twinspan services pricing
  twinspan services --json | jq -r '.services[].methods[].signature'";

/// List what a cluster offers: services, who provides them, their methods with signature and documentation.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Services {
    /// Only this service
    service: Option<String>,
    #[command(flatten)]
    cluster: Cluster,
}

impl Services {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let session = Session::open(&self.cluster)?;
        let mut services = session.services()?;
        if let Some(wanted) = &self.service {
            let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
            services.retain(|service| service.name == *wanted);
            if services.is_empty() {
                return Err(unknown(wanted, &session.cluster, &names).into());
            }
        }
        let list: Vec<Value> = services.iter().map(to_json).collect();
        let mut text: String = services.iter().map(told).collect::<Vec<_>>().join("\n");
        if services.is_empty() {
            text = format!("No node of the cluster `{}` serves anything.\n", session.cluster);
        }
        console.facts(&json!({"cluster": session.cluster, "services": list}), text)
    }
}

pub(super) fn unknown(wanted: &str, cluster: &str, known: &[String]) -> Error {
    let error = Error::new(Kind::NotFound, format!("no service `{wanted}` in the cluster `{cluster}`"));
    match nearest(wanted, known.iter().map(String::as_str)).first() {
        Some(near) => error.advice(format!("Did you mean `{near}`?")),
        None => error.advice("`twinspan services` lists what the cluster offers."),
    }
}

fn to_json(service: &Service) -> Value {
    let methods: Vec<Value> = service.methods.iter().map(method_json).collect();
    json!({"name": service.name, "doc": service.doc, "providers": service.providers, "methods": methods})
}

pub(super) fn method_json(method: &MethodSpec) -> Value {
    let param = |param: &crate::config::ParamSpec| json!({"name": param.name, "kind": param.kind.name(), "type": param.type_name, "optional": param.optional, "default": param.default});
    json!({
        "name": method.name,
        "signature": signature(method),
        "params": method.params.iter().map(param).collect::<Vec<_>>(),
        "returns": method.returns,
        "raises": method.raises,
        "in_stream": method.in_stream,
        "out_stream": method.out_stream,
        "idempotent": method.idempotent,
        "deprecated": method.deprecated,
        "doc": method.doc,
    })
}

fn told(service: &Service) -> String {
    let mut text = format!("{}\n", shown(&service.name));
    told_doc(&mut text, &service.doc, 2);
    told_providers(&mut text, service);
    service.methods.iter().for_each(|method| told_method(&mut text, method));
    text
}

pub(super) fn told_doc(text: &mut String, doc: &Option<String>, indent: usize) {
    for line in doc.iter().flat_map(|doc| doc.trim().lines()) {
        let line = format!("{:indent$}{}", "", shown(line.trim_end()));
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

pub(super) fn told_providers(text: &mut String, service: &Service) {
    let providers: Vec<String> = service
        .providers
        .iter()
        .map(|p| format!("{} ({}{})", shown(&p.name), shown(&p.language), if p.ready { "" } else { ", not ready" }))
        .collect();
    let _ = writeln!(text, "  providers: {}", providers.join(", "));
}

pub(super) fn told_method(text: &mut String, method: &MethodSpec) {
    let marks = [(method.idempotent, "idempotent"), (method.deprecated, "deprecated")];
    let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join(", ")) };
    let _ = writeln!(text, "  {}{marks}", shown(&signature(method)));
    told_doc(text, &method.doc, 6);
}
