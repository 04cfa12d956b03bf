"""What large values cost in memory: at most one copy on each side, none where the object can look at the payload."""

from __future__ import annotations

import array
import gc
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from twinspan import _native, _types

# Above what malloc keeps for later.
SIZE = 48_000_000
# What an allocator rounds up, and Python needs besides.
SLACK = 2_500_000

SENT: dict[str, Callable[[], Any]] = {
    "array": lambda: np.arange(SIZE // 8, dtype="float64"),
    "array in columns": lambda: np.arange(SIZE // 8, dtype="float64").reshape(1000, -1).T,
    "array of the other byte order": lambda: np.arange(SIZE // 8, dtype=">f8"),
    "every second number": lambda: np.arange(SIZE // 4, dtype="float64")[::2],
    "array.array": lambda: array.array("d", bytes(SIZE)),
    "bytes": lambda: bytes(SIZE),
    "bytearray": lambda: bytearray(SIZE),
    "memoryview": lambda: memoryview(bytearray(SIZE)),
    "every second byte": lambda: memoryview(bytearray(SIZE * 2))[::2],
    "NdArray": lambda: _types.NdArray("float64", (1000, SIZE // 8000), bytes(SIZE)),
    "table": lambda: pyarrow.table({"n": np.arange(SIZE // 8, dtype="float64")}),
}
# How many copies each object is of the received payload.
TAKEN: list[tuple[str, Any, int]] = [
    ("array", np.ndarray, 0),
    ("array", Any, 0),
    ("array in columns", np.ndarray, 0),
    ("array", array.array, 1),
    ("array", _types.NdArray, 0),
    ("bytes", memoryview, 0),
    ("bytes", bytes, 1),
    ("bytes", bytearray, 1),
    ("table", pyarrow.Table, 0),
    ("table", Any, 0),
    ("table", pyarrow.RecordBatchReader, 0),
]


def resident(name: str) -> int:
    """Bytes of a row of this process's status."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def grown(work: Callable[[], Any]) -> tuple[int, Any]:
    """How much the peak of this process's memory grows, and what was made."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is resident now
    before = resident("VmRSS")
    made = work()
    return resident("VmHWM") - before, made


@pytest.mark.parametrize("name", SENT)
def test_a_sender_copies_once(name: str) -> None:
    value = SENT[name]()
    _native.pack(value)
    peak, payload = grown(lambda: _native.pack(value))
    assert len(payload) > SIZE
    assert SIZE - SLACK <= peak <= SIZE + SLACK


@pytest.mark.parametrize(("name", "hint", "copies"), TAKEN)
def test_a_receiver_copies_at_most_once(name: str, hint: Any, copies: int) -> None:
    # Behind a text of the length with which the content is aligned, as links place it.
    value = SENT[name]()
    payload = _native.encode(["", value])
    payload = _native.encode(["x" * (-content(payload) % 8), value])
    assert content(payload) % 8 == 0
    del value
    plan = _types.plan_for(tuple[str, hint])
    _native.decode(payload, plan)
    peak, made = grown(lambda: _native.decode(payload, plan))
    assert copies * SIZE - SLACK <= peak <= copies * SIZE + SLACK
    assert made is not None


def content(payload: bytes) -> int:
    """The address of the large content."""
    at = next(n for n in range(64) if payload[n] == 0x5A)
    address: int = np.frombuffer(payload, "u1").__array_interface__["data"][0]
    return address + at + 5


def test_an_array_is_a_view_of_the_payload() -> None:
    value = np.arange(300_000, dtype="float64")
    for first in range(8):
        payload = _native.encode(["x" * first, value, b"y" * 100_000])
        start = np.frombuffer(payload, "u1").__array_interface__["data"][0]
        array_back, view = _native.decode(payload, _types.plan_for(tuple[str, np.ndarray, memoryview]))[1:]
        at = array_back.__array_interface__["data"][0]
        assert (array_back == value).all() and array_back.flags.aligned
        # Where it lies aligned in the payload it stays there, else it is one copy.
        assert (start <= at < start + len(payload)) is ((start + payload.index(value.tobytes())) % 8 == 0)
        assert start <= np.frombuffer(view, "u1").__array_interface__["data"][0] < start + len(payload)
        assert view.readonly and view == b"y" * 100_000
    small = _native.decode(_native.encode(b"z" * 1000), _types.plan_for(memoryview))
    assert small.readonly and small == b"z" * 1000


@pytest.mark.parametrize("order", ["<", ">"])
def test_arrays_in_another_order_are_put_into_order_part_by_part(order: str) -> None:
    base = np.arange(600_000).astype(f"{order}f8").reshape(1000, 600)
    for value in (base.T, base[:, ::-1], base[::3], np.asfortranarray(base), base, base.reshape(2, 500, 600)[:, ::-7, ::2]):
        assert (_native.decode(_native.encode(value)) == value).all()
    every = memoryview(bytes(range(256)) * 20_000)[::-3]
    assert _native.decode(_native.encode(every)) == bytes(every)
