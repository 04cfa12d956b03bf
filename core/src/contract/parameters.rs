//! Whether the arguments that callers give are still taken. Calls match them by their exact name, then in the other language's
//! spelling, or by their place.

use super::{
    change::Change,
    fits::{Fits, Way},
    names::find,
};
use crate::config::{MethodSpec, ParamKind, ParamSpec};

const TAKES: (&str, &str) = ("takes", "took");

/// Compares the parameters of one method.
pub(super) fn compare(fits: &mut Fits<'_>, wanted: &MethodSpec, offered: &MethodSpec) {
    let now = Offered::of(offered);
    let mut matched: Vec<&ParamSpec> = Vec::new();
    let mut place = 0;
    for param in &wanted.params {
        let at = format!("{}.{}", wanted.name, param.name);
        let found = match param.kind {
            ParamKind::Rest | ParamKind::Extra => now.all(fits, &at, param),
            ParamKind::Positional => now.by_place(fits, &at, place),
            ParamKind::Keyword => now.by_name(fits, &at, param),
            ParamKind::Both => now.either_way(fits, &at, param, place),
        };
        if is_placed(param) {
            place += 1;
        }
        let Some(found) = found else { continue };
        matched.push(found);
        fits.check(Way::Sent, &at, &param.type_name, &found.type_name, TAKES);
        left_out(fits, &at, param, found);
    }
    for param in offered.params.iter().filter(|param| !matched.iter().any(|known| std::ptr::eq(*known, *param))) {
        let at = format!("{}.{}", wanted.name, param.name);
        let needed = !param.optional && !matches!(param.kind, ParamKind::Rest | ParamKind::Extra);
        fits.push(if needed { Change::breaks(at, "is new, and must be given") } else { Change::harmless(at, "is new") });
    }
}

fn left_out(fits: &mut Fits<'_>, at: &str, wanted: &ParamSpec, offered: &ParamSpec) {
    let many = |param: &ParamSpec| matches!(param.kind, ParamKind::Rest | ParamKind::Extra);
    if many(wanted) || many(offered) {
        return;
    }
    match (wanted.optional, offered.optional) {
        (true, false) => fits.push(Change::breaks(at, "must be given now")),
        (false, true) => fits.push(Change::harmless(at, "may be left out now")),
        _ => {}
    }
    if let (Some(before), Some(now)) = (&wanted.default, &offered.default)
        && before != now
    {
        fits.push(Change::harmless(at, format!("is `{now}` if left out, was `{before}`")));
    }
}

fn is_placed(param: &ParamSpec) -> bool {
    matches!(param.kind, ParamKind::Positional | ParamKind::Both)
}

/// What is taken now.
struct Offered<'a> {
    placed: Vec<&'a ParamSpec>,
    single: Vec<&'a ParamSpec>,
    rest: Option<&'a ParamSpec>,
    extra: Option<&'a ParamSpec>,
}

impl<'a> Offered<'a> {
    fn of(method: &'a MethodSpec) -> Offered<'a> {
        let kind = |kind| method.params.iter().find(|param| param.kind == kind);
        let single = |param: &&ParamSpec| !matches!(param.kind, ParamKind::Rest | ParamKind::Extra);
        Offered {
            placed: method.params.iter().filter(|param| is_placed(param)).collect(),
            single: method.params.iter().filter(single).collect(),
            rest: kind(ParamKind::Rest),
            extra: kind(ParamKind::Extra),
        }
    }

    fn all(&self, fits: &mut Fits<'_>, at: &str, param: &ParamSpec) -> Option<&'a ParamSpec> {
        let found = if param.kind == ParamKind::Rest { self.rest } else { self.extra };
        if found.is_none() {
            let which = if param.kind == ParamKind::Rest { "positional" } else { "named" };
            fits.push(Change::breaks(at, format!("is gone: further {which} arguments are not taken")));
        }
        found
    }

    fn by_place(&self, fits: &mut Fits<'_>, at: &str, place: usize) -> Option<&'a ParamSpec> {
        let found = self.placed.get(place).copied().or(self.rest);
        if found.is_none() {
            fits.push(Change::breaks(at, format!("is gone: at most {} are given by place", self.placed.len())));
        }
        found
    }

    fn named(&self, name: &str) -> Option<&'a ParamSpec> {
        let former = |param: &&&ParamSpec| param.former.iter().any(|old| old == name);
        find(name, &self.single, |param| &param.name).or_else(|| self.single.iter().find(former)).copied()
    }

    fn by_name(&self, fits: &mut Fits<'_>, at: &str, param: &ParamSpec) -> Option<&'a ParamSpec> {
        let found = self.named(&param.name);
        match found {
            Some(found) if found.kind == ParamKind::Positional => fits.push(Change::breaks(at, "is given by place only now")),
            Some(_) => {}
            None => match self.extra {
                Some(extra) => fits.push(Change::harmless(at, format!("is one of `**{}` now", extra.name))),
                None => fits.push(Change::breaks(at, "is gone")),
            },
        }
        found.or(self.extra)
    }

    /// Callers may have given it by name or by place: both must still work.
    fn either_way(&self, fits: &mut Fits<'_>, at: &str, param: &ParamSpec, place: usize) -> Option<&'a ParamSpec> {
        let Some(found) = self.named(&param.name) else {
            let stands = self.placed.get(place).filter(|_| self.extra.is_none());
            return match stands {
                Some(other) => {
                    fits.push(Change::breaks(at, format!("is gone by this name: `{}` stands in its place", other.name)));
                    Some(other)
                }
                None => self.by_name(fits, at, param),
            };
        };
        let now = self.placed.iter().position(|one| std::ptr::eq(*one, found));
        match (found.kind, now) {
            (ParamKind::Keyword, _) => fits.push(Change::breaks(at, "is given by name only now")),
            (ParamKind::Positional, _) => fits.push(Change::breaks(at, "is given by place only now")),
            (_, Some(now)) if now != place => {
                fits.push(Change::breaks(at, format!("stands at place {} now, stood at {}", now + 1, place + 1)));
            }
            _ => {}
        }
        Some(found)
    }
}
