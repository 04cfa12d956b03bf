//! What every function of the neck does first and last.

use crate::{
    env::fork,
    error::{Error, Result},
};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `body`, unless this process was forked from one that had joined: then before any lock is taken. A panic becomes `Internal` with its text and never ends the user's process.
pub(super) fn guarded<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    fork::check()?;
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) => Err(Error::internal(format!("panic: {}", text(&*panic)))),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn panics_become_errors() {
        let error = guarded::<()>(|| panic!("{} broke", "it")).unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::Internal, "panic: it broke"));
    }
}
