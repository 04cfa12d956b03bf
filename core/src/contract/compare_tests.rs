use super::{Change, compare};
use crate::config::{MethodSpec, ParamKind, ParamSpec, ServiceSpec};
use proptest::prelude::*;
use serde_json::json;

/// A service with one method, `f`, and classes, as JSON.
pub(super) fn service(method: serde_json::Value, types: serde_json::Value) -> ServiceSpec {
    let mut method = method;
    method["name"] = json!("f");
    serde_json::from_value(json!({"name": "s", "methods": [method], "types": types})).expect("a service")
}

/// `(a: int, /, b: text = "x", *, c: bool = …)`: `kind:name:type[=default]`; a type that ends with `=` has a default that isn't said.
pub(super) fn params(text: &str) -> serde_json::Value {
    let one = |text: &str| {
        let mut parts = text.trim().splitn(3, ':');
        let (kind, name, rest) = (parts.next().expect("kind"), parts.next().expect("name"), parts.next().expect("type"));
        let mut names = name.split('|');
        let name = names.next();
        let former: Vec<&str> = names.collect();
        match rest.split_once('=') {
            None => json!({"kind": kind, "name": name, "type": rest, "former": former}),
            Some((of, "")) => json!({"kind": kind, "name": name, "type": of, "optional": true, "former": former}),
            Some((of, default)) => json!({"kind": kind, "name": name, "type": of, "optional": true, "default": default, "former": former}),
        }
    };
    text.split(';').filter(|text| !text.is_empty()).map(one).collect()
}

fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|c| format!("{}{}: {}", if c.breaking { "! " } else { "" }, c.place, c.what)).collect()
}

#[test]
fn parameters() {
    for (wanted, offered, expected) in [
        ("", "", &[][..]),
        ("both:a:int", "both:a:int", &[]),
        ("both:itemCount:int", "both:item_count:int", &[]),
        ("both:a:int", "", &["! f.a: is gone"]),
        ("both:a:int", "both:b:int", &["! f.a: is gone by this name: `b` stands in its place"]),
        ("both:a:int", "both:b|a:int", &[]),
        ("both:a:int", "extra:more:any=", &["f.a: is one of `**more` now", "f.a: takes `any`, took `int`"]),
        ("both:a:int", "keyword:a:int", &["! f.a: is given by name only now"]),
        ("both:a:int", "positional:a:int", &["! f.a: is given by place only now"]),
        ("keyword:a:int", "both:a:int", &[]),
        ("keyword:a:int", "positional:a:int", &["! f.a: is given by place only now"]),
        ("keyword:a:int", "", &["! f.a: is gone"]),
        ("positional:a:int", "both:z:int", &[]),
        ("positional:a:int", "rest:z:int=", &[]),
        ("positional:a:int", "keyword:a:int", &["! f.a: is gone: at most 0 are given by place", "! f.a: is new, and must be given"]),
        (
            "both:a:int;both:b:text",
            "both:b:text;both:a:int",
            &["! f.a: stands at place 2 now, stood at 1", "! f.b: stands at place 1 now, stood at 2"],
        ),
        ("", "both:a:int", &["! f.a: is new, and must be given"]),
        ("", "both:a:int=1", &["f.a: is new"]),
        ("", "keyword:a:int", &["! f.a: is new, and must be given"]),
        ("", "rest:a:int=;extra:b:int=", &["f.a: is new", "f.b: is new"]),
        ("rest:a:int=", "", &["! f.a: is gone: further positional arguments are not taken"]),
        ("extra:a:int=", "", &["! f.a: is gone: further named arguments are not taken"]),
        ("rest:a:int=", "rest:b:text=", &["! f.a: takes `text`, took `int`"]),
        ("both:a:int=1", "both:a:int", &["! f.a: must be given now"]),
        ("both:a:int", "both:a:int=1", &["f.a: may be left out now"]),
        ("both:a:int=1", "both:a:int=2", &["f.a: is `2` if left out, was `1`"]),
        ("both:a:int=", "both:a:int=2", &[]),
    ] {
        let method = |text: &str| service(json!({"params": params(text)}), json!([]));
        assert_eq!(told(&compare(&method(wanted), &method(offered))), expected, "{wanted} -> {offered}");
    }
}

