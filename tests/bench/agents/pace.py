"""How calls follow each other. Every Python client is measured by these loops, ours and the peers'."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from time import perf_counter_ns as now

from order import Order
from samples import Samples

Call = Callable[[bytes], bytes]
AsyncCall = Callable[[bytes], Awaitable[bytes]]
WINDOW = 64


def gaps() -> Iterator[float]:
    """Seconds between sparse calls, 1 to 5 ms, from a fixed sequence that every agent shares."""
    state = 1
    while True:
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) & (1 << 64) - 1
        yield (1000 + (state >> 33) % 4000) / 1e6


def blocking(call: Call, order: Order) -> Samples:
    """One call at a time."""
    payload = order.payload
    checked(call(payload), payload)
    start = now()
    line = _line(call, payload, start + int(order.seconds * 1e9), gaps() if order.pace == "sparse" else None)
    return Samples([line], now() - start)


def until(call: Call, order: Order, end: int) -> list[int]:
    """One thread of several."""
    return _line(call, order.payload, end, None)


def _line(call: Call, payload: bytes, end: int, pauses: Iterator[float] | None) -> list[int]:
    line: list[int] = []
    while True:
        if pauses is not None:
            time.sleep(next(pauses))
        sent = now()
        answer = call(payload)
        heard = now()
        line.append(heard - sent)
        checked(answer, payload)
        if heard >= end:
            return line


async def awaited(call: AsyncCall, order: Order) -> Samples:
    """One call at a time, or `WINDOW` of them on their way."""
    payload = order.payload
    checked(await call(payload), payload)
    start = now()
    end = start + int(order.seconds * 1e9)
    if order.pace == "in_flight64":
        lines = await asyncio.gather(*(_awaited_line(call, payload, end, None) for _ in range(WINDOW)))
    else:
        lines = [await _awaited_line(call, payload, end, gaps() if order.pace == "sparse" else None)]
    return Samples(lines, now() - start)


async def _awaited_line(call: AsyncCall, payload: bytes, end: int, pauses: Iterator[float] | None) -> list[int]:
    line: list[int] = []
    while True:
        if pauses is not None:
            await asyncio.sleep(next(pauses))
        sent = now()
        answer = await call(payload)
        heard = now()
        line.append(heard - sent)
        checked(answer, payload)
        if heard >= end:
            return line


def checked(answer: bytes, payload: bytes) -> None:
    if answer != payload:
        raise RuntimeError(f"the answer is not what was sent: {answer[:80]!r}")
