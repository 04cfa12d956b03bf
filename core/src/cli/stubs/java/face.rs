//! The interface whose methods are the calls.

use super::{
    Package,
    classes::{OBJECT, WIDTH, trouble},
    source::{Source, documented, escaped, quoted},
    types::Place,
};
use crate::{
    cli::{
        console::shown,
        stubs::{
            errors::{Raised, in_java},
            names::{JAVA, as_name, for_java, is_name},
        },
    },
    config::{MethodSpec, ParamKind, ParamSpec},
    contract::{Type, Word},
};
use std::collections::BTreeSet;

impl Package<'_> {
    pub(super) fn face(&mut self, name: &str) {
        let taken = self.taken.clone();
        let mut source = Source::new(&taken);
        let about = self.service.doc.as_deref().map(str::trim).filter(|doc| !doc.is_empty());
        let about = about.map_or_else(|| format!("The service `{}`.", self.service.name), str::to_owned);
        let mut members = Vec::new();
        let mut names = BTreeSet::new();
        for method in &self.service.methods {
            match self.trouble(method) {
                Some(why) => {
                    members.push(format!(
                        "    // Left out: {}: {}.\n",
                        shown(&method.name).replace('\\', "/"),
                        shown(&why).replace('\\', "/")
                    ));
                    self.left_out.push(format!("{}: {why}", shown(&method.name)));
                }
                None => {
                    let java = self.method_name(&method.name, &mut names);
                    self.method(&mut source, method, &java, &mut members);
                }
            }
        }
        let body = format!("{}public interface {name} {{\n{}}}\n", documented("", &about, &[]), members.join("\n"));
        self.class(name, &source, &body);
    }

    /// In Java's style, each its own: `@Call` says the service's name where they differ.
    fn method_name(&self, name: &str, names: &mut BTreeSet<String>) -> String {
        let styled = for_java(name);
        let other = self.service.methods.iter().any(|method| method.name == styled && styled != name);
        let mut java = if other { as_name(name, JAVA) } else { as_name(&styled, JAVA) };
        while OBJECT.contains(&java.as_str()) || !names.insert(java.clone()) {
            java.push('_');
        }
        java
    }

    /// Why a method can't be in the interface.
    fn trouble(&self, method: &MethodSpec) -> Option<String> {
        if let Some(param) = method.params.iter().find(|param| param.kind == ParamKind::Keyword && !param.optional) {
            return Some(format!("its argument `{}` is given by name only: use Node.call with Args.named", param.name));
        }
        let mut types: Vec<&str> = method.params.iter().map(|param| param.type_name.as_str()).collect();
        types.push(&method.returns);
        self.classes.trouble(&types, &|class| trouble(&self.classes, class))
    }

    fn method(&self, source: &mut Source<'_>, method: &MethodSpec, java: &str, members: &mut Vec<String>) {
        let (mut throws, mut foreign) = (Vec::new(), Vec::new());
        for name in &method.raises {
            match in_java(name) {
                Raised::Known(class) => throws.push(source.name(class)),
                Raised::Own(name) => throws.extend(self.errors.get(name).cloned()),
                Raised::Foreign(name) => foreign.push(name.to_owned()),
            }
        }
        throws.dedup();
        let skipped: Vec<String> = method
            .params
            .iter()
            .filter(|param| matches!(param.kind, ParamKind::Keyword | ParamKind::Extra))
            .map(|param| param.name.clone())
            .collect();
        let mut tags = Vec::new();
        if !skipped.is_empty() {
            tags.push(escaped(&format!("Given by name only, with Node.call: {}.", skipped.join(", "))));
        }
        if !foreign.is_empty() {
            tags.push(escaped(&format!("Also raised, as a RemoteCallException: {}.", foreign.join(", "))));
        }
        if method.deprecated {
            tags.push("@deprecated the provider says so".into());
        }
        let placed: Vec<&ParamSpec> =
            method.params.iter().filter(|param| matches!(param.kind, ParamKind::Positional | ParamKind::Both)).collect();
        let rest = method.params.iter().find(|param| param.kind == ParamKind::Rest);
        let least = placed.iter().rposition(|param| !param.optional).map_or(0, |at| at + 1);
        let doc = method.doc.as_deref().unwrap_or_default();
        members.push(documented("    ", doc, &tags) + &self.declared(source, method, java, &placed, rest, &throws));
        for count in (least..placed.len()).rev() {
            let doc = "The same; the provider fills in what is left out.";
            let deprecated: Vec<String> = tags.iter().filter(|tag| tag.starts_with("@deprecated")).cloned().collect();
            members.push(documented("    ", doc, &deprecated) + &self.declared(source, method, java, &placed[..count], None, &throws));
        }
    }

    fn declared(
        &self,
        source: &mut Source<'_>,
        method: &MethodSpec,
        java: &str,
        placed: &[&ParamSpec],
        rest: Option<&ParamSpec>,
        throws: &[String],
    ) -> String {
        let mut text = String::new();
        if method.name != java {
            text += &format!("    @{}(name = {})\n", source.name("io.twinspan.Call"), quoted(&method.name));
        }
        if method.deprecated {
            text += &format!("    @{}\n", source.name("java.lang.Deprecated"));
        }
        let mut names = BTreeSet::new();
        let mut params = Vec::new();
        for param in placed {
            params.push(self.parameter(source, param, &mut names));
        }
        if let Some(rest) = rest {
            let of = Type::read(&rest.type_name);
            let item = self.java(source, &of, Place::Alone);
            if item.contains('<') {
                text += &format!("    @{}(\"unchecked\")\n", source.name("java.lang.SuppressWarnings"));
            }
            params.push(format!("{item}... {}", local_name(&rest.name, &mut names)));
        }
        let throws = if throws.is_empty() { String::new() } else { format!(" throws {}", throws.join(", ")) };
        let returns = self.result(source, method);
        let line = format!("    {returns} {java}({}){throws};\n", params.join(", "));
        text + &if line.len() <= WIDTH {
            line
        } else {
            format!("    {returns} {java}(\n            {}){throws};\n", params.join(",\n            "))
        }
    }

    fn parameter(&self, source: &mut Source<'_>, param: &ParamSpec, names: &mut BTreeSet<String>) -> String {
        let of = Type::read(&param.type_name);
        let name = local_name(&param.name, names);
        if let Type::Stream(item) = of.without_null() {
            let null = if matches!(of, Type::Optional(_)) { format!("@{} ", source.name("io.twinspan.Nullable")) } else { String::new() };
            let item = self.java(source, item, Place::Inside);
            return format!("{null}{}<{item}> {name}", source.name("java.util.stream.Stream"));
        }
        let marks = self.marks(source, &of, param.optional, param.default.as_deref());
        format!("{marks}{} {name}", self.java(source, &of, Place::Alone))
    }

    fn result(&self, source: &mut Source<'_>, method: &MethodSpec) -> String {
        let of = Type::read(&method.returns);
        let item = match of.without_null() {
            Type::Stream(item) => Some(&**item),
            _ if method.out_stream => Some(&Type::Any),
            _ => None,
        };
        if let Some(item) = item {
            let item = self.java(source, item, Place::Inside);
            return format!("{}<{item}>", source.name("io.twinspan.RemoteStream"));
        }
        if of == Type::Word(Word::Null) {
            return "void".into();
        }
        let null = if self.may_be_null(&of) { format!("@{} ", source.name("io.twinspan.Nullable")) } else { String::new() };
        null + &self.java(source, &of, Place::Alone)
    }
}

/// A parameter's name, of which calls from Java say nothing: arguments are given by their places.
fn local_name(name: &str, names: &mut BTreeSet<String>) -> String {
    let styled = for_java(name);
    let mut java = if is_name(&styled, JAVA) { styled } else { as_name(name, JAVA) };
    while !names.insert(java.clone()) {
        java.push('_');
    }
    java
}
