"""What a value is on the other side: untyped, and typed by a contract and by the handler."""

from __future__ import annotations

import math
from typing import Any

import pytest

from agents import literal as lit
from agents.pairs import Joined, Pair

NANOS = 123_456_789
ORDER = lit.record(
    "Order",
    id=lit.uuid("12345678-1234-5678-1234-567812345678"),
    lines=[
        lit.record("Line", sku="A1", quantity=3, price=lit.decimal("9.90")),
        lit.record("Line", sku="B", quantity=-1, price=lit.decimal("-0.001")),
    ],
    color=lit.enum("Color", "GREEN"),
    due=lit.date("2028-02-29"),
    placed=lit.instant(1_700_000_000, NANOS),
    took=lit.duration(-5, 999_999_999),
    tags=lit.a_set("new", "žluť"),
    weights=lit.array("f64", [0.5, -1.25, 1e300]),
    extra=lit.mapping((1, "one"), (-7, "minus seven")),
    note=None,
)

VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "largest long": 2**63 - 1,
    "one above a long": 2**63,
    "smallest long": -(2**63),
    "one below a long": -(2**63) - 1,
    "201 bits": 2**200 + 1,
    "float": lit.number(0.1),
    "minus zero": lit.number(-0.0),
    "not a number": lit.number(math.nan),
    "infinity": lit.number(-math.inf),
    "whole float": lit.number(3.0),
    "decimal": lit.decimal("1.50"),
    "decimal with exponent": lit.decimal("12E+7"),
    "decimal of 40 digits": lit.decimal("-0.1234567890123456789012345678901234567890"),
    "empty text": "",
    "text": "žluťoučký 🐎 \u0000 \n",
    "empty bytes": lit.blob(b""),
    "bytes": lit.blob(bytes(range(256))),
    "empty list": [],
    "nested list": [1, ["two", [None, [lit.number(4.0)]]]],
    "map": lit.fields(a=1, b=[2], ž=lit.fields()),
    "map with keys of whole numbers": lit.mapping((1, "a"), (-(2**70), "b"), (2**40, None)),
    "map with keys of UUIDs": lit.mapping((lit.uuid("00000000-0000-0000-0000-000000000001"), 1)),
    "map with keys of dates": lit.mapping((lit.date("1969-12-31"), 1), (lit.date("2026-11-24"), 2)),
    "map with keys of lists": lit.mapping(([1, "x"], "pair"), ([], "empty")),
    "map with keys of text and numbers": lit.mapping(("1", "text"), (1, "number")),
    "set": lit.a_set(3, 1, 2),
    "set of texts": lit.a_set("b", "a", ""),
    "instant": lit.instant(1_700_000_000, NANOS),
    "instant before 1970": lit.instant(-2, 999_999_000),
    "date-time with an offset": lit.offset(1_700_000_000, NANOS, -570),
    "date-time in a zone": lit.zoned(1_700_000_000, NANOS, "Europe/Berlin"),
    "second 02:30 of a night in autumn": lit.zoned(1_761_442_200, 0, "Europe/Berlin"),
    "date": lit.date("2024-02-29"),
    "time": lit.time((23 * 3600 + 59 * 60 + 59) * 10**9 + NANOS),
    "date-time without a zone": lit.local("2026-11-24", 3600 * 10**9 + NANOS),
    "duration": lit.duration(90_061, NANOS),
    "negative duration": lit.duration(-1, 999_999_000),
    "reference to a service": lit.service("shop", "preis.gr%C3%B6%C3%9Fe"),
    "reference to a node": lit.node("shop", "ops-1"),
    "UUID": lit.uuid("fedcba98-7654-3210-fedc-ba9876543210"),
    "doubles": lit.array("f64", [1.5, -0.0, math.inf, 1e-300]),
    "floats": lit.array("f32", [1.5, -2.0]),
    "longs": lit.array("i64", [2**63 - 1, -(2**63)]),
    "ints": lit.array("i32", [2**31 - 1, -(2**31)]),
    "shorts": lit.array("i16", [-1, 32767]),
    "no doubles": lit.array("f64", []),
    "matrix": lit.array("f64", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2),
    "tensor": lit.array("i32", list(range(8)), 2, 2, 2),
    "unsigned matrix": lit.array("u8", [0, 255], 1, 2),
    "half floats": lit.array("f16", [1.5, -2.0], 2, 1),
}
CLASSES = {"enum": lit.enum("Color", "RED"), "record": ORDER}


