"""The clock of a fake node: deadlines and delays pass when the test says so."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .. import _native
from .._context import CallContext, current
from .._errors import DeadlineExceeded, Error, Misuse
from .._options import Seconds, seconds

PATIENCE = 10.0
"""Seconds of real time for which a test's own thread waits on a held clock."""
LOOK = 0.05


class FakeClock:
    """Time as the handlers of a fake node see it, in seconds since the node was made.

    A delay moves the clock on by itself, so that nothing waits in earnest. Between `hold()` and `release()` only `advance` moves it: then
    a test sees what happens while a call is under way.
    """

    def __init__(self, node: str, stop: Callable[[int], None]) -> None:
        self._node = node
        # Ends the task of a handler whose caller doesn't wait any more.
        self._stop = stop
        self._now = 0.0
        self._held = False
        self._moved = threading.Condition()
        # The calls whose handlers run, by their ids: their contexts, and the seconds that they had at first.
        self._running: dict[int, tuple[CallContext, float]] = {}
        self._loops: list[tuple[float, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Seconds since the node was made, as far as anybody moved the clock."""
        with self._moved:  # whoever heard that a deadline passed sees the time at which it did
            return self._now

    def advance(self, by: Seconds) -> None:
        """Moves the clock. Calls whose deadline has passed then answer `DeadlineExceeded`, delays that are over end."""
        step = seconds("the step of a clock", by)
        self._move(lambda: step)

    def _move(self, by: Callable[[], float]) -> None:
        """`by` is asked when nobody else moves the clock."""
        with self._moved:
            step = by()
            # The deadline of a stream counts to its first item, which is for the core to say.
            counted = {number: each for number, each in self._running.items() if not each[0].streams}
            late = [number for number, (call, _) in counted.items() if call.deadline - step <= time.monotonic()]
            for number in late:
                # First of all: a handler that sees that time is up must not answer before.
                self._expire(number, self._running.pop(number)[1])
            for call, _ in counted.values():
                call.deadline -= step
            self._now += step
            over = [wait for wait in self._loops if wait[0] <= self._now]
            self._loops = [wait for wait in self._loops if wait[0] > self._now]
            self._moved.notify_all()
        for number in late:
            self._stop(number)
        _end(over)

    def _expire(self, number: int, had: float) -> None:
        # The caller's timeout, of which a moment was gone when the handler began.
        had = math.ceil(had * 100) / 100
        error = DeadlineExceeded(f"no answer within {had:.3f} s from node `{self._node}`", executed="maybe", node=self._node)
        with suppress(Error):  # answered meanwhile
            _native.fail(number, error.parts())

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Inside the block only `advance` moves the clock; what waits at its end goes on."""
        self._held = True
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Delays move the clock by themselves again."""
        with self._moved:
            self._held = False
            over, self._loops = self._loops, []
            self._moved.notify_all()
        _end(over)

    def sleep(self, delay: Seconds) -> None:
        """Waits on this clock; for handlers that stand for slow ones. Ends early when nobody waits for the answer any more."""
        self._until(self._now + seconds("a delay", delay))

    async def sleep_async(self, delay: Seconds) -> None:
        """The same for `async def` handlers."""
        await self._until_async(self._now + seconds("a delay", delay))

    def _until(self, until: float) -> None:
        call, patience = current.get(), time.monotonic() + PATIENCE
        if not self._held:
            self._pass(until, call)
            return
        with self._moved:
            while self._held and self._now < until and not (call is not None and call.cancelled()):
                if call is None and time.monotonic() > patience:
                    raise _not_moved()
                self._moved.wait(LOOK)

    async def _until_async(self, until: float) -> None:
        call = current.get()
        if not self._held:
            self._pass(until, call)
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[None] = loop.create_future()
        entry = (until, loop, waiting)
        with self._moved:
            if self._held and self._now < until:
                self._loops.append(entry)
            else:
                waiting.set_result(None)
        try:
            # A handler's task is cancelled when its caller's patience ends; a test's own has to have some.
            await (waiting if call is not None else asyncio.wait_for(waiting, PATIENCE))
        except TimeoutError:
            raise _not_moved() from None
        finally:
            with self._moved:
                if entry in self._loops:
                    self._loops.remove(entry)

    def _pass(self, until: float, call: CallContext | None) -> None:
        """Nobody else moves the clock: whoever waits does, no further than its caller waits."""

        def left() -> float:
            length = max(0.0, until - self._now)
            return length if call is None or call.streams else min(length, call.remaining())

        self._move(left)

    @contextmanager
    def _counting(self, call: CallContext) -> Iterator[float]:
        """While a handler runs, its deadline passes on this clock. Gives the time at which it began.

        A delay counts from then: a test that sees the call among those that came may move the clock at once.
        """
        number = call.call
        with self._moved:
            self._running[number] = (call, call.remaining())
            began = self._now
        try:
            yield began
        finally:
            with self._moved:
                self._running.pop(number, None)

    def __repr__(self) -> str:
        return f"<FakeClock at {self._now:.3f} s{', held' if self._held else ''}>"


def _end(over: list[tuple[float, asyncio.AbstractEventLoop, asyncio.Future[None]]]) -> None:
    """Lets those go on whose delay is over."""
    for _, loop, waiting in over:
        with suppress(RuntimeError):  # its loop was closed, and nobody waits any more
            loop.call_soon_threadsafe(_over, waiting)


def _over(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _not_moved() -> Misuse:
    return Misuse(
        f"the clock was held, and nobody moved it for {PATIENCE:.0f} s", advice="Call advance() from another thread, or leave out hold()."
    )


def delay_of(value: Seconds) -> float:
    """The delay of a stub; refused where it was written."""
    return seconds("delay", value)
