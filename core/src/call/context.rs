//! What a call carries on: its place in a trace, and baggage.

use crate::{
    error::{Error, Kind, Result},
    wire::{Baggage, Trace, encode_baggage},
};
use bytes::Bytes;
use minicbor_serde::from_slice;
use serde::Deserialize;

/// Trace and baggage of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The trace, and this call's span.
    pub trace: Trace,
    /// Encoded baggage.
    pub baggage: Bytes,
}

/// What the language says about it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    traceparent: Option<String>,
    baggage: Option<Baggage>,
}

impl Context {
    /// The context of a call made inside one that has `parent`; a trace of its own without one.
    pub fn inside(parent: Option<&Context>) -> Context {
        parent.map_or_else(
            || Context { trace: Trace::fresh(), baggage: Bytes::new() },
            |parent| Context { trace: parent.trace.child(), baggage: parent.baggage.clone() },
        )
    }

    /// Replaces what the encoded context names: a `traceparent` goes out as it is given, because whoever gives it made the span.
    /// Errors: `BadArguments` for what can't be read, `PayloadTooLarge` for too much baggage.
    pub fn replaced(mut self, encoded: &[u8]) -> Result<Context> {
        if encoded.is_empty() {
            return Ok(self);
        }
        let given: Given =
            from_slice(encoded).map_err(|e| Error::new(Kind::BadArguments, format!("the context of a call can't be read: {e}")))?;
        if let Some(traceparent) = given.traceparent {
            self.trace = traceparent.parse()?;
        }
        if let Some(baggage) = given.baggage {
            self.baggage = encode_baggage(&baggage)?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::decode_baggage;
    use minicbor_serde::to_vec;
    use serde_json::{Value, json};

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn given(parent: Option<&Context>, value: Value) -> Result<Context> {
        Context::inside(parent).replaced(&to_vec(value).unwrap())
    }

    #[test]
    fn each_part_is_inherited_unless_it_is_given() {
        let root = given(None, json!({"traceparent": TEXT, "baggage": {"tenant": "a"}})).unwrap();
        assert_eq!(root.trace.to_string(), TEXT);
        let nested = Context::inside(Some(&root)).replaced(&[]).unwrap();
        assert!(nested.baggage == root.baggage && nested.trace.id() == root.trace.id() && nested.trace != root.trace);
        let other = given(Some(&root), json!({"baggage": {"user": "b"}})).unwrap();
        assert_eq!((other.trace.id(), decode_baggage(&other.baggage).unwrap()["user"].as_str()), (root.trace.id(), "b"));
        assert!(given(Some(&root), json!({"baggage": {}})).unwrap().baggage.is_empty());
        let moved = given(Some(&Context::inside(None)), json!({"traceparent": TEXT})).unwrap();
        assert_eq!(moved.trace, root.trace);
        assert_ne!(Context::inside(None).trace.id(), Context::inside(None).trace.id());
    }

    #[test]
    fn bad_ones_are_refused() {
        let long = "x".repeat(3000);
        for (value, kind) in [
            (json!({"traceparent": "00-zz"}), Kind::BadArguments),
            (json!({"traceparent": 1}), Kind::BadArguments),
            (json!({"tracestate": "a=b"}), Kind::BadArguments),
            (json!({"baggage": {"n": 1}}), Kind::BadArguments),
            (json!([]), Kind::BadArguments),
            (json!({"baggage": {"n": long}}), Kind::PayloadTooLarge),
        ] {
            assert_eq!(given(None, value.clone()).unwrap_err().kind(), kind, "{value}");
        }
        assert_eq!(Context::inside(None).replaced(&[0xff]).unwrap_err().kind(), Kind::BadArguments);
    }
}
