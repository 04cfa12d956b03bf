"""Calls of all providers, of many argument sets, of the quickest provider."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import twinspan
from twinspan import _lane

Joined = Callable[..., twinspan.Node]


class Shop:
    """Three providers: p1 fails; of `quickest` p0 answers once p2 runs, which waits for `release` or its cancel."""

    def __init__(self, joined: Joined) -> None:
        self.release = threading.Event()
        self.cancelled = threading.Event()
        self.slow = threading.Event()
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()
        for at in range(3):
            app = twinspan.App("shop")
            app.add_service("shop", self._provider(at))
            joined(app, name=f"p{at}", workers=8)
        self.caller = joined(name="caller")
        self.caller.wait_for("shop", count=3)

    def _provider(self, at: int) -> Any:
        shop = self

        class Provider:
            def name(self, suffix: str = "") -> str:
                if at == 1:
                    raise KeyError("p1")
                return f"p{at}{suffix}"

            def twice(self, x: int, *, wait: float = 0.0) -> int:
                with shop._lock:
                    shop.running += 1
                    shop.most = max(shop.most, shop.running)
                try:
                    if x < 0:
                        raise ValueError(f"{x} is negative")
                    time.sleep(wait)
                    return 2 * x
                finally:
                    with shop._lock:
                        shop.running -= 1

            def quickest(self) -> str:
                if at == 1:
                    raise KeyError("p1")
                if at == 0:
                    shop.slow.wait(5)
                if at == 2:
                    self.wait(1)
                return f"p{at}"

            def wait(self, x: int) -> None:
                call = twinspan.current_call()
                assert call is not None
                if x:
                    shop.slow.set()
                while x and not shop.release.wait(0.002):
                    if call.cancelled():
                        shop.cancelled.set()
                        return

            async def total(self, xs: list[int]) -> int:
                return sum([x async for x in shop.caller.aio.call_many("shop.twice", [(x,) for x in xs], window=4)])

            def sync_total(self, xs: list[int]) -> int:
                return sum(shop.caller.call_many("shop.twice", [(x,) for x in xs], window=4))

        return Provider()


@pytest.fixture
def shop(joined: Joined) -> Iterator[Shop]:
    shop = Shop(joined)
    yield shop
    shop.release.set()


def test_call_all(shop: Shop) -> None:
    results = shop.caller.call_all("shop.name", suffix="!")
    assert list(results) == sorted(results, key=list(results).index)
    assert {name: result for name, result in results.items() if name != "p1"} == {"p0": "p0!", "p2": "p2!"}
    assert isinstance(results["p1"], twinspan.RemoteError)
    assert results["p1"].node == "p1"
    assert {type(r) for r in shop.caller.call_all("shop.name", object()).values()} == {twinspan.Unserializable}
    assert asyncio.run(shop.caller.aio.call_all("shop.name"))["p2"] == "p2"
    refused = asyncio.run(shop.caller.aio.call_all("shop.name", nix=1))
    assert {type(r) for r in refused.values()} == {twinspan.BadArguments}


def test_who_is_not_there(shop: Shop) -> None:
    for call in (shop.caller.call_all, shop.caller.first_of):
        with pytest.raises(twinspan.NotFound, match="Did you mean `shop`"):
            call("shpo.name")
        with pytest.raises(twinspan.BadArguments, match="names no method"):
            call("shop")
    assert {type(result) for result in shop.caller.call_all("shop.nmae").values()} == {twinspan.NoSuchMethod}


def test_first_of_cancels_the_rest(shop: Shop) -> None:
    assert shop.caller.first_of("shop.quickest", n=3) == "p0"
    assert shop.cancelled.wait(5)
    shop.cancelled.clear()
    shop.slow.clear()
    assert asyncio.run(shop.caller.aio.first_of("shop.quickest", n=3)) == "p0"
    assert shop.cancelled.wait(5)


def test_first_of_when_all_fail(shop: Shop) -> None:
    with pytest.raises(twinspan.RemoteError, match="negative"):
        shop.caller.first_of("shop.twice", -1)
    with pytest.raises(twinspan.RemoteError, match="negative"):
        asyncio.run(shop.caller.aio.first_of("shop.twice", -1))
    with pytest.raises(twinspan.BadArguments, match="at least 1"):
        shop.caller.first_of("shop.name", n=0)


def test_call_many_keeps_the_order(shop: Shop) -> None:
    sets = [{"x": x, "wait": 0.02 if x % 50 == 0 else 0.0} for x in range(500)]
    assert list(shop.caller.call_many("shop.twice", sets)) == [2 * x for x in range(500)]

    async def main() -> list[Any]:
        return [x async for x in shop.caller.aio.call_many("shop.twice", sets)]

    assert asyncio.run(main()) == [2 * x for x in range(500)]
    assert list(shop.caller.call_many("shop.twice", [])) == []


def test_call_many_gives_errors_in_their_place(shop: Shop) -> None:
    sets: list[Any] = [(1,), (-1,), (object(),), {"x": 2}, {"y": 2}]

    async def main() -> list[Any]:
        return [x async for x in shop.caller.aio.call_many("shop.twice", sets)]

    for results in (list(shop.caller.call_many("shop.twice", sets)), asyncio.run(main())):
        assert [results[0], results[3]] == [2, 4]
        errors = (twinspan.RemoteError, twinspan.Unserializable, twinspan.BadArguments)
        assert tuple(type(results[at]) for at in (1, 2, 4)) == errors
    with pytest.raises(twinspan.BadArguments, match="a dict of keywords or a tuple"):
        list(shop.caller.call_many("shop.twice", [[1]]))
    for window in (0, True, 1 << 20, "x"):
        with pytest.raises(twinspan.BadArguments, match="window"):
            shop.caller.call_many("shop.twice", [], window=window)  # type: ignore[arg-type]


def test_call_many_takes_sets_as_there_is_room(shop: Shop) -> None:
    taken = 0

    def sets() -> Iterator[Any]:
        nonlocal taken
        while True:
            taken += 1
            yield (taken,)

    results = shop.caller.call_many("shop.twice", sets(), window=8)
    assert [next(results) for _ in range(20)] == [2 * x for x in range(1, 21)]
    assert taken <= 20 + 8
    results.close()  # type: ignore[attr-defined]
    assert taken <= 20 + 8

    async def main() -> None:
        nonlocal taken
        taken = 0
        results = shop.caller.aio.call_many("shop.twice", sets(), window=8)
        assert [await anext(results) for _ in range(20)] == [2 * x for x in range(1, 21)]
        assert taken <= 20 + 8
        await results.aclose()  # type: ignore[attr-defined]
        assert not _lane.lane_of(asyncio.get_running_loop()).pending

    asyncio.run(main())


def test_the_window_bounds_what_is_under_way(shop: Shop) -> None:
    assert len(list(shop.caller.call_many("shop.twice", [{"x": 1, "wait": 0.01}] * 40, window=5))) == 40
    assert shop.most <= 5


def test_leaving_call_many_cancels_what_is_under_way(shop: Shop) -> None:
    for result in shop.caller.call_many("shop.wait", [(0,), *[(1,)] * 9]):
        assert result is None
        assert shop.slow.wait(5)
        break
    assert shop.cancelled.wait(5)


def test_inside_of_handlers(shop: Shop) -> None:
    xs = list(range(50))
    results = {**shop.caller.call_all("shop.total", xs), **shop.caller.call_all("shop.sync_total", xs)}
    assert set(results.values()) == {2 * sum(xs)}


def test_a_deadline_reaches_them(shop: Shop) -> None:
    node = shop.caller.with_options(timeout=0.1)
    begun = time.monotonic()
    results = node.call_all("shop.quickest")
    assert isinstance(results["p2"], twinspan.DeadlineExceeded)
    assert {type(r) for r in node.call_many("shop.twice", [{"x": 1, "wait": 1.0}] * 3)} == {twinspan.DeadlineExceeded}
    assert time.monotonic() - begun < 5


def test_they_block_and_say_so(shop: Shop) -> None:
    async def main() -> None:
        for name, call in (("call_all", shop.caller.call_all), ("first_of", shop.caller.first_of)):
            with pytest.raises(twinspan.Misuse, match=rf"node\.aio\.{name}"):
                call("shop.name")
        with pytest.raises(twinspan.Misuse, match=r"node\.aio\.call_many"):
            shop.caller.call_many("shop.name", [])

    asyncio.run(main())
