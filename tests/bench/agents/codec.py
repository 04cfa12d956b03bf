"""How long values take to become bytes and objects again, in one process: Twinspan beside other libraries, taking turns.

Prints one JSON object a line: {"lang", "library", "work", "what", "ns", "bytes", "runs"}.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import cbor2
import msgspec
import orjson
from twinspan import _native, _types

RUNS = 5


@dataclass
class Flight:
    """Ten fields: four texts, three integers, a float, a boolean, an instant."""

    carrier: str
    flight: str
    origin: str
    destination: str
    distance: int
    seats: int
    delay: int
    fare: float
    cancelled: bool
    departs: dt.datetime


@dataclass
class Library:
    """One library: a value to bytes, and bytes to what it makes of them."""

    name: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    # Whether it makes instances of the class; the others make dicts.
    typed: bool


def flight(number: int) -> Flight:
    carrier = ("UA", "B6", "DL", "AA")[number % 4]
    origin, destination = ("EWR", "JFK", "LGA")[number % 3], ("IAH", "MIA", "ORD", "LAX", "SFO")[number % 5]
    departs = dt.datetime(2013, 1, 1, 5, tzinfo=dt.UTC) + dt.timedelta(minutes=number * 7)
    fare = round(89 + number * 13.37 % 400, 2)
    return Flight(carrier, f"{carrier}{1000 + number}", origin, destination, 200 + number % 2400, 90 + number % 200, number % 90 - 20, fare, number % 40 == 0, departs)  # fmt: skip


def libraries(kind: Any) -> list[Library]:
    """All of them, for values of a type."""
    plan = _types.plan_for(kind)
    packed = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(kind)
    return [
        Library("twinspan", _native.encode, lambda payload: _native.decode(payload, plan), True),
        Library("msgspec", packed[0].encode, packed[1].decode, True),
        Library("orjson", orjson.dumps, orjson.loads, False),
        Library("cbor2", cbor2.dumps, cbor2.loads, False),
    ]


def times(work: Callable[[Any], Any], value: Any, seconds: float) -> float:
    """Nanoseconds of one piece of work."""
    count, spent = 1, 0
    while True:
        begun = time.perf_counter_ns()
        for _ in range(count):
            work(value)
        spent = time.perf_counter_ns() - begun
        if spent >= seconds * 1e9:
            return spent / count
        count = max(count * 2, int(count * seconds * 1.1e9 / max(spent, 1)))


def measured(what: str, value: Any, kind: Any, seconds: float) -> list[dict[str, Any]]:
    """The rows of one value. Each run measures all libraries, and starts with another one."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    works: list[tuple[dict[str, Any], Callable[[Any], Any], Any]] = []
    for library in libraries(kind):
        # cbor2 knows no dataclasses; the dict is made before the clock runs.
        sent = plain(value) if library.name == "cbor2" else value
        payload = library.encode(sent)
        if library.typed:
            assert library.decode(payload) == value, library.name
        for work, function, given in (("encode", library.encode, sent), ("decode", library.decode, payload)):
            row = {"lang": "python", "library": library.name, "work": work, "what": what, "ns": 0.0, "bytes": len(payload), "runs": []}
            rows[library.name, work] = row
            works.append((row, function, given))
    gc.collect()
    gc.disable()
    for run in range(RUNS + 1):
        for row, function, given in works[run % len(works) :] + works[: run % len(works)]:
            taken = times(function, given, seconds)
            if run:  # the first run warms up
                row["runs"].append(round(taken, 1))
        gc.collect()
    gc.enable()
    for row in rows.values():
        row["ns"] = median(row["runs"])
    return list(rows.values())


def plain(value: Any) -> Any:
    return [asdict(one) for one in value] if isinstance(value, list) else asdict(value)


def main() -> None:
    seconds = float(sys.argv[1])
    for what, value, kind in (("record", flight(545), Flight), ("records1000", [flight(n) for n in range(1000)], list[Flight])):
        for row in measured(what, value, kind, seconds):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
