//! The table of docs/contracts.md, "What breaks whom", against what `compare` says: every row has examples that must come out as it
//! tells, and every text that the code has for a change must come out of some example.

use super::{
    Change, compare,
    compare_tests::{params, service},
};
use crate::config::ServiceSpec;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../docs/contracts.md");
const SOURCES: [&str; 4] = [include_str!("compare.rs"), include_str!("fits.rs"), include_str!("methods.rs"), include_str!("parameters.rs")];

/// Two states of a service, as an example of a row's cell.
struct Case {
    row: &'static str,
    sent: bool,
    /// Stands for what the cell says behind its semicolon.
    exception: bool,
    states: [ServiceSpec; 2],
}

#[derive(Default)]
struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, row: &'static str, sent: bool, exception: bool, states: [ServiceSpec; 2]) {
        self.0.push(Case { row, sent, exception, states });
    }

    /// Parameters.
    fn given(&mut self, row: &'static str, states: [&str; 2]) {
        self.add(row, true, false, states.map(|text| service(json!({"params": params(text)}), json!([]))));
    }

    /// A type that classes define, among the arguments or as the answer.
    fn typed(&mut self, row: &'static str, sent: bool, exception: bool, states: [(&str, Value); 2]) {
        let method = |of: &str| if sent { json!({"params": [{"name": "a", "type": of}]}) } else { json!({"returns": of}) };
        self.add(row, sent, exception, states.map(|(of, types)| service(method(of), types)));
    }

    /// The same in both ways.
    fn both(&mut self, row: &'static str, states: [(&str, Value); 2]) {
        self.typed(row, true, false, states.clone());
        self.typed(row, false, false, states);
    }

    /// Types that need no definitions but these.
    fn types(&mut self, row: &'static str, pairs: &[(&str, &str)]) {
        let known = json!([
            {"name": "C", "registered": "x.C"},
            {"name": "E", "kind": "enum", "values": ["A"]},
            {"name": "U", "kind": "union", "members": ["record C"]},
        ]);
        for (old, new) in pairs {
            self.both(row, [(old, known.clone()), (new, known.clone())]);
        }
    }

    /// Fields of a record.
    fn fields(&mut self, row: &'static str, sent: bool, exception: bool, states: [Value; 2]) {
        self.typed(row, sent, exception, states.map(|fields| ("record R", json!([{"name": "R", "fields": fields}]))));
    }
}

