"""The codec without types: golden vectors in both directions, round trips, hostile bytes."""

from __future__ import annotations

import array
import collections
import enum
import math
import subprocess
import sys
import time as clock
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo  # noqa: F401
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from literals import NAMES, TYPES, VECTORS, Color, nested, same
from twinspan import _native, _types
from twinspan._errors import Unserializable


def row_id(row: dict[str, str]) -> str:
    return row["name"]


@pytest.mark.parametrize("row", [row for row in VECTORS["valid"] if row.get("encode", True)], ids=row_id)
def test_valid_vectors_are_written(row: dict[str, str]) -> None:
    assert _native.encode(eval(row["python"], NAMES)).hex() == row["cbor"]


@pytest.mark.parametrize("row", VECTORS["valid"], ids=row_id)
def test_valid_vectors_are_read(row: dict[str, str]) -> None:
    expected = eval(row.get("decoded", row["python"]), NAMES)
    assert same(_native.decode(bytes.fromhex(row["cbor"])), expected)
    assert _native.check(bytes.fromhex(row["cbor"])) is None


@pytest.mark.parametrize("row", VECTORS["valid"], ids=row_id)
def test_valid_vectors_come_back_as_they_were(row: dict[str, str]) -> None:
    """What was decoded, declared where the table says that a receiver without a type loses something, is written as the same bytes."""
    payload = bytes.fromhex(row["cbor"])
    if "type" in row:
        value = _native.decode(payload, _types.plan_for(TYPES[row["type"]]))
        assert same(value, eval(row["python"], NAMES))
    else:
        value = _native.decode(payload)
    assert _native.encode(value).hex() == row.get("again", row["cbor"])


def test_there_are_vectors() -> None:
    assert len(VECTORS["valid"]) >= 220 and len(VECTORS["invalid"]) >= 160
    assert {row["type"] for row in VECTORS["valid"] if "type" in row} == TYPES.keys()


@pytest.mark.parametrize("row", VECTORS["invalid"], ids=row_id)
def test_invalid_vectors_fail_at_their_path(row: dict[str, str]) -> None:
    payload = bytes.fromhex(row["cbor"])
    began = clock.perf_counter()
    with pytest.raises(Unserializable) as caught:
        _native.decode(payload)
    assert clock.perf_counter() - began < 0.1
    assert type(caught.value).__name__ == row["kind"]
    assert caught.value.path == row["path"]


@pytest.mark.parametrize("row", VECTORS["valid"], ids=row_id)
def test_no_part_of_a_payload_is_a_payload(row: dict[str, str]) -> None:
    payload = bytes.fromhex(row["cbor"])
    for end in range(min(len(payload), 100)):
        with pytest.raises(Unserializable):
            _native.decode(payload[:end])


# Values


