//! Definitions and conversions of whole messages.

use super::{
    arguments::arguments,
    catalog::Catalog,
    known::KNOWN,
    proto::{Fields, Message, Wire},
    results::response,
    schema::{Rpc, Schema},
};
use crate::{
    config::NodeId,
    directory::{Directory, Offer, Services},
    env,
    error::{Error, Executed, Kind, Result},
    membership::{MethodSpec, ParamKind, ParamSpec, ServiceSpec},
    value::{self, Head, Reader, Writer, tag},
};
use std::sync::Arc;

fn param(name: &str, kind: ParamKind, type_name: &str, optional: bool) -> ParamSpec {
    ParamSpec { name: name.into(), kind, type_name: type_name.into(), optional, default: None, former: Vec::new() }
}

fn method(name: &str, params: Vec<ParamSpec>, returns: &str) -> MethodSpec {
    MethodSpec { name: name.into(), params, returns: returns.into(), ..MethodSpec::default() }
}

fn services(specs: Vec<ServiceSpec>) -> Arc<Services> {
    let directory = Directory::new();
    let offer = Offer {
        node: NodeId::draw(),
        name: "p1",
        language: "python",
        version: 1,
        me: false,
        near: true,
        ready: true,
        suspect: false,
        stalled: false,
        services: &specs,
    };
    directory.update(&[offer], env::now());
    directory.services().clone()
}

fn service(name: &str, methods: Vec<MethodSpec>) -> ServiceSpec {
    ServiceSpec { name: name.into(), methods, ..ServiceSpec::default() }
}

fn rpc(params: Vec<ParamSpec>, returns: &str) -> Rpc {
    let services = services(vec![service("s", vec![method("m", params, returns)])]);
    Schema::of(services.get("s").unwrap()).unwrap().rpcs["M"].clone()
}

fn payload(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.0
}

fn message(write: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut message = Message::new();
    write(&mut message);
    message.0
}

/// What arguments a request becomes; always a payload that any receiver takes.
fn packed(rpc: &Rpc, request: &[u8]) -> Result<Vec<u8>> {
    let payload = arguments(rpc, request)?.to_vec();
    assert_eq!(value::check(&payload), Ok(()));
    Ok(payload)
}

#[test]
fn symbols_and_files_lead_to_definitions() {
    let specs = ["work", "work.p1", "größe"]
        .map(|name| service(name, vec![method("order_total", vec![], "int"), method("orderTotal", vec![], "int")]));
    let services = services(specs.into());
    let catalog = Catalog::default();
    // A service whose name protobuf doesn't allow is not there.
    assert_eq!(Catalog::full_names(&services), ["work.Work", "work.p1.P1"]);
    for symbol in ["work.Work", ".work.Work", "work.Work.OrderTotal", "work.OrderTotalRequest", "work.OrderTotalResponse.result"] {
        assert_eq!(catalog.by_symbol(&services, symbol).map(|s| s.full.clone()).as_deref(), Some("work.Work"), "{symbol}");
    }
    assert_eq!(catalog.by_symbol(&services, "work.p1.P1").unwrap().service, "work.p1");
    assert_eq!(catalog.by_file(&services, "twinspan/work.p1.proto").unwrap().full, "work.p1.P1");
    for unknown in ["work", "work.Nothing", "work.Work.Nothing", "", ".", "größe.Größe"] {
        assert!(catalog.by_symbol(&services, unknown).is_none(), "{unknown}");
    }
    // Spelt alike: the second keeps its own name.
    let schema = catalog.by_full_name(&services, "work.Work").unwrap();
    assert_eq!(
        schema.rpcs.iter().map(|(name, rpc)| (name.as_str(), rpc.method.as_str())).collect::<Vec<_>>(),
        [("OrderTotal", "orderTotal"), ("order_total", "order_total")]
    );
    // Made once for a view of the cluster.
    assert!(Arc::ptr_eq(&schema, &catalog.by_symbol(&services, "work.Work").unwrap()));
    assert!(KNOWN.iter().any(|known| known.has("grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo")));
    assert!(!KNOWN.iter().any(|known| known.has("grpc.health.v1.Nothing") || known.has("grpc.health.v1")));
}

