"""Hostile values and bytes: each refused in 10 ms and 1 MB at most."""

from __future__ import annotations

import gc
import math
import re
import struct
import time as clock
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow
import pytest
from twinspan import _native, _types
from twinspan._errors import Unserializable

MILLISECONDS = 10
BYTES = 1_000_000


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


VALUES: dict[str, tuple[Callable[[], Any], str]] = {
    "list that contains itself": (lambda: circle(lambda around: around), "or it contains itself"),
    "tuple in its own list": (lambda: circle(lambda around: (around,)), "or it contains itself"),
    "dict that contains itself": (mapping, "or it contains itself"),
    "records in a circle": (knot, "or it contains itself"),
    "list in its own record": (lambda: circle(lambda around: Knot("a", around)), "or it contains itself"),
    "depth bomb": (lambda: deep(100_000), "nested deeper than 64 levels"),
    "records without an end": (Growing, "nested deeper than 64 levels"),
    "integer of a million bits": (lambda: 1 << 1_000_000, "an integer of 1000001 bits"),
    "range of huge integers": (lambda: range(1 << 1_000_000), "an integer of 1000001 bits"),
    "text with a lone surrogate": (lambda: "a" * 500_000 + "\udc80", "lone surrogate"),
    "mapping whose items never end": (Lying, "more items than its length says"),
    "set whose elements never end": (lambda: Ever({1}), "changed while it was read"),
    "array of objects in a circle": (lambda: np.array([None, circle(lambda a: a)], dtype=object), "a NumPy array of object"),
}


def head(major: int, argument: int) -> bytes:
    return bytes([major << 5 | 27]) + argument.to_bytes(8, "big")


def short(major: int, argument: int) -> bytes:
    return bytes([major << 5 | 26]) + argument.to_bytes(4, "big")


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


SHAPES = b"\xda\x54\x57\x00\x01"
RECORD = b"\xda\x54\x57\x00\x02"
MANY = 10_000
TWICE = b"".join(b"\x1a" + (70_000 + n % (MANY - 1)).to_bytes(4, "big") + b"\x00" for n in range(MANY))

PAYLOADS: dict[str, tuple[Callable[[], bytes], Any, str]] = {
    "depth bomb of arrays": (lambda: b"\x81" * 900_000, Any, "nested deeper"),
    "depth bomb of maps": (lambda: b"\xa1\x01" * 450_000, Any, "nested deeper"),
    "depth bomb of records": (lambda: SHAPES + b"\x82\x81\x81\x61a" + (RECORD + b"\x82\x00") * 100_000, Any, "nested deeper"),
    "depth bomb for a typed tree": (lambda: b"\xa2\x64name\x61a\x65knots\x81" * 50_000, Knot, "nested deeper"),
    "depth bomb of tags": (lambda: b"\xc4" * 900_000, Any, "decimal"),
    "array of 2^64 - 1": (lambda: head(4, 2**64 - 1), Any, "a length of 18446744073709551615"),
    "typed array of 2^64 - 1": (lambda: head(4, 2**64 - 1), list[int], "a length of 18446744073709551615"),
    "map of 2^63": (lambda: head(5, 2**63) + bytes(1000), Any, "a length of 9223372036854775808"),
    "bytes of 2^63": (lambda: b"\x81" + head(2, 2**63), bytes, "an array where bytes belongs"),
    "text of 2^63": (lambda: head(3, 2**63) + b"a" * 1000, str, "a length of"),
    "set of 2^40": (lambda: b"\xd9\x01\x02" + head(4, 2**40), set[int], "a length of"),
    "length that lies": (lambda: short(2, 900_001) + bytes(800_000), memoryview, "a length of 900001"),
    "numbers with dimensions of 2^64": (lambda: b"\xd8\x28\x82\x82" + head(0, 2**62) * 2 + b"\xd8\x56\x40", np.ndarray, "don't fill the dimensions"),
    "bignum bomb": (lambda: b"\xc2" + short(2, 900_000) + b"\xff" * 900_000, int, "an integer of 900000 bytes"),
    "decimal with a bignum bomb": (lambda: b"\xc4\x82\x00\xc2" + short(2, 900_000) + b"\xff" * 900_000, Any, "an integer of 900000 bytes"),
    "invalid UTF-8 at the end": (lambda: short(3, 900_000) + b"a" * 899_999 + b"\xff", Any, "UTF-8"),
    "UTF-8 of a surrogate": (lambda: b"\x63\xed\xa0\x80", str, "UTF-8"),
    "overlong UTF-8": (lambda: b"\x62\xc0\x80", str, "UTF-8"),
    "a key twice among many": (lambda: b"\xb9" + MANY.to_bytes(2, "big") + TWICE, Any, "twice"),
    "a key twice among many, typed": (lambda: b"\xb9" + MANY.to_bytes(2, "big") + TWICE, dict[int, int], "twice"),
    "shape of 2^64": (lambda: SHAPES + b"\x82\x81\x80" + RECORD + b"\x81" + head(0, 2**64 - 1), Any, "isn't in the shape table"),
    "shapes of 2^32 fields": (lambda: SHAPES + b"\x82\x81" + head(4, 2**32), Any, "a length of"),
    "indefinite length": (lambda: b"\x9f" + b"\x01" * 1000, Any, "an indefinite length"),
    "table that is noise": (lambda: table(b"\xff" * 500_000), Any, "a table that can't be read"),
    "table that claims 2^60 rows": (lambda: table(stream_that_claims_much()), Any, "a table that can't be read"),
}  # fmt: skip


def resident(name: str) -> int:
    """Bytes of a row of this process's status."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def refused(attempt: Callable[[], Any], why: str) -> None:
    """Tries it a few times: once to see the message, then for the clock and for the memory."""
    with pytest.raises(Unserializable, match=re.escape(why)) as raised:
        attempt()
    assert len(str(raised.value)) < 2_000
    del raised
    best, grown = math.inf, BYTES + 1
    for _ in range(5):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the peak is what is resident now
        before = resident("VmRSS")
        begun = clock.perf_counter()
        try:
            attempt()
        except Unserializable:
            best = min(best, (clock.perf_counter() - begun) * 1000)
        grown = min(grown, resident("VmHWM") - before)
    assert best <= MILLISECONDS, f"{best:.1f} ms"
    assert grown <= BYTES, f"{grown} bytes"


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    make, why = VALUES[name]
    value = make()
    refused(lambda: _native.encode(value), why)
    refused(lambda: _native.encode_arguments((value,), {}), why)


@pytest.mark.parametrize("name", PAYLOADS)
def test_bytes(name: str) -> None:
    make, hint, why = PAYLOADS[name]
    payload, plan = make(), _types.plan_for(hint)
    refused(lambda: _native.decode(payload, plan), why)
    # As an argument of a call.
    called = _types.signature_plan(taking(hint))
    arguments = b"\x82\x81" + payload + b"\xa0"
    if not payload.startswith(SHAPES):
        refused(lambda: _native.decode_arguments(arguments, called), why)


def taking(hint: Any) -> Any:
    def take(value: Any) -> None: ...

    take.__annotations__["value"] = hint
    return take


# What is legal as it stands, but made to take long


def hostile() -> dict[str, bytes]:
    many = 8192
    return {
        "depth bomb of arrays": b"\x81" * 1_000_000,
        "depth bomb of maps": b"\xa1\x01" * 500_000,
        "depth bomb of tags": b"\xc4" * 1_000_000,
        "depth bomb in keys": b"\xa1\x81" * 500_000,
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
