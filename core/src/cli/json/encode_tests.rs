use super::*;
use crate::{cli::json::decode, error::Kind, value::check};

fn param(name: &str, kind: ParamKind, type_name: &str) -> ParamSpec {
    ParamSpec { name: name.into(), kind, type_name: type_name.into(), optional: false, default: None, former: Vec::new() }
}

fn json(text: &str) -> Json {
    text.parse().expect("JSON")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of one value of this type.
fn encoded(kind: &str, text: &str) -> String {
    hex(&item(&json(text), &Type::read(kind)).unwrap_or_else(|error| panic!("{kind} {text}: {error}")))
}

#[test]
fn types_decide_what_a_text_or_number_is() {
    for (kind, text, bytes) in [
        ("any", "null", "f6"),
        ("int", "-5", "24"),
        ("int", "18446744073709551616", "c249010000000000000000"),
        ("any", "1.5", "f93e00"),
        ("any", "-0", "00"),
        ("any", "1", "01"),
        ("float", "1", "f93c00"),
        ("float", "9007199254740993", "1b0020000000000001"),
        ("float", "\"-Infinity\"", "f9fc00"),
        ("text", "\"1\"", "6131"),
        ("decimal", "\"1.50\"", "c482211896"),
        ("decimal", "1.50", "c482211896"),
        ("decimal?", "7", "c4820007"),
        ("bytes", "\"AQI=\"", "420102"),
        ("datetime", "\"2013-03-21T20:04:00Z\"", "d903e9a1011a514b67b0"),
        ("datetime", "\"2026-11-23T09:30:00\"", "da545700138219512c1b00001f1aced9f000"),
        ("date", "\"1970-01-02\"", "d86401"),
        ("time", "\"00:00:01\"", "da545700121a3b9aca00"),
        ("duration", "\"PT1.5S\"", "d903eaa20101281a1dcd6500"),
        ("duration", "1.5", "d903eaa20101281a1dcd6500"),
        ("uuid", "\"01234567-89ab-cdef-0123-456789abcdef\"", "d825500123456789abcdef0123456789abcdef"),
        ("complex", "[1, -2]", "da5457002082f93c00f9c000"),
        ("range", "[0, 10, 2]", "da5457002183000a02"),
        ("service_ref", "\"twinspan://a/service/b\"", "da54570022767477696e7370616e3a2f2f612f736572766963652f62"),
        ("any", "{\"@node_ref\": \"twinspan://a/node/b\"}", "da54570022737477696e7370616e3a2f2f612f6e6f64652f62"),
        ("array", "[1, 2]", "d84f5001000000000000000200000000000000"),
        ("array", "[1, 0.5]", "d85650000000000000f03f000000000000e03f"),
        ("array", "[[1], [2]]", "d82882820201d84f5001000000000000000200000000000000"),
        ("set<int>", "[3, 1]", "d90102820103"),
        ("list<decimal>", "[1, \"2\"]", "82c4820001c4820002"),
        ("map<date,bytes>", "{\"1970-01-01\": \"AA==\"}", "a1d864004100"),
        ("map<any,int>", "[[1, 2], [\"a\", 3]]", "a20102616103"),
        ("record Order", "{\"id\": 1}", "a162696401"),
        ("record Order", "{\"id\": {\"@decimal\": 1}}", "a1626964c4820001"),
        ("any", "[{\"@list<date>\": [\"1970-01-02\"]}, {\"@bytes\": \"AA==\"}, {\"@set<int>\": [1]}]", "8381d864014100d901028101"),
    ] {
        assert_eq!(encoded(kind, text), bytes, "{kind} {text}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_path() {
    for (kind, text, told) in [
        ("decimal", "\"x\"", "item: `x` is no decimal"),
        ("list<decimal>", "[1, \"-0\"]", "item[1]: `-0` is no decimal"),
        ("bytes", "\"?\"", "no base64"),
        ("datetime", "\"2026-11-23\"", "no date-time"),
        ("map<text,date>", "{\"due\": \"soon\"}", "item[\"due\"]: `soon` is no date"),
        ("set<int>", "[1, 1]", "an element twice"),
        ("map<any,any>", "[[1]]", "[key, value]"),
        ("array", "[[1], [2, 3]]", "rows of 1 and of 2"),
        ("array", "[1, [2]]", "numbers only"),
        ("array", "[[1], 2]", "numbers only"),
        ("complex", "[1]", "[re, im]"),
        ("any", "1e999", "too large"),
        ("any", "{\"@dat\": 1}", "`@dat` names no type"),
        ("any", "[{\"@date\": 1}]", "item[0]: 1 is no date"),
        ("uuid", "\"+1234567-89ab-cdef-0123-456789abcdef\"", "no UUID"),
        ("service_ref", "\"twinspan://a/node/b\"", "no reference to a service: write \"twinspan://CLUSTER/service/NAME\""),
        ("node_ref", "\"b\"", "no reference to a node"),
    ] {
        let error = item(&json(text), &Type::read(kind)).expect_err(text);
        assert_eq!(error.kind(), Kind::Unserializable);
        assert!(error.message().contains(told), "{error}");
    }
}

#[test]
fn arguments_find_their_parameters() {
    let method = MethodSpec {
        params: vec![
            param("due", ParamKind::Both, "date"),
            param("rest", ParamKind::Rest, "decimal"),
            param("unitPrice", ParamKind::Keyword, "decimal"),
            param("extra", ParamKind::Extra, "bytes"),
        ],
        ..MethodSpec::default()
    };
    let positional = [json("\"1970-01-02\""), json("1"), json("2")];
    let named = [("unit_price".to_owned(), json("3")), ("other".to_owned(), json("\"AA==\""))];
    let made = arguments(&positional, &named, Some(&method)).expect("encoded");
    assert_eq!(check(&made.payload), Ok(()));
    assert_eq!(hex(&made.payload), "8283d86401c4820001c4820002a26a756e69745f7072696365c4820003656f746865724100");
    let error = arguments(&[json("\"soon\"")], &[], Some(&method)).err().expect("refused");
    assert!(error.message().starts_with("due: `soon`"), "{error}");
    // Nobody has the method: what JSON says goes, and the core says what is wrong.
    assert_eq!(hex(&arguments(&[json("\"soon\"")], &[], None).expect("encoded").payload), "828164736f6f6ea0");
}

#[test]
fn registered_records_name_their_class() {
    let text = r#"[{"@type":"shop.Card","number":"42"},{"@type":"shop.Card","number":"43"},{"@type":"shop.Cash"}]"#;
    let made = item(&json(text), &Type::Any).expect("encoded");
    assert_eq!(check(&made), Ok(()));
    assert_eq!(decode(&made).map(|json| json.to_string()), Ok(text.into()));
}

#[test]
fn a_stream_is_taken_out() {
    let method = MethodSpec { params: vec![param("numbers", ParamKind::Both, "stream<decimal>")], ..MethodSpec::default() };
    let made = arguments(&[json("[1, 2]")], &[], Some(&method)).expect("encoded");
    assert_eq!(hex(&made.payload), "8281da54570030f6a0");
    let (items, kind) = made.stream.expect("a stream");
    assert_eq!((items, kind), (json("[1, 2]"), Type::Decimal));
}