/// What changes when a parameter's type changes, and when a result's does: `=` nothing, `~` told, `!` breaking.
#[test]
fn types_are_taken_wider_and_answered_narrower() {
    for (old, new, sent, answered) in [
        ("int", "int", '=', '='),
        ("int", "any", '~', '~'),
        ("any", "int", '~', '~'),
        ("int", "int?", '~', '!'),
        ("int?", "int", '!', '~'),
        ("null", "int?", '~', '!'),
        ("int", "float", '~', '!'),
        ("float", "int", '!', '~'),
        ("int", "decimal", '~', '!'),
        ("int", "text", '!', '!'),
        ("int?", "float?", '~', '!'),
        ("instant", "datetime", '~', '~'),
        ("datetime", "zoned_datetime", '~', '~'),
        ("instant", "local_datetime", '!', '!'),
        ("instant", "zoned_datetime", '~', '!'),
        ("zoned_datetime", "offset_datetime", '!', '~'),
        ("list<int>", "list<float>", '~', '!'),
        ("list<int>", "set<int>", '!', '!'),
        ("list<int>", "stream<int>", '~', '!'),
        ("stream<int>", "list<int>", '!', '~'),
        ("stream<int>", "stream<float>", '~', '!'),
        ("map<text,int>", "map<text,float>", '~', '!'),
        ("map<int,int>", "map<text,int>", '!', '!'),
        ("tuple<int,int>", "list<int>", '~', '!'),
        ("tuple<int,int>", "tuple<int,float>", '~', '!'),
        ("tuple<int,int>", "tuple<int>", '!', '!'),
        ("list<any>", "tuple<int>", '~', '~'),
        ("array", "array<f64>", '~', '~'),
        ("array<f32>", "array<f64>", '!', '!'),
        ("enum E", "text", '~', '~'),
        ("text", "enum E", '!', '~'),
        ("record R", "map<text,any>", '~', '~'),
        ("record R", "map<text,int>", '~', '~'),
        ("record R", "map<text,text>", '!', '~'),
        ("record R", "int", '!', '!'),
        ("record R", "record S", '=', '='),
        ("record C", "union U", '~', '!'),
        ("union U", "record C", '!', '~'),
        ("record R", "union U", '!', '!'),
        // Left out of the service's types: not known.
        ("record Lost", "record R", '=', '='),
    ] {
        let types = json!([
            {"name": "R", "fields": [{"name": "a", "type": "int"}]},
            {"name": "S", "fields": [{"name": "a", "type": "int"}]},
            {"name": "C", "registered": "x.C"},
            {"name": "E", "kind": "enum", "values": ["A"]},
            {"name": "U", "kind": "union", "members": ["record C"]},
        ]);
        let mark = |changes: &[Change]| match changes {
            [] => '=',
            [one] => {
                if one.breaking {
                    '!'
                } else {
                    '~'
                }
            }
            more => panic!("{old} -> {new}: {more:?}"),
        };
        let takes = |of: &str| service(json!({"params": [{"name": "a", "type": of}]}), types.clone());
        assert_eq!(mark(&compare(&takes(old), &takes(new))), sent, "a parameter {old} -> {new}");
        let answers = |of: &str| service(json!({"returns": of}), types.clone());
        assert_eq!(mark(&compare(&answers(old), &answers(new))), answered, "a result {old} -> {new}");
    }
}

