use super::*;
use serde_json::Value;

fn service(value: Value) -> ServiceSpec {
    serde_json::from_value(value).expect("a service")
}

/// Every file's text, by path.
fn made(service: &ServiceSpec, language: Language) -> (Vec<(String, String)>, Vec<String>) {
    let made = generate(service, language, &["a".to_owned()]);
    let again = generate(service, language, &["a".to_owned()]);
    let text = |made: &Made| made.files.iter().map(|file| (file.path.display().to_string(), file.text.clone())).collect::<Vec<_>>();
    assert_eq!(text(&made), text(&again));
    (text(&made), made.left_out)
}

fn python(service: &ServiceSpec) -> String {
    let (files, _) = made(service, Language::Python);
    files[0].1.clone()
}

fn java(service: &ServiceSpec, name: &str) -> String {
    let (files, _) = made(service, Language::Java);
    let known: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    files.into_iter().find(|(path, _)| *path == format!("a/{name}.java")).unwrap_or_else(|| panic!("{known:?}")).1
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "missing: {part}\n{text}");
    }
}

/// A service that offers one method `f`.
fn method(method: Value, types: Value) -> ServiceSpec {
    let mut method = method;
    method["name"] = json!("f");
    service(json!({"name": "s", "methods": [method], "types": types}))
}

#[test]
fn every_type_in_both_languages() {
    for (of, in_python, in_java) in [
        ("any", "Any", "@Nullable Object"),
        ("null", "None", "@Nullable Object"),
        ("bool", "bool", "boolean"),
        ("int", "int", "long"),
        ("int?", "int | None", "@Nullable Long"),
        ("float", "float", "double"),
        ("text", "str", "String"),
        ("bytes", "bytes", "byte[]"),
        ("decimal", "Decimal", "BigDecimal"),
        ("date", "date", "LocalDate"),
        ("time", "time", "LocalTime"),
        ("duration", "timedelta", "Duration"),
        ("uuid", "UUID", "UUID"),
        ("complex", "complex", "Complex"),
        ("range", "range", "Range"),
        ("table", "Any", "@Nullable Object"),
        ("service_ref", "ServiceRef", "ServiceRef"),
        ("node_ref", "NodeRef", "NodeRef"),
        ("instant", "datetime", "Instant"),
        ("offset_datetime", "datetime", "OffsetDateTime"),
        ("zoned_datetime", "datetime", "ZonedDateTime"),
        ("local_datetime", "datetime", "LocalDateTime"),
        ("datetime", "datetime", "Temporal"),
        ("array", "NDArray[Any]", "NdArray"),
        ("array<u16>", "NDArray[uint16]", "NdArray"),
        ("list<int>", "list[int]", "List<Long>"),
        ("set<bytes>", "set[bytes]", "Set<ByteBuffer>"),
        ("set<list<int>>", "set[tuple[int, ...]]", "Set<List<Long>>"),
        ("map<text,list<float?>>", "dict[str, list[float | None]]", "Map<String, List<Double>>"),
        ("tuple<int,int>", "tuple[int, int]", "List<Long>"),
        ("tuple<int,text>", "tuple[int, str]", "List<Object>"),
        ("tuple<>", "tuple[()]", "List<Object>"),
        ("record Lost", "Any", "@Nullable Object"),
        ("list<stream<int>>", "list[Any]", "List<Object>"),
    ] {
        let service = method(json!({"params": [{"name": "a", "type": of}], "returns": format!("list<{of}>")}), json!([]));
        has(&python(&service), &[&format!("def f(self, a: {in_python}) -> list[{in_python}]:")]);
        has(&java(&service, "S"), &[&format!(" f({in_java} a);")]);
    }
}