def untyped(value: Any, language: str) -> Any:
    """What a receiver without a type gets: at most the loss that the table of values tells."""
    if isinstance(value, list):
        return [untyped(part, language) for part in value]
    if not isinstance(value, dict):
        return value
    tag, parts = value["t"], value["v"]
    if tag == "enum":
        return parts
    if tag == "record":
        return lit.mapping(*((name, untyped(part, language)) for name, part in parts.items()))
    if tag == "map":
        return lit.mapping(*((untyped(key, language), untyped(part, language)) for key, part in parts))
    if language == "python" and tag in ("instant", "offset", "zoned", "duration", "local"):
        return {"t": tag, "v": [parts[0], parts[1] // 1000 * 1000, *parts[2:]]}
    if language == "python" and tag == "time":
        return {"t": tag, "v": parts // 1000 * 1000}
    return value


@pytest.mark.parametrize("name", [*VALUES, *CLASSES])
def test_untyped(pair: Pair, name: str) -> None:
    value = {**VALUES, **CLASSES}[name]
    there = untyped(value, pair.provider.language)
    assert lit.normal(pair.told(value)) == lit.normal(there)
    assert lit.normal(pair.call("echo", value)) == lit.normal(untyped(there, pair.caller.language))


TYPED: dict[str, tuple[str, Any]] = {
    "record": ("order", ORDER),
    "enum": ("color", lit.enum("Color", "BLUE")),
    "instant": ("instant", lit.instant(1_700_000_000, NANOS)),
    "date-time with an offset": ("stamped", lit.offset(1_700_000_000, NANOS, 345)),
    "date-time in a zone": ("zoned", lit.zoned(1_700_000_000, NANOS, "America/New_York")),
    "date-time without a zone": ("local", lit.local("2026-11-24", NANOS)),
    "time": ("time", lit.time(NANOS)),
    "duration": ("duration", lit.duration(-1, NANOS)),
    "int": ("small", 2**31 - 1),
}


@pytest.mark.parametrize("name", TYPED)
def test_typed_keeps_everything(pair: Pair, name: str) -> None:
    method, value = TYPED[name]
    assert lit.normal(pair.call(method, value, style="typed")) == lit.normal(value)


def test_typed_record_at_the_provider(pair: Pair) -> None:
    import json

    assert lit.normal(json.loads(pair.call("describe", ORDER, style="typed"))) == lit.normal(ORDER)


def test_numbers_are_computed_with(pair: Pair) -> None:
    doubled = pair.call("doubles", lit.array("f64", [0.5, -2.0]), style="typed")
    assert doubled == lit.array("f64", [1.0, -4.0])


def test_a_record_by_its_fields(caller: Joined, four: dict[str, Joined]) -> None:
    """A caller without the class sends a map; the handler's type makes it a record again."""
    order = untyped(ORDER, "java")
    for provider in (four["p2"], four["j2"]):
        assert lit.normal(caller.call(provider.service, "order", order)) == lit.normal(untyped(ORDER, caller.language))


@pytest.mark.parametrize(
    ("value", "languages"),
    [
        (2**31, ["java"]),
        (2**70, ["java"]),
        (lit.number(2.9), ["java", "python"]),
        (lit.number(2.0), ["java", "python"]),
        ("3", ["java", "python"]),
        (None, ["java", "python"]),
        (lit.decimal("3"), ["java", "python"]),
    ],
    ids=["2^31", "2^70", "2.9", "2.0", "text", "null", "decimal"],
)
def test_nothing_is_coerced(caller: Joined, four: dict[str, Joined], value: Any, languages: list[str]) -> None:
    for language in languages:
        provider = four[f"{language[0]}2"]
        error = caller.start(provider.service, "small", value).error()
        assert error["kind"] in ("BadArguments", "Unserializable"), error
        assert error["executed"] == "no"
        assert "value" in error["text"], error["text"]
