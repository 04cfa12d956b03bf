"""Awaited calls and async handlers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import pytest
import twinspan
from twinspan import _lane

Joined = Callable[..., twinspan.Node]


def app_of(stopped: list[str] | None = None) -> twinspan.App:
    app = twinspan.App("aio")
    stopped = stopped if stopped is not None else []

    @app.service("aio")
    class Aio:
        async def twice(self, x: int) -> int:
            await asyncio.sleep(0)
            return 2 * x

        def thread(self) -> str:
            return threading.current_thread().name

        async def loop_thread(self) -> str:
            return threading.current_thread().name

        async def forever(self) -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                stopped.append("cancelled")
                raise

        async def boom(self) -> None:
            raise KeyError("k")

        async def leave(self) -> None:
            raise SystemExit(3)

        async def name_of_call(self) -> str:
            await asyncio.sleep(0)
            context = twinspan.current_call()
            assert context is not None
            return context.method

    return app


class Aio(Protocol):
    async def twice(self, x: int) -> int: ...

    @twinspan.raises(KeyError)
    async def boom(self) -> None: ...


def test_async_handlers_of_a_blocking_node(joined: Joined) -> None:
    node = joined(app_of())
    assert node.call("aio.twice", 4) == 8
    assert "loop" in node.call("aio.loop_thread")
    assert "loop" not in node.call("aio.thread")
    assert node.call("aio.name_of_call") == "name_of_call"
    for name in ("boom", "leave"):
        with pytest.raises(twinspan.RemoteError):
            node.call(f"aio.{name}")
    assert node.call("aio.twice", 1) == 2


def test_join_async(cluster: str) -> None:
    async def main() -> None:
        async with twinspan.join_async(app_of(), cluster=cluster) as node:
            assert await node.call("aio.twice", 4) == 8
            client = node.client("aio", Aio)
            assert await asyncio.gather(*(client.twice(i) for i in range(500))) == [2 * i for i in range(500)]
            with pytest.raises(KeyError) as caught:
                await client.boom()
            assert isinstance(caught.value.__cause__, twinspan.RemoteError)
            assert await asyncio.create_task(client.twice(1)) == 2  # type: ignore[arg-type]
            assert await node.client("aio").loop_thread() == threading.current_thread().name
        with pytest.raises(twinspan.Closed):
            await client.twice(1)

    asyncio.run(main())


def test_awaiting_join(cluster: str) -> None:
    async def main() -> None:
        node = await twinspan.join_async(cluster=cluster)
        assert node.ready
        await node.close()
        await node.close()
        assert node.closed

    asyncio.run(main())


def test_a_blocking_call_on_a_running_loop_is_refused(joined: Joined, cluster: str) -> None:
    node = joined(app_of())

    async def main() -> None:
        with pytest.raises(twinspan.Misuse, match=r"node\.aio"):
            node.call("aio.twice", 1)
        with pytest.raises(twinspan.Misuse, match=r"node\.aio"):
            node.client("aio").twice(1)
        with pytest.raises(twinspan.Misuse, match="join_async"):
            twinspan.join(cluster=cluster)
        assert await node.aio.call("aio.twice", 1) == 2
        assert await asyncio.to_thread(node.call, "aio.twice", 2) == 4

    asyncio.run(main())


def test_any_number_of_loops(joined: Joined) -> None:
    node = joined(app_of())
    client = node.aio.client("aio")
    results: list[list[int]] = []

    async def main() -> None:
        for _ in range(20):
            results.append(await asyncio.gather(*(client.twice(i) for i in range(10))))

    threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for _ in range(30):
        asyncio.run(main())
    assert results == [[2 * i for i in range(10)]] * (20 * 33)
    # The lane of a loop goes with it: at most the node's own, and the last one that nobody followed.
    asyncio.run(main())
    open_ = [lane for lane in _lane.lanes.values() if (loop := lane.loop()) is not None and not loop.is_closed()]
    assert len(open_) <= 1
    assert len(_lane.lanes) <= 2


def test_cancelling_an_await_cancels_the_handler(joined: Joined) -> None:
    stopped: list[str] = []
    node = joined(app_of(stopped))

    async def main() -> None:
        task = asyncio.create_task(node.aio.call("aio.forever"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(node.aio.call("aio.forever"), 0.1)
        for _ in range(500):
            if len(stopped) == 2:
                break
            await asyncio.sleep(0.01)
        assert stopped == ["cancelled"] * 2
        assert not _lane.lane_of(asyncio.get_running_loop()).pending

    asyncio.run(main())


def test_a_call_cancelled_before_its_handler_began_frees_its_permit(joined: Joined) -> None:
    stopped: list[str] = []
    node = joined(app_of(stopped), workers=2)

    async def main() -> None:
        for _ in range(50):
            tasks = [asyncio.create_task(node.aio.call("aio.forever")) for _ in range(4)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        assert await asyncio.wait_for(node.aio.call("aio.twice", 2), 10) == 4

    asyncio.run(main())


def test_a_deadline_cancels_the_handler(joined: Joined) -> None:
    stopped: list[str] = []
    node = joined(app_of(stopped))

    async def main() -> None:
        with pytest.raises(twinspan.DeadlineExceeded):
            await node.with_options(timeout=0.1).aio.call("aio.forever")
        for _ in range(500):
            if stopped:
                break
            await asyncio.sleep(0.01)
        assert stopped == ["cancelled"]

    asyncio.run(main())


def test_a_refused_call_leaves_nothing_behind(joined: Joined) -> None:
    node = joined(app_of())

    async def main() -> None:
        client = node.aio.client("aio")
        with pytest.raises(twinspan.Error):
            await client.twice(object())
        with pytest.raises(twinspan.BadArguments):
            await client.twice()
        assert not _lane.lane_of(asyncio.get_running_loop()).pending

    asyncio.run(main())


def test_lifespan(cluster: str) -> None:
    told: list[str] = []
    variable: ContextVar[str] = ContextVar("lifespan", default="")

    @asynccontextmanager
    async def lifespan(app: twinspan.App) -> AsyncIterator[dict[str, Any]]:
        token = variable.set("inside")
        told.append(f"open {app.name}")
        yield {"db": "the db", "unused": 1}
        told.append("close")
        variable.reset(token)

    app = twinspan.App("life", lifespan=lifespan)

    @app.service("life")
    class Life:
        def __init__(self, db: str, size: int = 3) -> None:
            self.db = db
            self.size = size

        def tell(self) -> list[Any]:
            return [self.db, self.size]

    with twinspan.join(app, cluster=cluster) as node:
        assert told == ["open life"]
        assert node.call("life.tell") == ["the db", 3]
    assert told == ["open life", "close"]

    async def main() -> None:
        async with twinspan.join_async(app, cluster=cluster) as node:
            assert await node.call("life.tell") == ["the db", 3]

    asyncio.run(main())
    assert told == ["open life", "close"] * 2


def test_a_failed_join_closes_the_lifespan(cluster: str) -> None:
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(app: twinspan.App) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {}
        finally:
            told.append("close")

    app = twinspan.App("life", lifespan=lifespan)

    @app.service("life")
    class Life:
        def __init__(self, db: str) -> None: ...

        def tell(self) -> None: ...

    with pytest.raises(twinspan.BadConfig, match="needs `db`"):
        twinspan.join(app, cluster=cluster)
    assert told == ["close"]

    @asynccontextmanager
    async def broken(app: twinspan.App) -> AsyncIterator[dict[str, Any]]:
        raise ConnectionRefusedError("no database")
        yield {}

    with pytest.raises(ConnectionRefusedError):
        twinspan.join(twinspan.App("x", lifespan=broken), cluster=cluster)
    assert not [t for t in threading.enumerate() if "twinspan-loop" in t.name]


def test_calls_and_answers_of_one_turn_leave_together(joined: Joined) -> None:
    node = joined(app_of())
    other = joined()

    async def main() -> None:
        client = other.aio.client("aio", Aio)
        assert await client.twice(1) == 2
        lane = _lane.lane_of(asyncio.get_running_loop())
        tasks = [asyncio.ensure_future(client.twice(i)) for i in range(10)]
        assert not lane.posting
        await asyncio.sleep(0)
        assert lane.posting
        assert len(lane.outbox) == 8  # the first call leaves at once; the second says that there are more
        assert await asyncio.gather(*tasks) == [2 * i for i in range(10)]
        assert not lane.outbox
        # What can't be encoded is refused where it was given, and a large argument does not wait.
        refused = await asyncio.gather(*(client.twice(x) for x in (1, 2, object(), "x" * 100_000)), return_exceptions=True)  # type: ignore[arg-type]
        assert refused[:2] == [2, 4]
        assert isinstance(refused[2], twinspan.Unserializable)
        assert isinstance(refused[3], twinspan.Unserializable)
        assert not lane.pending

    asyncio.run(main())
    assert node.ready


def test_a_posted_call_that_can_not_start_is_answered(joined: Joined) -> None:
    joined(app_of())
    caller = joined()

    async def main() -> None:
        client = caller.aio.client("aio", Aio)
        assert await client.twice(1) == 2
        tasks = [asyncio.ensure_future(client.twice(i)) for i in range(5)]
        await asyncio.sleep(0)  # three of them wait for the end of the turn
        closing = threading.Thread(target=caller.close, kwargs={"drain": 0})
        closing.start()
        closing.join(20)
        outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert all(isinstance(outcome, twinspan.Closed) for outcome in outcomes[2:]), outcomes

    asyncio.run(main())


def test_cancelling_a_posted_call(joined: Joined) -> None:
    stopped: list[str] = []
    node = joined(app_of(stopped))
    other = joined()

    async def main() -> None:
        client = other.aio.client("aio")
        assert await client.twice(1) == 2
        tasks = [asyncio.ensure_future(client.forever()) for _ in range(6)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        assert await asyncio.wait_for(client.twice(2), 10) == 4
        assert not _lane.lane_of(asyncio.get_running_loop()).pending

    asyncio.run(main())
    assert node.ready


def test_a_lone_call_makes_no_further_turn(joined: Joined) -> None:
    joined(app_of())
    other = joined()

    async def main() -> None:
        client = other.aio.client("aio")
        for i in range(5):
            assert await client.twice(i) == 2 * i
        task = asyncio.ensure_future(client.twice(7))
        await asyncio.sleep(0)
        assert not _lane.lane_of(asyncio.get_running_loop()).posting
        assert await task == 14

    asyncio.run(main())
