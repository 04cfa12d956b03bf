//! A package of Java: an interface, records, enums and sealed interfaces, a file each.

mod classes;
mod face;
mod source;
mod types;

use super::{
    Made,
    classes::Classes,
    errors::{Raised, in_java, last_part},
    files::Generated,
    head,
    names::{JAVA, JAVA_CLASS, Pool, as_name, class_name},
};
use crate::config::{ServiceSpec, TypeSpec};
use source::{Source, documented};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The package in the making.
struct Package<'a> {
    service: &'a ServiceSpec,
    classes: Classes<'a>,
    name: String,
    /// The names of the service's classes in this package.
    locals: BTreeMap<&'a str, String>,
    /// The classes of declared errors, by the name under which they cross.
    errors: BTreeMap<&'a str, String>,
    /// Every class of the package.
    taken: BTreeSet<String>,
    files: Vec<Generated>,
}

pub(super) fn generate(service: &ServiceSpec, package: &[String]) -> Made {
    let keywords = [JAVA, JAVA_CLASS].concat();
    let mut pool = Pool::default();
    let classes = Classes::of(service);
    let mut locals = BTreeMap::new();
    for class in classes.all() {
        locals.insert(class.name.as_str(), pool.take(&as_name(&class.name, &keywords)));
    }
    let named = class_name(&service.name);
    let face = if pool.claim(&named) { named } else { pool.take(&format!("{named}Service")) };
    let mut errors = BTreeMap::new();
    for name in service.methods.iter().flat_map(|method| &method.raises) {
        if let Raised::Own(name) = in_java(name) {
            errors.entry(name).or_insert_with(|| pool.take(&as_name(last_part(name), &keywords)));
        }
    }
    let taken = locals.values().chain(errors.values()).cloned().chain([face.clone()]).collect();
    let mut made = Package { service, classes, name: package.join("."), locals, errors, taken, files: Vec::new() };
    made.package_info();
    made.all_classes();
    made.face(&face);
    let folder: PathBuf = package.iter().collect();
    let files = made.files.into_iter().map(|file| Generated { path: folder.join(file.path), ..file }).collect();
    Made { files, left_out: Vec::new() }
}

impl Package<'_> {
    fn package_info(&mut self) {
        let mut source = Source::new(&self.taken);
        let marked = source.name("io.twinspan.NullMarked");
        let text = format!(
            "// {}\n{}@{marked}\npackage {};\n{}",
            head(self.service, "java"),
            documented("", &format!("Stubs of the service `{}`.", self.service.name), &[]),
            self.name,
            source.imports(),
        );
        self.write("package-info", text);
    }

    /// A file with one class.
    fn class(&mut self, name: &str, source: &Source<'_>, body: &str) {
        let text = format!("// {}\npackage {};\n{}\n{body}", head(self.service, "java"), self.name, source.imports());
        self.write(name, text);
    }

    /// Letters beyond ASCII are escaped: compilers don't agree on what a file's bytes mean.
    fn write(&mut self, name: &str, text: String) {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii() {
                escaped.push(c);
            } else {
                let mut units = [0; 2];
                escaped.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
        self.files.push(Generated { path: format!("{name}.java").into(), text: escaped });
    }

    /// The name of a class in this package.
    fn local(&self, class: &TypeSpec) -> String {
        self.locals.get(class.name.as_str()).cloned().unwrap_or_else(|| as_name(&class.name, JAVA))
    }
}
