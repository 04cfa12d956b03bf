//! One thing that was looked at.

use super::super::console::shown;
use crate::{
    config::Settings,
    error::{Error, Kind},
};
use serde_json::{Value, json};
use std::fmt;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

/// What was found, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) state: State,
    pub(super) what: String,
    /// Empty when there is nothing to do.
    pub(super) advice: String,
    /// Decides the exit code of a failure.
    pub(super) kind: Kind,
}

impl Finding {
    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Finding {
        Finding { check, state: State::Ok, what: what.into(), advice: String::new(), kind: Kind::Internal }
    }

    pub(super) fn warn(check: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { state: State::Warn, advice: advice.into(), ..Finding::ok(check, what) }
    }

    pub(super) fn fail(check: &'static str, kind: Kind, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { state: State::Fail, advice: advice.into(), kind, ..Finding::ok(check, what) }
    }

    pub(super) fn error(check: &'static str, error: &Error) -> Finding {
        Finding::fail(check, error.kind(), error.message(), error.advice_text())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"check": self.check, "state": self.state.word(), "what": self.what, "advice": self.advice})
    }
}

impl fmt::Display for Finding {
    /// A line, and a second one if there is something to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:4}  {:11}  {}", self.state.word(), self.check, shown(&self.what))?;
        if self.advice.is_empty() {
            return Ok(());
        }
        writeln!(f, "{:19}{}", "", shown(&self.advice))
    }
}

/// What a join in this folder would take.
pub(super) fn settings(settings: &Result<Settings, Error>) -> Finding {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return Finding::error("settings", error),
    };
    let origin = |key: &str| settings.origins().iter().find(|(known, _)| *known == key).map(|(_, origin)| origin.to_string());
    let mut what = format!("cluster `{}` ({})", settings.cluster, origin("cluster").unwrap_or_default());
    for (key, value) in [("listen", settings.listen.clone()), ("seeds", Some(settings.seeds.join(",")).filter(|seeds| !seeds.is_empty()))] {
        if let Some(value) = value {
            what += &format!(", {key} {value} ({})", origin(key).unwrap_or_default());
        }
    }
    Finding::ok("settings", what)
}
