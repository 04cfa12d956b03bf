"""The table of values, row by row: what each value becomes without a type and with each type hint that takes it, and what is refused.

A row's `untyped` is what a receiver without a type gets: it differs from the value in exactly what the last column of the table says.
`typed` are hints with what they make of it; `refused` are hints that must not take it. Every row is run twice, as a value and inside of
containers, so that paths are seen as well.
"""

from __future__ import annotations

import array
import enum
import math
import uuid
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pyarrow
import pydantic
import pytest
import twinspan
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from twinspan import _native, _types
from twinspan._errors import BadArguments, Unserializable


class Suit(enum.Enum):
    HEARTS = "h"
    SPADES = "s"


class Grade(enum.IntEnum):
    HIGH = 3


@dataclass
class Sku:
    code: str
    count: int = 1


@attrs.define
class Bolt:
    code: str
    count: int = 1


class Model(pydantic.BaseModel):
    code: str
    count: int = 1


class Typed(TypedDict):
    code: str
    count: int


class Place(NamedTuple):
    x: int
    y: float


@twinspan.record("table.Card")
@dataclass
class Card:
    number: str


@twinspan.record("table.Cash")
@dataclass
class Cash:
    amount: int


BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timezone(timedelta(hours=1))
ID = uuid.UUID(int=7)
SERVICE = twinspan.ServiceRef("shop", "pricing")
SPOT = twinspan.NodeRef("shop", "ops-1")
SCALARS: tuple[Any, ...] = (
    None.__class__,
    bool,
    int,
    float,
    str,
    bytes,
    Decimal,
    date,
    time,
    timedelta,
    datetime,
    uuid.UUID,
    complex,
    range,
    twinspan.ServiceRef,
    twinspan.NodeRef,
)


def others(*taken: Any) -> tuple[Any, ...]:
    """Every scalar hint but these: none of them may take the value."""
    return tuple(hint for hint in SCALARS if hint not in taken)


@dataclass
class Row:
    """One row of the table."""

    name: str
    value: Any
    untyped: Any
    typed: tuple[tuple[Any, Any], ...] = ()
    refused: tuple[Any, ...] = ()


def plain(name: str, value: Any, *typed: tuple[Any, Any], refused: tuple[Any, ...]) -> Row:
    """A row without a loss."""
    return Row(name, value, value, typed, refused)


