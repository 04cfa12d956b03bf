"""AsyncNode: this process in the cluster, for programs that run on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import _native
from ._app import App
from ._client import Client
from ._lane import lane_of, operate
from ._loop import opened
from ._node import DRAIN, Seen
from ._offer import built
from ._options import Seconds, chosen, seconds
from ._session import Session

if TYPE_CHECKING:
    from ._references import ServiceRef

T = TypeVar("T")


class AsyncNode(Seen):
    """This process in the cluster. Made by `twinspan.join_async` or `node.aio`."""

    _awaits = True

    @overload
    def client(
        self,
        name: str | ServiceRef,
        /,
        *,
        timeout: Seconds | None = None,
        attempts: int | None = None,
        balance: str | None = None,
        affinity: str | None = None,
        hedge: float | None = None,
        assume_idempotent: bool | None = None,
    ) -> Client: ...

    @overload
    def client(
        self,
        name: str | ServiceRef,
        contract: Callable[..., T],
        /,
        *,
        timeout: Seconds | None = None,
        attempts: int | None = None,
        balance: str | None = None,
        affinity: str | None = None,
        hedge: float | None = None,
        assume_idempotent: bool | None = None,
    ) -> T: ...

    def client(self, name: str | ServiceRef, contract: Any = None, /, **options: Any) -> Any:
        """A client of a service. With a contract, a Protocol or class of `async def` methods, results are converted to its types.

        Args:
            name: of the service, or a reference to it as it arrived from elsewhere.
            contract: a Protocol or a class.

        Raises:
            NotFound: the reference belongs to another cluster.
        """
        return self._client(name, contract, chosen(**options))

    async def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Calls `"service.method"`."""
        return await self._named(name)(*args, **kwargs)

    async def call_all(self, name: str, /, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Calls `"service.method"` of every provider at once; gives the result or the `Error` of each by the name of its node."""
        from ._scatter_aio import call_all

        return await call_all(self, name, args, kwargs)

    def call_many(self, name: str, argument_sets: Iterable[Any], /, *, window: int = 1024) -> AsyncIterator[Any]:
        """Calls `"service.method"` with each argument set; gives results or `Error`s in the order of the sets.

        Args:
            argument_sets: dicts of keywords or tuples of positionals. They are taken as there is room, so there may be any number.
            window: how many calls are under way at most, or wait for an earlier one to be given.

        Example:
            async for price in node.call_many("pricing.quote", [{"sku": sku} for sku in skus]): ...
        """
        from ._scatter_aio import call_many

        return call_many(self, name, argument_sets, window)

    async def first_of(self, name: str, /, *args: Any, n: int = 2, **kwargs: Any) -> Any:
        """Calls `"service.method"` of up to `n` providers at once; gives the first result and cancels the rest.

        If all fail, the first error is raised. The method runs up to `n` times.
        """
        from ._scatter_aio import first_of

        return await first_of(self, name, args, kwargs, n)

    def with_options(
        self,
        *,
        timeout: Seconds | None = None,
        attempts: int | None = None,
        balance: str | None = None,
        affinity: str | None = None,
        hedge: float | None = None,
        assume_idempotent: bool | None = None,
    ) -> AsyncNode:
        """The same node, whose `call` and `client` use these options."""
        options = chosen(
            timeout=timeout, attempts=attempts, balance=balance, affinity=affinity, hedge=hedge, assume_idempotent=assume_idempotent
        )
        return AsyncNode(self._session, options.over(self._options))

    async def wait_for(self, service: str, *, count: int = 1, timeout: Seconds = 30) -> None:
        """Waits until `count` providers of a service are ready."""
        self._session.check()
        request = {"service": service, "count": count, "timeout_ms": round(seconds("timeout", timeout) * 1000)}
        await operate("wait_for", self._session.handle, request)

    async def drain(self, *, timeout: Seconds = DRAIN) -> None:
        """Takes no new calls and waits for the running ones."""
        self._session.check()
        self._session.ready = False
        await operate("drain", self._session.handle, {"timeout_ms": round(seconds("timeout", timeout) * 1000)})

    async def close(self, *, drain: Seconds = DRAIN) -> None:
        """Leaves the cluster. Running handlers get `drain` seconds; a second close does nothing."""
        await _close(self._session, seconds("drain", drain))

    async def __aenter__(self) -> AsyncNode:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        await _close(self._session, DRAIN if error is None else 0.0)


async def _close(session: Session, drain: float) -> None:
    if session.loop_thread is not None:
        # The node was joined by a blocking program: its own loop ends with it, which must not be waited for on this one.
        from ._node import close_session

        await asyncio.to_thread(close_session, session, drain)
        return
    if not session.begin_close():
        return
    try:
        await operate("close", session.handle, {"timeout_ms": round(drain * 1000)})
    finally:
        session.end_threads(0.0)
        if session.resources is not None:
            await session.resources.close()


class Joining:
    """A join under way: awaited, or entered with `async with`."""

    def __init__(self, app: App, settings: dict[str, Any]) -> None:
        self._app = app
        self._settings = settings
        self._node: AsyncNode | None = None

    def __await__(self) -> Generator[Any, None, AsyncNode]:
        return self._join().__await__()

    async def __aenter__(self) -> AsyncNode:
        self._node = await self._join()
        return self._node

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._node is not None:
            await self._node.__aexit__(kind, error, tb)

    async def _join(self) -> AsyncNode:
        app = self._app
        resources, yielded = await opened(app) if app.lifespan is not None else (None, {})
        lane = 0
        try:
            services = built(app, yielded)
            lane = _native.lane_open("workers")
            session = Session(app, services, lane)
            session.resources = resources
            if any(m.is_async for m in session.methods_in_order):
                session.loop_lane = lane_of(asyncio.get_running_loop())
            session.joined(await operate("join", 0, session.request(self._settings)))
        except BaseException:
            if lane:
                _native.lane_close(lane)
            if resources is not None:
                await resources.close()
            raise
        try:
            await operate("serve", session.handle, {})
        except BaseException:
            await _close(session, 0.0)
            raise
        session.ready = True
        return AsyncNode(session)
