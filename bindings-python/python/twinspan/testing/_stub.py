"""Answers that a test gives in the place of a handler."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .. import _types
from .._app import App
from .._errors import BadArguments
from .._marks import _ATTRIBUTE, marks_of
from .._names import near
from .._node import split
from .._offer import Service, built

Handler = Callable[..., Any]


class Stub(NamedTuple):
    """What a method does: runs a function, or whatever serves it, after a delay."""

    function: Handler | None
    delay: float


def answering(function: Handler | None, returns: Any, raises: Any, missing: Any) -> Handler | None:
    """The function that a stub runs; None leaves it to the method's own handler."""
    given = [function is not None, returns is not missing, raises is not None]
    if sum(given) > 1:
        raise BadArguments("a stub has one answer", advice="Give a function, or `returns`, or `raises`.")
    if function is not None and not callable(function):
        raise BadArguments(f"a stub is a function, not {function!r}", advice=f"Write returns={function!r}.")
    if raises is not None:
        if not (isinstance(raises, BaseException) or (isinstance(raises, type) and issubclass(raises, BaseException))):
            raise BadArguments(f"`raises` is an exception, not {raises!r}")
        return _raiser(raises)
    if returns is not missing:
        return lambda *args, **kwargs: returns
    return function


def _raiser(raised: BaseException | type[BaseException]) -> Handler:
    def stub(*args: Any, **kwargs: Any) -> Any:
        raise raised

    return stub


def offered(target: str, function: Handler, like: type | None, fixed: bool) -> Service:
    """A service of one method. Arguments are checked by the function's own signature, else by that of the contract, else not at all."""
    if like is not None:
        shown = _promised(like, split(target)[1], target, awaits=is_async(function))
    elif fixed:

        def shown(*args: Any, **kwargs: Any) -> Any: ...

    else:
        shown = function
    app = App("")
    app.function(target)(shown)
    return built(app, {})[0]


def is_async(function: Handler) -> bool:
    """Whether it runs on an event loop."""
    plain = inspect.unwrap(function)
    return inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain)


def _promised(like: type, name: str, target: str, *, awaits: bool) -> Handler:
    """A stand-in with the signature that a contract's method has without `self`."""
    declared = inspect.getattr_static(like, name, None)
    if name.startswith("_") or not inspect.isroutine(declared):
        hint = near(name, [n for n in dir(like) if not n.startswith("_")])
        raise BadArguments(
            f"the contract {like.__name__} has no method `{name}`",
            advice=f"Did you mean `{hint}`?" if hint else f"It is asked for the signature of `{target}`.",
        )
    function: Handler = getattr(declared, "__func__", declared)
    hints = _types.resolved_hints(function, f"{like.__name__}.{name}")
    signature = inspect.signature(function)
    if not isinstance(declared, staticmethod):
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])

    def blocking() -> None: ...

    async def awaited() -> None: ...

    stand_in: Any = awaited if awaits else blocking
    stand_in.__signature__ = signature
    stand_in.__annotations__ = hints if awaits else {key: _blocking(hint) for key, hint in hints.items()}
    stand_in.__doc__ = function.__doc__
    setattr(stand_in, _ATTRIBUTE, marks_of(function))
    return stand_in  # type: ignore[no-any-return]


def _blocking(hint: Any) -> Any:
    """A handler that is no coroutine reads and sends streams in its own thread, whatever face the contract has."""
    found = _types.stream_of(hint)
    return Iterator[found.item] if found is not None and found.face == "async" else hint  # type: ignore[name-defined]
