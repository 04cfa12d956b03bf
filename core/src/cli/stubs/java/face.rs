//! The interface whose methods are the calls.

use super::{
    Package,
    classes::{OBJECT, WIDTH},
    source::{Source, documented, escaped, quoted},
    types::Place,
};
use crate::{
    cli::stubs::{
        errors::{Raised, in_java},
        names::{JAVA, as_name, for_java, is_name},
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
            let java = self.method_name(&method.name, &mut names);
            self.method(&mut source, method, &java, &mut members);
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
        let mut tags = Vec::new();
        if let Some(extra) = method.params.iter().find(|param| param.kind == ParamKind::Extra) {
            tags.push(escaped(&format!("More arguments are given by name, with Node.call: {}.", extra.name)));
        }
        let mut types: Vec<&str> = method.params.iter().map(|param| param.type_name.as_str()).collect();
        types.push(&method.returns);
        tags.extend(self.untold(&types).map(|why| escaped(&why)));
        if !foreign.is_empty() {
            tags.push(escaped(&format!("Also raised, as a RemoteCallException: {}.", foreign.join(", "))));
        }
        if method.deprecated {
            tags.push("@deprecated the provider says so".into());
        }
        let placed: Vec<&ParamSpec> =
            method.params.iter().filter(|param| matches!(param.kind, ParamKind::Positional | ParamKind::Both)).collect();
        let keywords =
            |optional: bool| method.params.iter().filter(move |param| param.kind == ParamKind::Keyword && param.optional == optional);
        let needed: Vec<&ParamSpec> = keywords(false).collect();
        let all: Vec<&ParamSpec> = needed.iter().copied().chain(keywords(true)).collect();
        let rest = method.params.iter().find(|param| param.kind == ParamKind::Rest);
        if all.len() > needed.len() {
            tags.insert(0, "Null leaves an argument out that is given by name: the provider fills it in.".into());
        }
        let least = placed.iter().rposition(|param| !param.optional).map_or(0, |at| at + 1);
        let doc = method.doc.as_deref().unwrap_or_default();
        members.push(documented("    ", doc, &tags) + &self.declared(source, method, java, &[&placed, &all], rest, &throws));
        let mut shorter: Vec<usize> = (least..placed.len()).rev().collect();
        // With further arguments by place javac could not tell the two apart.
        if all.len() > needed.len() && rest.is_none() {
            shorter.insert(0, placed.len());
        }
        for count in shorter {
            let doc = "The same; the provider fills in what is left out.";
            let deprecated: Vec<String> = tags.iter().filter(|tag| tag.starts_with("@deprecated")).cloned().collect();
            members.push(
                documented("    ", doc, &deprecated) + &self.declared(source, method, java, &[&placed[..count], &needed], None, &throws),
            );
        }
    }

    fn declared(
        &self,
        source: &mut Source<'_>,
        method: &MethodSpec,
        java: &str,
        given: &[&[&ParamSpec]],
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
        for param in given.iter().copied().flatten() {
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
        let keyword = param.kind == ParamKind::Keyword;
        let by_name = if keyword { format!("@{}({}) ", source.name("io.twinspan.ByName"), quoted(&param.name)) } else { String::new() };
        // Null is how an argument by name is left out.
        let optional = keyword && param.optional && !self.may_be_null(&of);
        let nullable = if optional { format!("@{} ", source.name("io.twinspan.Nullable")) } else { String::new() };
        let by_name = by_name + &nullable;
        if let Type::Stream(item) = of.without_null() {
            let null = if matches!(of, Type::Optional(_)) { format!("@{} ", source.name("io.twinspan.Nullable")) } else { String::new() };
            let item = self.java(source, item, Place::Inside);
            return format!("{by_name}{null}{}<{item}> {name}", source.name("java.util.stream.Stream"));
        }
        let marks = self.marks(source, &of, param.optional, param.default.as_deref());
        let place = if optional { Place::Inside } else { Place::Alone };
        format!("{by_name}{marks}{} {name}", self.java(source, &of, place))
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