fn examples() -> Vec<Case> {
    let mut cases = Cases::default();
    let with = |method: Value| service(method, json!([]));
    let none = || ServiceSpec { name: "s".into(), ..ServiceSpec::default() };
    for sent in [true, false] {
        cases.add("method gone", sent, false, [with(json!({})), none()]);
        cases.add("method new", sent, false, [none(), with(json!({}))]);
    }
    let gone = "parameter gone, or renamed without its old name";
    let kinds = ["both:a:int", "keyword:a:int", "positional:a:int", "rest:a:int=", "extra:a:int="];
    kinds.iter().for_each(|old| cases.given(gone, [old, ""]));
    cases.given(gone, ["both:a:int", "both:b:int"]);
    cases.given("parameter renamed, the old name kept (`renamed_from`, `@RenamedFrom`)", ["both:a:int", "both:b|a:int"]);
    cases.given("parameter gone, `**extra` takes it", ["both:a:int", "extra:more:any="]);
    for new in ["both:a:int=1", "keyword:a:int=", "rest:a:int=", "extra:a:int="] {
        cases.given("parameter new, optional", ["", new]);
    }
    for new in ["both:a:int", "keyword:a:int", "positional:a:int"] {
        cases.given("parameter new, must be given", ["", new]);
    }
    cases.given("parameter at another place", ["both:a:int;both:b:int", "both:b:int;both:a:int"]);
    for new in ["keyword:a:int", "positional:a:int"] {
        cases.given("by name or by place: one of both gone", ["both:a:int", new]);
    }
    cases.given("by name or by place: one of both gone", ["keyword:a:int", "positional:a:int"]);

    let needed = |of: &str| json!([{"name": "a", "type": of}]);
    let optional = |of: &str, default: &str| json!([{"name": "a", "type": of, "optional": true, "default": default}]);
    let now_needed = "may be left out: now must be given";
    cases.given(now_needed, ["both:a:int=1", "both:a:int"]);
    cases.fields(now_needed, true, false, [optional("int", "1"), needed("int")]);
    cases.fields(now_needed, true, true, [optional("int?", "null"), needed("int?")]);
    cases.given("must be given: now may be left out", ["both:a:int", "both:a:int=1"]);
    cases.given("another default", ["both:a:int=1", "both:a:int=2"]);
    for sent in [true, false] {
        cases.fields("must be given: now may be left out", sent, false, [needed("int"), optional("int", "1")]);
        cases.fields("another default", sent, false, [optional("int", "1"), optional("int", "2")]);
        cases.fields("field new, optional", sent, false, [json!([]), optional("int", "1")]);
        cases.fields("field new, must be given", sent, false, [json!([]), needed("int")]);
        cases.fields("field gone", sent, false, [needed("int"), json!([])]);
    }
    cases.fields("field gone", false, true, [optional("int", "1"), json!([])]);

    let wider = [
        ("int", "float"),
        ("int", "decimal"),
        ("int", "int?"),
        ("tuple<int,int>", "list<int>"),
        ("record C", "union U"),
        ("instant", "zoned_datetime"),
    ];
    cases.types(
        "wider type: `int` → `float` or `decimal`, `T` → `T?`, `tuple` → `list`, a record → a union that has it, `instant` → `zoned_datetime`",
        &wider,
    );
    let narrower: Vec<_> = wider.iter().map(|(old, new)| (*new, *old)).collect();
    cases.types("narrower type: the other way round", &narrower);
    cases.types("`list<T>` → `stream<T>`", &[("list<int>", "stream<int>")]);
    cases.types("`stream<T>` → `list<T>`", &[("stream<int>", "list<int>")]);
    let values = |values: &[&str]| ("enum E", json!([{"name": "E", "kind": "enum", "values": values}]));
    cases.both("enum value new", [values(&["X"]), values(&["X", "Y"])]);
    cases.both("enum value gone", [values(&["X", "Y"]), values(&["X"])]);
    let union = |members: &[&str]| {
        let types = json!([{"name": "A", "registered": "x.A"}, {"name": "B", "registered": "x.B"},
            {"name": "U", "kind": "union", "members": members}]);
        ("union U", types)
    };
    cases.both("member of a union new", [union(&["record A"]), union(&["record A", "record B"])]);
    cases.both("member of a union gone", [union(&["record A", "record B"]), union(&["record A"])]);
    cases.types("`text` → `enum`", &[("text", "enum E")]);
    cases.types("`enum` → `text`", &[("enum E", "text")]);
    cases.types("another type", &[("int", "text"), ("list<int>", "set<int>"), ("record C", "int")]);
    cases.typed("another type", false, false, [("stream<int>", json!([])), ("set<int>", json!([]))]);
    cases.types("anything → `any`, or `any` → anything", &[("int", "any"), ("any", "record C"), ("list<any>", "list<text>")]);
    let loose = "`datetime` or `array` → one of them in particular, or back";
    cases.types(loose, &[("datetime", "instant"), ("instant", "datetime"), ("array", "array<f64>"), ("array<f64>", "array")]);
    let registered = |name: &str| ("record R", json!([{"name": "R", "registered": name}]));
    cases.both("registered name of a record", [registered("x.R"), registered("y.R")]);
    let untold = "name of a class, order of fields, documentation, balance, limits";
    let record = |name: &str, fields: [&str; 2]| {
        let fields: Vec<Value> = fields.iter().map(|field| json!({"name": field, "type": "int", "doc": fields[0]})).collect();
        json!([{"name": name, "fields": fields, "doc": name}])
    };
    cases.both(untold, [("record R", record("R", ["a", "b"])), ("record S", record("S", ["b", "a"]))]);
    let errors = "declared errors, no longer idempotent, deprecated";
    for (old, new) in [(json!({"raises": ["a"]}), json!({"raises": ["b"]})), (json!({"idempotent": true}), json!({"deprecated": true}))] {
        cases.add(errors, false, false, [with(old), with(new)]);
    }
    cases.0
}

