"""Hostile values, bytes and failures, most of them from `tests/hostile/inputs.json`: each refused or cut in 10 ms and 1 MB at most."""

from __future__ import annotations

import ctypes
import gc
import json
import math
import re
import struct
import time as clock
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow
import pytest
from twinspan import _errors, _native, _types
from twinspan._errors import Unserializable

MILLISECONDS = 10
BYTES = 1_000_000
INPUTS = json.loads((Path(__file__).parents[2] / "tests/hostile/inputs.json").read_text())
LIBC = ctypes.CDLL(None)
HINTS: dict[str, Any] = {
    "any": Any,
    "int": int,
    "text": str,
    "bytes": memoryview,
    "array": np.ndarray,
    "list<int>": list[int],
    "set<int>": set[int],
    "map<int,any>": dict[int, Any],
}


def payload_of(row: dict[str, Any]) -> bytes:
    """Pieces of hexadecimal text behind each other; `81*900` is 900 times 81."""
    pieces = (piece.partition("*") for piece in row["bytes"].split())
    return b"".join(bytes.fromhex(piece) * int(times or 1) for piece, _, times in pieces)


@dataclass
class Knot:
    name: str
    knots: list[Knot] = field(default_factory=list)
    other: Any = None


@dataclass
class Growing:
    """Never the same, and never at an end."""

    next: Any = None

    def __getattribute__(self, name: str) -> Any:
        return Growing() if name == "next" else super().__getattribute__(name)


class Lying(dict[str, int]):
    def items(self) -> Any:
        n = 0
        while True:
            yield str(n), n
            n += 1


class Ever(set[int]):
    def __iter__(self) -> Iterator[int]:
        n = 0
        while True:
            yield n
            n += 1


def knot() -> Knot:
    one, two = Knot("a"), Knot("b")
    one.knots, two.other = [two], one
    return one


def circle(make: Callable[[list[Any]], Any]) -> Any:
    around: list[Any] = []
    around.append(make(around))
    return around


def mapping() -> dict[str, Any]:
    around: dict[str, Any] = {}
    around["again"] = {"deeper": around}
    return around


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


OBJECTS: dict[str, tuple[Callable[[], Any], str]] = {
    "list that contains itself": (lambda: circle(lambda around: around), "or it contains itself"),
    "map that contains itself": (mapping, "or it contains itself"),
    "records in a circle": (knot, "or it contains itself"),
    "list in its own record": (lambda: circle(lambda around: Knot("a", around)), "or it contains itself"),
    "array that contains itself": (lambda: circle(lambda around: (around,)), "or it contains itself"),
    "depth bomb": (lambda: deep(100_000), "nested deeper than 64 levels"),
    "integer of 100,001 bits": (lambda: 1 << 100_000, "an integer of 100001 bits"),
    "text with a lone surrogate": (lambda: "a" * 100_000 + "\udc80", "lone surrogate"),
    "keys that never end": (Lying, "more items than its length says"),
}
"""How this language makes what the list names."""

VALUES: dict[str, tuple[Callable[[], Any], str]] = {
    **OBJECTS,
    "records without an end": (Growing, "nested deeper than 64 levels"),
    "range of huge integers": (lambda: range(1 << 1_000_000), "an integer of 1000001 bits"),
    "set whose elements never end": (lambda: Ever({1}), "changed while it was read"),
    "array of objects in a circle": (lambda: np.array([None, circle(lambda a: a)], dtype=object), "a NumPy array of object"),
}


def table(stream: bytes) -> bytes:
    return b"\xda\x54\x57\x00\x31" + _native.encode(stream)


def stream_that_claims_much() -> bytes:
    """An Arrow stream whose one batch says that it has 2^60 rows in 2^62 bytes."""
    sink = pyarrow.BufferOutputStream()
    rows = pyarrow.record_batch({"n": pyarrow.array([7, 8, 9], pyarrow.int64())})
    with pyarrow.ipc.new_stream(sink, rows.schema) as out:
        out.write_batch(rows)
    stream = sink.getvalue().to_pybytes()
    for old, new in ((3, 1 << 60), (24, 1 << 62)):
        stream = stream.replace(struct.pack("<q", old), struct.pack("<q", new))
    return stream


PAYLOADS: dict[str, tuple[Callable[[], bytes], Any, str]] = {
    "depth bomb for a typed tree": (lambda: b"\xa2\x64name\x61a\x65knots\x81" * 50_000, Knot, "nested deeper"),
    "table that claims 2^60 rows": (lambda: table(stream_that_claims_much()), Any, "a table that can't be read"),
}
"""What only this language decodes."""


