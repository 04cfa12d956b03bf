//! Enums, records and unions.

use super::{Module, docstring, hints::Literal, quoted};
use crate::{
    cli::stubs::names::{PYTHON, for_python, is_name},
    config::{FieldSpec, TypeKind, TypeSpec},
    contract::Type,
};
use std::{collections::BTreeSet, fmt::Write};

/// Whether all values of an enum can be members of a class.
pub(super) fn has_plain_values(class: &TypeSpec) -> bool {
    class
        .values
        .iter()
        .all(|value| is_name(value, PYTHON) && !value.starts_with('_') && !["mro", "name", "value"].contains(&value.as_str()))
        && class.values.iter().collect::<BTreeSet<_>>().len() == class.values.len()
}

/// Whether all fields of a record can be attributes. Else it is a TypedDict, whose keys may be any text.
pub(super) fn has_plain_fields(class: &TypeSpec) -> bool {
    class.fields.iter().all(|field| is_name(&field.name, PYTHON) && !field.name.starts_with("__"))
}

/// The fields as Python spells them: in its own style, unless two would be the same.
pub(super) fn field_names(class: &TypeSpec) -> Vec<String> {
    let styled: Vec<String> = class.fields.iter().map(|field| for_python(&field.name)).collect();
    let different = styled.iter().collect::<BTreeSet<_>>().len() == styled.len();
    let usable = different && styled.iter().all(|name| is_name(name, PYTHON));
    if usable { styled } else { class.fields.iter().map(|field| field.name.clone()).collect() }
}

/// Why the class can't be said.
pub(super) fn trouble(module: &Module<'_>, class: &TypeSpec) -> Option<String> {
    if class.kind != TypeKind::Union {
        return None;
    }
    let members = module.classes.members(class);
    if members.len() != class.members.len() || members.is_empty() {
        return Some(format!("members of `{}` are not described", class.name));
    }
    let odd = members.iter().find(|member| member.kind == TypeKind::Record && !has_plain_fields(member))?;
    Some(format!("fields of `{}`, a member of `{}`, have names that Python can't spell", odd.name, class.name))
}

impl Module<'_> {
    pub(super) fn enumeration(&mut self, body: &mut String, class: &TypeSpec) {
        let name = self.local(class);
        if !has_plain_values(class) {
            let values: Vec<String> = class.values.iter().map(|value| quoted(value)).collect();
            let (alias, literal) = (self.imports.name("typing", "TypeAlias"), self.imports.name("typing", "Literal"));
            let _ = write!(body, "\n\n# Not all of these can be names of members.\n{name}: {alias} = {literal}[{}]\n", values.join(", "));
            return;
        }
        let _ = write!(body, "\n\nclass {name}({}):\n", self.imports.name("enum", "Enum"));
        let doc = docstring("    ", class.doc.as_deref().unwrap_or_default());
        *body += &doc;
        if !doc.is_empty() && !class.values.is_empty() {
            body.push('\n');
        }
        for value in &class.values {
            let _ = writeln!(body, "    {value} = {}", quoted(value));
        }
        if class.values.is_empty() && doc.is_empty() {
            *body += "    pass\n";
        }
    }

    pub(super) fn record(&mut self, body: &mut String, class: &TypeSpec) {
        if !has_plain_fields(class) {
            return self.typed_dict(body, class);
        }
        let names = field_names(class);
        let defaults: Vec<Option<String>> = class.fields.iter().map(|field| self.field_default(field)).collect();
        let first = defaults.iter().position(Option::is_some).unwrap_or(defaults.len());
        let ordered = defaults[first..].iter().all(Option::is_some);
        *body += "\n\n";
        if let Some(registered) = &class.registered {
            let _ = writeln!(body, "@{}({})", self.imports.name("twinspan", "record"), quoted(registered));
        }
        let _ = writeln!(body, "@{}{}", self.imports.name("dataclasses", "dataclass"), if ordered { "" } else { "(kw_only=True)" });
        let _ = writeln!(body, "class {}:", self.local(class));
        let doc = docstring("    ", class.doc.as_deref().unwrap_or_default());
        *body += &doc;
        if !doc.is_empty() && !class.fields.is_empty() {
            body.push('\n');
        }
        for ((field, name), default) in class.fields.iter().zip(names).zip(defaults) {
            let hint = self.hint(&Type::read(&field.type_name));
            let default = default.map(|default| format!(" = {default}")).unwrap_or_default();
            let _ = writeln!(body, "    {name}: {hint}{default}");
            *body += &docstring("    ", field.doc.as_deref().unwrap_or_default());
        }
        if doc.is_empty() && class.fields.is_empty() {
            *body += "    pass\n";
        }
    }

    /// What a field is if it is left out. One whose default isn't told must be given: nothing that we could send would be it.
    fn field_default(&mut self, field: &FieldSpec) -> Option<String> {
        if !field.optional {
            return None;
        }
        let of = Type::read(&field.type_name);
        match field.default.as_deref().and_then(|json| self.literal(&of, json)) {
            Some(Literal::Plain(text)) => Some(text),
            Some(Literal::Fresh(text)) => {
                // Not `list` itself: strict checkers ask what is in it.
                Some(format!("{}(default_factory=lambda: {text})", self.imports.name("dataclasses", "field")))
            }
            None if matches!(of, Type::Optional(_)) && field.default.is_none() => Some("None".into()),
            None => None,
        }
    }

    fn typed_dict(&mut self, body: &mut String, class: &TypeSpec) {
        let (name, typed) = (self.local(class), self.imports.name("typing", "TypedDict"));
        let _ = write!(
            body,
            "\n\n# A dictionary: not all of its fields can be attributes.\n{name} = {typed}(\n    {},\n    {{\n",
            quoted(&name)
        );
        for field in &class.fields {
            let hint = quoted(&self.hint(&Type::read(&field.type_name)));
            let hint = if field.optional { format!("{}[{hint}]", self.imports.name("typing", "NotRequired")) } else { hint };
            let _ = writeln!(body, "        {}: {hint},", quoted(&field.name));
        }
        *body += "    },\n)\n";
    }

    /// Unions, each behind those that are its members.
    pub(super) fn unions(&mut self, body: &mut String) {
        let mut left: Vec<&TypeSpec> =
            self.classes.of_kind(TypeKind::Union).into_iter().filter(|class| trouble(self, class).is_none()).collect();
        while !left.is_empty() {
            let waits = |class: &TypeSpec| self.classes.members(class).iter().any(|member| left.iter().any(|one| one.name == member.name));
            // Unions that contain each other can't be; then the first of them goes first.
            let at = left.iter().position(|class| !waits(class)).unwrap_or(0);
            let class = left.remove(at);
            let members: Vec<String> = self.classes.members(class).into_iter().map(|member| self.local(member)).collect();
            let alias = self.imports.name("typing", "TypeAlias");
            let _ = write!(body, "\n\n{}: {alias} = {}\n", self.local(class), members.join(" | "));
            *body += &docstring("", class.doc.as_deref().unwrap_or_default());
        }
    }
}