#[test]
fn fields_become_arguments() {
    use ParamKind::{Both, Extra, Keyword, Rest};
    let rpc = rpc(
        vec![
            param("a", Both, "int", false),
            param("b", Keyword, "text?", true),
            param("r", Rest, "float", true),
            param("x", Extra, "bool", true),
        ],
        "any",
    );
    // What is not sent: the zero of a required number; an optional one is left out.
    assert_eq!(
        packed(&rpc, &[]),
        Ok(payload(|w| {
            w.array(2);
            w.array(0);
            w.map(1);
            w.text("a");
            w.unsigned(0);
        }))
    );
    let request = message(|m| {
        m.uint(1, -3i64 as u64);
        m.text(2, "t");
        m.nested(4, |entry| {
            entry.text(1, "k");
            entry.boolean(2, true);
        });
    });
    let expected = payload(|w| {
        w.array(2);
        w.array(0);
        w.map(3);
        w.text("a");
        w.signed(-3);
        w.text("b");
        w.text("t");
        w.text("k");
        w.boolean(true);
    });
    assert_eq!(packed(&rpc, &request), Ok(expected));
    // Further positional ones push the first onto its place; packed or not.
    let packed_floats: Vec<u8> = [0.5f64, 2.0].iter().flat_map(|n| n.to_le_bytes()).collect();
    let request = message(|m| {
        m.uint(1, 7);
        m.bytes(3, &packed_floats);
        m.double(3, 1.0);
    });
    let expected = payload(|w| {
        w.array(2);
        w.array(4);
        w.unsigned(7);
        w.float(0.5);
        w.float(2.0);
        w.float(1.0);
        w.map(0);
    });
    assert_eq!(packed(&rpc, &request), Ok(expected));
}

#[test]
fn containers_and_values_become_arguments() {
    let rpc = rpc(
        vec![
            param("s", ParamKind::Keyword, "set<int>", true),
            param("m", ParamKind::Keyword, "map<int,text>", true),
            param("v", ParamKind::Keyword, "any", true),
            param("n", ParamKind::Keyword, "any?", false),
        ],
        "any",
    );
    let request = message(|m| {
        m.uint(1, 300);
        m.uint(1, 2);
        m.nested(2, |entry| {
            entry.uint(1, 5);
            entry.text(2, "five");
        });
        m.nested(2, |_| {});
        m.nested(3, |value| {
            value.nested(6, |list| {
                list.nested(1, |v| v.double(2, 2.0));
                list.nested(1, |v| v.double(2, 2.5));
                list.nested(1, |_| {});
            })
        });
    });
    let expected = payload(|w| {
        w.array(2);
        w.array(0);
        w.map(4);
        w.text("s");
        w.tag(tag::SET);
        w.array(2);
        w.unsigned(2);
        w.unsigned(300);
        w.text("m");
        w.map(2);
        w.unsigned(5);
        w.text("five");
        w.unsigned(0);
        w.text("");
        w.text("v");
        w.array(3);
        w.unsigned(2);
        w.float(2.5);
        w.null();
        w.text("n");
        w.null();
    });
    assert_eq!(packed(&rpc, &request), Ok(expected));
    let twice = message(|m| {
        m.uint(1, 2);
        m.uint(1, 2);
    });
    assert!(packed(&rpc, &twice).is_err_and(|e| e.message().contains("given twice")));
}

