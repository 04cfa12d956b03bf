//! How a command ends: its exit code, and its error on stderr.

use crate::error::{Error, Kind};
use serde_json::{Value, json};
use std::io::Write;

pub(super) const OK: u8 = 0;
pub(super) const USAGE: u8 = 2;
/// A service does not fit its callers any more.
pub(super) const BREAKING: u8 = 9;
pub(super) const INTERNAL: u8 = 70;

/// Why a command ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    Failed(Error),
    /// By a signal, with this exit code.
    Interrupted(u8),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

/// How a command ends.
pub(super) type Done = Result<(), Stop>;

pub(super) const HELP: &str = "Exit codes: 0 ok, 2 usage or setting, 3 unavailable or not found, 4 deadline, 5 remote error, \
6 permission denied, 7 overloaded, 8 value or payload, 9 version mismatch or breaking change, 70 internal, 130 Ctrl-C.";

/// The exit code for an error of this kind.
pub fn exit_code(kind: Kind) -> u8 {
    match kind {
        Kind::BadConfig | Kind::Misuse | Kind::AlreadyExists => USAGE,
        Kind::Unavailable | Kind::NotFound | Kind::NoSuchMethod | Kind::NoQuorum | Kind::Closed | Kind::Protocol | Kind::ClockSkew => 3,
        Kind::DeadlineExceeded | Kind::MaybeExecuted | Kind::Cancelled => 4,
        Kind::Remote => 5,
        Kind::PermissionDenied | Kind::Unauthenticated => 6,
        Kind::Overloaded => 7,
        Kind::BadArguments | Kind::PayloadTooLarge | Kind::Unserializable => 8,
        Kind::VersionMismatch => BREAKING,
        Kind::Internal | Kind::Forked => INTERNAL,
    }
}

/// Writes an error: two lines for people, or one JSON object. Answers the exit code.
pub(super) fn report(error: &Error, as_json: bool, err: &mut dyn Write) -> u8 {
    let text = if as_json { to_json(error).to_string() } else { error.to_string() };
    // There is nowhere left to say that stderr is closed; the exit code still tells.
    let _ = writeln!(err, "{text}");
    exit_code(error.kind())
}

pub(super) fn to_json(error: &Error) -> Value {
    // The encoded form knows all parts; keys that it leaves out when empty are always shown here.
    let encoded: Value = minicbor_serde::from_slice(&error.encode()).unwrap_or_default();
    let text = |key: &str| encoded.get(key).cloned().unwrap_or_else(|| json!(""));
    json!({
        "kind": error.kind().name(),
        "executed": text("executed"),
        "retryable": encoded.get("retryable").cloned().unwrap_or(json!(false)),
        "message": error.message(),
        "advice": error.advice_text(),
        "node": text("node"),
        "trace_id": text("trace_id"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_from_the_list_for_each_kind() {
        for kind in Kind::ALL {
            assert!(HELP.contains(&format!(" {} ", exit_code(*kind))), "{kind:?}");
        }
    }
}
