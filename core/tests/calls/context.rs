//! Trace and baggage go along with a call, and with the calls made inside it.

use crate::cluster::*;
use bytes::Bytes;
use serde_json::{Value, json};
use std::thread::Builder;
use twinspan::bridge::*;

const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn app(service: &str) -> Value {
    json!({"app": {"name": service, "services": [{"name": service, "methods": [{"name": "m"}]}]}})
}

fn seen(invocation: &Invocation) -> Value {
    decoded(&context(invocation.call).unwrap())
}

fn in_thread(call: Call) -> std::thread::JoinHandle<Result<Bytes>> {
    Builder::new().spawn(move || finish(Op::Call(call))).unwrap()
}

#[test]
fn trace_and_baggage_reach_nested_calls() {
    let outer = join("calls-context", app("outer")).unwrap();
    let inner = join("calls-context", app("inner")).unwrap();
    let client = join("calls-context", json!({})).unwrap();
    [&outer, &inner].into_iter().for_each(|member| drop(finish(Op::Serve(member.node)).unwrap()));
    client.wait_for("outer", 1);
    outer.wait_for("inner", 1);
    let first = client.method("outer", "m", json!({})).unwrap();
    let nested = outer.method("inner", "m", json!({})).unwrap();

    // More baggage than one extension holds.
    let baggage = json!({"tenant": "a".repeat(700), "user": "ü"});
    let given = encoded(json!({"traceparent": TEXT, "baggage": baggage}));
    let root = in_thread(Call { context: given.into(), ..call(first) });
    let running = outer.fetch();
    let at_outer = seen(&running);
    assert_eq!((&at_outer["traceparent"], &at_outer["baggage"]), (&json!(TEXT), &baggage));
    let second = in_thread(Call { parent: running.call, ..call(nested) });
    let inside = inner.fetch();
    let at_inner = seen(&inside);
    assert_eq!(at_inner["baggage"], baggage);
    let traceparent = at_inner["traceparent"].as_str().unwrap();
    assert!(traceparent[3..].starts_with(TRACE) && traceparent != TEXT, "{traceparent}");
    // What fails inside names the trace, and so does what fails for it.
    fail(inside.call, &Error::new(Kind::BadArguments, "no").encode()).unwrap();
    assert_eq!(second.join().unwrap().unwrap_err().trace_id(), TRACE);
    fail(running.call, &Error::new(Kind::Remote, "x").encode()).unwrap();
    assert_eq!(root.join().unwrap().unwrap_err().trace_id(), TRACE);

    // Nothing given: a trace of its own, and no baggage.
    let root = in_thread(call(first));
    let running = outer.fetch();
    let own = seen(&running);
    assert_eq!(own["baggage"], json!({}));
    let own = own["traceparent"].as_str().unwrap().to_owned();
    assert!(own.len() == 55 && !own.contains(TRACE));
    fail(running.call, &Error::new(Kind::Remote, "x").encode()).unwrap();
    assert_eq!(root.join().unwrap().unwrap_err().trace_id(), &own[3..35]);

    for (bad, kind) in [
        (json!({"traceparent": "00-x"}), Kind::BadArguments),
        (json!({"trace": TEXT}), Kind::BadArguments),
        (json!({"baggage": {"a": "x".repeat(3000)}}), Kind::PayloadTooLarge),
    ] {
        let error = finish(Op::Call(Call { context: encoded(bad).into(), ..call(first) })).unwrap_err();
        assert_eq!((error.kind(), error.was_executed(), error.trace_id().len()), (kind, Executed::No, 32));
    }
    [outer, inner, client].into_iter().for_each(Member::end);
}