#[test]
fn bad_requests_are_refused_before_anything_runs() {
    let required = rpc(
        vec![
            param("d", ParamKind::Positional, "date", true),
            param("e", ParamKind::Positional, "int", false),
            param("v", ParamKind::Keyword, "any", true),
        ],
        "any",
    );
    let deep = |levels: usize| {
        let mut value = Message::new();
        for _ in 0..levels {
            let inner = std::mem::take(&mut value.0);
            value.nested(6, |list| list.bytes(1, &inner));
        }
        message(|m| {
            m.text(1, "2026-01-01");
            m.bytes(3, &value.0);
        })
    };
    assert!(packed(&required, &deep(60)).is_ok());
    for (request, text) in [
        (message(|m| m.text(1, "soon")), "`d`: `soon` is not a date"),
        (vec![], "`e` is given, but `d` before it is not"),
        (message(|m| m.uint(9, 1)), "no parameter with the field number 9"),
        (message(|m| m.uint(1, 1)), "another type"),
        (message(|m| m.bytes(1, b"\xff")), "UTF-8"),
        (vec![0x0a, 0x05, b'x'], "ends inside"),
        (deep(100), "nested deeper"),
    ] {
        let error = packed(&required, &request).unwrap_err();
        assert_eq!((error.kind(), error.was_executed()), (Kind::BadArguments, Executed::No), "{text}");
        assert!(error.message().contains(text), "{error}");
    }
}

#[test]
fn references_are_their_uris() {
    const SERVICE: &str = "twinspan://shop/service/pricing";
    const NODE: &str = "twinspan://shop/node/ops-1";
    let reference = |w: &mut Writer, uri: &str| {
        w.tag(tag::REFERENCE);
        w.text(uri);
    };
    let rpc =
        rpc(vec![param("s", ParamKind::Positional, "service_ref", false), param("n", ParamKind::Positional, "node_ref", false)], "any");
    let request = |s: &str, n: &str| {
        message(|m| {
            m.text(1, s);
            m.text(2, n);
        })
    };
    let expected = payload(|w| {
        w.array(2);
        w.array(2);
        reference(w, SERVICE);
        reference(w, NODE);
        w.map(0);
    });
    assert_eq!(packed(&rpc, &request(SERVICE, NODE)), Ok(expected));
    for (s, n, text) in
        [(NODE, NODE, "`s`: "), (SERVICE, SERVICE, "`n`: "), ("pricing", NODE, "is not a reference such as twinspan://shop/service/")]
    {
        let error = packed(&rpc, &request(s, n)).unwrap_err();
        assert_eq!(error.kind(), Kind::BadArguments);
        assert!(error.message().contains(text), "{error}");
    }
    for (returns, uri) in [("service_ref", SERVICE), ("node_ref", NODE)] {
        assert_eq!(told(returns, |w| reference(w, uri)), Ok(message(|m| m.text(1, uri))));
    }
    let any = told("any", |w| reference(w, NODE));
    assert_eq!(any, Ok(message(|m| m.nested(1, |value| value.text(3, NODE)))));
    let error = told("service_ref", |w| reference(w, NODE)).unwrap_err();
    assert!(error.message().contains("a reference to a node, where a reference to a service is declared"), "{error}");
}

fn told(returns: &str, write: impl FnOnce(&mut Writer)) -> Result<Vec<u8>> {
    response(&rpc(vec![], returns), &payload(write), 1 << 20)
}

#[test]
fn results_become_fields() {
    assert_eq!(told("int", |w| w.signed(-2)), Ok(message(|m| m.uint(1, -2i64 as u64))));
    assert_eq!(told("float", |w| w.unsigned(3)), Ok(message(|m| m.double(1, 3.0))));
    assert_eq!(told("text?", |w| w.null()), Ok(vec![]));
    assert_eq!(told("null", |w| w.null()), Ok(vec![]));
    assert_eq!(
        told("list<int>", |w| {
            w.array(2);
            w.unsigned(1);
            w.unsigned(2);
        }),
        Ok(message(|m| {
            m.uint(1, 1);
            m.uint(1, 2);
        }))
    );
    assert_eq!(
        told("map<text,date>", |w| {
            w.map(1);
            w.text("k");
            w.tag(tag::DATE);
            w.unsigned(1);
        }),
        Ok(message(|m| m.nested(1, |e| {
            e.text(1, "k");
            e.text(2, "1970-01-02");
        })))
    );
    // In a value: beyond 2^53 text, bytes base64, a record by its fields.
    let value = told("any", |w| {
        w.tag(tag::SHAPES);
        w.array(2);
        w.array(1);
        w.array(2);
        w.text("n");
        w.text("b");
        w.tag(tag::NAMED);
        w.array(2);
        w.text("shop.Line");
        w.tag(tag::RECORD);
        w.array(3);
        w.unsigned(0);
        w.unsigned(1 << 60);
        w.bytes(b"ab");
    });
    let field = |m: &mut Message, key: &str, text: &str| {
        m.nested(1, |e| {
            e.text(1, key);
            e.nested(2, |v| v.text(3, text));
        })
    };
    let expected = message(|m| {
        m.nested(1, |v| {
            v.nested(5, |s| {
                field(s, "@type", "shop.Line");
                field(s, "n", "1152921504606846976");
                field(s, "b", "YWI=");
            })
        })
    });
    assert_eq!(value, Ok(expected));
    let numbers = told("array", |w| {
        w.tag(77);
        w.bytes(&[0xff, 0xff, 2, 0]);
    });
    assert_eq!(
        numbers,
        Ok(message(|m| m.nested(1, |v| v.nested(6, |l| {
            l.nested(1, |v| v.double(2, -1.0));
            l.nested(1, |v| v.double(2, 2.0));
        }))))
    );
}

