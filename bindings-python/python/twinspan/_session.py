"""One joined node: what Node and AsyncNode share."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from . import _failure, _native
from ._errors import Closed, Error, Forked
from ._workers import Workers

if TYPE_CHECKING:
    from ._app import App
    from ._look import ServiceInfo
    from ._loop import LoopThread, Resources
    from ._offer import Method, Service


class Session:
    """A node that joined, with the threads and loops that serve it."""

    def __init__(self, app: App, services: list[Service], worker_lane: int) -> None:
        self.app = app
        self.services = services
        self.methods_in_order: list[Method] = [m for s in services for m in s.methods]
        self.worker_lane = worker_lane
        self.pid = os.getpid()
        self.handle = 0
        self.id = self.name = self.cluster = ""
        self.addresses: tuple[str, ...] = ()
        self.workers: Workers | None = None
        self.loop_thread: LoopThread | None = None
        self.resources: Resources | None = None
        self.loop_lane: Any = None
        self.ready = False
        self.checked: set[tuple[str, type]] = set()
        """Services and contracts that were compared."""
        self._closing = threading.Lock()
        self._closed = False

    def request(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The encoded value of `join`."""
        loop_lane = 0 if self.loop_lane is None else self.loop_lane.handle
        services = [
            {
                "name": s.offered.name,
                "doc": s.doc[:4096],
                "methods": [m.record(loop_lane if m.is_async else 0) for m in s.methods],
                **({"balance": s.offered.balance} if s.offered.balance else {}),
                **({"limit": s.offered.limit.record()} if s.offered.limit is not None else {}),
                **({"types": s.types} if s.types else {}),
            }
            for s in self.services
        ]
        app = {"name": self.app.name, "version": self.app.version, "services": services}
        return {**settings, "app": app, "language": "python", "program": program(), "directory": os.getcwd(), "lane": self.worker_lane}

    def joined(self, answer: dict[str, Any]) -> None:
        """Takes the answer of `join`; handlers can run from now on."""
        self.handle = answer["node"]
        self.id, self.name, self.cluster = answer["id"], answer["name"], answer["cluster"]
        self.addresses = tuple(answer.get("addresses", ()))
        _failure.log_those_of(self.name, bool(answer.get("hides_errors")))
        self.workers = Workers(self.worker_lane, self.methods_in_order, answer["workers"], answer["max_threads"], self)
        if self.loop_lane is not None:
            from ._lane import Served

            self.loop_lane.served[self.handle] = Served(self.methods_in_order, self, copy_context())
        if any(not m.is_async for m in self.methods_in_order):
            self.workers.start()
        _open.add(self)
        _watch_exit()

    def look(self, service: str) -> bytes:
        """A live service, encoded; empty if this node sees nobody who serves it."""
        try:
            return _native.service(self.handle, service)
        except (Error, TypeError):
            return b""

    def service(self, service: str) -> ServiceInfo | None:
        """A live service as this node sees it; None if it sees nobody who serves it."""
        from . import _look

        encoded = self.look(service)
        return _look.service(_native.decode(encoded)) if encoded else None

    def compares(self, service: str) -> bool:
        """Whether contracts are compared with this service."""
        return True

    @property
    def closed(self) -> bool:
        """Whether the node left, or was told to."""
        return self._closed

    def check(self) -> None:
        """Raises what keeps the node from being used."""
        if self.pid != os.getpid():
            raise Forked(f"the node {self.name} was joined by process {self.pid}, the parent of this one")
        if self._closed:
            raise Closed(f"the node {self.name} was closed")

    def begin_close(self) -> bool:
        """True for the one caller that closes the node. A forked child leaves its parent's node alone."""
        if self.pid != os.getpid():
            return False
        with self._closing:
            first, self._closed = not self._closed, True
        self.ready = False
        return first

    def end_threads(self, timeout: float) -> None:
        """Ends workers and the lane after the core said goodbye. Handlers that still run are not waited for longer than `timeout`."""
        _open.discard(self)
        if self.workers is not None:
            self.workers.closed()
        if self.loop_lane is not None:
            self.loop_lane.served.pop(self.handle, None)
        with suppress(Error):
            _native.lane_close(self.worker_lane)
        if self.workers is not None:
            self.workers.join(timeout)


def program() -> str:
    """The last name of the program: of its file, or of the module that `python -m` runs."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    name = spec.name.removesuffix(".__main__").rpartition(".")[2] if spec is not None else ""
    if not name:
        path = sys.argv[0] if sys.argv else ""
        name = os.path.splitext(os.path.basename(path))[0] if path not in ("", "-c") else "python"
    return name or "python"


_open: set[Session] = set()
_watched = False


def _watch_exit() -> None:
    global _watched
    if _watched:
        return
    _watched = True
    # Before the interpreter waits for threads and takes the GIL from daemons: atexit would be too late for those that are parked.
    threading._register_atexit(_leave)  # type: ignore[attr-defined]
    os.register_at_fork(after_in_child=_forked)


def _leave() -> None:
    """The end of the interpreter: nodes leave gracefully, unless an exception ends the program."""
    drain = 0.0 if getattr(sys, "last_value", None) is not None else 10.0
    for session in list(_open):
        from ._node import close_session

        with suppress(Error):
            close_session(session, drain)
    if (lane := sys.modules.get("twinspan._lane")) is not None:
        for each in list(lane.lanes.values()):
            each.close()


def _forked() -> None:
    """In a forked child: the parent's nodes are not this process's to close."""
    _open.clear()
    if (lane := sys.modules.get("twinspan._lane")) is not None:
        lane.lanes.clear()
