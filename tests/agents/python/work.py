"""The service that the Python agent offers; agents/java/agents/Work.java is the same in Java."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import twinspan
from contracts import Color, FraudRejected, Order
from values import literal_of

Emit = Callable[[dict[str, Any]], None]

GATES: dict[str, threading.Event] = {}
GATES_LOCK = threading.Lock()
COUNTS: Counter[str] = Counter()


def gate(key: str) -> threading.Event:
    """Opened by the driver's `release`."""
    with GATES_LOCK:
        return GATES.setdefault(key, threading.Event())


class Work:
    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._node: twinspan.Node | None = None

    def _joined(self, node: twinspan.Node) -> None:
        self._node = node

    def echo(self, value: Any) -> Any:
        return value

    def tell(self, value: Any) -> str:
        """What arrived here, as a literal."""
        return json.dumps(literal_of(value))

    def add(self, a: int, b: int = 1, *, scale: int = 1) -> int:
        """Adds two numbers."""
        return (a + b) * scale

    def who(self) -> str:
        return self._node.name if self._node is not None else ""

    # Typed

    def numbers(self, value: np.ndarray) -> np.ndarray:
        return value

    def plain(self, value: np.ndarray) -> np.ndarray:
        return value

    def view(self, value: memoryview) -> memoryview:
        return value

    def order(self, order: Order) -> Order:
        return order

    def describe(self, order: Order) -> str:
        return json.dumps(literal_of(order))

    def instant(self, value: twinspan.DateTime) -> twinspan.DateTime:
        return value

    def stamped(self, value: twinspan.DateTime) -> twinspan.DateTime:
        return value

    def zoned(self, value: twinspan.DateTime) -> twinspan.DateTime:
        return value

    def local(self, value: twinspan.DateTime) -> twinspan.DateTime:
        return value

    def time(self, value: twinspan.Time) -> twinspan.Time:
        return value

    def duration(self, value: twinspan.TimeDelta) -> twinspan.TimeDelta:
        return value

    def color(self, value: Color) -> Color:
        return value

    def doubles(self, value: np.ndarray) -> np.ndarray:
        return value * 2

    def small(self, value: int) -> int:
        return value

    # Errors

    def refuse(self, order: str, score: float) -> None:
        """Raises a class that no contract declares here."""
        raise FraudRejected(order, score)

    @twinspan.raises(FraudRejected)
    def fraud(self, order: str, score: float) -> None:
        raise FraudRejected(order, score)

    def value(self, text: str) -> None:
        raise ValueError(text)

    def key(self, key: str) -> None:
        {}[key]

    def chain(self, text: str) -> None:
        try:
            self.value(text)
        except ValueError as error:
            raise RuntimeError("outer " + text) from error

    def uncrossable(self) -> Any:
        return threading.Lock()

    # Nested calls

    def relay(self, path: list[str]) -> list[Any]:
        """Calls on along the path; each hop tells who it is and what it knows of its call."""
        context = twinspan.current_call()
        here = {
            "name": self.who(),
            "language": "python",
            "caller": context.caller,
            "caller_language": context.language,
            "depth": context.depth,
            "remaining": context.remaining(),
        }
        rest = self._node.call(f"{path[0]}.relay", path[1:]) if path else []
        return [here, *rest]

    def ask(self, service: str, method: str, argument: Any) -> Any:
        return self._node.call(f"{service}.{method}", argument)

    def wait(self, service: str, ms: int, key: str) -> Any:
        """Waits for `slow` elsewhere."""
        return self._node.call(f"{service}.slow", ms, key)

    # References

    def through(self, service: twinspan.ServiceRef, value: int) -> int:
        """Calls the service that it was given."""
        return twinspan.current_call().node.client(service).small(value)

    async def through_later(self, service: twinspan.ServiceRef, value: int) -> int:
        return await twinspan.current_call().node.aio.client(service).small(value)

    def through_any(self, service: Any, value: int) -> list[Any]:
        """Tells what it was given, and calls it."""
        return [literal_of(service)["v"], twinspan.current_call().node.client(service).who(), value]

    def hand_on(self, to: twinspan.ServiceRef, service: twinspan.ServiceRef, value: int) -> int:
        """Gives one service to the other, which calls it."""
        return twinspan.current_call().node.client(to).through(service, value)

    def where(self, node: twinspan.NodeRef) -> str:
        return twinspan.current_call().node.member(node).language

    def given(self) -> Any:
        """A client of the service that answers."""
        return twinspan.current_call().node.client(f"work.{self.who()}")

    # Time

    def slow(self, ms: int, key: str) -> str:
        """Takes its time, unless the caller gives up."""
        context = twinspan.current_call()
        self._emit({"event": "entered", "key": key, "node": self.who()})
        until = time.monotonic() + ms / 1000
        while time.monotonic() < until:
            if context.cancelled():
                self._emit({"event": "cancelled", "key": key, "node": self.who()})
                # Whoever gave up has done so before an answer can come.
                time.sleep(0.5)
                return "cancelled"
            time.sleep(0.005)
        self._emit({"event": "ended", "key": key, "node": self.who()})
        return "done"

    async def later(self, ms: int) -> str:
        await asyncio.sleep(ms / 1000)
        return "later"

    async def sleepy(self, key: str) -> str:
        """A coroutine that is cancelled with its call."""
        self._emit({"event": "entered", "key": key, "node": self.who()})
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            self._emit({"event": "cancelled", "key": key, "node": self.who()})
            raise
        return "slept"

    def hold(self, key: str) -> str:
        """Waits until the driver releases it."""
        COUNTS[key] += 1
        self._emit({"event": "entered", "key": key, "node": self.who()})
        gate(key).wait(30)
        return self.who()

    @twinspan.idempotent
    def lookup(self, key: str) -> str:
        """`hold`, which may run twice."""
        return self.hold(key)

    def pid(self) -> int:
        return os.getpid()

    # Bodies

    def blob(self, value: bytes) -> bytes:
        return value

    def digest(self, value: bytes) -> list[Any]:
        return [len(value), hashlib.sha256(value).hexdigest()]

    def make(self, size: int) -> bytes:
        return bytes(range(256)) * (size // 256) + bytes(range(size % 256))
