"""Many calls at once from a blocking program: of all providers, of many argument sets, of the quickest provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from itertools import islice
from typing import TYPE_CHECKING, Any

from . import _native
from ._context import carried, current
from ._errors import BadArguments, NotFound, Unavailable
from ._look import Provider
from ._names import near
from ._node import split
from ._options import ambient
from ._workers import Nested

if TYPE_CHECKING:
    from ._calls import Target
    from ._node import Seen

CHUNK = 64
"""Argument sets that are taken at a time: a slow source of them must not keep results back for long."""
MOST_WINDOW = 1 << 16
LONG = 3600.0

Arguments = tuple[tuple[Any, ...], dict[str, Any] | None]


class Calls:
    """Calls under way of one blocking thread."""

    def __init__(self) -> None:
        self._native = _native.Scatter()
        call, carries = current.get(), carried.get()
        self._parent = 0 if call is None else call.call
        self._extra = None if carries is None else carries.within(call)
        self._chosen = ambient.get()
        # A handler lets another worker take its place while it waits.
        self._place: Any = nullcontext() if call is None else Nested()

    def send(self, target: Target, arguments: list[Arguments]) -> list[_native.Answer]:
        """Starts calls; gives the answers of those that can't be sent."""
        method, timeout = target.prepared(self._chosen)
        return self._native.send(method, self._parent, timeout, self._extra, arguments)

    def take(self, most: int, wait: float) -> list[_native.Answer]:
        """Answers that are here; without any, waits for some."""
        with self._place:
            return self._native.take(most, wait, None)

    def __enter__(self) -> Calls:
        return self

    def __exit__(self, *_: object) -> None:
        self._native.close()


def call_all(node: Seen, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The result or the error of each provider by its name."""
    found = providers(node, name)
    results: dict[str, Any] = {}
    with Calls() as calls:
        answers = [answer for p in found for answer in calls.send(node._target(name, p.id), [(args, kwargs)])]
        while len(results) < len(found):
            for number, error, value in answers:
                results[found[number].name] = value if error is None else error
            if len(results) < len(found):
                answers = calls.take(len(found), LONG)
    return {p.name: results[p.name] for p in found}


def first_of(node: Seen, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], n: int) -> Any:
    """The first result of up to `n` providers; the other calls are cancelled."""
    found = some(providers(node, name), n)
    failed: list[BaseException] = []
    with Calls() as calls:
        answers = [answer for p in found for answer in calls.send(node._target(name, p.id), [(args, kwargs)])]
        while True:
            for _, error, value in answers:
                if error is None:
                    return value
                failed.append(error)
            if len(failed) == len(found):
                raise failed[0]
            answers = calls.take(len(found), LONG)


def call_many(node: Seen, name: str, sets: Iterable[Any], window: int) -> Iterator[Any]:
    """The result or the error of each argument set, in their order."""
    return _results(node._target(name), iter(sets), checked(window))


def _results(target: Target, sets: Iterator[Any], window: int) -> Iterator[Any]:
    step = max(1, min(CHUNK, window // 4))
    waiting: dict[int, Any] = {}
    sent = given = 0
    more = True
    with Calls() as calls:
        while True:
            while given in waiting:
                yield waiting.pop(given)
                given += 1
            room = window - (sent - given)
            if more and (room >= step or sent == given):
                chunk = [arguments(each) for each in islice(sets, step)]
                more = len(chunk) == step
                sent += len(chunk)
                answers = calls.send(target, chunk)
                answers += calls.take(window, 0.0)
            elif sent == given:
                return
            else:
                answers = calls.take(window, LONG)
            for number, error, value in answers:
                waiting[number] = value if error is None else error


def arguments(given: Any) -> Arguments:
    """One argument set: a dict of keywords, or a tuple of positionals."""
    if isinstance(given, tuple):
        return given, None
    if isinstance(given, Mapping):
        return (), dict(given)
    raise BadArguments(
        f"an argument set is a dict of keywords or a tuple of positionals, not {type(given).__name__}",
        advice='Write {"sku": sku}, or (sku,).',
    )


def checked(window: int) -> int:
    """How many calls may be under way."""
    if isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= MOST_WINDOW:
        raise BadArguments(
            f"window is a number from 1 to {MOST_WINDOW}, not {window!r}", advice="Leave it out: 1,024 calls are under way then."
        )
    return window


def providers(node: Seen, name: str) -> list[Provider]:
    """The ready providers of the service of a method; there is at least one."""
    service, _ = split(name)
    services = node.services
    found = services.get(service)
    ready = [] if found is None else [p for p in found.providers if p.ready]
    if ready:
        return ready
    if found is not None and found.providers:
        raise Unavailable(f"no provider of `{service}` is ready", operation=f"call {name}")
    hint = near(service, list(services))
    raise NotFound(
        f"no node serves `{service}`",
        operation=f"call {name}",
        advice=f"Did you mean `{hint}`?" if hint else f'Start a provider, or wait for it: node.wait_for("{service}").',
    )


def some(found: list[Provider], n: int) -> list[Provider]:
    """`n` of the providers, by chance; all if there are fewer."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise BadArguments(f"n is how many providers are asked, at least 1, not {n!r}", advice="Leave it out: two are asked then.")
    if len(found) <= n:
        return found
    import random

    return random.sample(found, n)
