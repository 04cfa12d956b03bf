"""Lanes of asyncio loops: answers and invocations arrive in batches, announced by a doorbell that the loop watches."""

from __future__ import annotations

import asyncio
import itertools
import logging
import sys
import weakref
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any

from . import _failure, _native
from ._context import CallContext, current
from ._errors import Cancelled, Closed, Error
from ._workers import PLAIN, answered, prepared, refusal

if TYPE_CHECKING:
    from ._offer import Method
    from ._session import Session

_log = logging.getLogger("twinspan.loop")

BATCH = 1024

lanes: dict[int, Lane] = {}


class Lane:
    """The lane of one event loop, shared by all nodes that use the loop. Everything here runs on the loop's thread."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.loop = weakref.ref(loop)
        self.handle: int = _native.lane_open("loop")
        self.pending: dict[int, tuple[Future[Any], Any]] = {}
        self.token: Callable[[], int] = itertools.count(self.handle << 48).__next__
        self.served: dict[int, Served] = {}
        self._key = id(loop)
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self._closed = False
        self.outbox = _native.Outbox()
        # Something was sent in this turn of the loop: the rest waits in the outbox for its end, and leaves in one write.
        self.posting = False
        self._fd: int = _native.lane_fd(self.handle)
        loop.add_reader(self._fd, self._drain)
        weakref.finalize(loop, _forget, self.handle, id(loop)).atexit = False

    def close(self) -> None:
        """Late answers are dropped from now on."""
        if self._closed:
            return
        self._closed = True
        lanes.pop(self._key, None)
        loop = self.loop()
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._fd)
        self.pending.clear()
        try:
            self.outbox.flush()
            _native.lane_close(self.handle)
        except Error as failed:
            _log.debug("closing a lane: %s", failed)

    def _drain(self) -> None:
        """Runs on the event loop whenever the core rings the doorbell."""
        try:
            done, invocations, cancelled = _native.poll(self.handle, BATCH, self.pending)
        except Closed:
            self.close()
            return
        for future, error, value in done:
            if not future.done():
                if error is None:
                    future.set_result(value)
                else:
                    future.set_exception(error)
        for invocation in invocations:
            self._invoke(invocation)
        if len(done) + len(invocations) > 1 and not self.posting:
            # After the tasks that were just woken and made: what they send at once leaves in one write.
            self.post_until_the_end_of_the_turn()
        for call in cancelled:
            task = self.tasks.get(call)
            if task is not None:
                task.cancel()
                # A task that is cancelled before its first step never runs: then nobody else answers.
                task.add_done_callback(lambda _, call=call: self._unanswered(call))  # type: ignore[misc]

    def post_until_the_end_of_the_turn(self) -> None:
        """What is sent from now on waits in the outbox until the loop has run what is ready."""
        loop = self.loop()
        if loop is not None:
            self.posting = True
            loop.call_soon(self._flush)

    def _flush(self) -> None:
        self.posting = False
        try:
            late = self.outbox.flush()
        except Error as failed:
            _log.debug("sending: %s", failed)
        else:
            if late:
                _log.debug("%d answers were dropped: they came too late", late)

    def _invoke(self, invocation: tuple[int, int, int, float, bool, Any]) -> None:
        call, node, number, remaining, _, arguments = invocation
        served = self.served.get(node)
        if served is None:
            _native.fail(call, Closed("the node left this loop").parts())
            return
        task = _start(served.handle(self, call, number, remaining, arguments), served.context.copy())
        if not task.done():
            self.tasks[call] = task

    def _unanswered(self, call: int) -> None:
        if self.tasks.pop(call, None) is not None:
            with suppress(Error):
                _native.fail(call, Cancelled("cancelled before its handler began", executed="no").parts())


if sys.version_info >= (3, 12):

    def _start(work: Coroutine[Any, Any, None], context: Context) -> asyncio.Task[None]:
        """Runs a handler up to its first wait at once: many never wait, and need no turn of the loop."""
        return asyncio.Task(work, loop=asyncio.get_running_loop(), context=context, eager_start=True)

else:

    def _start(work: Coroutine[Any, Any, None], context: Context) -> asyncio.Task[None]:
        """Runs a handler in the loop's next turn."""
        return asyncio.get_running_loop().create_task(work, context=context)


class Served:
    """What one node serves on one loop."""

    def __init__(self, methods: list[Method], session: Session, context: Context) -> None:
        self._methods = methods
        self._session = session
        self._node = session.name
        self.context = context

    async def handle(self, lane: Lane, call: int, number: int, remaining: float, arguments: Any) -> None:
        """Runs one async handler. Whatever it raises becomes an answer: the loop goes on."""
        method = self._methods[number]
        where = method.where
        context = CallContext(call, remaining, where, self._session)
        payload = failure = None
        try:
            try:
                args, kwargs = prepared(method, arguments, context)
            except Error as refused:
                failure = refusal(refused, self._node)
            else:
                current.set(context)
                result = method.run(*args, **kwargs)
                if method.awaits:
                    result = await result
                if type(result) not in PLAIN and _native.is_stream(result):
                    from ._streams_aio import answer

                    context.streams = True
                    payload, failure = await answer(call, result, where, self._node)
                else:
                    payload, failure = answered(result, where, self._node)
        except BaseException as raised:
            if isinstance(raised, asyncio.CancelledError) and context.cancelled():
                failure = Cancelled(f"{where} was cancelled by its caller", executed="maybe", node=self._node).parts()
            else:
                failure = _failure.encoded(raised, operation=f"call {where}", node=self._node)
        finally:
            context.end()
            lane.tasks.pop(call, None)
        sender: Any = _native
        if lane.posting:
            sender = lane.outbox
        elif lane.tasks:
            # It leaves at once, and what this turn of the loop answers after it leaves together.
            lane.post_until_the_end_of_the_turn()
        try:
            if payload is not None:
                sender.reply(call, payload)
            else:
                sender.fail(call, failure)
        except Error as late:
            _log.debug("an answer was dropped: %s", late)


def lane_of(loop: AbstractEventLoop) -> Lane:
    """The lane of a loop, opened on first use. Lanes of loops that were closed meanwhile go first."""
    lane = lanes.get(id(loop))
    if lane is not None and lane.loop() is loop:
        return lane
    for other in list(lanes.values()):
        known = other.loop()
        if known is None or known.is_closed():
            other.close()
    lane = Lane(loop)
    lanes[id(loop)] = lane
    return lane


def _forget(handle: int, key: int) -> None:
    lane = lanes.get(key)
    if lane is not None and lane.handle == handle:
        lane.close()


async def operate(op: str, node: int, request: Any) -> Any:
    """An operation of a node, awaited on the running loop."""
    loop = asyncio.get_running_loop()
    lane = lane_of(loop)
    token = lane.token()
    future: Future[Any] = loop.create_future()
    lane.pending[token] = (future, None)
    try:
        _native.submit(op, node, request, token)
        return await future
    except BaseException:
        if lane.pending.pop(token, None) is not None:
            cancel(token)
        raise


def cancel(token: int) -> None:
    """Gives an operation up; its lane may be gone already."""
    try:
        _native.cancel(token)
    except Error as failed:
        _log.debug("cancel: %s", failed)