ROWS = [
    plain("null", None, (None, None), (int | None, None), (Literal[None, 1], None), refused=(*others(type(None)), list, dict, set, Sku)),
    plain("true", True, (bool, True), (bool | int, True), (Literal[True], True), refused=(*others(bool), Literal[1], Decimal | int)),
    plain("false", False, (bool, False), refused=(*others(bool), Literal[0])),
    plain("integer", 3, (int, 3), (float, 3.0), (Decimal, Decimal(3)), (Literal[3], 3), refused=(*others(int, float, Decimal), Grade)),
    plain("one", 1, (int | bool, 1), (bool | int, 1), refused=(bool, Literal[True], complex)),
    plain("2^53", 2**53, (float, 2.0**53), refused=(str,)),
    plain("2^53 + 1", 2**53 + 1, (int, 2**53 + 1), (Decimal, Decimal(2**53 + 1)), refused=(float,)),
    plain("2^63", 2**63, (int, 2**63), (float, 2.0**63), refused=(bool, str)),
    plain("2^64 - 1", 2**64 - 1, (int, 2**64 - 1), refused=(float,)),
    plain("2^70", 2**70, (int, 2**70), refused=(float, str, bytes)),
    plain("-2^70", -(2**70), (int, -(2**70)), refused=(float,)),
    plain("float", 2.5, (float, 2.5), (complex, 2.5 + 0j), refused=others(float, complex)),
    plain("whole float", 2.0, (float, 2.0), (int | float, 2.0), refused=(int, bool, Decimal, Literal[2])),
    plain("minus zero", -0.0, (float, -0.0), refused=(int,)),
    plain("infinity", -math.inf, (float, -math.inf), refused=(int, Decimal)),
    plain("not a number", math.nan, (float, math.nan), refused=(int, Decimal)),
    plain("decimal", Decimal("1.50"), (Decimal, Decimal("1.50")), (Decimal | float, Decimal("1.50")), refused=others(Decimal)),
    plain("decimal whole", Decimal("2"), (Decimal, Decimal("2")), refused=(int, float, str)),
    plain("text", "žluť", (str, "žluť"), (str | None, "žluť"), (Literal["žluť"], "žluť"), refused=(*others(str), list[str], Suit)),
    plain("digits", "3", (str, "3"), refused=(int, float, Decimal, bool, bytes)),
    plain("bytes", b"ab", (bytes, b"ab"), (bytearray, bytearray(b"ab")), (memoryview, b"ab"), refused=(*others(bytes), list[int])),
    Row("bytearray", bytearray(b"ab"), b"ab", ((bytearray, bytearray(b"ab")), (bytes, b"ab")), (str,)),
    Row("memoryview", memoryview(b"ab"), b"ab", ((memoryview, b"ab"), (bytes, b"ab")), (str,)),
    plain("list", [1, 2], (list[int], [1, 2]), (list, [1, 2]), (list[float], [1.0, 2.0]), refused=(*SCALARS, set[int], dict, list[str])),
    plain("list for a tuple", [1, 2], (tuple[int, int], (1, 2)), (tuple[int, ...], (1, 2)), (Place, Place(1, 2.0)), refused=(tuple[int], tuple[()])),
    Row("tuple", (1, "a"), [1, "a"], ((tuple[int, str], (1, "a")), (tuple, (1, "a")), (list[int | str], [1, "a"])), (tuple[str, int],)),
    Row("named tuple", Place(1, 2.0), [1, 2.0], ((Place, Place(1, 2.0)), (tuple[int, float], (1, 2.0))), (list[int], Sku)),
    plain("set", {1, 2}, (set[int], {1, 2}), (frozenset[int], frozenset({1, 2})), (set, {1, 2}), refused=(list[int], tuple, dict, set[str])),
    Row("frozenset", frozenset({"a"}), {"a"}, ((frozenset[str], frozenset({"a"})), (set[str], {"a"})), (list[str],)),
    plain("set of booleans", {True, False}, (set[bool], {True, False}), refused=(set[int],)),
    plain("set of floats", {1.5, 2.0}, (set[float], {1.5, 2.0}), refused=(set[int],)),
    plain("empty set", set(), (set[int], set()), (frozenset, frozenset()), refused=(list, dict)),
    plain("mapping", {"b": 1, "a": 2}, (dict[str, int], {"b": 1, "a": 2}), (dict, {"b": 1, "a": 2}), refused=(list, dict[int, int], dict[str, str])),
    plain("keys of integers", {1: "a", -(2**70): "b"}, (dict[int, str], {1: "a", -(2**70): "b"}), refused=(dict[str, str], dict[bool, str])),
    plain("keys 1 and '1'", {1: "a", "1": "b"}, (dict[int | str, str], {1: "a", "1": "b"}), refused=(dict[int, str], dict[str, str])),
    plain("keys of bytes", {b"a": 1}, (dict[bytes, int], {b"a": 1}), refused=(dict[str, int],)),
    plain("keys of UUIDs", {ID: 1}, (dict[uuid.UUID, int], {ID: 1}), refused=(dict[str, int], dict[bytes, int])),
    plain("keys of dates", {date(2026, 1, 1): 1}, (dict[date, int], {date(2026, 1, 1): 1}), refused=(dict[datetime, int], dict[str, int])),
    plain("keys of moments", {datetime(2026, 1, 1, tzinfo=UTC): 1}, (dict[datetime, int], {datetime(2026, 1, 1, tzinfo=UTC): 1}), refused=(dict[date, int],)),
    plain("keys of tuples", {(1, "a"): 1}, (dict[tuple[int, str], int], {(1, "a"): 1}), refused=(dict[str, int], dict[tuple[int, int], int])),
    Row("keys of named tuples", {Place(1, 2): 1}, {(1, 2): 1}, ((dict[Place, int], {Place(1, 2.0): 1}),), (dict[str, int],)),
    Row("keys of enums", {Suit.SPADES: 1}, {"SPADES": 1}, ((dict[Suit, int], {Suit.SPADES: 1}), (dict[str, int], {"SPADES": 1})), (dict[Grade, int],)),
    Row("dataclass", Sku("a"), {"code": "a", "count": 1}, ((Sku, Sku("a")), (Bolt, Bolt("a")), (Model, Model(code="a")), (Typed, {"code": "a", "count": 1}), (dict[str, Any], {"code": "a", "count": 1})), (Cash, dict[int, Any], list, *SCALARS)),
    Row("attrs", Bolt("a", 2), {"code": "a", "count": 2}, ((Bolt, Bolt("a", 2)), (Sku, Sku("a", 2))), (dict[str, str], str)),
    Row("pydantic model", Model(code="a"), {"code": "a", "count": 1}, ((Model, Model(code="a")), (Sku, Sku("a"))), (str,)),
    plain("typed dict", {"code": "a", "count": 1}, (Typed, {"code": "a", "count": 1}), (Sku, Sku("a")), (Place | Sku, Sku("a")), refused=(Cash, Place)),
    Row("enum", Suit.HEARTS, "HEARTS", ((Suit, Suit.HEARTS), (Literal[Suit.HEARTS], Suit.HEARTS), (str, "HEARTS")), (Grade, int, Literal[Suit.SPADES])),
    Row("enum of integers", Grade.HIGH, "HIGH", ((Grade, Grade.HIGH),), (int, Suit)),
    plain("instant", datetime(2026, 1, 2, 3, 4, 5, 6, UTC), (datetime, datetime(2026, 1, 2, 3, 4, 5, 6, UTC)), refused=others(datetime)),
    Row("instant with nanoseconds", twinspan.DateTime(2026, 1, 2, microsecond=6, nanosecond=7, tzinfo=UTC), datetime(2026, 1, 2, microsecond=6, tzinfo=UTC), ((twinspan.DateTime, twinspan.DateTime(2026, 1, 2, microsecond=6, nanosecond=7, tzinfo=UTC)),), (date, int)),
    plain("date-time with an offset", datetime(2026, 1, 2, tzinfo=HOUR), (datetime, datetime(2026, 1, 2, tzinfo=HOUR)), refused=others(datetime)),
    plain("zoned date-time", datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), (datetime, datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)), refused=others(datetime)),
    plain("local date-time", datetime(2026, 1, 2), (datetime, datetime(2026, 1, 2)), (twinspan.DateTime, twinspan.DateTime(2026, 1, 2)), refused=others(datetime)),
    plain("local date", date(2026, 1, 2), (date, date(2026, 1, 2)), refused=others(date)),
    plain("local time", time(1, 2, 3, 4), (time, time(1, 2, 3, 4)), refused=others(time)),
    Row("local time with nanoseconds", twinspan.Time(1, nanosecond=5), time(1), ((twinspan.Time, twinspan.Time(1, nanosecond=5)),), (int,)),
    plain("duration", timedelta(-1, 5, 6), (timedelta, timedelta(-1, 5, 6)), refused=others(timedelta)),
    Row("duration with nanoseconds", twinspan.TimeDelta(nanoseconds=5), timedelta(0), ((twinspan.TimeDelta, twinspan.TimeDelta(nanoseconds=5)),), (int, float)),
    plain("UUID", ID, (uuid.UUID, ID), refused=others(uuid.UUID)),
    plain("reference to a service", SERVICE, (twinspan.ServiceRef, SERVICE), refused=others(twinspan.ServiceRef)),
    plain("reference to a node", SPOT, (twinspan.NodeRef, SPOT), (twinspan.ServiceRef | twinspan.NodeRef, SPOT), refused=others(twinspan.NodeRef)),
    plain("complex", 1 - 2j, (complex, 1 - 2j), refused=others(complex)),
    plain("range", range(1, 9, 2), (range, range(1, 9, 2)), refused=(*others(range), list[int])),
    plain("array", np.array([1.5, -0.0]), (np.ndarray, np.array([1.5, -0.0])), (NDArray[np.float64], np.array([1.5, -0.0])), (array.array, array.array("d", [1.5, -0.0])), (list[float], [1.5, -0.0]), refused=(NDArray[np.float32], list[int], list[str], *SCALARS)),
    plain("array of integers", np.array([1, 2], "i2"), (list[int], [1, 2]), (array.array, array.array("h", [1, 2])), refused=(list[float], bytes, NDArray[np.int64])),
    Row("array.array", array.array("i", [1, 2]), np.array([1, 2], "i4"), ((array.array, array.array("i", [1, 2])), (list[int], [1, 2])), (bytes, str)),
    plain("array with dimensions", np.zeros((2, 3), "u1"), (np.ndarray, np.zeros((2, 3), "u1")), refused=(array.array, list[int], list[list[int]])),
    plain("table", pyarrow.table({"a": [1, None]}), (pyarrow.Table, pyarrow.table({"a": [1, None]})), refused=(*SCALARS, list, dict, np.ndarray)),
    plain("union by name", Cash(3), (Card | Cash, Cash(3)), (Cash, Cash(3)), (dict[str, int], {"amount": 3}), refused=(Card, Suit)),
]  # fmt: skip
IDS = [row.name for row in ROWS]


