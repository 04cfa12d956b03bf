"""The classes that golden vectors name. Whoever imports them has this folder on its path: the tests of the package do, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import twinspan


@dataclass
class Point:
    x: int
    y: int


@dataclass
class Line:
    start: Point
    end: Point
    label: str | None


@dataclass
class Nothing:
    pass


@dataclass
class Tree:
    value: int
    rest: list[Tree]


@twinspan.record("shop.Card")
@dataclass
class Card:
    number: str


@dataclass
class Stamp:
    card: Card
    at: Point


TYPES: dict[str, Any] = {
    "instant": twinspan.DateTime,
    "offset_datetime": twinspan.DateTime,
    "zoned_datetime": twinspan.DateTime,
    "local_datetime": twinspan.DateTime,
    "time": twinspan.Time,
    "duration": twinspan.TimeDelta,
    "record Point": Point,
    "record Line": Line,
    "record Nothing": Nothing,
    "record Tree": Tree,
    "record Card": Card,
    "record Stamp": Stamp,
    "list<record Point>": list[Point],
    "list<record Card>": list[Card],
    "map<text,record Point>": dict[str, Point],
    "map<int,record Point>": dict[int, Point],
}
"""What the `type` of a vector is in Python."""
