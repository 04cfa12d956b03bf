"""What Python makes of the golden vectors: `made.py VALUES.json OUT.json` decodes each payload and encodes what it got."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import twinspan
from twinspan import Unserializable, _native, _types


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


def made(row: dict[str, Any]) -> dict[str, str]:
    """The row's name and status, then the bytes again, or kind and path."""
    try:
        plan = _types.plan_for(TYPES[row["type"]]) if "type" in row else None
        again = bytes(_native.encode(_native.decode(bytes.fromhex(row["cbor"]), plan)))
    except Unserializable as error:
        return {"kind": type(error).__name__, "name": row["name"], "path": error.path, "status": "invalid"}
    return {"cbor": again.hex(), "name": row["name"], "status": "valid"}


def main() -> None:
    values = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    told = [made(row) for part in ("valid", "invalid") for row in values[part]]
    lines = [json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for one in told]
    Path(sys.argv[2]).write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


main()
