"""Sends tuples and tables through stubs, both faces."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pyarrow as pa
import twinspan
from stubs.shapes import AsyncShapes, Shapes

TABLE: Any = pa.table({"numbers": [1 << 40, None, -1], "texts": ["a", "ž", None]})
# Python's providers take a tuple, those in Java a list: stubs say which.
PAIR: Any = (1, "a")
ENDS: Any = (1, 2)


def blocking(shapes: Shapes) -> None:
    assert tuple(shapes.swap(PAIR)) == ("a", 1)
    assert tuple(shapes.ends(ENDS)) == (2, 1)
    kept = shapes.keep(TABLE)
    assert kept.equals(TABLE), kept
    assert shapes.rows(TABLE) == 3


async def awaiting(shapes: AsyncShapes) -> None:
    assert tuple(await shapes.swap(PAIR)) == ("a", 1)
    assert (await shapes.keep(TABLE)).equals(TABLE)


with twinspan.join(cluster=sys.argv[1]) as node:
    node.wait_for("shapes", timeout=30)
    blocking(node.client("shapes", Shapes))
    asyncio.run(awaiting(node.aio.client("shapes", AsyncShapes)))
print("all good")