offsets = st.integers(-18 * 60, 18 * 60).map(lambda m: timezone(timedelta(minutes=m)) if m else UTC)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]).map(ZoneInfo)
recent = (datetime(1980, 1, 1), datetime(2037, 1, 1))
aware = st.datetimes(*recent, timezones=offsets) | st.datetimes(*recent, timezones=zones, allow_imaginary=False)
hashables = st.recursive(
    st.integers() | st.text() | st.binary() | st.uuids() | st.dates() | st.times() | st.datetimes() | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
decimals = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda d: not (d.is_zero() and d.is_signed()))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | decimals
    | st.complex_numbers()
    | aware
    | hashables.filter(lambda h: not isinstance(h, tuple))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(hashables, inner, max_size=4)
        | st.sets(hashables, max_size=4)
        | st.sets(st.floats(0, 9), max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(values)
def test_values_come_back(value: Any) -> None:
    payload = _native.encode(value)
    assert _native.check(payload) is None
    back = _native.decode(payload)
    assert same(back, value) or (type(back) is type(value) and isinstance(value, (set, dict)) and back == value)
    assert _native.encode(back) == payload


@given(st.integers(-(2**300), 2**300))
def test_integers_of_any_size(number: int) -> None:
    assert _native.decode(_native.encode(number)) == number


@given(st.integers(-(10**400), 10**400).map(str), st.integers(-9999, 9999))
def test_decimals_keep_digits_and_scale(digits: str, exponent: int) -> None:
    number = Decimal(f"{digits}E{exponent}")
    assert _native.decode(_native.encode(number)).as_tuple() == number.as_tuple()


@given(st.floats())
def test_floats_take_the_shortest_form_that_holds_them(number: float) -> None:
    payload = _native.encode(number)
    assert same(_native.decode(payload), number)
    if number == number:
        assert (len(payload) == 3) == (float(np.float16(number)) == number if abs(number) <= 65504 or math.isinf(number) else False)


@given(st.binary(max_size=200))
def test_random_bytes_never_break_it(payload: bytes) -> None:
    try:
        value = _native.decode(payload)
    except Unserializable:
        return
    assert _native.check(payload) is None
    assert value is None or _native.encode(value) is not None


@given(st.sampled_from(VECTORS["valid"]), st.integers(0, 100), st.integers(0, 255))
def test_changed_bytes_never_break_it(row: dict[str, str], at: int, to: int) -> None:
    payload = bytearray.fromhex(row["cbor"])
    payload[at % len(payload)] = to
    try:
        _native.decode(bytes(payload))
    except Unserializable:
        return
    assert _native.check(bytes(payload)) is None


class Flags(enum.Flag):
    A = 1
    B = 2


class Zone(tzinfo):
    def utcoffset(self, when: datetime | None) -> timedelta:
        return timedelta(hours=1)


@dataclass
class Late:
    value: int

    def __getattribute__(self, name: str) -> Any:
        if name == "value":
            raise RuntimeError("not yet")
        return super().__getattribute__(name)


@dataclass
class Bare:
    here: int

    def __init__(self) -> None:
        pass


def next_id(_: Any) -> str:
    """Integers of thousands of digits can't be part of a test's name."""
    return ""


loop: list[Any] = []
loop.append(loop)
ring: dict[str, Any] = {}
ring["ring"] = ring


@pytest.mark.parametrize(
    ("value", "path", "why"),
    [
        ("\ud800", "value", "surrogate"),
        ({"a": ["\udfff"]}, 'value["a"][0]', "surrogate"),
        (2**40000, "value", "bits"),
        ([1, {"a": 2**32768}], 'value[1]["a"]', "bits"),
        (Decimal("NaN"), "value", "NaN"),
        (Decimal("sNaN"), "value", "sNaN"),
        (Decimal("-Infinity"), "value", "Infinity"),
        (Decimal("-0"), "value", "-0"),
        (Decimal("-0.00"), "value", "-0"),
        (Decimal("1E+2147483648"), "value", "exponent"),
        (Decimal("9" * 9900), "value", "digits"),
        (loop, "value" + "[0]" * 64, "contains itself"),
        (ring, "value" + '["ring"]' * 64, "contains itself"),
        ({None: 1}, "value", "NoneType can't be a key"),
        ({True: 1}, "value", "bool can't be a key"),
        ({1.5: 1}, "value", "float can't be a key"),
        ({(1, None): 1}, "value", "key"),
        ({frozenset(): 1}, "value", "key"),
        ({Decimal(1): 1}, "value", "key"),
        ({Color.RED: 1, "RED": 2}, "value", "equal at the receiver"),
        ({Color.RED, "RED"}, "value", "equal at the receiver"),
        ({1, 2.5}, "value", "mixes"),
        ({None}, "value[None]", "NoneType"),
        (Flags.A | Flags.B, "value", "combination"),
        (Flags(0), "value", "without a name"),
        (datetime(2026, 1, 1, tzinfo=Zone()), "value", "zone of type"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=61))), "value", "whole minutes"),
        (datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")), "value", "skip"),
        (datetime(1880, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")), "value", "whole minutes"),
        (time(1, tzinfo=UTC), "value", "zone"),
        (object(), "value", "dataclass"),
        (Path("/"), "value", "str(path)"),
        (iter([1]), "value", "list"),
        (collections.deque([1]), "value", "list(...)"),
        (print, "value", "calling"),
        (memoryview(b"abcd").cast("I"), "value", "cast('B')"),
        (np.array([True]), "value", "uint8"),
        (np.zeros((1,) * 33), "value", "33 dimensions"),
        (np.array([object()]), "value", "tolist"),
        (np.array([1j]), "value", ".real"),
        (np.array(["a"]), "value", "tolist"),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), "value", "int64"),
        (np.ma.masked_array([1], [True]), "value", "mask"),
        (np.datetime64("2026-01-01"), "value", "item()"),
        (np.timedelta64(1, "s"), "value", "item()"),
        (array.array("u", "a"), "value", "str"),
        ([Late(1)], "value[0].value", "RuntimeError: not yet"),
        ({"b": Bare()}, 'value["b"].here', "AttributeError"),
    ],
    ids=next_id,
)
def test_what_cannot_cross_says_where_and_why(value: Any, path: str, why: str) -> None:
    with pytest.raises(Unserializable) as caught:
        _native.encode(value)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")
    assert why in str(caught.value)


