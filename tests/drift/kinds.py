"""The declared types of the generated values: one method each, which answers what it got. Mirror.java has the same."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import twinspan

T = TypeVar("T")


class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


@twinspan.record("drift.Circle")
@dataclass
class Circle:
    radius: float


@twinspan.record("drift.Square")
@dataclass
class Square:
    side: int
    color: Color | None


Figure = Circle | Square


@dataclass
class Line:
    sku: str
    quantity: int
    price: Decimal


@dataclass
class Order:
    id: UUID
    lines: list[Line]
    color: Color
    due: dt.date
    placed: twinspan.DateTime
    took: twinspan.TimeDelta
    tags: set[str]
    weights: np.ndarray
    extra: dict[int, str]
    figure: Figure
    note: str | None


@dataclass
class Tree:
    value: int
    rest: list[Tree]


@dataclass
class Box(Generic[T]):
    content: T
    spare: list[T]


KINDS: dict[str, Any] = {
    "truth": bool,
    "big": int,
    "wide": int,
    "word": int,
    "small": int,
    "tiny": int,
    "real": float,
    "single": float,
    "money": Decimal,
    "text": str,
    "letter": str,
    "blob": bytes,
    "instant": twinspan.DateTime,
    "offset": twinspan.DateTime,
    "zoned": twinspan.DateTime,
    "local": twinspan.DateTime,
    "day": dt.date,
    "clock": twinspan.Time,
    "span": twinspan.TimeDelta,
    "id": UUID,
    "complex": complex,
    "steps": range,
    "service": twinspan.ServiceRef,
    "spot": twinspan.NodeRef,
    "color": Color,
    "doubles": np.ndarray,
    "floats": np.ndarray,
    "longs": np.ndarray,
    "ints": np.ndarray,
    "shorts": np.ndarray,
    "numbers": np.ndarray,
    "maybe": int | None,
    "texts": list[str],
    "grid": list[list[float]],
    "pair": tuple[int, str],
    "tags": set[str],
    "marks": set[int],
    "weights": set[float],
    "prices": dict[str, Decimal],
    "numbered": dict[int, str],
    "dated": dict[dt.date, list[int]],
    "owned": dict[UUID, bool],
    "colored": dict[Color, int],
    "keyed": dict[tuple[int, ...], str],
    "blobs": dict[bytes, int],
    "order": Order,
    "orders": list[Order],
    "figure": Figure,
    "tree": Tree,
    "box": Box[int],
}


def _face(name: str, method: Callable[[Any], Callable[..., Any]], *bases: Any) -> type:
    """A class with a method for each kind, and `any` without a type."""
    methods: dict[str, Any] = {"__module__": __name__}
    for kind, hint in [*KINDS.items(), ("any", Any)]:
        function = method(hint)
        function.__name__ = kind
        function.__qualname__ = f"{name}.{kind}"
        function.__annotations__ = {"value": hint, "return": hint}
        methods[kind] = function
    return type(name, bases, methods)


def _handler(hint: Any) -> Callable[..., Any]:
    def same_again(self: Any, value: Any) -> Any:
        return value

    return same_again


def _promise(hint: Any) -> Callable[..., Any]:
    async def promised(self: Any, value: Any) -> Any: ...

    return promised


Mirror = _face("Mirror", _handler)
"""The service."""
Face = _face("Face", _promise, Protocol)
"""What a caller knows of it."""


def same(a: Any, b: Any) -> bool:
    """Equal, of equal classes, down to zeros, scales, zones, nanoseconds and the order of maps."""
    if type(a) is not type(b):
        return False
    if is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, Decimal):
        return a.as_tuple() == b.as_tuple()
    if isinstance(a, dt.datetime):
        return _shown(a) == _shown(b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _shown(moment: dt.datetime) -> tuple[Any, ...]:
    """What a clock shows, and where. `fold` is in the offset where it means something."""
    zone = moment.tzinfo
    kind = zone.key if isinstance(zone, ZoneInfo) else zone is dt.UTC
    plain = (moment.date(), moment.hour, moment.minute, moment.second, moment.microsecond)
    return (*plain, getattr(moment, "nanosecond", 0), moment.utcoffset(), kind)


def without_type(value: Any) -> Any:
    """What a receiver without a type gets back of a value that a provider without a type sent again."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (Circle, Square)):
        # Everybody here knows the class by its registered name, and with it the types of its fields.
        return value
    if is_dataclass(value):
        return {f.name: without_type(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (twinspan.DateTime, twinspan.Time, twinspan.TimeDelta)):
        return value.plain()
    if isinstance(value, (list, tuple)):
        return [without_type(part) for part in value]
    if isinstance(value, dict):
        return {without_type(key) if isinstance(key, Enum) else key: without_type(part) for key, part in value.items()}
    return value
