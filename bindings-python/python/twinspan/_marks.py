"""Decorators that say something about a method or a class; they change nothing about how it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from . import _failure
from ._errors import BadConfig
from ._limit import Limit

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)
X = TypeVar("X", bound=type[BaseException])

_ATTRIBUTE = "__twinspan__"


def marks_of(function: Any) -> dict[str, Any]:
    """What the decorators below said about a function."""
    marks = getattr(function, _ATTRIBUTE, None)
    return marks if isinstance(marks, dict) else {}


def _mark(function: F, name: str, value: Any) -> F:
    # A copy: a subclass that marks its override must not change the base's marks.
    setattr(function, _ATTRIBUTE, {**marks_of(function), name: value})
    return function


def idempotent(function: F) -> F:
    """Says that the method may run twice: its calls are retried even when the first may have run."""
    return _mark(function, "idempotent", True)


def limit(*, running: int | None = None, waiting: int | None = None, bytes: int | None = None) -> Callable[[F], F]:
    """Limits how much of the method one node takes on, as `Limit` says; beyond it calls are `Overloaded` at once.

    Example:
        @twinspan.limit(running=2, waiting=10)
        def render(self, page: int) -> bytes: ...
    """
    chosen = Limit(running=running, waiting=waiting, bytes=bytes)

    def decorate(function: F) -> F:
        return _mark(function, "limit", chosen)

    return decorate


def deprecated(advice: str) -> Callable[[F], F]:
    """Says what to use instead of the method; `help()` and `describe` show it."""

    def decorate(function: F) -> F:
        return _mark(function, "deprecated", advice)

    if callable(advice):
        raise BadConfig("@twinspan.deprecated needs a text", advice='Write @twinspan.deprecated("use quote_all").')
    return decorate


def renamed_from(*methods: str, **parameters: str) -> Callable[[F], F]:
    """Keeps old names alive: `@renamed_from("price")` for the method's, `@renamed_from(quantity="qty")` for a parameter's."""

    def decorate(function: F) -> F:
        marks = marks_of(function)
        _mark(function, "old_names", (*marks.get("old_names", ()), *methods))
        return _mark(function, "old_parameters", {**marks.get("old_parameters", {}), **{old: new for new, old in parameters.items()}})

    return decorate


def raises(*classes: type[BaseException]) -> Callable[[F], F]:
    """Declares exceptions of the method: its callers get the class itself, with the remote error as its cause."""
    for cls in classes:
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise BadConfig(f"@twinspan.raises takes exception classes, not {cls!r}")

    def decorate(function: F) -> F:
        return _mark(function, "raises", (*classes, *marks_of(function).get("raises", ())))

    return decorate


def error(name: str) -> Callable[[X], X]:
    """Gives an exception class the name under which it crosses, with its public attributes."""

    def decorate(cls: X) -> X:
        _failure.register(name, cls)
        return cls

    return decorate


def record(name: str) -> Callable[[C], C]:
    """Gives a record class the name under which its values cross: receivers without a type, and unions, get this class.

    Example:
        @twinspan.record("shop.Card")
        @dataclass
        class Card:
            number: str
    """

    def decorate(cls: C) -> C:
        from . import _records

        _records.register(name, cls)
        return cls

    return decorate