@pytest.mark.parametrize("broken", [KeyboardInterrupt, MemoryError, RecursionError])
def test_exceptions_that_arent_about_the_value_pass(broken: type[BaseException]) -> None:
    class Stops:
        def __get__(self, *_: object) -> Any:
            raise broken

    @dataclass
    class Record:
        x: int

    record = Record(1)
    Record.x = Stops()  # type: ignore[assignment]
    Stops.__set__ = lambda *_: None  # type: ignore[attr-defined]
    with pytest.raises(broken):
        _native.encode(record)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[::2], b"ac"),
        (collections.OrderedDict([("b", 1), ("a", 2)]), {"b": 1, "a": 2}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (type("S", (str,), {})("x"), "x"),
        (type("I", (int,), {})(2**70), 2**70),
        (type("F", (float,), {})(1.5), 1.5),
        (type("L", (list,), {})([1]), [1]),
        (np.float64(1.1), 1.1),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.str_("x"), "x"),
        (np.bytes_(b"x"), b"x"),
        (np.complex64(1j), 1j),
        ({np.int64(3): 1}, {3: 1}),
        (nested(64), nested(64)),
    ],
)
def test_relatives_cross_as_the_plain_type(value: Any, plain: Any) -> None:
    assert same(_native.decode(_native.encode(value)), plain)


def test_an_ordered_dict_keeps_its_own_order() -> None:
    value = collections.OrderedDict(a=1, b=2)
    value.move_to_end("a")
    assert list(_native.decode(_native.encode(value))) == ["b", "a"]


def test_depth_counts_two_for_a_record() -> None:
    @dataclass
    class Node:
        next: Any = None

    chain = None
    for _ in range(32):
        chain = Node(chain)
    assert _native.decode(_native.encode(chain)) is not None
    with pytest.raises(Unserializable, match="deeper"):
        _native.encode(Node(chain))


def test_a_list_that_changes_meanwhile_is_refused() -> None:
    victims: list[Any] = []

    @dataclass
    class Cuts:
        x: int

        def __getattribute__(self, name: str) -> Any:
            if name == "x":
                victims.clear()
                return 1
            return super().__getattribute__(name)

    victims.extend([Cuts(1), 2, 3])
    with pytest.raises(Unserializable, match="changed"):
        _native.encode(victims)


def test_a_dict_that_changes_meanwhile_does_no_harm() -> None:
    victims: dict[str, Any] = {}

    @dataclass
    class Adds:
        x: int

        def __getattribute__(self, name: str) -> Any:
            if name == "x":
                victims[str(len(victims))] = 1
                return 1
            return super().__getattribute__(name)

    victims.update(a=Adds(1), b=2)
    assert _native.decode(_native.encode(victims)) == {"a": {"x": 1}, "b": 2}


# Arrays


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_arrays_of_every_type_layout_and_order(dtype: str, order: str) -> None:
    base = np.arange(24).astype(np.dtype(dtype).newbyteorder(order)).reshape(2, 3, 4)
    for value in [base, base[:, ::2], base.T, base[0, 0], base[1], base[:0], np.asfortranarray(base)]:
        back = _native.decode(_native.encode(value))
        assert back.dtype == np.dtype(dtype) and back.shape == value.shape and (back == value).all()
        assert back.flags.aligned and not back.flags.writeable


def test_large_arrays_cross_fast() -> None:
    value = np.random.default_rng(1).random(1_000_000)
    began = clock.perf_counter()
    back = _native.decode(_native.encode(value))
    assert clock.perf_counter() - began < 1
    assert (back == value).all()


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from twinspan import _native, _types
decode = lambda text: _native.decode(bytes.fromhex(text))
flat = decode("d84d4401000200")
assert type(flat).__name__ == "array" and flat.typecode == "h" and flat.tolist() == [1, 2]
halves = decode("d85444003e00c0")
assert isinstance(halves, _types.NdArray) and halves.tolist() == [1.5, -2.0]
square = decode("d82882820203d84d4c010002000300040005000600")
assert square.shape == (2, 3) and square[1, 0] == 4 and square[-1, -1] == 6 and square.tolist() == [[1, 2, 3], [4, 5, 6]]
for value in (flat, halves, square):
    again = _native.decode(_native.encode(value))
    assert again == value and type(again) is type(value)
assert _native.decode(_native.encode(square), _types.plan_for(_types.NdArray)) == square
"""


def test_arrays_without_numpy() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_NUMPY], check=True, env={"PYTHONPATH": ":".join(sys.path)}, timeout=60)


def test_importing_the_codec_imports_little() -> None:
    code = (
        "import sys, twinspan._types; print([m for m in ('numpy', 'pydantic', 'attr', 'decimal', 'uuid', 'zoneinfo') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)}, timeout=60, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


# Arguments


def test_arguments() -> None:
    payload = _native.encode_arguments((1, "a"), {"unit": "km"})
    assert _native.decode(payload) == [[1, "a"], {"unit": "km"}]
    assert _native.decode(_native.encode_arguments((), None)) == [[], {}]
    with pytest.raises(Unserializable) as caught:
        _native.encode_arguments((1, {"a": object()}))
    assert caught.value.path == 'args[1]["a"]'
    with pytest.raises(Unserializable) as caught:
        _native.encode_arguments((), {"order": [Late(1)]})
    assert caught.value.path == "order[0].value"
