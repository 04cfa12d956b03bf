"""Streams for code that awaits: where received items are read, and the tasks that send items."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextvars import copy_context
from types import TracebackType
from typing import Any, Generic, NoReturn, TypeVar

from . import _native
from ._context import current
from ._errors import BadArguments, Cancelled, Closed, Error, Misuse, Unavailable
from ._lane import cancel, lane_of
from ._streams import BATCH, StreamStats, _log, close, end, failed, pump

T = TypeVar("T")

_NOTHING = object()


class AsyncStream(Generic[T]):
    """Items that come one by one from another node: an async iterator, and an async context manager.

    It is read once, by one task. Whoever reads slowly holds its own sender back, and no other. Leaving the `async with`, closing it or
    dropping it ends the sender. An error of the sender comes after the items before it.

    Example:
        async with pricing.watch("A1") as ticks:
            async for tick in ticks: ...
    """

    __twinspan_stream__ = "async"

    def __init__(self, source: Any, plan: Any = None, /) -> None:
        self._inlet: _native.Inlet | None = _native.Inlet(source, plan)
        # A wait that goes on although whoever awaited it was cancelled: what it brings is for the next one.
        self._waiting: asyncio.Future[None] | None = None

    def declare(self, raises: Callable[[Any], NoReturn]) -> None:
        """Errors of the handler are raised by `raises`: for the contract of the call."""
        if self._inlet is not None:
            self._inlet.declare(raises)

    async def _open(self) -> _native.Inlet:
        if self._inlet is None:
            raise Misuse("this stream has no source")
        return self._inlet

    def __aiter__(self) -> AsyncStream[T]:
        return self

    async def __anext__(self) -> T:
        inlet = self._inlet or await self._open()
        while True:
            item = inlet.pop(_NOTHING)
            if item is not _NOTHING:
                return item  # type: ignore[no-any-return]
            if inlet.over:
                raise StopAsyncIteration
            await self._more(inlet)

    def batches(self, n: int = BATCH) -> AsyncIterator[list[T]]:
        """Lists of what is here already: at least one item, at most `n`."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise BadArguments(f"a batch has at least one item, not {n!r}")
        return self._batches(n)

    async def _batches(self, n: int) -> AsyncIterator[list[T]]:
        inlet = self._inlet or await self._open()
        while True:
            batch: list[T] = inlet.pop_many(n)
            if batch:
                yield batch
            elif inlet.over:
                return
            else:
                await self._more(inlet)

    def stats(self) -> StreamStats:
        """How far this side is."""
        return StreamStats(0, 0, 0, False) if self._inlet is None else StreamStats(*self._inlet.counters())

    def close(self) -> None:
        """Ends the sender. A second time does nothing."""
        if self._inlet is not None:
            self._inlet.close()

    async def aclose(self) -> None:
        """The same, where an async generator is expected."""
        self.close()

    async def _more(self, inlet: _native.Inlet) -> None:
        """Waits until there is an item, or the end."""
        waiting = self._waiting
        if waiting is None or waiting.done():
            loop = asyncio.get_running_loop()
            lane = lane_of(loop)
            call = current.get()
            waiting = loop.create_future()
            token = lane.token()
            lane.pending[token] = (waiting, inlet)
            try:
                inlet.ask(0 if call is None else call.call, token)
            except BaseException:
                lane.pending.pop(token, None)
                raise
            if inlet.over:  # closed meanwhile: nothing was asked
                lane.pending.pop(token, None)
                return
            self._waiting = waiting
        await asyncio.shield(waiting)

    async def __aenter__(self) -> AsyncStream[T]:
        await self._open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        read = self.stats()
        return f"<AsyncStream, {read.items} items read, {read.waiting} wait>"

    def __reduce__(self) -> Any:
        raise TypeError("a stream can't be pickled: it belongs to its call")

    def __del__(self) -> None:
        # A wait that goes on holds the inlet.
        inlet = getattr(self, "_inlet", None)
        if inlet is not None:
            inlet.close()


