"""Streams as answers, as arguments, and both at once, in both faces, within one node and between two."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Protocol

import pytest
import twinspan
from streaming import Log, Pair, Sample, anumbers, numbers
from twinspan import AsyncStream, Stream, _lane


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
    @twinspan.raises(KeyError)
    def afails(self, n: int) -> AsyncIterator[int]: ...

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
    with pytest.raises(KeyError) as declared:
        list(client.fails(3))
    assert isinstance(declared.value.__cause__, twinspan.RemoteError)
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
        with pytest.raises(KeyError):
            await anext(aio.afails(0))
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
