//! The Protocols: one for nodes that block, one for nodes that await.

use super::{Module, classes, docstring, hints::Literal};
use crate::{
    cli::stubs::{
        errors::{Raised, in_python},
        names::{PYTHON, as_name, for_python, is_name},
    },
    config::{MethodSpec, ParamKind, ParamSpec, ServiceSpec},
    contract::Type,
};
use std::{collections::BTreeSet, fmt::Write};

/// Longest line of a signature.
const WIDTH: usize = 100;

/// How a method is called in Python: in its style where that leads back to the one method.
pub(super) fn method_name(service: &ServiceSpec, name: &str) -> String {
    let styled = for_python(name);
    let same = service.methods.iter().filter(|other| crate::contract::alike(&other.name, name)).count();
    if same == 1 && is_name(&styled, PYTHON) { styled } else { name.to_owned() }
}

impl Module<'_> {
    pub(super) fn face(&mut self, body: &mut String, name: &str, awaits: bool) {
        let _ = write!(body, "\n\nclass {name}({}):\n", self.imports.name("typing", "Protocol"));
        let about = self.service.doc.as_deref().map(str::trim).filter(|doc| !doc.is_empty());
        let face = if awaits { "a node that awaits" } else { "a node that blocks" };
        let about = about.map_or_else(
            || format!("The service `{}`", self.service.name),
            |doc| doc.lines().next().unwrap_or(doc).trim_end_matches('.').to_owned(),
        );
        *body += &docstring("    ", &format!("{about}, for {face}."));
        let service = self.service;
        for method in &service.methods {
            match self.trouble(method) {
                None => self.method(body, method, awaits),
                Some(why) => {
                    let name = crate::cli::console::shown(&method.name);
                    let _ = write!(body, "\n    # Left out: {name}: {}.\n", crate::cli::console::shown(&why));
                    if !awaits {
                        self.left_out.push(format!("{name}: {why}"));
                    }
                }
            }
        }
    }

    /// Why a method can't be in a Protocol.
    fn trouble(&self, method: &MethodSpec) -> Option<String> {
        let name = method_name(self.service, &method.name);
        if !is_name(&name, PYTHON) || name.starts_with('_') {
            let told = super::quoted(&method.name);
            return Some(format!("Python can't spell it, or keeps it for itself: call it as client[{told}](…)"));
        }
        if let Some(param) = method.params.iter().find(|p| p.kind == ParamKind::Keyword && !p.optional && !can_be_keyword(p)) {
            return Some(format!("Python can't spell its argument `{}`, which is given by name only", param.name));
        }
        let mut types: Vec<&str> = method.params.iter().map(|param| param.type_name.as_str()).collect();
        types.push(&method.returns);
        self.classes.trouble(&types, &|class| classes::trouble(self, class))
    }

    fn method(&mut self, body: &mut String, method: &MethodSpec, awaits: bool) {
        body.push('\n');
        let (mut raised, mut foreign) = (Vec::new(), Vec::new());
        for name in &method.raises {
            match in_python(name) {
                Raised::Known(builtin) => raised.push(self.imports.name("builtins", builtin)),
                Raised::Own(name) => raised.extend(self.errors.get(name).cloned()),
                Raised::Foreign(name) => foreign.push(name),
            }
        }
        if !raised.is_empty() {
            let _ = writeln!(body, "    @{}({})", self.imports.name("twinspan", "raises"), raised.join(", "));
        }
        let (params, skipped) = self.parameters(method, awaits);
        let streams = method.out_stream || matches!(Type::read(&method.returns).without_null(), Type::Stream(_));
        let returns = self.result(method, streams, awaits);
        let name = method_name(self.service, &method.name);
        let def = if awaits && !streams { "async def" } else { "def" };
        let mut doc = method.doc.as_deref().unwrap_or_default().trim().to_owned();
        let mut add = |line: String| doc = format!("{doc}\n\n{line}").trim().to_owned();
        if method.deprecated {
            add("Deprecated.".into());
        }
        if !skipped.is_empty() {
            add(format!("Python can't spell these optional arguments: {}.", skipped.join(", ")));
        }
        if !foreign.is_empty() {
            add(format!("Also raised, as a RemoteError: {}.", foreign.join(", ")));
        }
        let doc = docstring("        ", &doc);
        // As formatters want it.
        let after = if doc.is_empty() { " ..." } else { "" };
        let line = format!("    {def} {name}({}) -> {returns}:{after}", params.join(", "));
        if line.len() <= WIDTH {
            let _ = writeln!(body, "{line}");
        } else {
            let params: String = params.iter().map(|param| format!("        {param},\n")).collect();
            let _ = writeln!(body, "    {def} {name}(\n{params}    ) -> {returns}:{after}");
        }
        *body += &doc;
        if !doc.is_empty() {
            *body += "        ...\n";
        }
    }

    fn result(&mut self, method: &MethodSpec, streams: bool, awaits: bool) -> String {
        let of = Type::read(&method.returns);
        if !streams {
            return self.hint(&of);
        }
        let item = match of.without_null() {
            Type::Stream(item) => self.hint(item),
            _ => self.hint(&Type::Any),
        };
        let class = if awaits { "AsyncStream" } else { "Stream" };
        format!("{}[{item}]", self.imports.name("twinspan", class))
    }

    /// The parameters as they are written, and the optional ones that can't be.
    fn parameters(&mut self, method: &MethodSpec, awaits: bool) -> (Vec<String>, Vec<String>) {
        let names = local_names(method);
        let of_kind = |kinds: &[ParamKind]| -> Vec<(&ParamSpec, &String)> {
            method.params.iter().zip(&names).filter(|(param, _)| kinds.contains(&param.kind)).collect()
        };
        let mut out = vec!["self".to_owned()];
        let placed = of_kind(&[ParamKind::Positional, ParamKind::Both]);
        // Up to the last one that can only be given by its place.
        let only_placed = placed.iter().rposition(|(param, _)| param.kind == ParamKind::Positional || !can_be_keyword(param));
        let last_needed = placed.iter().rposition(|(param, _)| !param.optional);
        for (at, (param, name)) in placed.iter().enumerate() {
            // One without a default can't follow one that has some.
            let optional = param.optional && last_needed.is_none_or(|last| at > last);
            out.push(self.parameter(param, name, optional, awaits));
            if only_placed == Some(at) {
                out.push("/".into());
            }
        }
        let rest = of_kind(&[ParamKind::Rest]);
        if let Some((param, name)) = rest.first() {
            let hint = self.argument(&param.type_name, awaits);
            out.push(format!("*{name}: {hint}"));
        }
        let (keyword, skipped): (Vec<_>, Vec<_>) = of_kind(&[ParamKind::Keyword]).into_iter().partition(|(param, _)| can_be_keyword(param));
        if rest.is_empty() && !keyword.is_empty() {
            out.push("*".into());
        }
        for (param, name) in keyword {
            out.push(self.parameter(param, name, param.optional, awaits));
        }
        if let Some((param, name)) = of_kind(&[ParamKind::Extra]).first() {
            let hint = self.argument(&param.type_name, awaits);
            out.push(format!("**{name}: {hint}"));
        }
        (out, skipped.into_iter().map(|(param, _)| format!("`{}`", param.name)).collect())
    }

    fn parameter(&mut self, param: &ParamSpec, name: &str, optional: bool, awaits: bool) -> String {
        let hint = self.argument(&param.type_name, awaits);
        if !optional {
            return format!("{name}: {hint}");
        }
        let of = Type::read(&param.type_name);
        let default = match param.default.as_deref().and_then(|json| self.literal(&of, json)) {
            Some(Literal::Plain(text)) => text,
            // The provider fills it in.
            Some(Literal::Fresh(_)) | None => "...".into(),
        };
        format!("{name}: {hint} = {default}")
    }

    /// A type of an argument, which may be a stream.
    fn argument(&mut self, text: &str, awaits: bool) -> String {
        let of = Type::read(text);
        let Type::Stream(item) = of.without_null() else { return self.hint(&of) };
        let item = self.hint(item);
        let mut hint = format!("{}[{item}]", self.imports.name("collections.abc", "Iterable"));
        if awaits {
            hint = format!("{}[{item}] | {hint}", self.imports.name("collections.abc", "AsyncIterable"));
        }
        if matches!(of, Type::Optional(_)) { hint + " | None" } else { hint }
    }
}

/// Whether Python can give it by its name.
fn can_be_keyword(param: &ParamSpec) -> bool {
    is_name(&param.name, PYTHON) && param.name != "self" && !param.name.starts_with("__")
}

/// The parameters as Python spells them: each its own.
fn local_names(method: &MethodSpec) -> Vec<String> {
    let mut taken: BTreeSet<String> = method.params.iter().map(|param| param.name.clone()).chain(["self".to_owned()]).collect();
    let mut names = Vec::new();
    for param in &method.params {
        let styled = for_python(&param.name);
        let mut name = if styled != param.name && is_name(&styled, PYTHON) && taken.insert(styled.clone()) {
            styled
        } else if can_be_keyword(param) && !names.contains(&param.name) {
            param.name.clone()
        } else {
            // Given by its place: any name will do.
            let name = as_name(&param.name, &[]);
            if name.starts_with('_') { format!("arg{name}") } else { name + "_" }
        };
        while names.contains(&name) {
            name.push('_');
        }
        names.push(name);
    }
    names
}