#[test]
fn results_that_do_not_fit_are_told_with_their_path() {
    let refused = |returns: &str, write: &dyn Fn(&mut Writer)| -> Error { told(returns, write).unwrap_err() };
    for (error, text) in [
        (refused("int", &|w| w.unsigned(u64::MAX)), "result: 18446744073709551615 does not fit an int64"),
        (refused("int", &|w| w.float(2.0)), "result: a float, where an integer is declared"),
        (
            refused("list<text>", &|w| {
                w.array(1);
                w.null();
            }),
            "result[0]: null, where a text is declared",
        ),
        (refused("null", &|w| w.unsigned(1)), "declared to return nothing"),
        (
            refused("any", &|w| {
                w.map(2);
                w.unsigned(1);
                w.null();
                w.text("1");
                w.null();
            }),
            "two keys that are the same text",
        ),
        (refused("any", &|w| w.text(&"x".repeat(2 << 20))), "longer than"),
        // Dimensions that promise more than is there.
        (
            refused("any", &|w| {
                w.tag(40);
                w.array(2);
                w.array(2);
                w.unsigned(1 << 40);
                w.unsigned(0);
                w.tag(64);
                w.bytes(&[]);
            }),
            "longer than",
        ),
    ] {
        assert_eq!((error.kind(), error.was_executed()), (Kind::Unserializable, Executed::Yes));
        assert!(error.message().contains(text), "{error} should contain {text}");
    }
}

#[test]
fn every_valid_vector_becomes_a_value() {
    let vectors: serde_json::Value =
        serde_json::from_slice(&std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/values.json")).unwrap()).unwrap();
    let any = rpc(vec![], "any");
    let mut good = 0;
    for row in vectors["valid"].as_array().unwrap() {
        let text = row["cbor"].as_str().unwrap();
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
        match response(&any, &bytes, 4 << 20) {
            Ok(message) => {
                assert!(matches!(Fields::new(&message).next(), Ok(Some((1, Wire::Len(_))))), "{}", row["name"]);
                good += 1;
            }
            // Keys that have no text, or the same.
            Err(error) => assert!(error.message().contains("key"), "{}: {error}", row["name"]),
        }
    }
    assert!(good >= 75, "{good}");
    assert_eq!(Reader::new(&[0xf6]).head(), Ok(Head::Null));
}

proptest::proptest! {
    #[test]
    fn no_request_makes_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..120)) {
        let rpc = rpc(vec![
            param("a", ParamKind::Both, "any", true),
            param("b", ParamKind::Both, "map<text,any>", true),
            param("c", ParamKind::Both, "set<decimal>", true),
            param("d", ParamKind::Rest, "datetime", true),
        ], "any");
        if let Ok(payload) = arguments(&rpc, &bytes) {
            assert_eq!(value::check(&payload), Ok(()));
        }
    }

    #[test]
    fn no_payload_makes_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..120)) {
        for returns in ["any", "list<int>", "map<int,any>", "datetime?"] {
            let _ = response(&rpc(vec![], returns), &bytes, 1 << 16);
        }
    }
}
