"""Values for each kind of `kinds`, as both languages can hold them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import twinspan
from hypothesis import strategies as st

from .kinds import Box, Circle, Color, Line, Order, Square, Tree

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Africa/Casablanca", "America/Sao_Paulo",
]  # fmt: skip
DTYPES = ["u1", "<u2", "<u4", "<u8", "i1", "<i2", "<i4", "<i8", "<f2", "<f4", "<f8"]
NO_OFFSET = dt.timezone(dt.timedelta(0), "UTC")
"""`timezone.utc` itself is an instant."""


def _signed(bits: int) -> st.SearchStrategy[int]:
    edge = 1 << bits - 1
    return st.integers(-edge, edge - 1) | st.sampled_from([-edge, edge - 1, 0, -1])


def _with_nanos(moment: dt.datetime, nanos: int) -> twinspan.DateTime:
    return twinspan.DateTime._of(moment, nanos)


wide, word = _signed(64), _signed(32)
big = st.integers(-(2**200), 2**200) | wide | st.sampled_from([2**63, -(2**63) - 1, 2**64, -(2**64), -(2**64) - 1, 2**2000])
nanos = st.integers(0, 999)
text = st.text(max_size=12) | st.sampled_from(["", "\0", "\ufeff", "e\u0301", "\U0010ffff", "\x85", "x" * 300])
blob = st.binary(max_size=20) | st.just(bytes(range(256)) * 2)
exponents = st.integers(-30, 30) | st.sampled_from([2**31 - 1, -(2**31) + 1])
money = st.builds(lambda digits, exponent: Decimal(f"{digits}E{exponent}"), st.integers(-(10**40), 10**40), exponents)
offsets = st.integers(-1080, 1080).map(lambda m: dt.timezone(dt.timedelta(minutes=m)) if m else NO_OFFSET)
instant = st.builds(_with_nanos, st.datetimes(timezones=st.just(dt.UTC)), nanos)
offset = st.builds(_with_nanos, st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29), timezones=offsets), nanos)
recent = (dt.datetime(1975, 1, 1), dt.datetime(2037, 1, 1))
zoned = st.builds(_with_nanos, st.datetimes(*recent, timezones=st.sampled_from(ZONES).map(ZoneInfo), allow_imaginary=False), nanos)
local = st.builds(_with_nanos, st.datetimes(), nanos)
clock = st.builds(lambda t, n: twinspan.Time(t.hour, t.minute, t.second, t.microsecond, nanosecond=n), st.times(), nanos)
span = st.builds(lambda d, n: twinspan.TimeDelta(d.days, d.seconds, d.microseconds, nanoseconds=n), st.timedeltas(), nanos)
color = st.sampled_from(Color)
single = st.floats(width=32) | st.floats(width=16)
# Python takes 0.0 and -0.0 for one element, and Java doesn't.
weights = st.sets(st.floats(allow_nan=False).map(lambda x: x + 0.0), max_size=4)
steps = st.builds(range, wide, wide, wide.filter(bool))
cluster = st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,5}", fullmatch=True)
letter = st.sampled_from("azAZ_") | st.characters(min_codepoint=0x80, exclude_categories=["Cs"])
word_of_name = st.builds(str.__add__, letter, st.text(letter | st.sampled_from("09"), max_size=5))
service = st.builds(twinspan.ServiceRef, cluster, st.lists(word_of_name, min_size=1, max_size=3).map(".".join))
spot = st.builds(twinspan.NodeRef, cluster, st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True))
circle = st.builds(Circle, st.floats())
square = st.builds(Square, wide, st.none() | color)
line = st.builds(Line, text, word, money)
tree = st.recursive(
    st.builds(Tree, wide, st.just([])), lambda inner: st.builds(Tree, wide, st.lists(inner, max_size=3)), max_leaves=8
)  # fmt: skip


def array(dtype: str, *shape: int) -> st.SearchStrategy[np.ndarray]:
    """Elements of any bits."""
    size = np.dtype(dtype).itemsize * int(np.prod(shape, dtype=int))
    return st.binary(min_size=size, max_size=size).map(lambda data: np.frombuffer(data, dtype).reshape(shape))


def arrays(dtype: str) -> st.SearchStrategy[np.ndarray]:
    return st.integers(0, 6).flatmap(lambda length: array(dtype, length))


shapes = st.lists(st.integers(0, 3), max_size=4)
numbers = st.tuples(st.sampled_from(DTYPES), shapes).flatmap(lambda parts: array(parts[0], *parts[1]))
order = st.builds(
    Order,
    id=st.uuids(),
    lines=st.lists(line, max_size=3),
    color=color,
    due=st.dates(),
    placed=instant,
    took=span,
    tags=st.sets(text, max_size=3),
    weights=arrays("<f8"),
    extra=st.dictionaries(word, text, max_size=2),
    figure=circle | square,
    note=st.none() | text,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "truth": st.booleans(),
    "big": big,
    "wide": wide,
    "word": word,
    "small": _signed(16),
    "tiny": _signed(8),
    "real": st.floats(),
    "single": single,
    "money": money,
    "text": text,
    "letter": st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]),
    "blob": blob,
    "instant": instant,
    "offset": offset,
    "zoned": zoned,
    "local": local,
    "day": st.dates(),
    "clock": clock,
    "span": span,
    "id": st.uuids(),
    "complex": st.complex_numbers(),
    "steps": steps,
    "service": service,
    "spot": spot,
    "color": color,
    "doubles": arrays("<f8"),
    "floats": arrays("<f4"),
    "longs": arrays("<i8"),
    "ints": arrays("<i4"),
    "shorts": arrays("<i2"),
    "numbers": numbers,
    "maybe": st.none() | wide,
    "texts": st.lists(text, max_size=4),
    "grid": st.lists(st.lists(st.floats(), max_size=3), max_size=3),
    "pair": st.tuples(wide, text),
    "tags": st.sets(text, max_size=4),
    "marks": st.sets(wide, max_size=4),
    "weights": weights,
    "prices": st.dictionaries(text, money, max_size=3),
    "numbered": st.dictionaries(wide, text, max_size=3),
    "dated": st.dictionaries(st.dates(), st.lists(wide, max_size=2), max_size=3),
    "owned": st.dictionaries(st.uuids(), st.booleans(), max_size=3),
    "colored": st.dictionaries(color, wide, max_size=3),
    "keyed": st.dictionaries(st.lists(wide, max_size=2).map(tuple), text, max_size=3),
    "blobs": st.dictionaries(blob, wide, max_size=3),
    "order": order,
    "orders": st.lists(order, max_size=2),
    "figure": circle | square,
    "tree": tree,
    "box": st.builds(Box, wide, st.lists(wide, max_size=3)),
}
LARGE = {"order", "orders", "tree", "numbers", "keyed", "dated"}
"""Kinds of which few fit one example."""
batches = st.sampled_from(sorted(VALUES)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(VALUES[kind], min_size=1 if kind in LARGE else 8, max_size=4 if kind in LARGE else 24))
)