def resident(name: str) -> int:
    """Bytes of a row of this process's status."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def within_limits(attempt: Callable[[], Any]) -> None:
    """Tries it once to warm up, and then for the clock, for the memory of the process, and for that of the interpreter."""
    attempt()
    best, grown, peak = math.inf, BYTES + 1, BYTES + 1
    for _ in range(5):
        gc.collect()
        LIBC.malloc_trim(0)  # what the allocator kept of the run before would hide this one's need
        Path("/proc/self/clear_refs").write_text("5")  # the peak is what is resident now
        before = resident("VmRSS")
        begun = clock.perf_counter()
        attempt()
        best = min(best, (clock.perf_counter() - begun) * 1000)
        grown = min(grown, resident("VmHWM") - before)
    for _ in range(2):
        tracemalloc.start()
        attempt()
        peak = min(peak, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    beyond = {f"{best:.1f} ms": best > MILLISECONDS, f"{grown} bytes are resident": grown > BYTES, f"{peak} bytes are traced": peak > BYTES}
    assert not any(beyond.values()), ", ".join(text for text, is_beyond in beyond.items() if is_beyond)


def refused(attempt: Callable[[], Any], why: str) -> None:
    with pytest.raises(Unserializable, match=re.escape(why) or None) as raised:
        attempt()
    assert len(str(raised.value)) < 2_000
    del raised

    def again() -> None:
        try:
            attempt()
        except Unserializable:
            return
        raise AssertionError("it was taken")

    within_limits(again)


def refused_bytes(payload: bytes, hint: Any, why: str) -> None:
    """As a value, and as an argument of a call."""
    plan = _types.plan_for(hint)
    refused(lambda: _native.decode(payload, plan), why)
    called = _types.signature_plan(taking(hint))
    arguments = b"\x82\x81" + payload + b"\xa0"
    refused(lambda: _native.decode_arguments(arguments, called), "" if payload.startswith(b"\xda\x54\x57\x00\x01") else why)


def test_the_measure_sees_what_is_used() -> None:
    """Memory of the native side, and that of the interpreter."""
    with pytest.raises(AssertionError, match="resident"):
        within_limits(lambda: np.ones(2 << 20, dtype=np.uint8))
    with pytest.raises(AssertionError, match="traced"):
        within_limits(lambda: bytes(BYTES * 2))


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    make, why = VALUES[name]
    value = make()
    refused(lambda: _native.encode(value), why)
    refused(lambda: _native.encode_arguments((value,), {}), why)


def test_every_object_of_the_list_is_made() -> None:
    assert list(OBJECTS) == INPUTS["objects"]
    assert len(INPUTS["values"]) >= 20
    assert len(INPUTS["failures"]) >= 8


@pytest.mark.parametrize("row", INPUTS["values"], ids=lambda row: row["name"])
def test_bytes_of_the_list(row: dict[str, Any]) -> None:
    payload = payload_of(row)
    for hint in dict.fromkeys((HINTS[row["type"]], Any)):
        refused_bytes(payload, hint, row.get("says", row.get("table", "a table that can't be read")))


@pytest.mark.parametrize("row", INPUTS["taken"], ids=lambda row: row["name"])
def test_what_is_at_a_limit_is_taken(row: dict[str, Any]) -> None:
    assert set(_native.decode(payload_of(row)).values()) <= {0}


@pytest.mark.parametrize(("count", "each", "why"), [(4097, 0, "4097 shapes"), (129, 128, "16512 fields")])
def test_too_many_shapes_are_not_sent(count: int, each: int, why: str) -> None:
    records = [make_dataclass(f"R{n}", [(f"a{n}_{at}", int, 0) for at in range(each)] or [(f"a{n}", int, 0)])() for n in range(count)]
    _native.decode(_native.encode(records[:-1]))
    with pytest.raises(Unserializable, match=why):
        _native.encode(records)


@pytest.mark.parametrize("name", PAYLOADS)
def test_bytes(name: str) -> None:
    make, hint, why = PAYLOADS[name]
    refused_bytes(make(), hint, why)


FAILURES = [row for row in INPUTS["failures"] if not row.get("core")]


def test_most_failures_are_for_this_side_too() -> None:
    assert len(FAILURES) >= 8


@pytest.mark.parametrize("row", FAILURES, ids=lambda row: row["name"])
def test_failures_of_the_list(row: dict[str, Any]) -> None:
    """Made, asked and printed within the limits."""
    body = payload_of(row)
    shown: list[str] = []

    def arrive() -> None:
        error = _errors.from_encoded(_native.decode(body))
        assert isinstance(error, _errors.RemoteError)
        assert error.details is None or isinstance(error.details, dict)
        error.is_("builtins.ValueError")
        shown[:] = ["".join(traceback.format_exception(error))]

    within_limits(arrive)
    (text,) = shown
    assert len(text) < 64 << 10
    assert not [part for part in (*row.get("lacks", ()), *local_text()) if part in text]
    remote = re.findall(r'^  File "(.*)", line (\d+), in ', text, re.MULTILINE)
    assert all(0 < int(line) <= 1 << 24 for _, line in remote)
    assert row.get("line") is None or int(remote[0][1]) == row["line"]
    assert len(remote) == row.get("frames", len(remote))
    assert text.count("direct cause") == row.get("causes", text.count("direct cause"))
    # Each stands behind its node, so that nothing local has that name.
    assert all(":" in file and not file.startswith("/") for file, _ in remote)


def local_text() -> list[str]:
    path = Path("/etc/hostname")
    return [path.read_text().strip()] if path.exists() else []


def taking(hint: Any) -> Any:
    def take(value: Any) -> None: ...

    take.__annotations__["value"] = hint
    return take


# What is legal as it stands, but made to take long


def hostile() -> dict[str, bytes]:
    many = 8192
    return {
        "lengths that claim all of the rest, in each level": b"".join(b"\x9a" + (1_000_000 - 5 * n).to_bytes(4, "big") for n in range(64))
        + bytes(1_000_000)[: 1_000_000 - 5 * 64],
        "bignum bomb": b"\xc2\x5a" + (900_000).to_bytes(4, "big") + b"\xff" * 900_000,
        "map with a key twice at the end": b"\xb9"
        + many.to_bytes(2, "big")
        + b"".join(b"\x19" + max(n, 256).to_bytes(2, "big") + b"\x00" for n in range(many))[: many * 4],
        "text that turns out no UTF-8": b"\x7a" + (900_000).to_bytes(4, "big") + b"a" * 899_999 + b"\xff",
        "decimal with an exponent bomb": bytes.fromhex("c4821a7fffffff01"),
        "array with dimensions that claim everything": bytes.fromhex("d828828 41b7fffffffffffffff000001d84040".replace(" ", "")),
    }


def colliding() -> dict[str, bytes]:
    """Maps and sets whose keys all have the hash 0 or one other."""
    prime = 2**61 - 1
    bignums = [_native.encode(2**64 * prime + n * prime) for n in range(20_000)]
    uuids = [_native.encode(UUID(int=n * prime)) for n in range(20_000)]
    head = b"\x19" + (20_000).to_bytes(2, "big")
    return {
        "map of bignums": b"\xb9" + head[1:] + b"".join(key + b"\x00" for key in bignums),
        "map of UUIDs": b"\xb9" + head[1:] + b"".join(key + b"\x00" for key in uuids),
        "map of arrays": b"\xb9" + head[1:] + b"".join(b"\x81" + key + b"\x00" for key in uuids),
        "set of UUIDs": b"\xd9\x01\x02\x99" + head[1:] + b"".join(sorted(uuids)),
    }


@pytest.mark.parametrize("name", colliding())
def test_keys_made_to_collide_are_refused(name: str) -> None:
    payload = colliding()[name]
    assert _native.check(payload) is None
    for plan in [None, _types.plan_for(set[Any] if "set" in name else dict[Any, int])]:
        began = clock.perf_counter()
        with pytest.raises(Unserializable, match="one hash"):
            _native.decode(payload, plan)
        assert clock.perf_counter() - began < 0.1


@pytest.mark.parametrize("name", hostile())
def test_hostile_bytes_end_at_once(name: str) -> None:
    payload = hostile()[name]
    best = math.inf
    gc.collect()
    for _ in range(3):
        began = clock.perf_counter()
        try:
            _native.decode(payload)
        except Unserializable:
            pass
        best = min(best, clock.perf_counter() - began)
    assert best < (0.02 if "twice" in name else 0.01)


def test_many_equal_uuids_and_dates_as_keys_are_refused() -> None:
    twice = bytes.fromhex("a2" + "d8640001" + "d8640002")
    with pytest.raises(Unserializable, match="twice"):
        _native.decode(twice)
    equal_instants = bytes.fromhex("a2" + "d903e9a1010001" + "da5457001082d903e9a10100183c02")
    with pytest.raises(Unserializable, match="equal in Python"):
        _native.decode(equal_instants)
    assert _native.check(equal_instants) is None
