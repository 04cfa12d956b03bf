"""Streams: answers, arguments, both at once, in both faces, within one node and between two."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
import twinspan
from twinspan import AsyncStream, Stream, _lane, _native

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


@pytest.fixture(params=["own", "link"])
def pair(joined: Joined, request: pytest.FixtureRequest) -> Iterator[Pair]:
    pair = Pair(joined, request.param)
    yield pair
    pair.service.go.set()


class Typed(Protocol):
    def count(self, n: int) -> Iterator[int]: ...
    def acount(self, n: int) -> Stream[int]: ...
    def plain_list(self, n: int) -> Iterator[int]: ...
    def samples(self, n: int) -> Stream[Sample]: ...
    def total(self, xs: Iterable[int], *, add: int = ...) -> int: ...
    def double(self, xs: Iterator[int]) -> Iterator[int]: ...

    @twinspan.raises(KeyError)
    def fails(self, n: int) -> Iterator[int]: ...


class Wrong(Protocol):
    def count(self, n: int) -> list[int]: ...
    def samples(self, n: int) -> Stream[str]: ...


class AsyncTyped(Protocol):
    def count(self, n: int) -> AsyncIterator[int]: ...
    async def acount(self, n: int) -> AsyncStream[int]: ...
    def samples(self, n: int) -> AsyncStream[Sample]: ...
    def plain_list(self, n: int) -> AsyncIterator[int]: ...
    async def total(self, xs: AsyncIterator[int]) -> int: ...


@pytest.mark.parametrize("name", ["count", "acount", "list_iterator"])
@pytest.mark.parametrize("n", [0, 1, 5000])
def test_answers(pair: Pair, name: str, n: int) -> None:
    assert list(pair.client[name](n)) == list(range(n))
    with pair.client[name](n) as items:
        assert isinstance(items, Stream)
        assert [x for batch in items.batches(100) for x in batch] == list(range(n))
        assert next(items, None) is None

    async def main() -> None:
        assert [x async for x in pair.aio[name](n)] == list(range(n))
        async with pair.aio[name](n) as items:
            assert [x async for batch in items.batches(100) for x in batch] == list(range(n))
        items = await pair.aio[name](n)
        assert isinstance(items, AsyncStream)
        assert [x async for x in items] == list(range(n))
        assert not _lane.lane_of(asyncio.get_running_loop()).pending

    asyncio.run(main())


def test_batches_are_bounded(pair: Pair) -> None:
    sizes = [len(batch) for batch in pair.client.count(5000).batches(64)]
    assert sum(sizes) == 5000
    assert max(sizes) <= 64
    for n in (0, -1, True, "x"):
        with pytest.raises(twinspan.BadArguments), pair.client.count(1) as items:
            items.batches(n)


def test_what_is_known_at_run_time_only(pair: Pair) -> None:
    assert pair.client.either(3) == 3
    assert list(pair.client.either(12)) == [str(i) for i in range(12)]

    async def main() -> None:
        assert await pair.aio.either(3) == 3
        assert len([x async for x in pair.aio.either(12)]) == 12
        assert await asyncio.create_task(pair.aio.either(4)) == 4
        assert await asyncio.wait_for(pair.aio.either(5), 10) == 5
        with pytest.raises(twinspan.Misuse, match="answered a value"):
            async for _ in pair.aio.either(6):
                pass

    asyncio.run(main())


def test_typed_clients(pair: Pair) -> None:
    client = pair.caller.client("streams", Typed)
    assert list(client.count(3)) == [0, 1, 2]
    assert list(client.plain_list(3)) == [0, 1, 2]
    with client.samples(2) as samples:
        assert list(samples) == [Sample(0, "s0"), Sample(1, "s1")]
    assert client.total([1, 2], add=1) == client.total(iter([1, 2]), add=1) == 4
    wrong = pair.caller.client("streams", Wrong)
    with pytest.raises(twinspan.Unserializable, match="a stream where list") as caught:
        wrong.count(3)
    assert caught.value.executed == "yes"
    pair.log.wait("count closed", 2)
    with pytest.raises(twinspan.Unserializable, match="item"):
        next(wrong.samples(3))

    async def main() -> None:
        aio = pair.caller.aio.client("streams", AsyncTyped)
        assert [x async for x in aio.count(3)] == [0, 1, 2]
        assert [x async for x in aio.plain_list(3)] == [0, 1, 2]
        async with await aio.acount(3) as items:
            assert [x async for x in items] == [0, 1, 2]
        async with aio.samples(2) as samples:
            assert [s async for s in samples] == [Sample(0, "s0"), Sample(1, "s1")]

        async def source() -> AsyncIterator[int]:
            yield 1
            yield 2

        assert await aio.total(source()) == 3

    asyncio.run(main())


class BlockingInAwaited(Protocol):
    async def count(self, n: int) -> Iterator[int]: ...


def test_the_contract_decides_the_face(pair: Pair) -> None:
    with pytest.raises(twinspan.Misuse, match=r"aio\.client"):
        pair.caller.client("streams", AsyncTyped)
    with pytest.raises(twinspan.Misuse, match="this node is awaited"):
        pair.caller.aio.client("streams", Typed)
    with pytest.raises(twinspan.Misuse, match="AsyncIterator"):
        pair.caller.aio.client("streams", BlockingInAwaited)


def numbers(n: int) -> Iterator[int]:
    yield from range(n)


async def anumbers(n: int) -> AsyncIterator[int]:
    for i in range(n):
        yield i
        if i % 50 == 0:
            await asyncio.sleep(0)


def test_arguments(pair: Pair) -> None:
    whole = sum(range(3000))
    for name in ("total", "atotal"):
        method = pair.client[name]
        assert method(numbers(3000)) == method(list(range(3000))) == method(xs=iter(range(3000))) == whole
        assert method([]) == method(iter([])) == 0
    assert pair.client.total(numbers(10), add=5) == 50
    samples = [Sample(i) for i in range(5)]
    assert pair.client.iterator(iter(samples)) == pair.client.iterator(samples) == ["Stream", 10]
    assert pair.client.aiterator(iter(samples)) == pair.client.aiterator(samples) == 10
    assert pair.client.iterable(numbers(5)) == ["Stream", 10]
    assert pair.client.iterable([1, 2]) == ["list", 3]
    assert pair.client.anything(numbers(3)) == ["Stream", [0, 1, 2]]
    assert pair.client.anything([3]) == ["list", [3]]
    assert pair.client.aanything(numbers(3)) == ["AsyncStream", [0, 1, 2]]
    assert pair.client.maybe() == pair.client.maybe(None) == -1
    assert pair.client.maybe(numbers(3)) == pair.client.maybe([0, 1, 2]) == 3

    async def main() -> None:
        for name in ("total", "atotal"):
            for source in (numbers(3000), anumbers(3000), list(range(3000))):
                assert await pair.aio[name](source) == whole
        # Several at once: they leave at the end of one turn of the loop.
        totals = await asyncio.gather(*(pair.aio.atotal(anumbers(300)) for _ in range(10)))
        assert totals == [sum(range(300))] * 10

    asyncio.run(main())


def test_both_at_once(pair: Pair) -> None:
    for name in ("double", "adouble"):
        assert list(pair.client[name](numbers(5000))) == [2 * x for x in range(5000)]

    async def main() -> None:
        for name in ("double", "adouble"):
            assert [x async for x in pair.aio[name](anumbers(3000))] == [2 * x for x in range(3000)]

    asyncio.run(main())


def test_an_answer_in_step_with_its_input(pair: Pair) -> None:
    """Each item is sent only after the answer to the one before it."""
    answers: list[int] = []
    came = threading.Semaphore(1)

    def source() -> Iterator[int]:
        for i in range(20):
            assert came.acquire(timeout=10)
            yield i

    for x in pair.client.double(source()):
        answers.append(x)
        came.release()
    assert answers == [2 * x for x in range(20)]


def test_what_can_not_be_an_argument(pair: Pair) -> None:
    with pytest.raises(twinspan.BadArguments, match="a second stream"):
        pair.client.total(numbers(1), add=numbers(1))
    with pytest.raises(twinspan.Unserializable, match="is a stream"):
        pair.client.anything([numbers(1)])
    with pytest.raises(twinspan.BadArguments, match=r"node\.aio"):
        pair.client.total(anumbers(1))
    for name, kwargs in (("only_list", {"xs": numbers(1)}), ("aiterable", {"xs": numbers(1)}), ("total", {"xs": [1], "add": numbers(1)})):
        with pytest.raises(twinspan.Error, match="does not take") as caught:
            pair.client[name](**kwargs)
        assert caught.value.executed == "no"
    with pytest.raises(twinspan.Unserializable, match=r"xs\[0\]"):
        pair.client.total(["x"])


def closing(log: Log, n: int, name: str) -> Iterator[int]:
    try:
        yield from range(n)
    finally:
        log.tell(name)


async def aclosing(log: Log, n: int, name: str) -> AsyncIterator[int]:
    try:
        for i in range(n):
            yield i
    finally:
        log.tell(name)


def test_a_handler_that_stops_reading_ends_the_source(pair: Pair) -> None:
    assert pair.client.first(closing(pair.log, 10**9, "source closed")) == 0
    assert pair.log.wait("source closed") < 2

    async def main() -> None:
        assert await pair.aio.first(aclosing(pair.log, 10**9, "asource closed")) == 0
        await asyncio.to_thread(pair.log.wait, "asource closed")

    asyncio.run(main())


def test_a_call_that_fails_ends_the_source(pair: Pair) -> None:
    begun = Log()

    def source() -> Iterator[int]:
        begun.tell("begun")
        yield 1

    before = threading.active_count()
    with pytest.raises(twinspan.NoSuchMethod):
        pair.client.nix(source())
    with pytest.raises(twinspan.NotFound):
        pair.caller.call("nobody.here", source())
    with pytest.raises(twinspan.Error):
        pair.client.only_list(numbers(1))
    until = time.monotonic() + 5
    while [t for t in threading.enumerate() if t.name == "twinspan-feed"] and time.monotonic() < until:
        time.sleep(0.005)
    assert not [t for t in threading.enumerate() if t.name == "twinspan-feed"]
    assert threading.active_count() <= before + 4
    # Nobody read it, so nothing was taken from it.
    assert begun.count("begun") == 0


def test_a_source_that_fails(pair: Pair) -> None:
    def source() -> Iterator[Any]:
        yield 1
        yield 2
        raise LookupError("of the source")

    assert pair.client.swallow(source()) == [1, 2, "RemoteError Remote"]
    with pytest.raises(twinspan.RemoteError, match="of the source"):
        pair.client.total(source())
    assert pair.client.swallow(iter([1, object()])) == [1, "Unserializable Unserializable"]

    async def asource() -> AsyncIterator[Any]:
        yield 1
        raise LookupError("of the source")

    assert asyncio.run(pair.aio.swallow(asource())) == [1, "RemoteError Remote"]


def test_an_error_comes_after_the_items_before_it(pair: Pair) -> None:
    for name in ("fails", "afails"):
        for n in (0, 1, 3000):
            got: list[int] = []
            items = pair.client[name](n)
            with pytest.raises(twinspan.RemoteError, match=f"after {n} item") as caught:
                got += (x for x in items)
            assert got == list(range(n))
            assert caught.value.is_("builtins.KeyError")
            assert caught.value.executed == "yes"
            assert next(items, "end") == "end"

    async def main() -> None:
        got: list[int] = []

        async def read() -> None:
            async for x in pair.aio.afails(100):
                got.append(x)

        with pytest.raises(twinspan.RemoteError, match="after 100 items"):
            await read()
        assert got == list(range(100))

    asyncio.run(main())


def test_an_item_that_can_not_cross(pair: Pair) -> None:
    got: list[int] = []
    with pytest.raises(twinspan.Unserializable, match="after 3 items") as caught:
        got += (x for x in pair.client.odd(3))
    assert got == [0, 1, 2]
    assert (caught.value.executed, caught.value.node) == ("yes", "provider")
    pair.log.wait("odd closed")


ENDS: dict[str, Callable[[Any], None]] = {}


def ends(function: Callable[[Any], None]) -> Callable[[Any], None]:
    ENDS[function.__name__] = function
    return function


@ends
def leaving_the_with(client: Any) -> None:
    with client as items:
        next(items)


@ends
def closing_it(client: Any) -> None:
    next(client)
    client.close()
    client.close()


@ends
def breaking_a_for(client: Any) -> None:
    for _ in client:
        break


@ends
def breaking_a_for_of_batches(client: Any) -> None:
    for _ in client.batches(10):
        break


@ends
def dropping_a_cycle(client: Any) -> None:
    next(client)
    cycle: list[Any] = [client]
    cycle.append(cycle)
    del cycle
    gc.collect()


@pytest.mark.parametrize("name", ["count", "acount", "own"])
@pytest.mark.parametrize("way", ENDS)
def test_the_consumer_ends_the_producer(pair: Pair, name: str, way: str) -> None:
    told = f"{name} closed"
    items = [pair.client[name](*(() if name == "own" else (10**9,)))]
    ENDS[way](items.pop())
    pair.log.wait(told, timeout=5)
    assert pair.client.ping() == "pong"


def test_the_consumer_ends_the_producer_in_time(pair: Pair) -> None:
    took = []
    for _ in range(20):
        with pair.client.acount(10**9) as items:
            next(items)
        took.append(pair.log.wait("acount closed", len(took) + 1))
    assert sorted(took)[len(took) // 2] < 0.05


def test_ending_in_the_awaited_face(pair: Pair) -> None:
    async def main() -> None:
        async def told(count: int) -> None:
            await asyncio.to_thread(pair.log.wait, "acount closed", count)

        async with pair.aio.acount(10**9) as items:
            await anext(items)
        await told(1)
        async for _ in pair.aio.acount(10**9):
            break
        await told(2)
        items = await pair.aio.acount(10**9)
        await anext(items)
        items.close()
        await told(3)
        with pytest.raises(twinspan.Closed):
            await anext(items)
        async for _ in pair.aio.acount(10**9).batches(7):
            break
        await told(4)

        # Cancelled while it waits for an item.
        async def wait() -> None:
            async with pair.aio.silent() as items:
                await anext(items)

        task = asyncio.create_task(wait())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(pair.log.wait, "silent closed")
        # A call that is given up, and one that nobody keeps.
        await pair.aio.acount(10**9)
        await told(5)

    asyncio.run(main())


def test_a_wait_that_was_cancelled_loses_nothing(pair: Pair) -> None:
    async def main() -> None:
        got: list[int] = []
        async with pair.aio.acount(100, pause=0.002) as items:
            while len(got) < 100:
                try:
                    got.append(await asyncio.wait_for(anext(items), 0.001))
                except TimeoutError:
                    pass
            assert got == list(range(100))
            with pytest.raises(StopAsyncIteration):
                await anext(items)

    asyncio.run(main())


def test_a_closed_stream_says_so(pair: Pair) -> None:
    items = pair.client.count(10**9)
    next(items)
    assert items.stats().items == 1
    items.close()
    with pytest.raises(twinspan.Closed):
        next(items)
    with pytest.raises(twinspan.Closed):
        list(items.batches())
    assert items.stats().ended
    done = pair.client.count(3)
    assert list(done) == [0, 1, 2]
    done.close()
    assert list(done) == []


def test_stats(pair: Pair) -> None:
    with pair.client.count(500) as items:
        assert [next(items) for _ in range(10)] == list(range(10))
        read = items.stats()
        assert (read.items, read.bytes) == (10, 10)
        list(items)
        assert items.stats() == (500, 24 + 232 * 2 + 244 * 3, 0, True)
        assert "500 items read" in repr(items)


def test_a_stream_is_read_in_one_place(pair: Pair) -> None:
    items = pair.client.parked()
    assert next(items) == 1
    errors = Log()

    def read() -> None:
        try:
            errors.tell(next(items))
        except twinspan.Misuse:
            errors.tell("misuse")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    errors.wait("misuse")
    pair.service.go.set()
    errors.wait(2)
    for thread in threads:
        thread.join(10)


def test_reading_blocks_and_says_so(pair: Pair) -> None:
    items = pair.client.count(10)

    async def main() -> None:
        with pytest.raises(twinspan.Misuse, match=r"node\.aio"):
            next(items)

    asyncio.run(main())
    with pytest.raises(TypeError, match="pickled"):
        items.__reduce__()


def test_large_and_small_items_keep_their_order(pair: Pair) -> None:
    items = list(pair.client.large(40, 1 << 20))
    assert [len(item) for item in items] == [10, 1 << 20] * 20
    assert all(item[0] == i for i, item in enumerate(items))


def test_a_slow_consumer_holds_back_its_own_stream_only(pair: Pair) -> None:
    produced = 0

    def source() -> Iterator[int]:
        nonlocal produced
        while True:
            produced += 1
            yield produced

    with pair.client.double(source()) as slow:
        assert next(slow) == 2
        assert sum(pair.client.count(20_000)) == sum(range(20_000))
        before = produced
        # Two windows, what the handler holds, and what gathers.
        assert before < 6000
        assert pair.client.ping() == "pong"
        assert sum(1 for _ in zip(slow, range(10_000), strict=False)) == 10_000
        assert produced > before


def test_handlers_that_wait_in_streams_lend_their_place(pair: Pair) -> None:
    """More streams than workers: each waits for room or for its input, and small calls go on."""
    go = threading.Event()

    def source() -> Iterator[int]:
        assert go.wait(10)
        yield 1

    outputs = [pair.client.count(10**9) for _ in range(6)]
    threads = [threading.Thread(target=lambda: inputs.append(pair.client.total(source()))) for _ in range(6)]
    inputs: list[int] = []
    for thread in threads:
        thread.start()
    assert [next(items) for items in outputs] == [0] * 6
    for _ in range(20):
        assert pair.client.ping() == "pong"
    go.set()
    for thread in threads:
        thread.join(10)
    assert inputs == [1] * 6
    for items in outputs:
        items.close()
    pair.log.wait("count closed", 6)


def test_streams_are_handed_on(pair: Pair) -> None:
    for name in ("forward", "aforward"):
        assert list(pair.client[name](2000)) == list(range(2000))
    # A received stream is a source as well.
    assert pair.client.total(pair.client.count(1000)) == sum(range(1000))
    with pair.client.forward(10**9) as items:
        next(items)
    pair.log.wait("count closed", 3)

    async def main() -> None:
        assert await pair.aio.atotal(await pair.aio.acount(1000)) == sum(range(1000))

    asyncio.run(main())


def test_the_context_of_a_stream(pair: Pair) -> None:
    client = pair.caller.client("streams", timeout=0.3)
    for name in ("context", "acontext"):
        with twinspan.baggage(tenant="a"), client[name](3) as items:
            assert next(items) == [{"tenant": "a"}, False, True]
            # The deadline counts to the first item; after it the stream may go on.
            time.sleep(0.5)
            assert list(items) == [[{"tenant": "a"}, False, True]] * 2


def test_the_deadline_counts_to_the_first_item(pair: Pair) -> None:
    with pair.caller.client("streams", timeout=0.2).silent() as items, pytest.raises(twinspan.DeadlineExceeded):
        next(items)
    pair.log.wait("silent closed")


def test_a_sync_generator_sees_that_it_was_cancelled(pair: Pair) -> None:
    with pair.client.watching() as items:
        next(items)
    pair.log.wait("watching saw the cancel")


def test_a_node_that_closes_ends_its_streams(joined: Joined) -> None:
    pair = Pair(joined, "link")
    items = pair.client.parked()
    assert next(items) == 1
    pair.provider.close(drain=0)
    with pytest.raises(twinspan.Error) as caught:
        next(items)
    assert caught.value.kind in ("Unavailable", "Closed", "Cancelled", "MaybeExecuted")


def test_nothing_is_left(pair: Pair) -> None:
    for _ in range(50):
        list(pair.client.count(10))
        pair.client.total(numbers(10))
        list(pair.client.double(numbers(10)))
    items = pair.client.count(10**9)
    gone = weakref.ref(items)
    next(items)
    del items
    assert gone() is None
    until = time.monotonic() + 5
    while time.monotonic() < until and (pair.caller.stats["streams"] or pair.provider.stats["streams"] or pair.provider.stats["load"]):
        time.sleep(0.01)
    assert (pair.caller.stats["streams"], pair.provider.stats["streams"], pair.provider.stats["load"]) == (0, 0, 0)
    assert not [t for t in threading.enumerate() if t.name == "twinspan-feed"]


def test_the_records_say_it(pair: Pair) -> None:
    methods = {m["name"]: m for m in pair.caller.services["streams"].methods}
    told = {name: (m.get("in_stream", False), m.get("out_stream", False), m["returns"]) for name, m in methods.items()}
    assert told["count"] == (False, True, "stream<int>")
    assert told["acount"] == (False, True, "stream<int>")
    assert told["samples"] == (False, True, "stream<record Sample>")
    assert told["total"] == (True, False, "int")
    assert told["double"] == (True, True, "stream<int>")
    assert methods["total"]["params"][0]["type"] == "stream<int>"
    assert told["plain_list"] == (False, False, "list<int>")


def test_no_more_than_one_thing_waits_at_an_inlet() -> None:
    inlet = _native.Inlet([1, 2])
    assert (inlet.pop(None), inlet.pop_many(5), inlet.over) == (1, [2], True)
    inlet.take(0)
    assert inlet.pop("none") == "none"
