"""How streams end, and what holds while they run."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import twinspan
from streaming import Joined, Log, Pair, numbers
from twinspan import _native

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
        # Dropped while a wait goes on whose awaiting task was cancelled.
        items = await pair.aio.silent()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(items), 0.05)
        del items
        await asyncio.to_thread(pair.log.wait, "silent closed", 2)
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
    methods = {m.name: m for m in pair.caller.services["streams"].methods}
    told = {name: (m.takes_stream, m.answers_stream, m.returns) for name, m in methods.items()}
    assert told["count"] == (False, True, "stream<int>")
    assert told["acount"] == (False, True, "stream<int>")
    assert told["samples"] == (False, True, "stream<record Sample>")
    assert told["total"] == (True, False, "int")
    assert told["double"] == (True, True, "stream<int>")
    assert methods["total"].parameters[0].type == "stream<int>"
    assert told["plain_list"] == (False, False, "list<int>")


def test_no_more_than_one_thing_waits_at_an_inlet() -> None:
    inlet = _native.Inlet([1, 2])
    assert (inlet.pop(None), inlet.pop_many(5), inlet.over) == (1, [2], True)
    inlet.take(0)
    assert inlet.pop("none") == "none"
