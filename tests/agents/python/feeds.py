"""Streams: what the scenarios' providers offer, and what their callers send; agents/java/agents/Feeds.java is the same in Java."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import twinspan
import work

Emit = Callable[[dict[str, Any]], None]


class Source:
    """Items that know when their reader went away: made in a provider's handler, or among a caller's arguments."""

    def __init__(self, emit: Emit, name: str = "") -> None:
        self._emit = emit
        self._name = name

    def _tell(self, event: str, key: str) -> None:
        self._emit({"event": event, "key": key, "node": self._name})

    def numbers(self, n: int, key: str) -> Iterator[int]:
        try:
            for at in range(n):
                work.COUNTS[key] += 1
                yield at
        finally:
            self._tell("closed", key)

    async def numbers_async(self, n: int, key: str) -> AsyncIterator[int]:
        try:
            for at in range(n):
                work.COUNTS[key] += 1
                yield at
        finally:
            self._tell("closed", key)

    def breaking(self, n: int, key: str) -> Iterator[int]:
        yield from self.numbers(n, key)
        raise ValueError(f"it broke after {n}")

    async def breaking_async(self, n: int, key: str) -> AsyncIterator[int]:
        async for number in self.numbers_async(n, key):
            yield number
        raise ValueError(f"it broke after {n}")

    def gated(self, n: int, key: str) -> Iterator[int]:
        """Each item waits until the driver releases it."""
        try:
            for at in range(n):
                work.gate(f"{key}-{at}").wait(20)
                yield at
        finally:
            self._tell("closed", key)

    async def gated_async(self, n: int, key: str) -> AsyncIterator[int]:
        try:
            for at in range(n):
                await asyncio.to_thread(work.gate(f"{key}-{at}").wait, 20)
                yield at
        finally:
            self._tell("closed", key)


def filled(at: int, size: int) -> bytes:
    return bytes([at % 256]) * size


class Feeds:
    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._node: Any = None

    def _joined(self, node: Any) -> None:
        self._node = node

    @property
    def _source(self) -> Source:
        return Source(self._emit, self._node.name)

    # The provider sends

    def numbers(self, n: int, key: str = "") -> Iterator[int]:
        yield from self._source.numbers(n, key)

    async def numbers_async(self, n: int, key: str = "") -> AsyncIterator[int]:
        # Closed with this generator, not when the collector finds it.
        numbers = self._source.numbers_async(n, key)
        try:
            async for number in numbers:
                yield number
        finally:
            await numbers.aclose()  # type: ignore[attr-defined]

    def breaking(self, n: int, key: str = "") -> Iterator[int]:
        yield from self._source.breaking(n, key)

    async def breaking_async(self, n: int, key: str = "") -> AsyncIterator[int]:
        async for number in self._source.breaking_async(n, key):
            yield number

    def gated(self, n: int, key: str) -> Iterator[int]:
        yield from self._source.gated(n, key)

    async def gated_async(self, n: int, key: str) -> AsyncIterator[int]:
        async for number in self._source.gated_async(n, key):
            yield number

    def ticks(self, ms: int, n: int, key: str) -> Iterator[int]:
        """A number every `ms`, the first one after `ms` as well."""
        context = twinspan.current_call()
        try:
            for at in range(n):
                until = time.monotonic() + ms / 1000
                while time.monotonic() < until:
                    if context.cancelled():
                        return
                    time.sleep(0.002)
                yield at
        finally:
            self._source._tell("closed", key)

    async def ticks_async(self, ms: int, n: int, key: str) -> AsyncIterator[int]:
        try:
            for at in range(n):
                await asyncio.sleep(ms / 1000)
                yield at
        finally:
            self._source._tell("closed", key)

    def blobs(self, sizes: list[int]) -> Iterator[bytes]:
        for at, size in enumerate(sizes):
            yield filled(at, size)

    async def blobs_async(self, sizes: list[int]) -> AsyncIterator[bytes]:
        for at, size in enumerate(sizes):
            yield filled(at, size)

    def listed(self, n: int) -> list[int]:
        """A list is a value."""
        return list(range(n))

    def passing(self, service: str, n: int, key: str) -> Iterator[int]:
        """What another stream brings, doubled."""
        with self._node.call(f"{service}.numbers", n, key) as numbers:
            for number in numbers:
                yield 2 * number

    async def passing_async(self, service: str, n: int, key: str) -> AsyncIterator[int]:
        async with await self._node.aio.call(f"{service}.numbers_async", n, key) as numbers:
            async for number in numbers:
                yield 2 * number

    # The caller sends

    def total(self, numbers: Iterator[int]) -> int:
        return sum(numbers)

    async def total_async(self, numbers: AsyncIterator[int]) -> int:
        return sum([number async for number in numbers])

    def some(self, numbers: Iterator[int], most: int) -> list[int]:
        """Takes a few and leaves the rest."""
        taken: list[int] = []
        for number in numbers:
            taken.append(number)
            if len(taken) == most:
                break
        return taken

    async def some_async(self, numbers: AsyncIterator[int], most: int) -> list[int]:
        taken: list[int] = []
        async for number in numbers:
            taken.append(number)
            if len(taken) == most:
                break
        return taken

    def slowly(self, numbers: Iterator[int], key: str) -> int:
        """Takes one, and the rest when the driver releases it."""
        first = next(numbers)
        self._source._tell("entered", key)
        work.gate(key).wait(20)
        return first + sum(numbers)

    async def slowly_async(self, numbers: AsyncIterator[int], key: str) -> int:
        first = await anext(numbers)
        self._source._tell("entered", key)
        await asyncio.to_thread(work.gate(key).wait, 20)
        return first + sum([number async for number in numbers])

    def refusing(self, numbers: Iterator[int]) -> int:
        raise ValueError("none of it")

    async def refusing_async(self, numbers: AsyncIterator[int]) -> int:
        raise ValueError("none of it")

    def either(self, numbers: Iterable[int]) -> int:
        """Takes a list as well as a stream."""
        return sum(numbers)

    # Both

    def doubled(self, numbers: Iterator[int], key: str = "") -> Iterator[int]:
        try:
            for number in numbers:
                yield 2 * number
        finally:
            self._source._tell("closed", key)

    async def doubled_async(self, numbers: AsyncIterator[int], key: str = "") -> AsyncIterator[int]:
        try:
            async for number in numbers:
                yield 2 * number
        finally:
            self._source._tell("closed", key)
