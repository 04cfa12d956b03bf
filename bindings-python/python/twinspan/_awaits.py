"""Calls as coroutines. Apart from the blocking ones so that programs without asyncio never import it."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable, Coroutine
from typing import Any

from . import _native
from ._calls import Target
from ._context import carried, current
from ._errors import RemoteError
from ._lane import cancel, lane_of, lanes
from ._options import ambient


def awaiting(target: Target) -> Callable[..., Coroutine[Any, Any, Any]]:
    """A method that is awaited, on any running loop. Cancelling the await cancels the call."""
    native = _native.call
    context_of, carried_of, chosen_of, lane_by_id = current.get, carried.get, ambient.get, lanes.get
    plan = target.plan
    declares = bool(target.raises)
    handle: Any = None
    timeout: float | None = None

    async def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal handle, timeout
        chosen = chosen_of()
        if chosen is not None:
            method, limit = target.prepared(chosen)
        else:
            if handle is None:
                handle, timeout = target.prepared(None)
            method, limit = handle, timeout
        context = context_of()
        carries = carried_of()
        extra = None if carries is None else carries.within(context)
        loop = get_running_loop()
        lane = lane_by_id(id(loop))
        if lane is None or lane.loop() is not loop:
            lane = lane_of(loop)
        token = lane.token()
        parent = 0 if context is None else context.call
        if lane.posting:
            lane.outbox.call(method, token, parent, limit, extra, args, kwargs)
        else:
            native(method, token, parent, limit, extra, args, kwargs)
            if lane.pending:
                # Not the only one: calls that this turn of the loop makes after it leave together. A lone call costs no further turn.
                lane.post_until_the_end_of_the_turn()
        # Answers are taken on this thread, so none can have come yet.
        future = loop.create_future()
        lane.pending[token] = future, plan
        try:
            result = await future
            if declares:
                from ._streams_aio import AsyncStream

                if isinstance(result, AsyncStream):
                    result.declare(target.mapped)
            return result
        except RemoteError as error:
            if not target.raises:
                raise
            target.mapped(error)
        except BaseException:
            # Still pending: the await was cancelled.
            if lane.pending.pop(token, None) is not None:
                cancel(token)
            raise

    return call
