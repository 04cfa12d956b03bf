//! What can go wrong, for all three languages: the table of kinds, [`Error`], and [`Failure`] (an exception that crossed the border).

mod failure;
mod kind;
mod reader;

pub use failure::{Failure, Frame, MAX_CHAIN, MAX_DETAILS, MAX_FRAMES, MAX_LINE, MAX_MESSAGE};
pub use kind::{Kind, Retry};
pub use reader::MAX_ENCODED;

use minicbor_serde::to_vec;
use serde::Serialize;
use std::fmt;

/// Result of everything in the core that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whether the handler of a failed call ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Executed {
    /// Certainly not: the call can be repeated without harm.
    #[default]
    No,
    /// It may have run, wholly or in part.
    Maybe,
    /// It ran; only its answer is missing or unreadable.
    Yes,
}

/// An error with everything a reader needs: what happened, what to do, whether anything ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Parts {
    kind: u16,
    executed: Executed,
    retryable: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    operation: String,
    message: String,
    advice: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    node: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts {
            kind: Kind::Internal as u16,
            executed: Executed::No,
            retryable: false,
            operation: String::new(),
            message: String::new(),
            advice: String::new(),
            node: String::new(),
            trace_id: String::new(),
            failure: None,
        }
    }
}

impl Error {
    /// An error of this kind; its advice is the kind's own until [`Error::advice`] gives a better one.
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error(Box::new(Parts {
            kind: kind as u16,
            retryable: kind.retry() == Retry::Yes,
            message: message.into(),
            advice: kind.advice().into(),
            ..Parts::default()
        }))
    }

    /// What a handler raised. The handler ran.
    pub fn remote(failure: Failure) -> Error {
        let message = format!("{}: {}", failure.class, failure.message);
        let node = failure.node.clone();
        let mut error = Error::new(Kind::Remote, message).executed(Executed::Yes).node(node);
        error.0.failure = Some(failure);
        error
    }

    /// A defect of our own.
    pub fn internal(message: impl Into<String>) -> Error {
        Error::new(Kind::Internal, message)
    }

    /// Sets whether the handler ran.
    #[must_use]
    pub fn executed(mut self, executed: Executed) -> Error {
        self.0.executed = executed;
        self
    }

    /// Sets the advice: one sentence that says what to do.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Error {
        self.0.advice = advice.into();
        self
    }

    /// Sets the operation, such as `call pricing.quote`.
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Error {
        self.0.operation = operation.into();
        self
    }

    /// Sets the name of the node that the error is about.
    #[must_use]
    pub fn node(mut self, node: impl Into<String>) -> Error {
        self.0.node = node.into();
        self
    }

    /// Names the node of what was raised where the sender didn't: the source of a stream doesn't know its node.
    #[must_use]
    pub fn raised_at(mut self, node: &str) -> Error {
        if self.kind() == Kind::Remote {
            if self.0.node.is_empty() {
                self.0.node = node.into();
            }
            if let Some(failure) = &mut self.0.failure {
                failure.raised_at(node);
            }
        }
        self
    }

    /// Of what a handler raised only the type: its node keeps the rest to itself.
    #[must_use]
    pub fn hidden(mut self) -> Error {
        if self.kind() == Kind::Remote
            && let Some(failure) = &mut self.0.failure
        {
            failure.hide();
            self.0.message = format!("{} (node `{}` tells no more of its errors)", failure.class, failure.node);
            self.0.advice = format!("The log of node `{}` has the rest.", failure.node);
        }
        self
    }

    /// Sets the trace of the call, 32 hexadecimal digits.
    #[must_use]
    pub fn trace(mut self, id: impl Into<String>) -> Error {
        self.0.trace_id = id.into();
        self
    }

    /// The trace of the call that failed; empty when it was no call.
    pub fn trace_id(&self) -> &str {
        &self.0.trace_id
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        Kind::from_number(self.0.kind)
    }

    /// Whether the handler ran.
    pub fn was_executed(&self) -> Executed {
        self.0.executed
    }

    /// What happened, one sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do, one sentence.
    pub fn advice_text(&self) -> &str {
        &self.0.advice
    }

    /// The exception that a handler raised, for kind `Remote`.
    pub fn failure(&self) -> Option<&Failure> {
        self.0.failure.as_ref()
    }

    /// The encoded form: one map with text keys (`kind`, `executed`, `retryable`, `operation`, `message`, `advice`, `node`, `trace_id`, `failure`).
    pub fn encode(&self) -> Vec<u8> {
        to_vec(&self.0).unwrap_or_default()
    }

    /// Reads the encoded form and cuts it to size; bytes that aren't one become a `Protocol` error.
    pub fn decode(bytes: &[u8]) -> Error {
        match reader::error(bytes) {
            Ok(mut parts) => {
                failure::cut(&mut parts.message, MAX_MESSAGE + 1024);
                failure::cut(&mut parts.advice, 2048);
                failure::tidy(&mut parts.operation, 1024);
                failure::tidy(&mut parts.trace_id, 64);
                failure::tidy(&mut parts.node, 128);
                if let Some(failure) = &mut parts.failure {
                    failure.clamp();
                }
                Error(Box::new(parts))
            }
            Err(e) => Error::new(Kind::Protocol, format!("an error arrived that can't be read: {e}")).executed(Executed::Maybe),
        }
    }
}

impl fmt::Display for Error {
    /// Two lines: what happened, what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.operation.is_empty() {
            write!(f, "{}\n{}", self.0.message, self.0.advice)
        } else {
            write!(f, "{}: {}\n{}", self.0.operation, self.0.message, self.0.advice)
        }
    }
}

impl std::error::Error for Error {}

/// A file or socket operation failed: `what` names it with its path or address.
pub fn io(what: impl fmt::Display, source: std::io::Error) -> Error {
    Error::new(Kind::Unavailable, format!("{what}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_two_lines() {
        let error = Error::new(Kind::NotFound, "no service `pricng`").operation("call pricng.quote").advice("Did you mean `pricing`?");
        assert_eq!(error.to_string(), "call pricng.quote: no service `pricng`\nDid you mean `pricing`?");
    }

    #[test]
    fn round_trip() {
        let error =
            Error::remote(Failure { class: "builtins.ValueError".into(), message: "x".into(), node: "n".into(), ..Failure::default() });
        let back = Error::decode(&error.encode());
        assert_eq!(back, error);
        assert_eq!((back.kind(), back.was_executed()), (Kind::Remote, Executed::Yes));
    }

    #[test]
    fn garbage_is_a_protocol_error() {
        assert_eq!(Error::decode(b"\xff\x00").kind(), Kind::Protocol);
    }
}
