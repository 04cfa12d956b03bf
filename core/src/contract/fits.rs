//! Whether values of one type can be read as another, across two states of a service.

use super::{
    change::Change,
    grammar::{Type, Word},
    names::find,
};
use crate::config::{FieldSpec, TypeKind, TypeSpec};
use std::{
    collections::{HashSet, VecDeque},
    mem,
};

/// Most pairs of classes that are compared; a peer that names more is believed about the rest.
const MOST_PAIRS: usize = 10_000;

/// Which way values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// From the caller, who knows the older state, to the provider.
    Sent,
    /// From the provider to the caller.
    Answered,
}

/// How a type fits another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Every value.
    Yes,
    /// One of them doesn't say enough: no promise is broken, and none is given.
    Untold,
    /// Some values don't.
    No,
}

/// The changes found so far, and the classes that are still to be compared.
pub(super) struct Fits<'a> {
    wanted: &'a [TypeSpec],
    offered: &'a [TypeSpec],
    seen: HashSet<(Way, &'a str, &'a str)>,
    pending: VecDeque<(Way, &'a TypeSpec, &'a TypeSpec)>,
    changes: Vec<Change>,
}

impl<'a> Fits<'a> {
    pub(super) fn new(wanted: &'a [TypeSpec], offered: &'a [TypeSpec]) -> Fits<'a> {
        Fits { wanted, offered, seen: HashSet::new(), pending: VecDeque::new(), changes: Vec::new() }
    }

    /// Compares the classes that the types named, and answers all changes.
    pub(super) fn done(mut self) -> Vec<Change> {
        while let Some((way, wanted, offered)) = self.pending.pop_front() {
            match wanted.kind {
                TypeKind::Enum => self.enums(way, wanted, offered),
                TypeKind::Union => self.unions(way, wanted, offered),
                TypeKind::Record | TypeKind::Other => self.records(way, wanted, offered),
            }
        }
        let mut kept: Vec<Change> = Vec::new();
        for change in mem::take(&mut self.changes) {
            // A class that goes both ways is looked at twice.
            let told = |known: &Change| known.place == change.place && known.what.starts_with(&change.what);
            if !kept.iter().any(told) {
                kept.retain(|known| known.place != change.place || !change.what.starts_with(&known.what));
                kept.push(change);
            }
        }
        kept
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Compares what stands at `place`; `now` and `before` are the verbs of the message.
    pub(super) fn check(&mut self, way: Way, place: &str, wanted: &str, offered: &str, (now, before): (&str, &str)) {
        let (old, new) = (Type::read(wanted), Type::read(offered));
        let fit = match way {
            Way::Sent => self.flow(way, &old, &new),
            Way::Answered => self.flow(way, &new, &old),
        };
        let what = || format!("{now} `{new}`, {before} `{old}`");
        match fit {
            Fit::No => self.changes.push(Change::breaks(place, what())),
            _ if form(&old) != form(&new) => self.changes.push(Change::harmless(place, what())),
            Fit::Yes | Fit::Untold => {}
        }
    }

    fn class(&self, wanted: bool, kind: TypeKind, name: &str) -> Option<&'a TypeSpec> {
        let all = if wanted { self.wanted } else { self.offered };
        all.iter().find(|one| one.name == name && one.kind == kind)
    }

    /// Whether every value of `from` can be read as `to`. What lies in classes is looked at later, by `done`.
    fn flow(&mut self, way: Way, from: &Type, to: &Type) -> Fit {
        use Type::{Any, Array, List, Map, Named, Optional, Set, Stream, Tuple};
        match (from, to) {
            (Any, Any) => Fit::Yes,
            (Any, _) | (_, Any) => Fit::Untold,
            (Optional(from), Optional(to)) => self.flow(way, from, to),
            (Type::Word(Word::Null), Optional(_)) => Fit::Yes,
            (Named(kind, name), Named(other, to)) => self.classes(way, (*kind, name), (*other, to)),
            (from, Optional(to)) => self.flow(way, from, to),
            (Type::Word(from), Type::Word(to)) => words(*from, *to),
            (Array(from), Array(to)) => match (from, to) {
                (None, Some(_)) => Fit::Untold,
                (from, to) => yes(to.is_none() || from == to),
            },
            (List(from), List(to)) | (Set(from), Set(to)) | (Stream(from), Stream(to)) => self.flow(way, from, to),
            // A parameter that takes a stream takes a list too.
            (List(from), Stream(to)) if way == Way::Sent => self.flow(way, from, to),
            (Tuple(from), List(to)) => self.all(way, from.iter().map(|from| (from, &**to))),
            (Tuple(from), Tuple(to)) if from.len() == to.len() => self.all(way, from.iter().zip(to)),
            (List(from), Tuple(_)) if **from == Any => Fit::Untold,
            (Map(key, value), Map(to_key, to_value)) => self.all(way, [(&**key, &**to_key), (&**value, &**to_value)].into_iter()),
            (Named(TypeKind::Enum, _), Type::Word(Word::Text)) => Fit::Yes,
            (Type::Word(Word::Text), Named(TypeKind::Enum, _)) if way == Way::Answered => Fit::Untold,
            // Untyped readers get a map for a record, and a record is read from a map.
            (Named(TypeKind::Record, name), Map(key, value)) if matches!(**key, Any | Type::Word(Word::Text)) => {
                let fields = self.class(way == Way::Sent, TypeKind::Record, name).map(|class| &class.fields[..]).unwrap_or_default();
                let types: Vec<Type> = fields.iter().map(|field| Type::read(&field.type_name)).collect();
                self.all(way, types.iter().map(|from| (from, &**value)))
            }
            (Map(key, _), Named(TypeKind::Record, _)) if matches!(**key, Any | Type::Word(Word::Text)) => Fit::Untold,
            _ => Fit::No,
        }
    }

    fn all<'t>(&mut self, way: Way, pairs: impl Iterator<Item = (&'t Type, &'t Type)>) -> Fit {
        pairs.map(|(from, to)| self.flow(way, from, to)).max().unwrap_or(Fit::Yes)
    }

    fn classes(&mut self, way: Way, from: (TypeKind, &str), to: (TypeKind, &str)) -> Fit {
        let sent = way == Way::Sent;
        let (Some(from), Some(to)) = (self.class(sent, from.0, from.1), self.class(!sent, to.0, to.1)) else {
            return Fit::Untold; // left out, because the service's types took too much room
        };
        match (from.kind, to.kind) {
            (a, b) if a == b => self.later(way, from, to),
            (TypeKind::Record, TypeKind::Union) => {
                let members = self.members(!sent, to);
                match members.into_iter().find(|member| is_same(from, member)) {
                    Some(member) => self.later(way, from, member),
                    None => Fit::No,
                }
            }
            _ => Fit::No,
        }
    }

    fn later(&mut self, way: Way, from: &'a TypeSpec, to: &'a TypeSpec) -> Fit {
        let (wanted, offered) = if way == Way::Sent { (from, to) } else { (to, from) };
        if self.seen.len() < MOST_PAIRS && self.seen.insert((way, &wanted.name, &offered.name)) {
            self.pending.push_back((way, wanted, offered));
        }
        Fit::Yes
    }

    fn members(&self, wanted: bool, union: &TypeSpec) -> Vec<&'a TypeSpec> {
        let name = |text: &String| match Type::read(text) {
            Type::Named(kind, name) => self.class(wanted, kind, &name),
            _ => None,
        };
        union.members.iter().filter_map(name).collect()
    }

    fn records(&mut self, way: Way, wanted: &TypeSpec, offered: &TypeSpec) {
        let class = &wanted.name;
        if wanted.registered.is_some() && offered.registered.is_some() && wanted.registered != offered.registered {
            let name = |class: &TypeSpec| class.registered.clone().unwrap_or_default();
            let what = format!("crosses as `{}`, crossed as `{}`", name(offered), name(wanted));
            self.changes.push(Change::harmless(class, what));
        }
        let place = |field: &FieldSpec| format!("{class}.{}", field.name);
        for field in &wanted.fields {
            match find(&field.name, &offered.fields, |field| &field.name) {
                Some(now) => self.fields(way, &place(field), field, now),
                None if way == Way::Sent => self.push(Change::harmless(place(field), "is not read any more")),
                None if field.optional => self.push(Change::harmless(place(field), "is gone: the default stands for it")),
                None => self.push(Change::breaks(place(field), "is gone")),
            }
        }
        for field in offered.fields.iter().filter(|field| find(&field.name, &wanted.fields, |field| &field.name).is_none()) {
            self.push(match way {
                Way::Sent if !field.optional => Change::breaks(place(field), "is new, and must be given"),
                _ => Change::harmless(place(field), "is new"),
            });
        }
    }

    fn fields(&mut self, way: Way, place: &str, wanted: &FieldSpec, offered: &FieldSpec) {
        let verbs = if way == Way::Sent { ("takes", "took") } else { ("is", "was") };
        self.check(way, place, &wanted.type_name, &offered.type_name, verbs);
        match way {
            // Senders with a class give all fields, null where they have nothing.
            Way::Sent if wanted.optional && !offered.optional && takes_null(wanted) && takes_null(offered) => {
                self.push(Change::harmless(place, "must be given now, if only as null"));
            }
            Way::Sent if wanted.optional && !offered.optional => self.push(Change::breaks(place, "must be given now")),
            Way::Answered if offered.optional && !wanted.optional => self.push(Change::harmless(place, "may be left out now")),
            _ => {}
        }
        if let (Some(before), Some(now)) = (&wanted.default, &offered.default)
            && before != now
        {
            self.push(Change::harmless(place, format!("is `{now}` if left out, was `{before}`")));
        }
    }

    fn enums(&mut self, way: Way, wanted: &TypeSpec, offered: &TypeSpec) {
        for value in wanted.values.iter().filter(|value| !offered.values.contains(value)) {
            self.push(match way {
                Way::Sent => Change::breaks(&wanted.name, format!("has no `{value}` any more")),
                Way::Answered => Change::harmless(&wanted.name, format!("has no `{value}` any more")),
            });
        }
        for value in offered.values.iter().filter(|value| !wanted.values.contains(value)) {
            let what = format!("has `{value}` now");
            let unread = if way == Way::Answered { ", which readers with the older enum refuse" } else { "" };
            self.push(Change::harmless(&wanted.name, what + unread));
        }
    }

    fn unions(&mut self, way: Way, wanted: &'a TypeSpec, offered: &'a TypeSpec) {
        let (before, now) = (self.members(true, wanted), self.members(false, offered));
        for member in &before {
            match now.iter().find(|one| is_same(member, one)) {
                Some(other) if way == Way::Sent => drop(self.later(way, member, other)),
                Some(other) => drop(self.later(way, other, member)),
                None if way == Way::Sent => {
                    self.push(Change::breaks(&wanted.name, format!("does not take `{}` any more", member.name)));
                }
                None => self.push(Change::harmless(&wanted.name, format!("is never `{}` any more", member.name))),
            }
        }
        for member in now.iter().filter(|member| !before.iter().any(|one| is_same(one, member))) {
            self.push(match way {
                Way::Sent => Change::harmless(&wanted.name, format!("takes `{}` too", member.name)),
                Way::Answered => Change::breaks(&wanted.name, format!("may be `{}` now", member.name)),
            });
        }
    }
}

