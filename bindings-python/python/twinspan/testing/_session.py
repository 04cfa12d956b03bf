"""The session of a fake node: it is alone, and offers more whenever a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

from .. import _native
from .._app import App
from .._lane import Lane, Served, lane_of
from .._loop import LoopThread, Resources, opened
from .._offer import Service
from .._session import Session, program


class FakeSession(Session):
    """One fake node."""

    def __init__(self, lane: int) -> None:
        super().__init__(App(""), [], lane)
        self._lanes: list[Lane] = []
        self.stubbed: set[str] = set()
        self._lifespans: list[Resources] = []

    @classmethod
    def joined_alone(cls, name: str, cluster: str) -> FakeSession:
        """A node that is ready and offers nothing yet."""
        session = cls(_native.lane_open("workers"))
        try:
            spec = {"alone": True, "cluster": cluster, "name": name, "language": "python", "program": program()}
            session.joined(_native.operate("join", 0, {**spec, "lane": session.worker_lane}))
        except BaseException:
            _native.lane_close(session.worker_lane)
            raise
        _native.operate("serve", session.handle, {})
        session.ready = True
        return session

    def opened(self, app: App) -> Mapping[str, Any]:
        """Opens the lifespan of an App on the node's own loop; gives what it yields."""
        if app.lifespan is None:
            return {}
        lifespan, yielded = self._own_loop(app).run(opened(app))
        self._lifespans.append(lifespan)
        self.resources = _Several(self._lifespans)  # type: ignore[assignment]
        return yielded

    def offer(self, app: App, service: Service) -> None:
        """Adds a service, or methods to one."""
        more = Session(app, [service], self.worker_lane)
        if any(method.is_async for method in service.methods):
            more.loop_lane = self._lane(app)
        number = len(self.methods_in_order)
        # First: calls may come as soon as it is offered.
        self.methods_in_order += service.methods
        try:
            _native.operate("offer", self.handle, {"app": more.request({})["app"], "lane": self.worker_lane})
        except BaseException:
            del self.methods_in_order[number:]
            raise
        if self.workers is not None:
            self.workers.start()

    def _lane(self, app: App) -> Lane:
        running = asyncio._get_running_loop()
        lane = lane_of(running) if running is not None and app.lifespan is None else self._own_loop(app).lane
        if lane not in self._lanes:
            self._lanes.append(lane)
            lane.served[self.handle] = Served(self.methods_in_order, self, copy_context())
        return lane

    def _own_loop(self, app: App) -> LoopThread:
        if self.loop_thread is None:
            self.loop_thread = LoopThread(f"twinspan-loop-{app.name or self.name}")
        return self.loop_thread

    def compares(self, service: str) -> bool:
        """A service of stubs has what the test needs, and need not fit a contract."""
        return service not in self.stubbed

    def stop(self, call: int) -> None:
        """Cancels the task that handles a call, as a caller that gives up does."""
        for lane in self._lanes:
            loop, task = lane.loop(), lane.tasks.get(call)
            if loop is not None and task is not None:
                loop.call_soon_threadsafe(task.cancel)

    def end_threads(self, timeout: float) -> None:
        for lane in self._lanes:
            lane.served.pop(self.handle, None)
        super().end_threads(timeout)


class _Several:
    """The lifespans of several Apps, closed in the reverse order."""

    def __init__(self, lifespans: list[Resources]) -> None:
        self._lifespans = lifespans

    async def close(self) -> None:
        """Closes all of them; then the first error is raised."""
        failed: BaseException | None = None
        while self._lifespans:
            try:
                await self._lifespans.pop().close()
            except BaseException as error:
                failed = failed or error
        if failed is not None:
            raise failed
