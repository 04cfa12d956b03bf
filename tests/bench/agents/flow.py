"""What goes on without waiting for each answer: items of a stream, and calls of `call_many`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from time import perf_counter_ns as now

from order import Order
from pace import checked
from samples import Samples

Open = Callable[[Order], AbstractContextManager[Iterator[bytes]]]
"""Opens an endless stream of an order's payload; leaving it ends the sender."""
Many = Callable[[Iterator[bytes]], Iterable[bytes]]
"""Calls with each payload, so many at once as the pace says, and gives their answers in order."""

STRIDE = 64 << 10
"""Bytes of items between two looks at the clock, which takes as long as a small item."""


@dataclass
class Flow:
    """Items of a stream, which are not timed one by one, and how long all of them took together."""

    calls: int
    lasted: int

    def report(self) -> str:
        return f"report calls={self.calls} rate={self.calls / self.lasted * 1e9:.1f}"


def streamed(opened: Open, order: Order) -> Flow:
    """Reads a stream for the time that was ordered."""
    payload = order.payload
    stride = max(1, STRIDE // order.bytes)
    with opened(order) as items:
        checked(next(items), payload)  # from here on it flows
        count = wanted = 0
        start = heard = now()
        end = start + int(order.seconds * 1e9)
        while heard < end:
            wanted += stride
            for item in islice(items, stride):
                count += 1
                if item != payload:
                    checked(item, payload)
            if count < wanted:
                raise RuntimeError(f"the stream ended after {count} items")
            heard = now()
    return Flow(count, heard - start)


def pipelined(many: Many, order: Order) -> Samples:
    """Calls as there is room. A call is timed from when its payload was asked for until its answer is given, in its turn."""
    payload = order.payload
    start = now()
    end = start + int(order.seconds * 1e9)
    asked: deque[int] = deque()

    def payloads() -> Iterator[bytes]:
        while now() < end:
            asked.append(now())
            yield payload

    line: list[int] = []
    for answer in many(payloads()):
        line.append(now() - asked.popleft())
        checked(answer, payload)
    return Samples([line], now() - start)