def same(a: Any, b: Any) -> bool:
    """Equal, of one class, and for floats the same bits."""
    if isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, memoryview):
        return bytes(a) == b
    if type(a) is not type(b):
        return False
    if isinstance(b, float):
        return math.copysign(1, a) == math.copysign(1, b) and (a == b or (math.isnan(a) and math.isnan(b)))
    if isinstance(b, Decimal):
        return a.as_tuple() == b.as_tuple()
    if isinstance(b, datetime):
        return a == b and a.tzinfo == b.tzinfo and a.fold == b.fold and a.utcoffset() == b.utcoffset()
    if isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(b, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b, strict=True))
    if isinstance(b, (set, frozenset)):
        return len(a) == len(b) and {(type(x), x) for x in a} == {(type(x), x) for x in b}
    return bool(a == b)


def through(value: Any, hint: Any) -> Any:
    payload = _native.encode(value)
    assert _native.check(payload) is None
    return _native.decode(payload, _types.plan_for(hint))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_without_a_type(row: Row) -> None:
    payload = _native.encode(row.value)
    assert _native.check(payload) is None
    assert same(_native.decode(payload), row.untyped)
    assert same(through(row.value, Any), row.untyped)
    assert same(_native.decode(_native.encode({"k": [row.value]})), {"k": [row.untyped]})


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_with_a_type(row: Row) -> None:
    for hint, expected in row.typed:
        assert same(through(row.value, hint), expected), hint
        assert same(through([row.value], list[hint]), [expected]), hint
        # As an argument of a call, by position and by name.
        plan = _types.signature_plan(handler(hint))
        for args, kwargs in (((row.value,), {}), ((), {"value": row.value})):
            got = _native.decode_arguments(_native.encode_arguments(args, kwargs), plan)
            assert same((*got[0], *got[1].values())[0], expected), hint


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_wrong_type_is_told_at_its_path(row: Row) -> None:
    assert row.refused
    for hint in row.refused:
        for value, around, path in (
            (row.value, hint, "value"),
            ({"k": [None, row.value]}, dict[str, tuple[None, hint]], 'value["k"][1]'),
        ):
            with pytest.raises(Unserializable) as raised:
                through(value, around)
            told = raised.value.path
            # A container whose elements are wrong names the element.
            assert told == path or told.startswith((f"{path}[", f"{path}.")), (hint, told)
            assert str(raised.value).startswith(f"{told}: ")
        with pytest.raises(Unserializable) as raised:
            _native.decode_arguments(_native.encode_arguments((row.value,)), _types.signature_plan(handler(hint)))
        assert raised.value.path.startswith("value")


