"""Many calls at once on an event loop; the blocking ones are in `_scatter`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ._awaits import awaiting
from ._context import carried, current
from ._errors import Error
from ._lane import cancel, lane_of
from ._options import ambient
from ._scatter import CHUNK, arguments, checked, providers, some

if TYPE_CHECKING:
    from ._calls import Target
    from ._node import Seen


async def call_all(node: Seen, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The result or the error of each provider by its name."""
    found = providers(node, name)

    async def one(id: str) -> Any:
        try:
            return await awaiting(node._target(name, id))(*args, **kwargs)
        except Error as error:
            return error

    results = await asyncio.gather(*(one(p.id) for p in found))
    return {p.name: result for p, result in zip(found, results, strict=True)}


async def first_of(node: Seen, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], n: int) -> Any:
    """The first result of up to `n` providers; the other calls are cancelled."""
    found = some(providers(node, name), n)
    calls = {asyncio.ensure_future(awaiting(node._target(name, p.id))(*args, **kwargs)) for p in found}
    failed: list[BaseException] = []
    try:
        while calls:
            done, calls = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            errors = [(call, call.exception()) for call in done]
            for call, error in errors:
                if error is None:
                    return call.result()
                failed.append(error)
        raise failed[0]
    finally:
        for call in calls:
            call.cancel()


def call_many(node: Seen, name: str, sets: Iterable[Any], window: int) -> AsyncIterator[Any]:
    """The result or the error of each argument set, in their order."""
    return _results(node._target(name), iter(sets), checked(window))


async def _results(target: Target, sets: Iterator[Any], window: int) -> AsyncIterator[Any]:
    loop = asyncio.get_running_loop()
    lane = lane_of(loop)
    call, carries = current.get(), carried.get()
    parent = 0 if call is None else call.call
    extra = None if carries is None else carries.within(call)
    method, timeout = target.prepared(ambient.get())
    step = max(1, min(CHUNK, window // 4))
    # The calls in their order: the future and token of one that was sent, else its error.
    waiting: deque[tuple[asyncio.Future[Any] | None, int, Error | None]] = deque()
    more = True
    try:
        while True:
            if more and (window - len(waiting) >= step or not waiting):
                chunk = [arguments(each) for each in islice(sets, step)]
                more = len(chunk) == step
                if not lane.posting:
                    lane.post_until_the_end_of_the_turn()
                for args, kwargs in chunk:
                    token = lane.token()
                    try:
                        lane.outbox.call(method, token, parent, timeout, extra, args, kwargs)
                    except Error as refused:
                        waiting.append((None, 0, refused))
                        continue
                    future: asyncio.Future[Any] = loop.create_future()
                    lane.pending[token] = (future, None)
                    waiting.append((future, token, None))
            elif not waiting:
                return
            while waiting:
                first, _, result = waiting[0]
                if first is not None:
                    if more and window - len(waiting) >= step and not first.done():
                        break
                    try:
                        result = await first
                    except Error as error:
                        result = error
                waiting.popleft()
                yield result
    finally:
        for left, token, _ in waiting:
            if left is not None and lane.pending.pop(token, None) is not None:
                cancel(token)
                left.cancel()
