"""What the tests of streams call: a service of every kind of stream, and a provider with a caller."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import twinspan
from twinspan import AsyncStream, Stream

Joined = Callable[..., twinspan.Node]


@dataclass
class Sample:
    x: int
    name: str = ""


class Log:
    """What handlers told, and waiting for it."""

    def __init__(self) -> None:
        self._told: list[Any] = []
        self._changed = threading.Condition()

    def tell(self, what: Any) -> None:
        with self._changed:
            self._told.append(what)
            self._changed.notify_all()

    def wait(self, what: Any, count: int = 1, timeout: float = 10) -> float:
        """Waits until it was told so often; gives the seconds."""
        begun = time.monotonic()
        with self._changed:
            assert self._changed.wait_for(lambda: self._told.count(what) >= count, timeout), f"{what} in {self._told}"
        return time.monotonic() - begun

    def count(self, what: Any) -> int:
        with self._changed:
            return self._told.count(what)


class Own:
    """An iterator of its own class."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._at = 0

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        self._at += 1
        return self._at

    def close(self) -> None:
        self._log.tell("own closed")


class Streams:
    def __init__(self, log: Log) -> None:
        self.log = log
        self.go = threading.Event()
        self.nodes: list[twinspan.Node] = []

    def count(self, n: int) -> Iterator[int]:
        try:
            yield from range(n)
        finally:
            self.log.tell("count closed")

    async def acount(self, n: int, *, pause: float = 0.0) -> AsyncIterator[int]:
        try:
            for i in range(n):
                if pause or i % 100 == 0:
                    await asyncio.sleep(pause)
                yield i
        finally:
            self.log.tell("acount closed")

    async def list_iterator(self, n: int) -> Iterator[int]:
        return iter(range(n))

    def plain_list(self, n: int) -> list[int]:
        return list(range(n))

    def either(self, n: int) -> Any:
        return n if n < 10 else map(str, range(n))

    def own(self) -> Iterator[int]:
        return Own(self.log)

    def parked(self) -> Iterator[int]:
        """One item, then nothing until `go`."""
        yield 1
        self.go.wait(10)
        yield 2

    async def silent(self) -> AsyncIterator[int]:
        try:
            await asyncio.sleep(60)
            yield 1
        finally:
            self.log.tell("silent closed")

    def samples(self, n: int) -> Iterator[Sample]:
        return (Sample(i, f"s{i}") for i in range(n))

    def fails(self, n: int) -> Iterator[int]:
        yield from range(n)
        raise KeyError("after")

    async def afails(self, n: int) -> AsyncIterator[int]:
        for i in range(n):
            yield i
        raise KeyError("after")

    def odd(self, n: int) -> Iterator[Any]:
        try:
            yield from range(n)
            yield object()
        finally:
            self.log.tell("odd closed")

    def large(self, count: int, size: int) -> Iterator[bytes]:
        for i in range(count):
            yield bytes([i % 256]) * (size if i % 2 else 10)

    def total(self, xs: Stream[int], *, add: int = 0) -> int:
        assert isinstance(xs, Stream)
        return sum(xs) + add

    def iterator(self, xs: Iterator[Sample]) -> list[Any]:
        return [type(xs).__name__, sum(s.x for s in xs)]

    def iterable(self, xs: Iterable[int]) -> list[Any]:
        return [type(xs).__name__, sum(xs)]

    def anything(self, xs: Any) -> list[Any]:
        return [type(xs).__name__, list(xs)]

    def only_list(self, xs: list[int]) -> int:
        return sum(xs)

    def maybe(self, xs: Iterator[int] | None = None) -> int:
        return -1 if xs is None else sum(xs)

    async def atotal(self, xs: AsyncStream[int]) -> int:
        assert isinstance(xs, AsyncStream)
        return sum([x async for x in xs])

    async def aiterator(self, xs: AsyncIterator[Sample]) -> int:
        return sum([s.x async for s in xs])

    async def aiterable(self, xs: Iterable[int]) -> int:
        return sum(xs)

    async def aanything(self, xs: Any) -> list[Any]:
        return [type(xs).__name__, [x async for x in xs]]

    def first(self, xs: Iterator[int]) -> int:
        """Reads one item only."""
        return next(xs)

    def swallow(self, xs: Iterator[int]) -> list[Any]:
        got: list[Any] = []
        try:
            got.extend(xs)
        except twinspan.Error as error:
            got.append(f"{type(error).__name__} {error.kind}")
        return got

    def double(self, xs: Iterator[int]) -> Iterator[int]:
        try:
            for x in xs:
                yield 2 * x
        finally:
            self.log.tell("double closed")

    async def adouble(self, xs: AsyncIterator[int]) -> AsyncIterator[int]:
        async for x in xs:
            yield 2 * x

    def forward(self, n: int) -> Any:
        """A stream of another call, handed on."""
        return self.nodes[0].client("streams").count(n)

    async def aforward(self, n: int) -> Any:
        return await self.nodes[0].aio.client("streams").acount(n)

    def context(self, n: int) -> Iterator[list[Any]]:
        for _ in range(n):
            call = twinspan.current_call()
            assert call is not None
            yield [twinspan.current_baggage(), call.cancelled(), call.remaining() > 0]

    async def acontext(self, n: int) -> AsyncIterator[list[Any]]:
        for _ in range(n):
            call = twinspan.current_call()
            assert call is not None
            yield [twinspan.current_baggage(), call.cancelled(), call.remaining() > 0]

    def ping(self) -> str:
        return "pong"

    def watching(self) -> Iterator[int]:
        """Blocks between its items; looks whether anybody still waits."""
        call = twinspan.current_call()
        assert call is not None
        yield 1
        while not call.cancelled():
            time.sleep(0.001)
        self.log.tell("watching saw the cancel")


class Pair:
    """A provider and a caller: one node, or two."""

    def __init__(self, joined: Joined, kind: str) -> None:
        self.log = Log()
        self.service = Streams(self.log)
        app = twinspan.App("streams")
        app.add_service("streams", self.service)
        self.provider = joined(app, name="provider", workers=4)
        self.caller = self.provider if kind == "own" else joined(name="caller")
        self.service.nodes.append(self.provider)
        self.caller.wait_for("streams")
        self.client: Any = self.caller.client("streams", timeout=20)
        self.aio: Any = self.caller.aio.client("streams", timeout=20)


def numbers(n: int) -> Iterator[int]:
    yield from range(n)


async def anumbers(n: int) -> AsyncIterator[int]:
    for i in range(n):
        yield i
        if i % 50 == 0:
            await asyncio.sleep(0)