#[test]
fn parameters_in_python() {
    for (params, expected) in [
        (json!([]), "self"),
        (json!([{"name": "a", "type": "int", "kind": "positional"}]), "self, a: int, /"),
        (json!([{"name": "a", "type": "int", "optional": true, "default": "1"}]), "self, a: int = 1"),
        (json!([{"name": "a", "type": "text", "optional": true, "default": "\"x\\\"y\""}]), r#"self, a: str = "x\"y""#),
        (json!([{"name": "a", "type": "float", "optional": true, "default": "1"}]), "self, a: float = 1.0"),
        (json!([{"name": "a", "type": "decimal", "optional": true, "default": "\"0.10\""}]), "self, a: Decimal = Decimal(\"0.10\")"),
        (json!([{"name": "a", "type": "int?", "optional": true, "default": "null"}]), "self, a: int | None = None"),
        (json!([{"name": "a", "type": "list<int>", "optional": true, "default": "[1]"}]), "self, a: list[int] = ..."),
        (json!([{"name": "a", "type": "int", "optional": true}]), "self, a: int = ..."),
        // Its default doesn't fit its type.
        (json!([{"name": "a", "type": "int", "optional": true, "default": "\"exit()\""}]), "self, a: int = ..."),
        (json!([{"name": "a", "type": "int", "optional": true}, {"name": "b", "type": "int"}]), "self, a: int, b: int"),
        (json!([{"name": "itemCount", "type": "int"}]), "self, item_count: int"),
        (json!([{"name": "itemCount", "type": "int"}, {"name": "item_count", "type": "int"}]), "self, itemCount: int, item_count: int"),
        (json!([{"name": "a", "type": "int"}, {"name": "class", "type": "int"}]), "self, a: int, class_: int, /"),
        (json!([{"name": "self", "type": "int"}]), "self, self_: int, /"),
        (json!([{"name": "1 + x", "type": "int"}]), "self, arg_1___x: int, /"),
        (json!([{"name": "a", "type": "int", "kind": "keyword"}]), "self, *, a: int"),
        (json!([{"name": "class", "type": "int", "kind": "keyword", "optional": true}]), "self"),
        (
            json!([{"name": "r", "type": "int", "kind": "rest"}, {"name": "k", "type": "int", "kind": "keyword"},
                   {"name": "x", "type": "int", "kind": "extra"}]),
            "self, *r: int, k: int, **x: int",
        ),
        (json!([{"name": "a", "type": "stream<int>"}]), "self, a: Iterable[int]"),
        (json!([{"name": "list", "type": "list<int>"}]), "self, list: list[int]"),
    ] {
        let text = python(&method(json!({"params": params, "returns": "null"}), json!([])));
        has(&text, &[&format!("    def f({expected}) -> None:")]);
    }
    let streams = python(&method(json!({"params": [{"name": "a", "type": "stream<int>"}], "returns": "stream<text>"}), json!([])));
    has(
        &streams,
        &["def f(self, a: Iterable[int]) -> Stream[str]:", "def f(self, a: AsyncIterable[int] | Iterable[int]) -> AsyncStream[str]:"],
    );
    let (_, left_out) = made(&method(json!({"params": [{"name": "class", "kind": "keyword"}]}), json!([])), Language::Python);
    assert!(left_out.len() == 1 && left_out[0].starts_with("f: Python can't spell its argument `class`"), "{left_out:?}");
}

#[test]
fn parameters_in_java() {
    let both = |name: &str, of: &str| json!({"name": name, "type": of});
    let default = |name: &str, of: &str, json: &str| json!({"name": name, "type": of, "optional": true, "default": json});
    for (params, expected) in [
        (json!([]), &["void f();"][..]),
        (json!([both("item_count", "int"), both("class", "text")]), &["void f(long itemCount, String class_);"]),
        (
            json!([both("a", "int"), default("b", "int", "1"), default("c", "text?", "null")]),
            &["void f(long a, @Default(\"1\") long b, @Nullable String c);", "void f(long a, @Default(\"1\") long b);", "void f(long a);"],
        ),
        (json!([default("a", "duration", "\"PT1H\"")]), &["@Default(\"PT1H\") Duration a);"]),
        (json!([default("a", "int", "1"), both("b", "int")]), &["void f(@Default(\"1\") long a, long b);"]),
        (json!([default("a", "text", "\"\\\\\\\"\"")]), &[r#"void f(@Default("\\\"") String a);"#]),
        (json!([{"name": "r", "type": "int", "kind": "rest"}]), &["void f(long... r);"]),
        (json!([{"name": "r", "type": "list<int>", "kind": "rest"}]), &["@SuppressWarnings(\"unchecked\")\n    void f(List<Long>... r);"]),
        (json!([both("a", "stream<record R>")]), &["void f(Stream<Object> a);"]),
        (
            json!([both("a", "int"), {"name": "in_unit", "type": "text", "kind": "keyword", "optional": true, "default": "\"km\""},
                   {"name": "class", "type": "int", "kind": "keyword"}]),
            &[
                "/** Null leaves an argument out that is given by name: the provider fills it in. */",
                "void f(\n            long a,\n            @ByName(\"class\") long class_,\n            @ByName(\"in_unit\") @Nullable @Default(\"km\") String inUnit);",
                "void f(long a, @ByName(\"class\") long class_);",
            ],
        ),
        (
            json!([{"name": "r", "type": "int", "kind": "rest"}, {"name": "n", "type": "int", "kind": "keyword", "optional": true}]),
            &["void f(@ByName(\"n\") @Nullable Long n, long... r);\n}"],
        ),
        (
            json!([{"name": "s", "type": "stream<int>", "kind": "keyword"}, {"name": "x", "type": "int", "kind": "extra"}]),
            &["More arguments are given by name, with Node.call: x.", "void f(@ByName(\"s\") Stream<Long> s);"],
        ),
    ] {
        has(&java(&method(json!({"params": params, "returns": "null"}), json!([])), "S"), expected);
    }
}

#[test]
fn methods_whose_names_are_not_theirs() {
    let named = |names: &[&str]| {
        let methods: Vec<Value> = names.iter().map(|name| json!({"name": name, "returns": "null"})).collect();
        service(json!({"name": "shop.s", "methods": methods}))
    };
    let all = named(&["order_total", "wait", "class", "a-b", "_x", "itemCount"]);
    has(
        &java(&all, "S"),
        &[
            "@Call(name = \"order_total\")\n    void orderTotal();",
            "@Call(name = \"wait\")\n    void wait_();",
            "@Call(name = \"class\")\n    void class_();",
            "@Call(name = \"a-b\")\n    void a_b();",
            "    void _x();",
            "    void itemCount();",
        ],
    );
    has(&python(&all), &["def order_total(", "def wait(", "def item_count(", "# Left out: class: ", "# Left out: a-b: ", "client[\"_x\"]"]);
    let (_, left_out) = made(&all, Language::Python);
    assert_eq!(left_out.iter().map(|line| line.split(':').next().expect("name")).collect::<Vec<_>>(), ["class", "a-b", "_x"]);
    let alike = named(&["orderTotal", "order_total"]);
    has(&python(&alike), &["def orderTotal(", "def order_total("]);
    has(&java(&alike, "S"), &["    void orderTotal();", "    void order_total();"]);
}

#[test]
fn classes_in_both_languages() {
    let types = json!([
        {"name": "Card", "registered": "shop.Card", "doc": "A card.", "fields": [
            {"name": "number", "type": "text", "doc": "As it\n is printed."}, {"name": "valid_until", "type": "date", "optional": true}]},
        {"name": "Cash", "registered": "shop.Cash"},
        {"name": "Payment", "kind": "union", "members": ["record Card", "record Cash"]},
        {"name": "Order", "fields": [
            {"name": "note", "type": "text", "optional": true, "default": "\"\""},
            {"name": "id", "type": "text"},
            {"name": "tags", "type": "list<text>", "optional": true, "default": "[]"},
            {"name": "next", "type": "record Order?", "optional": true},
            {"name": "color", "type": "enum Color", "optional": true, "default": "\"RED\""}]},
        {"name": "Color", "kind": "enum", "values": ["RED", "BLUE"]},
        {"name": "Odd", "kind": "enum", "values": ["a-b", "class"]},
        {"name": "Loose", "fields": [{"name": "class", "type": "int"}, {"name": "o", "type": "record Order", "optional": true}]},
        {"name": "List", "fields": [{"name": "list", "type": "list<int>"}, {"name": "other", "type": "list<int>"}]},
        {"name": "Twin", "fields": [{"name": "color", "type": "int"}, {"name": "next", "type": "int"}, {"name": "tags", "type": "int"},
                                    {"name": "id", "type": "text"}, {"name": "note", "type": "int"}]},
        {"name": "Bare", "kind": "union", "members": ["record Order", "record Twin"]},
        {"name": "Plain", "kind": "union", "members": ["record Order", "record Card"]},
    ]);
    let returns = "tuple<union Payment,record Order,enum Odd,record Loose,record List>";
    let service = service(json!({"name": "s", "types": types, "methods": [
        {"name": "f", "returns": returns, "raises": ["shop.Lost", "builtins.ValueError", "java.io.UTFDataFormatException"]},
        {"name": "g", "returns": "list<union Bare>"}, {"name": "h", "returns": "union Plain"}]}));
    has(&python(&service), &[
        "@record(\"shop.Card\")\n@dataclass(kw_only=True)\nclass Card:\n    \"\"\"A card.\"\"\"\n\n    number: str\n    \"\"\"As it\n     is printed.\n    \"\"\"\n    valid_until: date\n"
            .replace("(kw_only=True)", "").as_str(),
        "Payment: TypeAlias = Card | Cash\n",
        "@dataclass(kw_only=True)\nclass Order:\n    note: str = \"\"\n    id: str\n    tags: _list[str] = field(default_factory=lambda: [])\n    \
         next: Order | None = None\n    color: Color = Color.RED\n",
        "Odd: TypeAlias = Literal[\"a-b\", \"class\"]\n",
        "Loose = TypedDict(\n    \"Loose\",\n    {\n        \"class\": \"int\",\n        \"o\": NotRequired[\"Order\"],\n    },\n)\n",
        "from builtins import list as _list\n",
        "@error(\"shop.Lost\")\nclass Lost(Exception):",
        "    @raises(Lost, ValueError)\n",
        "Also raised, as a RemoteError: java.io.UTFDataFormatException.",
        "def g(self) -> _list[Bare]:",
    ]);
    has(
        &java(&service, "Card"),
        &[
            "/**\n * A card.\n *\n * @param number As it is printed.\n */\n@WireType(\"shop.Card\")\npublic record Card(String number, LocalDate validUntil) implements Payment, Plain {}\n",
        ],
    );
    has(&java(&service, "Payment"), &["public sealed interface Payment permits Card, Cash {}\n"]);
    has(
        &java(&service, "Order"),
        &["@Default(\"RED\") Color color", "@Nullable Order next", "java.util.List<String> tags", "@Default(\"\") String note"],
    );
    has(&java(&service, "Plain"), &["public sealed interface Plain permits Order, Card {}\n"]);
    has(&java(&service, "List"), &["public record List(java.util.List<Long> list, java.util.List<Long> other) {}\n"]);
    has(&java(&service, "Lost"), &["@WireError(\"shop.Lost\")\npublic class Lost extends RuntimeException {"]);
    has(
        &java(&service, "S"),
        &[
            "java.util.List<Object> f() throws Lost, IllegalArgumentException;",
            "/**\n     * An <code>Object</code> stands where no class could be told: <code>Order</code> and <code>Twin</code>, members of \
             <code>Bare</code>, have the same fields",
            "    java.util.List<Object> g();",
            "    Plain h();",
        ],
    );
    has(&java(&service, "package-info"), &["@NullMarked\npackage a;\n\nimport io.twinspan.NullMarked;\n"]);
    let (files, _) = made(&service, Language::Java);
    for gone in ["a/Odd.java", "a/Loose.java", "a/Bare.java"] {
        assert!(files.iter().all(|(path, _)| path != gone), "{gone}");
    }
}

#[test]
fn text_of_a_peer_stays_text() {
    let evil = "\"\"\"\nimport os  # */ \\u002a/ class X {}\r\n\\";
    let service = service(json!({"name": "s", "doc": evil,
        "types": [{"name": "A", "doc": evil, "registered": evil, "fields": [{"name": evil}]}, {"name": "x = 1\nimport os", "fields": []}],
        "methods": [{"name": evil, "doc": evil}, {"name": "f", "doc": evil, "returns": "record A", "raises": [evil],
            "params": [{"name": evil, "type": evil, "optional": true, "default": evil}, {"name": "x", "type": "record x = 1\nimport os"}]}]}));
    let text = python(&service);
    assert!(text.lines().all(|line| !line.trim_start().starts_with("import os") || text.contains("import os  # */ \\\\u002a/")), "{text}");
    let (files, _) = made(&service, Language::Java);
    for (path, text) in files {
        // A backslash behind another one begins no escape.
        assert!(!text.replace("\\\\", "").contains("\\u002a") && text.is_ascii(), "{path}\n{text}");
        // Annotations hold it in literals; elsewhere nothing ends a comment.
        let text: String = text.lines().filter(|line| !line.trim_start().starts_with('@')).collect();
        assert_eq!(text.matches("/*").count(), text.matches("*/").count(), "{path}\n{text}");
    }
}

#[test]
fn faces_make_room_for_classes() {
    let service =
        service(json!({"name": "pricing", "types": [{"name": "Pricing"}], "methods": [{"name": "f", "returns": "record Pricing"}]}));
    has(&python(&service), &["class PricingService(Protocol):", "class AsyncPricingService(Protocol):", "class Pricing:\n"]);
    has(&java(&service, "PricingService"), &["public interface PricingService {\n", "    Pricing f();\n"]);
}