#[test]
fn classes() {
    let record = |fields: serde_json::Value| json!([{"name": "R", "fields": fields}]);
    let values = |values: &[&str]| json!([{"name": "E", "kind": "enum", "values": values}]);
    let union = |members: &[&str]| {
        let classes =
            ["A", "B"].map(|name| json!({"name": name, "registered": format!("x.{name}"), "fields": [{"name": "n", "type": "int"}]}));
        let members: Vec<String> = members.iter().map(|name| format!("record {name}")).collect();
        json!([classes[0], classes[1], {"name": "U", "kind": "union", "members": members}])
    };
    let field = |name: &str, of: &str| json!({"name": name, "type": of});
    let optional = |name: &str, of: &str, default: &str| json!({"name": name, "type": of, "optional": true, "default": default});
    for (of, old, new, sent, answered) in [
        ("record R", record(json!([field("a", "int")])), record(json!([field("a", "int")])), &[][..], &[][..]),
        ("record R", record(json!([field("itemCount", "int")])), record(json!([field("item_count", "int")])), &[], &[]),
        ("record R", record(json!([field("a", "int")])), record(json!([])), &["R.a: is not read any more"], &["! R.a: is gone"]),
        (
            "list<record R>",
            record(json!([optional("a", "int", "1")])),
            record(json!([])),
            &["R.a: is not read any more"],
            &["R.a: is gone: the default stands for it"],
        ),
        ("record R", record(json!([])), record(json!([field("a", "int")])), &["! R.a: is new, and must be given"], &["R.a: is new"]),
        ("record R", record(json!([])), record(json!([optional("a", "int", "1")])), &["R.a: is new"], &["R.a: is new"]),
        ("record R", record(json!([optional("a", "int", "1")])), record(json!([field("a", "int")])), &["! R.a: must be given now"], &[]),
        (
            "record R",
            record(json!([field("a", "int")])),
            record(json!([optional("a", "float", "1.0")])),
            &["R.a: takes `float`, took `int`"],
            &["! R.a: is `float`, was `int`", "R.a: may be left out now"],
        ),
        (
            "record R",
            record(json!([optional("a", "int?", "null")])),
            record(json!([field("a", "int?")])),
            &["R.a: must be given now, if only as null"],
            &[],
        ),
        ("enum E", values(&["X"]), values(&["X", "Y"]), &["E: has `Y` now"], &["E: has `Y` now, which readers with the older enum refuse"]),
        ("enum E", values(&["X", "Y"]), values(&["X"]), &["! E: has no `Y` any more"], &["E: has no `Y` any more"]),
        ("union U", union(&["A"]), union(&["A", "B"]), &["U: takes `B` too"], &["! U: may be `B` now"]),
        ("union U", union(&["A", "B"]), union(&["A"]), &["! U: does not take `B` any more"], &["U: is never `B` any more"]),
    ] {
        let takes = |types: &serde_json::Value| service(json!({"params": [{"name": "a", "type": of}]}), types.clone());
        assert_eq!(told(&compare(&takes(&old), &takes(&new))), sent, "sent: {old} -> {new}");
        let answers = |types: &serde_json::Value| service(json!({"returns": of}), types.clone());
        assert_eq!(told(&compare(&answers(&old), &answers(&new))), answered, "answered: {old} -> {new}");
        // A class that goes both ways: the worse of two that say the same.
        let both = |types: &serde_json::Value| service(json!({"params": [{"name": "a", "type": of}], "returns": of}), types.clone());
        let breaking = |changes: &[&str]| changes.iter().filter(|change| change.starts_with('!')).count();
        let changes = compare(&both(&old), &both(&new));
        assert_eq!(changes.iter().filter(|change| change.breaking).count(), breaking(sent) + breaking(answered), "{changes:?}");
        assert_eq!(changes.is_empty(), sent.is_empty() && answered.is_empty());
    }
}

#[test]
fn classes_that_contain_themselves_end() {
    let node = |of: &str| json!([{"name": "Node", "fields": [{"name": "next", "type": "record Node?"}, {"name": "v", "type": of}]}]);
    let answers = |of: &str| service(json!({"returns": "record Node"}), node(of));
    assert_eq!(told(&compare(&answers("int"), &answers("float"))), ["! Node.v: is `float`, was `int`"]);
    // A long chain of classes, on a small stack.
    let chain: Vec<_> =
        (0..2000).map(|at| json!({"name": format!("R{at}"), "fields": [{"name": "n", "type": format!("record R{}", at + 1)}]})).collect();
    let long = service(json!({"returns": "record R0"}), json!(chain));
    let thread = std::thread::Builder::new().stack_size(128 << 10);
    let compared = thread.spawn(move || compare(&long, &long)).expect("a thread").join().expect("compared");
    assert_eq!(compared, []);
}

