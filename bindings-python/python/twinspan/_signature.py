"""A method as it is offered: its parameters for the node record, and the plan that decodes and binds a call's arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from . import _defaults, _grammar, _types
from ._context import CallContext
from ._errors import BadArguments
from ._marks import marks_of

_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "both",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_POSITIONAL: "rest",
    inspect.Parameter.VAR_KEYWORD: "extra",
}


class Parameter(NamedTuple):
    """One parameter as it stands in the node record."""

    name: str
    kind: str
    type: str
    optional: bool
    default: str | None = None
    """As JSON, where JSON can say it."""
    former: tuple[str, ...] = ()
    """Names that callers may still use."""

    def record(self) -> dict[str, Any]:
        """Its encoded form."""
        told: dict[str, Any] = {"name": self.name, "kind": self.kind, "type": self.type, "optional": self.optional}
        if self.default is not None:
            told["default"] = self.default
        if self.former:
            told["former"] = list(self.former)
        return told


def parameter(p: inspect.Parameter, hint: Any, grammar: _grammar.Grammar, former: tuple[str, ...] = ()) -> Parameter:
    """One parameter of a function, described in the neutral grammar."""
    many = p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    kind = grammar.text(hint)
    given = many or p.default is p.empty
    default = None if given else _defaults.json_of(p.default, kind)
    return Parameter(p.name, _KINDS[p.kind], kind, many or not given, default, former)


class Signature:
    """The parameters of one method, resolved once. The plan checks names before the handler runs.

    So an error of the binding is never mistaken for one of the handler.
    """

    def __init__(self, function: Callable[..., Any], where: str, grammar: _grammar.Grammar | None = None) -> None:
        self.where = where
        grammar = grammar or _grammar.Grammar()
        hints = _types.resolved_hints(function, where)
        plain = inspect.unwrap(function)
        returned = _types.stream_of(hints.get("return", Any))
        generates = inspect.isgeneratorfunction(plain), inspect.isasyncgenfunction(plain)
        coroutine = inspect.iscoroutinefunction(plain) or inspect.iscoroutinefunction(function)
        # Whether it runs on an event loop: as a coroutine, or because what it returns does.
        self.is_async = coroutine or generates[1] or (returned is not None and returned.face == "async" and not generates[0])
        self.returns_stream = any(generates) or (returned is not None and returned.wraps)
        self.takes_stream = False
        self.context: str | None = None
        self.old: dict[str, str] = dict(marks_of(function).get("old_parameters", {}))
        self.parameters: list[Parameter] = []
        for p in inspect.signature(function).parameters.values():
            hint = hints.get(p.name, Any)
            if hint is CallContext or hint == (CallContext | None):
                self.context = p.name
                continue
            self.parameters.append(parameter(p, hint, grammar, tuple(old for old, new in self.old.items() if new == p.name)))
            self.takes_stream = self.takes_stream or _types.stream_of(hint) is not None
        self.returns = grammar.text(hints.get("return", Any))
        if any(generates) and returned is None:
            self.returns = "stream<any>"
        skip = () if self.context is None else (self.context,)
        self.plan = _types.signature_plan(_with_old_names(function, hints, self.old), name=where, skip=skip, awaits=self.is_async)

    def rename(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Gives arguments that came by an old name the new one, and checks what the plan had to leave open because of them."""
        for old, new in self.old.items():
            if old in kwargs:
                if new in kwargs:
                    raise self._bad(f"`{new}` is given twice, as `{old}` too")
                kwargs[new] = kwargs.pop(old)
        placed = [p.name for p in self.parameters if p.kind in ("positional", "both")]
        for p in self.parameters:
            if p.name in placed[: len(args)]:
                if p.name in kwargs and p.kind == "both":
                    raise self._bad(f"`{p.name}` is given twice")
            elif not p.optional and p.name not in kwargs:
                raise self._bad(f"missing argument `{p.name}`")

    def _bad(self, what: str) -> BadArguments:
        names = ", ".join(p.name for p in self.parameters)
        return BadArguments(what, operation=f"call {self.where}", advice=f"The signature is {self.where}({names}).")


def _with_old_names(function: Callable[..., Any], hints: dict[str, Any], old: dict[str, str]) -> Callable[..., Any]:
    """A stand-in whose signature takes the old names too; the function itself where there are none."""
    if not old:
        return function
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    at = len(parameters) - 1 if parameters and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD else len(parameters)
    for name, new in old.items():
        hint = hints.get(new, Any)
        parameters.insert(at, inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=..., annotation=hint))

    def stand_in() -> None: ...

    # A required one may come by either name: `rename` checks it once the names are known.
    parameters = [p.replace(default=...) if p.name in old.values() and p.default is p.empty else p for p in parameters]
    stand_in.__signature__ = signature.replace(parameters=_ordered(parameters))  # type: ignore[attr-defined]
    stand_in.__annotations__ = {**hints, **{name: hints.get(new, Any) for name, new in old.items()}}
    return stand_in


def _ordered(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """A parameter without default can't follow one with: those between become optional for the plan too."""
    seen = False
    out: list[inspect.Parameter] = []
    for p in parameters:
        placed = p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        if placed and seen and p.default is p.empty:
            p = p.replace(default=...)
        seen = seen or (placed and p.default is not p.empty)
        out.append(p)
    return out
