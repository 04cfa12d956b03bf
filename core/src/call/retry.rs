//! When a failed attempt is followed by another: the one place that decides it.

use crate::error::{Error, Executed, Kind};

/// What follows a failed attempt.
#[derive(Debug, PartialEq)]
pub enum Decision {
    /// Another provider is tried.
    Again,
    /// The caller gets this error.
    Give(Error),
}

/// Tries again when *this hop* knows that nothing ran and another provider may do better, or when the method may run twice.
/// What a handler raised is its answer, whatever it says about its own nested calls.
pub fn decide(error: Error, idempotent: bool, attempts_left: u8) -> Decision {
    let elsewhere = matches!(error.kind(), Kind::Unavailable | Kind::Overloaded | Kind::Closed | Kind::MaybeExecuted | Kind::NoSuchMethod);
    let safe = error.was_executed() == Executed::No || (idempotent && error.was_executed() == Executed::Maybe);
    if attempts_left > 0 && elsewhere && safe { Decision::Again } else { Decision::Give(error) }
}

/// Whether another attempt after this error puts load on the service beside that of the first: then it is paid for. A provider that is gone
/// has done nothing.
pub fn adds_load(error: &Error) -> bool {
    error.kind() == Kind::Overloaded || error.was_executed() != Executed::No
}

/// Whether the call's other attempt need not be waited for: each provider would say the same.
pub fn is_answer(error: &Error) -> bool {
    matches!(error.kind(), Kind::Remote | Kind::BadArguments | Kind::PayloadTooLarge | Kind::Unserializable | Kind::Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        use Executed::*;
        use Kind::*;
        for (kind, executed, idempotent, left, again) in [
            (Unavailable, No, false, 1, true),
            (Unavailable, No, false, 0, false),
            (Overloaded, No, false, 2, true),
            (Closed, No, false, 1, true),
            (Closed, Maybe, false, 1, false),
            (Closed, Maybe, true, 1, true),
            (MaybeExecuted, Maybe, false, 2, false),
            (MaybeExecuted, Maybe, true, 2, true),
            (Remote, Yes, true, 2, false),
            (BadArguments, No, true, 2, false),
            (DeadlineExceeded, Maybe, true, 2, false),
            (Internal, No, true, 2, false),
        ] {
            let error = Error::new(kind, "x").executed(executed);
            assert_eq!(decide(error, idempotent, left) == Decision::Again, again, "{kind:?} {executed:?} {idempotent} {left}");
        }
    }
}
