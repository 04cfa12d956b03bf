"""Streams for blocking code: where received items are read, and the threads that send a caller's own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from types import GeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from . import _failure, _native
from ._context import current
from ._errors import BadArguments, Error

T = TypeVar("T")

_log = logging.getLogger("twinspan.streams")

BATCH = 1024


class StreamStats(NamedTuple):
    """How far a stream is.

    Attributes:
        items: that were read.
        bytes: of those.
        waiting: items that are here and were not read yet.
        ended: whether nothing follows those.
    """

    items: int
    bytes: int
    waiting: int
    ended: bool


class Stream(_native.Inlet, Generic[T]):
    """Items that come one by one from another node: an iterator, and a context manager.

    It is read once, in one thread. Whoever reads slowly holds its own sender back, and no other. Leaving the `with`, closing it or
    dropping it ends the sender: its generator's `finally` runs. An error of the sender comes after the items before it.

    Example:
        with pricing.watch("A1") as ticks:
            for tick in ticks: ...
    """

    # How hints and results tell a stream.
    __twinspan_stream__ = "sync"

    if TYPE_CHECKING:

        def __iter__(self) -> Stream[T]: ...
        def __next__(self) -> T: ...

    def batches(self, n: int = BATCH) -> Iterator[list[T]]:
        """Lists of what is here already: at least one item, at most `n`."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise BadArguments(f"a batch has at least one item, not {n!r}")
        return self._batches(n)

    def _batches(self, n: int) -> Iterator[list[T]]:
        while True:
            batch: list[T] = self.pop_many(n)
            if batch:
                yield batch
            elif self.over:
                return
            else:
                self._more()

    def stats(self) -> StreamStats:
        """How far this side is."""
        return StreamStats(*self.counters())

    def close(self) -> None:
        """Ends the sender. A second time does nothing."""
        super().close()

    def _more(self) -> None:
        """Waits until there is an item, or the end."""
        from ._node import refuse

        refuse("reading a stream")
        call = current.get()
        if call is None or call.call == 0:
            self.take(0)
        else:
            from ._workers import Nested

            with Nested():
                self.take(call.call)

    def __enter__(self) -> Stream[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        read = self.stats()
        return f"<Stream, {read.items} items read, {read.waiting} wait{', at its end' if self.over else ''}>"

    def __reduce__(self) -> Any:
        raise TypeError("a stream can't be pickled: it belongs to its call")


def pump(outlet: _native.Outlet, source: Any, place: AbstractContextManager[Any] | None = None) -> bool:
    """Sends what an iterator gives; `place` is entered while there is no room. False: nobody wants any more."""
    place = nullcontext() if place is None else place
    # The loop is Python's: a thread that the end of the program finds in the source must have no native frame below it.
    for item in source:
        sent = outlet.push(item)
        if sent:
            if sent == outlet.GONE:
                return False
            with place:
                if not outlet.room():
                    return False
    return True


def feed(outlet: _native.Outlet, source: Any) -> None:
    """Sends the stream among a call's arguments, beside the call. The native module calls this while it makes the call."""
    if hasattr(type(source), "__anext__"):
        import asyncio

        if asyncio._get_running_loop() is None:
            raise BadArguments(
                f"a blocking call takes no async iterator ({type(source).__name__})",
                advice="Give it an iterator, or call by `node.aio` on an event loop.",
            )
        from ._streams_aio import feed as feed_async

        feed_async(outlet, source)
        return
    work = copy_context()
    threading.Thread(target=lambda: work.run(_fed, outlet, source), name="twinspan-feed", daemon=True).start()


def _fed(outlet: _native.Outlet, source: Any) -> None:
    failure = None
    try:
        # Nothing is taken from the source before somebody reads.
        if not outlet.room() or not pump(outlet, source):
            return
    except BaseException as raised:
        failure = failed(outlet, raised)
    finally:
        if isinstance(source, GeneratorType | Stream):
            close(source)
        end(outlet, failure)


def end(outlet: _native.Outlet, failure: dict[str, Any] | None) -> None:
    """Says that nothing follows; the call may be over already."""
    try:
        outlet.end(failure)
    except Error as over:
        _log.debug("the end of a stream was dropped: %s", over)


def failed(outlet: _native.Outlet, raised: BaseException, *, operation: str = "the source of a stream", node: str = "") -> dict[str, Any]:
    """The parts of the error with which a stream ends: what its source raised, or an item that can't cross."""
    if outlet.refused and isinstance(raised, Error):
        raised.executed, raised.node, raised.operation = "yes", node, f"an item of {operation}"
        return raised.parts()
    return _failure.encoded(raised, operation=operation, node=node)


def close(source: Any) -> None:
    """Ends an iterator that is not wanted any more: the `finally` of a generator runs."""
    closing = getattr(source, "close", None)
    if closing is not None:
        try:
            closing()
        except BaseException:
            _log.exception("closing %s", type(source).__name__)
