"""The golden vectors, what their Python literals name, and what counts as the same value."""

from __future__ import annotations

import array
import enum
import json
import math
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone  # noqa: F401
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID  # noqa: F401
from zoneinfo import ZoneInfo  # noqa: F401

import numpy as np
import twinspan
from twinspan import _types

SHARED = Path(__file__).parents[2] / "tests/vectors"
VECTORS = json.loads((SHARED / "values.json").read_text(encoding="utf-8"))
sys.path.insert(0, str(SHARED))

from vector_classes import TYPES, Card, Line, Nothing, Point, Stamp, Tree  # noqa: E402, F401


class Pair(NamedTuple):
    a: int
    b: int


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


def nested(levels: int) -> list[Any]:
    return [] if levels == 1 else [nested(levels - 1)]


NAMES = {
    **globals(),
    "array": array.array,
    "DateTime": _types.DateTime,
    "NodeRef": twinspan.NodeRef,
    "ServiceRef": twinspan.ServiceRef,
    "Time": _types.Time,
    "TimeDelta": _types.TimeDelta,
    "range_list": lambda start, stop: list(range(start, stop)),
}


def same(a: Any, b: Any) -> bool:
    """Equal, of equal types, down to zeros, scales and zones."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, Decimal):
        return a.as_tuple() == b.as_tuple()
    if isinstance(a, (_types.DateTime, _types.Time)) and a.nanosecond != b.nanosecond:
        return False
    if isinstance(a, datetime):
        return (a.replace(tzinfo=None), a.utcoffset(), a.tzinfo) == (b.replace(tzinfo=None), b.utcoffset(), b.tzinfo)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b, strict=True))
    return bool(a == b)
