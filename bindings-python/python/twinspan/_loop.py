"""A node's own event loop, for async handlers and the lifespan of an App under a blocking `join`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from ._errors import BadConfig
from ._lane import Lane, lane_of, lanes

T = TypeVar("T")


class LoopThread:
    """A daemon thread that runs one event loop."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self.lane: Lane = self.run(_own_lane())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the loop and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self, timeout: float) -> None:
        """Ends the loop; tasks that still run are cancelled."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            if tasks:
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=1))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            lane = lanes.get(id(self._loop))
            if lane is not None:
                lane.close()
            self._loop.close()


async def _own_lane() -> Lane:
    return lane_of(asyncio.get_running_loop())


class Resources:
    """The lifespan of an App: opened and closed within one task, as context managers of asyncio expect."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._leave = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> Mapping[str, Any]:
        """Enters the lifespan; gives what it yields."""
        opened: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(opened))
        watched: set[asyncio.Future[Any]] = {self._task, opened}
        await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            await self._task  # raises what the lifespan raised
            raise BadConfig("the lifespan of the App did not yield")
        return opened.result()

    async def close(self) -> None:
        """Leaves the lifespan; what it raises is raised here."""
        self._leave.set()
        if self._task is not None:
            await self._task

    async def _hold(self, opened: asyncio.Future[Mapping[str, Any]]) -> None:
        async with self._app.lifespan(self._app) as yielded:
            if yielded is not None and not isinstance(yielded, Mapping):
                raise BadConfig(
                    f"the lifespan of the App yields a mapping, not {type(yielded).__name__}", advice='Write: yield {"db": db}.'
                )
            opened.set_result(yielded or {})
            await self._leave.wait()


async def opened(app: Any) -> tuple[Resources, Mapping[str, Any]]:
    """The lifespan of an app, entered on the running loop."""
    resources = Resources(app)
    return resources, await resources.open()
