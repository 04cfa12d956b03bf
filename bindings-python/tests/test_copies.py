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
