//! A module of Python: enums, dataclasses, unions, and a Protocol for each face.

mod classes;
mod faces;
mod hints;

pub(super) use hints::is_decimal;

use super::{
    Made,
    classes::Classes,
    errors::{Raised, in_python, last_part},
    files::Generated,
    head,
    names::{PYTHON, Pool, as_name, class_name},
};
use crate::{
    cli::console::shown,
    config::{ServiceSpec, TypeKind, TypeSpec},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::PathBuf,
};

/// What is imported stands in front of what needs it.
#[derive(Default)]
struct Imports {
    /// Names that the module, its classes and their members have.
    taken: BTreeSet<String>,
    /// By module: name and the name that it has here.
    found: BTreeMap<String, BTreeSet<(String, String)>>,
}

impl Imports {
    /// How a name of another module is written here. One that a class or a member has too gets an underscore: in the body of a class
    /// its members hide what is around.
    fn name(&mut self, module: &str, name: &str) -> String {
        let hidden = self.taken.contains(name);
        let here = if hidden { format!("_{name}") } else { name.to_owned() };
        if hidden || module != "builtins" {
            self.found.entry(module.to_owned()).or_default().insert((name.to_owned(), here.clone()));
        }
        here
    }

    fn text(&self) -> String {
        let one = |(name, here): &(String, String)| if name == here { name.clone() } else { format!("{name} as {here}") };
        let line = |(module, names): (&String, &BTreeSet<(String, String)>)| {
            format!("from {module} import {}\n", names.iter().map(one).collect::<Vec<_>>().join(", "))
        };
        let installed = |module: &str| module == "twinspan" || module.starts_with("numpy");
        let group = |wanted: bool| self.found.iter().filter(|(module, _)| installed(module) == wanted).map(line).collect::<String>();
        let (standard, others) = (group(false), group(true));
        if others.is_empty() { standard } else { format!("{standard}\n{others}") }
    }
}

/// The module in the making.
struct Module<'a> {
    service: &'a ServiceSpec,
    classes: Classes<'a>,
    imports: Imports,
    /// The names of the service's classes in this module.
    locals: BTreeMap<&'a str, String>,
    /// The classes of declared errors, by the name under which they cross.
    errors: BTreeMap<&'a str, String>,
    left_out: Vec<String>,
}

pub(super) fn generate(service: &ServiceSpec, package: &[String]) -> Made {
    let mut pool = Pool::default();
    let classes = Classes::of(service);
    let mut locals = BTreeMap::new();
    for class in classes.all() {
        locals.insert(class.name.as_str(), pool.take(&as_name(&class.name, PYTHON)));
    }
    let named = class_name(&service.name);
    let face = if pool.claim(&named) { named } else { pool.take(&format!("{named}Service")) };
    let awaiting = pool.take(&format!("Async{face}"));
    let mut errors = BTreeMap::new();
    for name in service.methods.iter().flat_map(|method| &method.raises) {
        if let Raised::Own(name) = in_python(name) {
            errors.entry(name).or_insert_with(|| pool.take(&as_name(last_part(name), PYTHON)));
        }
    }
    let mut module = Module { service, classes, imports: Imports::default(), locals, errors, left_out: Vec::new() };
    module.imports.taken = module.names([&face, &awaiting]);
    let text = module.text(&face, &awaiting);
    let file = service.name.rsplit('.').next().unwrap_or_default();
    let mut path: PathBuf = package.iter().collect();
    path.push(as_name(file, PYTHON) + ".py");
    Made { files: vec![Generated { path, text }], left_out: module.left_out }
}

impl<'a> Module<'a> {
    /// Every name that may hide another one.
    fn names(&self, faces: [&str; 2]) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.locals.values().chain(self.errors.values()).cloned().collect();
        names.extend(faces.map(str::to_owned));
        names.extend(self.service.methods.iter().map(|method| faces::method_name(self.service, &method.name)));
        for class in self.classes.all() {
            names.extend(classes::field_names(class));
        }
        names
    }

    fn text(&mut self, face: &str, awaiting: &str) -> String {
        let mut body = String::new();
        for class in self.classes.of_kind(TypeKind::Enum) {
            self.enumeration(&mut body, class);
        }
        for (name, class) in self.errors.clone() {
            let error = self.imports.name("twinspan", "error");
            let exception = self.imports.name("builtins", "Exception");
            let _ = write!(body, "\n\n@{error}({})\nclass {class}({exception}):\n", quoted(name));
            body += &docstring("    ", &format!("What the service raises as `{name}`; its fields are attributes."));
        }
        let records: Vec<&TypeSpec> = self.classes.all().filter(|class| matches!(class.kind, TypeKind::Record | TypeKind::Other)).collect();
        for class in records {
            self.record(&mut body, class);
        }
        self.unions(&mut body);
        self.face(&mut body, face, false);
        self.face(&mut body, awaiting, true);
        let about = self.service.doc.as_deref().map(str::trim).filter(|doc| !doc.is_empty());
        let about = about.map_or_else(|| format!("The service `{}`.", self.service.name), str::to_owned);
        let (head, imports) = (head(self.service, "python"), self.imports.text());
        format!("# {head}\n{}\nfrom __future__ import annotations\n\n{imports}{body}", docstring("", &about))
    }

    /// The name of a class in this module.
    fn local(&self, class: &TypeSpec) -> String {
        self.locals.get(class.name.as_str()).cloned().unwrap_or_else(|| as_name(&class.name, PYTHON))
    }
}

/// A text as a literal.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            c if c.is_control() => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// Text of a peer as documentation, line by line; it can't end the docstring.
fn docstring(indent: &str, text: &str) -> String {
    let line = |line: &str| shown(line.trim_end()).replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let lines: Vec<String> = text.trim().lines().map(line).collect();
    let ends = |line: &str| line.strip_suffix('"').map_or_else(|| line.to_owned(), |before| format!("{before}\\\""));
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("{indent}\"\"\"{}\"\"\"\n", ends(one)),
        [first, rest @ ..] => {
            let mut out = format!("{indent}\"\"\"{first}\n");
            for line in rest {
                let _ = writeln!(out, "{}", format!("{indent}{line}").trim_end());
            }
            out + indent + "\"\"\"\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_literal() {
        assert_eq!(quoted("a\"\\\n\u{7}ö"), r#""a\"\\\n\U00000007ö""#);
        for (text, expected) in [
            ("", ""),
            ("A \"word\" here.", "\"\"\"A \"word\" here.\"\"\"\n"),
            ("say \"x\"", "\"\"\"say \"x\\\"\"\"\"\n"),
            ("a\"\"\"b", "\"\"\"a\\\"\\\"\\\"b\"\"\"\n"),
            ("\\", "\"\"\"\\\\\"\"\"\n"),
            ("a\n\n  b\"", "\"\"\"a\n\n  b\"\n\"\"\"\n"),
        ] {
            assert_eq!(docstring("", text), expected, "{text}");
        }
    }
}
