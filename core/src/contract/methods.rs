//! Whether one method still does what its callers rely on.

use super::{
    change::Change,
    fits::{Fits, Way},
    grammar::Type,
    parameters,
};
use crate::config::MethodSpec;

/// Compares two states of one method.
pub(super) fn compare(fits: &mut Fits<'_>, wanted: &MethodSpec, offered: &MethodSpec) {
    parameters::compare(fits, wanted, offered);
    result(fits, wanted, offered);
    let name = &wanted.name;
    for error in offered.raises.iter().filter(|error| !wanted.raises.contains(error)) {
        fits.push(Change::harmless(name, format!("declares the error `{error}`")));
    }
    for error in wanted.raises.iter().filter(|error| !offered.raises.contains(error)) {
        fits.push(Change::harmless(name, format!("does not declare the error `{error}` any more")));
    }
    if wanted.idempotent && !offered.idempotent {
        fits.push(Change::harmless(name, "is not idempotent any more: calls that may have run are not tried again"));
    }
    if offered.deprecated && !wanted.deprecated {
        fits.push(Change::harmless(name, "is deprecated"));
    }
}

fn result(fits: &mut Fits<'_>, wanted: &MethodSpec, offered: &MethodSpec) {
    let item = |method: &MethodSpec| match Type::read(&method.returns) {
        Type::Stream(item) => item.to_string(),
        _ if method.out_stream => "any".to_owned(),
        other => other.to_string(),
    };
    let streams = |method: &MethodSpec| method.out_stream || matches!(Type::read(&method.returns), Type::Stream(_));
    // A method that doesn't say what it answers may answer a stream.
    let untold = |method: &MethodSpec| !method.out_stream && Type::read(&method.returns) == Type::Any;
    if streams(wanted)
        && !streams(offered)
        && let Type::List(of) = Type::read(&offered.returns)
    {
        // Whoever asked for a stream reads a list as one.
        let of = of.to_string();
        fits.push(Change::harmless(&wanted.name, format!("answers `{}`, answered a stream", offered.returns)));
        return fits.check(Way::Answered, &wanted.name, &item(wanted), &of, ("answers items of", "answered items of"));
    }
    match (streams(wanted), streams(offered)) {
        (true, false) if !untold(offered) => {
            fits.push(Change::breaks(&wanted.name, format!("answers `{}`, answered a stream", item(offered))));
        }
        (false, true) if !untold(wanted) => {
            fits.push(Change::breaks(&wanted.name, format!("answers a stream, answered `{}`", item(wanted))));
        }
        _ => fits.check(Way::Answered, &wanted.name, &item(wanted), &item(offered), ("answers", "answered")),
    }
}
