//! How errors look to gRPC clients. docs/grpc.md has the same table.

use crate::error::{Error, Executed, Kind};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Longest `grpc-message`, in bytes before its encoding: clients limit the trailers as a whole.
const MESSAGE_MOST: usize = 1500;
/// Longest of the other texts.
const TEXT_MOST: usize = 200;

/// The status codes of gRPC that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Code {
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// The code for an error of this kind.
pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::DeadlineExceeded => Code::DeadlineExceeded,
        Kind::Unavailable | Kind::NoQuorum | Kind::Closed => Code::Unavailable,
        Kind::PermissionDenied => Code::PermissionDenied,
        Kind::NotFound | Kind::NoSuchMethod => Code::Unimplemented,
        Kind::BadArguments => Code::InvalidArgument,
        Kind::Overloaded | Kind::PayloadTooLarge => Code::ResourceExhausted,
        Kind::MaybeExecuted => Code::Aborted,
        Kind::Forked | Kind::VersionMismatch | Kind::Misuse | Kind::BadConfig | Kind::ClockSkew => Code::FailedPrecondition,
        Kind::Unserializable | Kind::Protocol | Kind::Internal => Code::Internal,
        Kind::Cancelled => Code::Cancelled,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::Remote => Code::Unknown,
    }
}

/// The trailers of a call that went well.
pub(super) fn ok() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers
}

/// The trailers of a status without an error of ours.
pub(super) fn plain(code: Code, message: &str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code as u16));
    put(&mut trailers, "grpc-message", message, MESSAGE_MOST);
    trailers
}

/// The trailers of an error: its status, both lines of its text, and what else a program may want to know.
pub(super) fn trailers(error: &Error) -> HeaderMap {
    let kind = error.kind();
    let mut trailers = plain(code(kind), &error.to_string());
    trailers.insert("twinspan-kind", HeaderValue::from_static(kind.name()));
    let executed = match error.was_executed() {
        Executed::No => "no",
        Executed::Maybe => "maybe",
        Executed::Yes => "yes",
    };
    trailers.insert("twinspan-executed", HeaderValue::from_static(executed));
    put(&mut trailers, "twinspan-trace-id", error.trace_id(), TEXT_MOST);
    if let Some(failure) = error.failure() {
        put(&mut trailers, "twinspan-type", &failure.class, TEXT_MOST);
        put(&mut trailers, "twinspan-language", &failure.language, TEXT_MOST);
        put(&mut trailers, "twinspan-node", &failure.node, TEXT_MOST);
    }
    trailers
}

fn put(trailers: &mut HeaderMap, name: &'static str, text: &str, most: usize) {
    if !text.is_empty()
        && let Ok(value) = HeaderValue::from_str(&encoded(text, most))
    {
        trailers.insert(HeaderName::from_static(name), value);
    }
}

/// Percent-encoded as gRPC wants its messages, and cut at a character.
fn encoded(text: &str, most: usize) -> String {
    let mut cut = text.len().min(most);
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut encoded = String::with_capacity(cut + 16);
    for byte in text.bytes().take(cut) {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;

    #[test]
    fn an_error_becomes_trailers() {
        let failure =
            Failure { class: "builtins.ValueError".into(), message: "größer 100 %".into(), node: "p1".into(), ..Failure::default() };
        let trailers = trailers(&Error::remote(failure).operation("call a.b").advice("Look."));
        let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!(text("grpc-message"), "call a.b: builtins.ValueError: gr%C3%B6%C3%9Fer 100 %25%0ALook.");
        assert_eq!((text("grpc-status"), text("twinspan-kind"), text("twinspan-executed")), ("2", "Remote", "yes"));
        assert_eq!((text("twinspan-type"), text("twinspan-node")), ("builtins.ValueError", "p1"));
        assert_eq!(encoded("ää", 3), "%C3%A4");
    }

    #[test]
    fn the_docs_have_every_kind() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/grpc.md")).unwrap();
        for kind in Kind::ALL {
            let name: String = format!("{:?}", code(*kind))
                .chars()
                .enumerate()
                .flat_map(|(at, c)| {
                    let gap = (at > 0 && c.is_uppercase()).then_some('_');
                    gap.into_iter().chain([c.to_ascii_uppercase()])
                })
                .collect();
            let row = format!("| `{}` | `{name}` ({}) |", kind.name(), code(*kind) as u8);
            assert!(page.contains(&row), "docs/grpc.md lacks: {row}");
        }
    }
}
