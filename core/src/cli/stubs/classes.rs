//! The classes of a service as stubs need them.

use super::super::describe::reached;
use crate::{
    config::{MethodSpec, ServiceSpec, TypeKind, TypeSpec},
    contract::Type,
};
use std::collections::BTreeMap;

/// The classes that the methods name, by name.
pub(super) struct Classes<'a> {
    all: Vec<&'a TypeSpec>,
    by_name: BTreeMap<&'a str, &'a TypeSpec>,
}

impl<'a> Classes<'a> {
    pub(super) fn of(service: &'a ServiceSpec) -> Classes<'a> {
        let methods: Vec<&MethodSpec> = service.methods.iter().collect();
        let all = reached(&methods, &service.types);
        let by_name = all.iter().map(|class| (class.name.as_str(), *class)).collect();
        Classes { all, by_name }
    }

    /// In the service's order.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a TypeSpec> {
        self.all.iter().copied()
    }

    pub(super) fn of_kind(&self, kind: TypeKind) -> Vec<&'a TypeSpec> {
        self.all().filter(|class| class.kind == kind).collect()
    }

    /// The class that a type names; none where the service doesn't define it.
    pub(super) fn get(&self, kind: TypeKind, name: &str) -> Option<&'a TypeSpec> {
        self.by_name.get(name).copied().filter(|class| class.kind == kind)
    }

    /// The members of a union that the service defines.
    pub(super) fn members(&self, union: &TypeSpec) -> Vec<&'a TypeSpec> {
        let member = |text: &String| match Type::read(text) {
            Type::Named(kind, name) => self.get(kind, &name),
            _ => None,
        };
        union.members.iter().filter_map(member).collect()
    }

    /// Why a type can't be said in a language: the first reason that `trouble` has about a class within it.
    pub(super) fn trouble(&self, types: &[&str], trouble: &dyn Fn(&TypeSpec) -> Option<String>) -> Option<String> {
        let method = MethodSpec { params: Vec::new(), returns: format!("tuple<{}>", types.join(",")), ..MethodSpec::default() };
        let owned: Vec<TypeSpec> = self.all.iter().map(|class| (*class).clone()).collect();
        reached(&[&method], &owned).into_iter().find_map(trouble)
    }
}