#[test]
fn methods() {
    let streams = |out: bool, of: &str| service(json!({"out_stream": out, "returns": of}), json!([]));
    for (old, new, expected) in [
        (streams(true, "stream<int>"), streams(false, "set<int>"), &["! f: answers `set<int>`, answered a stream"][..]),
        (streams(true, "stream<int>"), streams(false, "list<int>"), &["f: answers `list<int>`, answered a stream"]),
        (
            streams(true, "stream<int>"),
            streams(false, "list<text>"),
            &["f: answers `list<text>`, answered a stream", "! f: answers items of `text`, answered items of `int`"],
        ),
        (streams(false, "int"), streams(true, "stream<int>"), &["! f: answers a stream, answered `int`"]),
        (streams(true, "stream<int>"), streams(false, "any"), &["f: answers `any`, answered `int`"]),
        (streams(true, "stream<any>"), streams(true, "stream<any>"), &[]),
        (
            service(json!({"raises": ["a"]}), json!([])),
            service(json!({"raises": ["b"]}), json!([])),
            &["f: declares the error `b`", "f: does not declare the error `a` any more"],
        ),
        (
            service(json!({"idempotent": true}), json!([])),
            service(json!({"deprecated": true}), json!([])),
            &["f: is not idempotent any more: calls that may have run are not tried again", "f: is deprecated"],
        ),
        (service(json!({}), json!([])), ServiceSpec { name: "s".into(), ..ServiceSpec::default() }, &["! f: is gone"]),
        (ServiceSpec { name: "s".into(), ..ServiceSpec::default() }, service(json!({}), json!([])), &["f: is new"]),
    ] {
        assert_eq!(told(&compare(&old, &new)), expected);
    }
    let named =
        |name: &str| ServiceSpec { methods: vec![MethodSpec { name: name.into(), ..MethodSpec::default() }], ..ServiceSpec::default() };
    assert_eq!(compare(&named("orderTotal"), &named("order_total")), []);
}

fn any_type() -> impl Strategy<Value = String> {
    let word =
        prop::sample::select(vec!["any", "int", "float", "text", "datetime", "array<f64>", "record R", "enum E", "union U", "record Lost"]);
    word.prop_map(str::to_owned).prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("list<{a}>")),
            inner.clone().prop_map(|a| format!("{a}?")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("map<{a},{b}>")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("tuple<{a},{b}>")),
        ]
    })
}

fn any_service() -> impl Strategy<Value = ServiceSpec> {
    let kind = prop::sample::select(vec![ParamKind::Positional, ParamKind::Both, ParamKind::Keyword]);
    let param = (kind, any_type(), any::<bool>());
    let method = (prop::collection::vec(param, 0..4), any_type(), any::<bool>());
    (prop::collection::vec(method, 1..4), prop::collection::vec(any_type(), 0..3)).prop_map(|(methods, fields)| {
        let methods = methods.into_iter().enumerate().map(|(at, (params, returns, out_stream))| {
            let mut params: Vec<ParamSpec> = params
                .into_iter()
                .enumerate()
                .map(|(at, (kind, type_name, optional))| ParamSpec {
                    name: format!("p{at}"),
                    kind,
                    type_name,
                    optional,
                    default: None,
                    former: Vec::new(),
                })
                .collect();
            params.sort_by_key(|param| param.kind as u8);
            MethodSpec { name: format!("m{at}"), params, returns, out_stream, ..MethodSpec::default() }
        });
        let fields: Vec<_> = fields.iter().enumerate().map(|(at, of)| json!({"name": format!("f{at}"), "type": of})).collect();
        let types = json!([
            {"name": "R", "registered": "x.R", "fields": fields},
            {"name": "E", "kind": "enum", "values": ["A", "B"]},
            {"name": "U", "kind": "union", "members": ["record R"]},
        ]);
        ServiceSpec {
            name: "s".into(),
            methods: methods.collect(),
            types: serde_json::from_value(types).expect("types"),
            ..ServiceSpec::default()
        }
    })
}

proptest! {
    #[test]
    fn a_service_fits_itself_and_breaks_without_a_method(service in any_service(), at in any::<prop::sample::Index>()) {
        prop_assert_eq!(compare(&service, &service), []);
        let mut less = service.clone();
        let gone = less.methods.remove(at.index(service.methods.len()));
        prop_assert_eq!(told(&compare(&service, &less)), [format!("! {}: is gone", gone.name)]);
        prop_assert_eq!(told(&compare(&less, &service)), [format!("{}: is new", gone.name)]);
    }
}