/// Members of unions are told apart by the names under which they cross.
fn is_same(a: &TypeSpec, b: &TypeSpec) -> bool {
    match (&a.registered, &b.registered) {
        (Some(a), Some(b)) => a == b,
        _ => a.name == b.name,
    }
}

fn takes_null(field: &FieldSpec) -> bool {
    matches!(Type::read(&field.type_name), Type::Any | Type::Optional(_) | Type::Word(Word::Null))
}

fn words(from: Word, to: Word) -> Fit {
    let one_of_four = |word| matches!(word, Word::Instant | Word::Offset | Word::Zoned | Word::Local);
    match (from, to) {
        (Word::Int, Word::Float | Word::Decimal) => Fit::Yes,
        // Each says more than what it is read as.
        (Word::Instant, Word::Offset | Word::Zoned) | (Word::Offset, Word::Zoned) => Fit::Yes,
        (moment, Word::DateTime) if one_of_four(moment) => Fit::Yes,
        (Word::DateTime, moment) if one_of_four(moment) => Fit::Untold,
        (from, to) => yes(from == to),
    }
}

fn yes(fits: bool) -> Fit {
    if fits { Fit::Yes } else { Fit::No }
}

/// The type without the names of its classes, which may differ between the languages.
fn form(of: &Type) -> Type {
    let inner = |of: &Type| Box::new(form(of));
    match of {
        Type::List(a) => Type::List(inner(a)),
        Type::Set(a) => Type::Set(inner(a)),
        Type::Stream(a) => Type::Stream(inner(a)),
        Type::Optional(a) => Type::Optional(inner(a)),
        Type::Map(a, b) => Type::Map(inner(a), inner(b)),
        Type::Tuple(parts) => Type::Tuple(parts.iter().map(form).collect()),
        Type::Named(kind, _) => Type::Named(*kind, String::new()),
        Type::Any | Type::Word(_) | Type::Array(_) => of.clone(),
    }
}