def handler(hint: Any) -> Any:
    def handle(value: Any) -> None: ...

    handle.__annotations__["value"] = hint
    return handle


# What can't cross at all, with what to do instead.


def keyless() -> ZoneInfo:
    """A zone that was read from a file, so that nobody else can look it up."""
    found = next(Path(folder, "Europe/Berlin") for folder in zoneinfo.TZPATH if Path(folder, "Europe/Berlin").exists())
    with open(found, "rb") as file:
        return ZoneInfo.from_file(file)


REFUSED: list[tuple[str, Any, str, str]] = [
    ("integer too long", [2**32768], "value[0]", "an integer of 32769 bits; 32768 are the limit"),
    ("decimal NaN", Decimal("NaN"), "value", "isn't a number that can cross"),
    ("decimal infinity", Decimal("-Infinity"), "value", "isn't a number that can cross"),
    ("decimal -0", Decimal("-0"), "value", "the Decimal -0, which has no counterpart"),
    ("decimal exponent", Decimal((0, (1,), 2**31)), "value", "exponent"),
    ("lone surrogate", {"k": "\ud800"}, 'value["k"]', "lone surrogate"),
    ("lone surrogate in a key", {"\udfff": 1}, "value", "lone surrogate"),
    ("time with a zone", time(1, tzinfo=UTC), "value", "a time with a zone"),
    ("offset of seconds", datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=1))), "value", "whole minutes"),
    ("hour that the clock skips", datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN), "value", "skip"),
    ("zone without a key", datetime(2026, 1, 1, tzinfo=keyless()), "value", "without a key"),
    ("boolean key", {True: 1}, "value", "a bool can't be a key"),
    ("float key", {1.5: 1}, "value", "a float can't be a key"),
    ("null key", {None: 1}, "value", "a NoneType can't be a key"),
    ("decimal key", {Decimal(1): 1}, "value", "a Decimal can't be a key"),
    ("set as a key", {frozenset({1}): 1}, "value", "a frozenset can't be a key"),
    ("decimals in a set", {Decimal("1.0")}, "value[Decimal('1.0')]", "a Decimal can't be a key"),
    ("mixed set", {True, 5}, "value", "a set that mixes booleans or floats"),
    ("mixed set of a float", {1.5, "a"}, "value", "a set that mixes booleans or floats"),
    ("equal keys", {Suit.HEARTS: 1, "HEARTS": 2}, "value", "two keys that are equal at the receiver"),
    ("equal elements", {Suit.HEARTS, "HEARTS"}, "value", "two elements that are equal at the receiver"),
    ("function", [len], "value[0]", "send the result of calling it"),
    ("class", [int], "value[0]", "send the result of calling it"),
    ("iterator", {"k": iter([1])}, 'value["k"]', "is a stream, which can't stand here"),
    ("object", Sku(object(), 1), "value.code", "object can't cross; make it a dataclass, or send a dict"),  # type: ignore[arg-type]
    ("exception", ValueError("x"), "value", "ValueError can't cross"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "path", "why"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_cross(value: Any, path: str, why: str) -> None:
    with pytest.raises(Unserializable) as raised:
        _native.encode(value)
    assert raised.value.path == path
    assert why in str(raised.value)
    with pytest.raises(Unserializable) as raised:
        _native.encode_arguments((1,), {"order": value})
    # An argument that is itself a stream could cross; inside of one it can't.
    assert raised.value.path == path.replace("value", "order", 1)


@pytest.mark.parametrize("hint", [Any, dict, dict[Any, int], dict[str, int], Sku])
def test_a_key_that_stands_twice_is_never_merged(hint: Any) -> None:
    with pytest.raises(Unserializable, match=r"twice|second value") as raised:
        _native.decode(bytes.fromhex("a265636f756e740165636f756e7402"), _types.plan_for(hint))
    assert raised.value.path.startswith("value")


# Arguments of calls


def quote(sku: str, quantity: int = 1, *, unit_price: Decimal | None = None) -> None: ...


@pytest.mark.parametrize(
    ("args", "kwargs", "kind", "why"),
    [
        ((), {}, BadArguments, "missing argument `sku`"),
        ((), {"quantity": 1}, BadArguments, "missing argument `sku`"),
        (("a", 1, 2), {}, BadArguments, "3 positional arguments, but at most 2 are taken"),
        (("a",), {"skuu": 1}, BadArguments, "no parameter `skuu`; did you mean `sku`?"),
        (("a",), {"sku": "b"}, BadArguments, "`sku` is given twice"),
        (("a",), {"unit_price": 1, "unitPrice": 2}, BadArguments, "`unit_price` is given twice"),
        ((1,), {}, Unserializable, "sku: 1 where str belongs"),
        (("a", True), {}, Unserializable, "quantity: true where int belongs"),
        (("a", 2.0), {}, Unserializable, "quantity: 2.0 where int belongs"),
        (("a",), {"unitPrice": 1.5}, Unserializable, "unit_price: 1.5 where Decimal | None belongs"),
        (("a", None), {}, Unserializable, "quantity: null where int belongs"),
    ],
)
def test_arguments(args: Any, kwargs: Any, kind: type[Exception], why: str) -> None:
    with pytest.raises(kind) as raised:
        _native.decode_arguments(_native.encode_arguments(args, kwargs), _types.signature_plan(quote))
    assert why in str(raised.value)


# Every day of the calendar


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_of_python_comes_back(moment: datetime) -> None:
    assert _native.decode(_native.encode(moment)) == moment


def test_every_day_of_a_leap_cycle_comes_back() -> None:
    days = [datetime.fromordinal(n).replace(tzinfo=UTC) for n in range(datetime(1899, 12, 1).toordinal(), datetime(2101, 2, 1).toordinal())]
    days += [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime(2000, 2, 29, tzinfo=UTC),
        datetime(1, 3, 1, tzinfo=UTC),
    ]
    assert _native.decode(_native.encode(days)) == days