class Calling(AsyncStream[Any]):
    """A call under way: awaited for its result, or, where it answers a stream, entered or iterated at once."""

    def __init__(self, call: Coroutine[Any, Any, Any], name: str) -> None:
        self._call = call
        self._name = name
        self._inlet = None
        self._waiting = None

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._call.__await__()

    # With these it is a coroutine for asyncio.create_task and its like.
    def send(self, value: Any) -> Any:
        """As of a coroutine."""
        return self._call.send(value)

    def throw(self, *raised: Any) -> Any:
        """As of a coroutine."""
        return self._call.throw(*raised)

    def close(self) -> None:
        """Ends the stream, or the call that was not awaited."""
        self._call.close()
        super().close()

    async def _open(self) -> _native.Inlet:
        if self._inlet is None:
            result = await self._call
            if not isinstance(result, AsyncStream) or result._inlet is None:
                raise Misuse(
                    f"{self._name} answered a value, not a stream",
                    advice=f"Write: value = await {self._name}(...)",
                    operation=f"call {self._name}",
                )
            self._inlet, result._inlet = result._inlet, None
        return self._inlet

    def __repr__(self) -> str:
        return f"<call of {self._name}>" if self._inlet is None else super().__repr__()


def calling(call: Callable[..., Coroutine[Any, Any, Any]], name: str) -> Callable[..., Calling]:
    """A method whose calls may answer streams."""

    def begin(*args: Any, **kwargs: Any) -> Calling:
        return Calling(call(*args, **kwargs), name)

    return begin


async def room(outlet: _native.Outlet) -> bool:
    """Waits for room; false: nobody wants any more."""
    loop = asyncio.get_running_loop()
    lane = lane_of(loop)
    token = lane.token()
    future: asyncio.Future[Any] = loop.create_future()
    lane.pending[token] = (future, None)
    try:
        outlet.ask(token)
        await future
    except (Cancelled, Closed, Unavailable):
        lane.pending.pop(token, None)
        return False
    except BaseException:
        if lane.pending.pop(token, None) is not None:
            cancel(token)
        raise
    return True


async def pump_async(outlet: _native.Outlet, source: Any) -> bool:
    """Sends what an iterator gives. False: nobody wants any more."""
    if not hasattr(type(source), "__anext__"):
        return await _in_a_thread(outlet, source)
    try:
        async for item in source:
            sent = outlet.push(item)
            if sent == outlet.GONE or (sent == outlet.FULL and not await room(outlet)):
                return False
        return True
    finally:
        await aclose(source)


async def aclose(source: Any) -> None:
    """Ends an async iterator that is not wanted any more: the `finally` of an async generator runs."""
    closing = getattr(source, "aclose", None)
    if closing is not None:
        try:
            await closing()
        except Exception:
            _log.exception("closing %s", type(source).__name__)


async def _in_a_thread(outlet: _native.Outlet, source: Any) -> bool:
    """An iterator that blocks must not stop the loop."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bool] = loop.create_future()
    work = copy_context()

    def tell(result: bool, raised: BaseException | None) -> None:
        if not done.done():
            if raised is None:
                done.set_result(result)
            else:
                done.set_exception(raised)

    def run() -> None:
        result, error = False, None
        try:
            result = work.run(pump, outlet, source)
        except BaseException as raised:
            error = raised
        finally:
            work.run(close, source)
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name="twinspan-feed", daemon=True).start()
    return await done


_feeding: set[asyncio.Task[None]] = set()


def feed(outlet: _native.Outlet, source: Any) -> None:
    """Sends the stream among a call's arguments, beside the call."""
    task = asyncio.get_running_loop().create_task(_fed(outlet, source))
    # A loop holds its tasks weakly.
    _feeding.add(task)
    task.add_done_callback(_feeding.discard)


async def _fed(outlet: _native.Outlet, source: Any) -> None:
    failure = None
    try:
        # Nothing is taken from the source before somebody reads.
        if not await room(outlet):
            await aclose(source)
        else:
            await pump_async(outlet, source)
    except asyncio.CancelledError:
        # The loop ends: whoever reads must not wait.
        outlet.close()
        raise
    except BaseException as raised:
        failure = failed(outlet, raised)
    end(outlet, failure)


async def answer(call: int, source: Any, where: str, node: str) -> tuple[Any, Any]:
    """Sends the answer of an async handler; gives what ends it: a payload, or else a failure."""
    try:
        outlet = _native.Outlet.answer(call)
    except Error as over:
        await (aclose(source) if hasattr(type(source), "__anext__") else asyncio.to_thread(close, source))
        return None, over.parts()
    try:
        await pump_async(outlet, source)
    except asyncio.CancelledError:
        raise
    except BaseException as raised:
        return None, failed(outlet, raised, operation=f"call {where}", node=node)
    return _native.Payload.nothing(), None
