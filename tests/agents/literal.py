"""Values as JSON that both agents read and write, so that a test can say what a value is on each side of a call.

JSON's null, booleans, whole numbers (of any size), texts and arrays stand for themselves; everything else is {"t": tag, "v": parts}.
Nothing here uses twinspan: the tests build literals with it, the Python agent turns them into values.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
from decimal import Decimal
from typing import Any
from uuid import UUID

Literal = Any

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def number(value: float) -> Literal:
    """A float, bit for bit."""
    return {"t": "float", "v": struct.pack(">d", value).hex()}


def decimal(text: str) -> Literal:
    sign, digits, exponent = Decimal(text).as_tuple()
    unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
    return {"t": "decimal", "v": [unscaled, -int(exponent)]}


def blob(value: bytes) -> Literal:
    return {"t": "bytes", "v": value.hex()}


def mapping(*pairs: tuple[Literal, Literal]) -> Literal:
    return {"t": "map", "v": [list(pair) for pair in pairs]}


def fields(**values: Literal) -> Literal:
    """A map with text keys: what an untyped receiver gets of a record."""
    return mapping(*values.items())


def a_set(*elements: Literal) -> Literal:
    return {"t": "set", "v": sorted(elements, key=_order)}


def record(name: str, **values: Literal) -> Literal:
    return {"t": "record", "n": name, "v": values}


def enum(name: str, member: str) -> Literal:
    return {"t": "enum", "n": name, "v": member}


def instant(seconds: int, nanos: int = 0) -> Literal:
    return {"t": "instant", "v": [seconds, nanos]}


def offset(seconds: int, nanos: int, minutes: int) -> Literal:
    return {"t": "offset", "v": [seconds, nanos, minutes]}


def zoned(seconds: int, nanos: int, zone: str) -> Literal:
    return {"t": "zoned", "v": [seconds, nanos, zone]}


def date(text: str) -> Literal:
    return {"t": "date", "v": text}


def time(nanos_of_day: int) -> Literal:
    return {"t": "time", "v": nanos_of_day}


def local(day: str, nanos_of_day: int) -> Literal:
    return {"t": "local", "v": [day, nanos_of_day]}


def duration(seconds: int, nanos: int = 0) -> Literal:
    return {"t": "duration", "v": [seconds, nanos]}


def uuid(text: str) -> Literal:
    return {"t": "uuid", "v": str(UUID(text))}


def service(cluster: str, name: str) -> Literal:
    """A reference to a service."""
    return {"t": "service", "v": f"twinspan://{cluster}/service/{name}"}


def node(cluster: str, name: str) -> Literal:
    """A reference to a node."""
    return {"t": "node", "v": f"twinspan://{cluster}/node/{name}"}


def client(service: str) -> Literal:
    """A live client of the calling node, as an argument itself; of a service's name, or of a reference's URI."""
    return {"t": "client", "v": service}


def member(name: str) -> Literal:
    """What the calling node knows of a node, as an argument itself; of itself for an empty name the node."""
    return {"t": "member", "v": name}


CODES = {
    "u8": "B",
    "u16": "H",
    "u32": "I",
    "u64": "Q",
    "i8": "b",
    "i16": "h",
    "i32": "i",
    "i64": "q",
    "f16": "e",
    "f32": "f",
    "f64": "d",
}


def array(dtype: str, values: list[Any], *shape: int) -> Literal:
    """An array of numbers; `dtype` is u8, i16, f64 and so on."""
    data = struct.pack(f"<{len(values)}{CODES[dtype]}", *values)
    return {"t": "array", "v": [dtype, list(shape) or [len(values)], data.hex()]}


def _order(literal: Literal) -> str:
    return json.dumps(literal, sort_keys=True)


def normal(literal: Literal) -> Literal:
    """The same literal with sets in one order, to be compared."""
    if isinstance(literal, list):
        return [normal(part) for part in literal]
    if isinstance(literal, dict):
        parts = {key: normal(part) for key, part in literal.items()}
        if parts.get("t") == "set":
            parts["v"].sort(key=_order)
        return parts
    return literal