/// What each row says of what is sent and of what is answered.
fn rows() -> BTreeMap<&'static str, [&'static str; 2]> {
    let table = PAGE.split("## What breaks whom").nth(1).expect("the table");
    let lines = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut rows = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [what, sent, answered] = cells[..] else { panic!("{line}") };
        assert!(rows.insert(what, [sent, answered]).is_none(), "twice: {what}");
    }
    rows
}

#[test]
fn every_row_of_the_page_is_what_the_code_says() {
    let (rows, cases) = (rows(), examples());
    for case in &cases {
        let cells = rows.get(case.row).unwrap_or_else(|| panic!("docs/contracts.md lacks the row: {}", case.row));
        let cell = cells[usize::from(!case.sent)];
        let (usual, exception) = cell.split_once("; ").unwrap_or((cell, ""));
        let said = if case.exception { exception } else { usual };
        assert!(said.starts_with("breaks") || said.starts_with("fits"), "the page says nothing of: {} ({})", case.row, case.sent);
        let [old, new] = &case.states;
        let changes = compare(old, new);
        let breaks = changes.iter().any(|change| change.breaking);
        assert_eq!(breaks, said.starts_with("breaks"), "{}: the page says {said:?}, the code {changes:?}", case.row);
    }
    for (row, cells) in rows {
        for (cell, sent) in cells.into_iter().zip([true, false]) {
            let count = |exception| cases.iter().filter(|case| (case.row, case.sent, case.exception) == (row, sent, exception)).count();
            assert_eq!(count(false) > 0, !cell.is_empty(), "no example of the row {row:?}: {cell:?}");
            assert_eq!(count(true) > 0, cell.contains("; "), "no example of the exception in the row {row:?}: {cell:?}");
        }
    }
}

/// The texts of changes in the source, each with whether it breaks somebody where its line says so.
fn texts() -> Vec<(String, Option<bool>)> {
    let mut texts = Vec::new();
    for line in SOURCES.iter().flat_map(|source| source.lines()) {
        let mut breaking = None;
        for (at, part) in line.split('"').enumerate() {
            if at % 2 == 0 {
                let last = part.rfind("Change::").map(|from| part[from..].starts_with("Change::breaks"));
                breaking = last.or(breaking);
            } else if breaking.is_some() || line.contains("let what") {
                texts.push((part.to_owned(), breaking));
            }
        }
    }
    texts
}

/// Whether a text was made from a template with `{…}` in it.
fn is_from(template: &str, text: &str) -> bool {
    let mut rest = text;
    let fixed: Vec<&str> =
        template.split('{').enumerate().map(|(at, part)| if at == 0 { part } else { part.split_once('}').map_or(part, |p| p.1) }).collect();
    for (at, part) in fixed.iter().enumerate() {
        match rest.find(part) {
            Some(found) if at > 0 || found == 0 => rest = &rest[found + part.len()..],
            _ => return false,
        }
    }
    rest.is_empty() || fixed.last().is_some_and(|last| last.is_empty())
}

#[test]
fn every_change_that_the_code_knows_is_in_an_example() {
    let told: Vec<Change> = examples().iter().flat_map(|case| compare(&case.states[0], &case.states[1])).collect();
    let texts = texts();
    assert!(texts.len() > 30, "{texts:?}");
    for (text, breaking) in texts {
        let shown = told.iter().any(|change| breaking.is_none_or(|breaks| breaks == change.breaking) && is_from(&text, &change.what));
        assert!(shown, "no row of docs/contracts.md has an example of the change {text:?}");
    }
}

#[test]
fn templates_are_told_apart() {
    for (template, text, expected) in [
        ("is gone", "is gone", true),
        ("is gone", "is gone: the default stands for it", false),
        ("has no `{value}` any more", "has no `Y` any more", true),
        ("has no `{value}` any more", "has `Y` now", false),
        ("{now} `{new}`, {before} `{old}`", "takes `int`, took `text`", true),
    ] {
        assert_eq!(is_from(template, text), expected, "{template} {text}");
    }
}
