//! Records, enums, sealed interfaces and exceptions.

use super::{
    Package,
    source::{Source, documented, on_one_line, quoted},
    types::Place,
};
use crate::{
    cli::stubs::{
        classes::Classes,
        names::{JAVA, for_java, is_name},
    },
    config::{FieldSpec, TypeKind, TypeSpec},
    contract::Type,
};
use std::collections::{BTreeMap, BTreeSet};

/// Methods of every object, whose names no component of a record may have.
pub(super) const OBJECT: &[&str] = &["clone", "equals", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait"];

/// Longest line.
pub(super) const WIDTH: usize = 100;

/// Whether all values of an enum can be constants. Else it is a text.
pub(super) fn has_plain_values(class: &TypeSpec) -> bool {
    let different = class.values.iter().collect::<BTreeSet<_>>().len() == class.values.len();
    different && class.values.iter().all(|value| is_name(value, JAVA))
}

/// Whether all fields of a record can be components. Else it is a map, whose keys may be any text.
pub(super) fn has_plain_fields(class: &TypeSpec) -> bool {
    field_names(class).iter().all(|name| is_name(name, JAVA) && (!OBJECT.contains(&name.as_str()) || name == "equals"))
}

/// The fields as Java spells them: in its own style, unless two would be the same.
pub(super) fn field_names(class: &TypeSpec) -> Vec<String> {
    let styled: Vec<String> = class.fields.iter().map(|field| for_java(&field.name)).collect();
    let different = styled.iter().collect::<BTreeSet<_>>().len() == styled.len();
    if different { styled } else { class.fields.iter().map(|field| field.name.clone()).collect() }
}

/// What tells a record that is not registered from others.
fn sorted_fields(class: &TypeSpec) -> Vec<String> {
    let mut names = field_names(class);
    names.sort();
    names
}

/// Why the class can't be said: whoever names it says `Object`.
pub(super) fn trouble(classes: &Classes<'_>, class: &TypeSpec) -> Option<String> {
    if class.kind != TypeKind::Union {
        return None;
    }
    let members = classes.members(class);
    if members.len() != class.members.len() || members.is_empty() {
        return Some(format!("members of `{}` are not described", class.name));
    }
    let mut plain: BTreeMap<Vec<String>, &str> = BTreeMap::new();
    members.into_iter().find_map(|member| match member.kind {
        TypeKind::Union => None,
        TypeKind::Record if member.registered.is_none() && plain.contains_key(&sorted_fields(member)) => {
            let other = plain.get(&sorted_fields(member)).copied().unwrap_or_default();
            Some(format!(
                "`{other}` and `{}`, members of `{}`, have the same fields and are not registered, so that nothing tells them apart",
                member.name, class.name
            ))
        }
        TypeKind::Record if !has_plain_fields(member) => {
            Some(format!("fields of `{}`, a member of `{}`, have names that Java can't spell", member.name, class.name))
        }
        TypeKind::Record => {
            if member.registered.is_none() {
                plain.insert(sorted_fields(member), &member.name);
            }
            None
        }
        TypeKind::Enum | TypeKind::Other => Some(format!("`{}`, a member of `{}`, is no record", member.name, class.name)),
    })
}

impl Package<'_> {
    pub(super) fn all_classes(&mut self) {
        let all: Vec<&TypeSpec> = self.classes.all().collect();
        for class in all {
            match class.kind {
                TypeKind::Enum if has_plain_values(class) => self.enumeration(class),
                TypeKind::Record if has_plain_fields(class) => self.record(class),
                TypeKind::Union if trouble(&self.classes, class).is_none() => self.union(class),
                _ => {}
            }
        }
        for (name, class) in self.errors.clone() {
            self.error(name, &class);
        }
    }

    /// What to say where a type within these is an `Object`, because Java can't say it.
    pub(super) fn untold(&self, types: &[&str]) -> Option<String> {
        let why = self.classes.trouble(types, &|class| trouble(&self.classes, class))?;
        Some(format!("An `Object` stands where no class could be told: {why}. A record arrives there as a `Map`."))
    }

    fn enumeration(&mut self, class: &TypeSpec) {
        let name = self.local(class);
        let doc = documented("", class.doc.as_deref().unwrap_or_default(), &[]);
        let values: Vec<String> = class.values.iter().map(|value| format!("    {value}")).collect();
        let taken = self.taken.clone();
        self.class(&name, &Source::new(&taken), &format!("{doc}public enum {name} {{\n{}\n}}\n", values.join(",\n")));
    }

    fn record(&mut self, class: &TypeSpec) {
        let (taken, name) = (self.taken.clone(), self.local(class));
        let mut source = Source::new(&taken);
        let tag = |(field, name): (&FieldSpec, String)| field.doc.as_ref().map(|doc| format!("@param {name} {}", on_one_line(doc)));
        let tags: Vec<String> = class.fields.iter().zip(field_names(class)).filter_map(tag).collect();
        let types: Vec<&str> = class.fields.iter().map(|field| field.type_name.as_str()).collect();
        let mut about = class.doc.as_deref().unwrap_or_default().trim().to_owned();
        if let Some(why) = self.untold(&types) {
            about += if about.is_empty() { "" } else { "\n\n" };
            about += &why;
        }
        let mut body = documented("", &about, &tags);
        if let Some(registered) = &class.registered {
            body += &format!("@{}({})\n", source.name("io.twinspan.WireType"), quoted(registered));
        }
        let mut components = Vec::new();
        for (field, name) in class.fields.iter().zip(field_names(class)) {
            let of = Type::read(&field.type_name);
            let marks = self.marks(&mut source, &of, field.optional, field.default.as_deref());
            components.push(format!("{marks}{} {name}", self.java(&mut source, &of, Place::Alone)));
        }
        let implements = self.unions_of(class, "implements");
        let line = format!("public record {name}({}){implements} {{}}\n", components.join(", "));
        body += &if line.len() <= WIDTH {
            line
        } else {
            format!("public record {name}(\n        {}){implements} {{}}\n", components.join(",\n        "))
        };
        self.class(&name, &source, &body);
    }

    fn union(&mut self, class: &TypeSpec) {
        let (taken, name) = (self.taken.clone(), self.local(class));
        let doc = documented("", class.doc.as_deref().unwrap_or_default(), &[]);
        let extends = self.unions_of(class, "extends");
        let members: Vec<String> = self.classes.members(class).into_iter().map(|member| self.local(member)).collect();
        let body = format!("{doc}public sealed interface {name}{extends} permits {} {{}}\n", members.join(", "));
        self.class(&name, &Source::new(&taken), &body);
    }

    /// The sealed interfaces that a class is a member of.
    fn unions_of(&self, class: &TypeSpec, word: &str) -> String {
        let unions = self.classes.of_kind(TypeKind::Union).into_iter().filter(|union| trouble(&self.classes, union).is_none());
        let has = |union: &&TypeSpec| self.classes.members(union).iter().any(|member| member.name == class.name);
        let names: Vec<String> = unions.filter(has).map(|union| self.local(union)).collect();
        if names.is_empty() { String::new() } else { format!(" {word} {}", names.join(", ")) }
    }

    fn error(&mut self, wire: &str, name: &str) {
        let taken = self.taken.clone();
        let mut source = Source::new(&taken);
        let (mark, nullable) = (source.name("io.twinspan.WireError"), source.name("io.twinspan.Nullable"));
        let (base, text, cause) =
            (source.name("java.lang.RuntimeException"), source.name("java.lang.String"), source.name("java.lang.Throwable"));
        let doc = documented("", &format!("What the service raises as `{wire}`."), &[]);
        let body = format!(
            "{doc}@{mark}({})\npublic class {name} extends {base} {{\n    private static final long serialVersionUID = 1L;\n\n\
             {}    public {name}(@{nullable} {text} message, @{nullable} {cause} cause) {{\n        super(message, cause);\n    }}\n}}\n",
            quoted(wire),
            documented(
                "    ",
                "Made where the call was.",
                &["@param message what the handler said".to_owned(), "@param cause the remote error".to_owned()]
            ),
        );
        self.class(name, &source, &body);
    }
}
