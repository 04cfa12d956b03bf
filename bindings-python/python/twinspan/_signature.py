"""A method as it is offered and as it is called: parameters, types, plans, and the binding of arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from . import _grammar, _types
from ._context import CallContext
from ._errors import BadArguments, BadConfig
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
    hint: Any

    def record(self) -> dict[str, Any]:
        """Its encoded form."""
        return {"name": self.name, "kind": self.kind, "type": self.type, "optional": self.optional}

    def __str__(self) -> str:
        stars = {"rest": "*", "extra": "**"}.get(self.kind, "")
        typed = "" if self.type == "any" else f": {self.type}"
        return f"{stars}{self.name}{typed}{' = ...' if self.optional and not stars else ''}"


def hints_of(function: Any, where: str) -> dict[str, Any]:
    """Resolved annotations of a function, postponed ones included."""
    from typing import get_type_hints

    target = getattr(function, "__func__", function)
    try:
        return get_type_hints(inspect.unwrap(target), include_extras=True)
    except Exception as failed:
        raise BadConfig(
            f"{where}: an annotation can't be resolved: {failed}",
            advice="Import the class at the module's top level, or leave the annotation out.",
        ) from failed


class Signature:
    """The parameters of one method, resolved once.

    The hot path is `bind`: what it gives is called as it stands, so an error of the binding is never mistaken for one of the handler.
    """

    def __init__(self, function: Callable[..., Any], where: str) -> None:
        self.where = where
        hints = hints_of(function, where)
        listed = list(inspect.signature(function).parameters.values())
        self.context: str | None = None
        self.parameters: list[Parameter] = []
        for p in listed:
            hint = hints.get(p.name, Any)
            if hint is CallContext or hint == (CallContext | None):
                self.context = p.name
                continue
            optional = p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
            self.parameters.append(Parameter(p.name, _KINDS[p.kind], _grammar.text(hint), optional, hint))
        self.returns = hints.get("return", Any)
        self.returns_text = _grammar.text(self.returns)
        self.old: dict[str, str] = dict(marks_of(function).get("old_parameters", {}))
        self._prepare()

    def _prepare(self) -> None:
        placed = [p for p in self.parameters if p.kind in ("positional", "both")]
        self.placed = [p.name for p in placed]
        self.only_placed = {p.name for p in placed if p.kind == "positional"}
        self.keywords = {p.name for p in self.parameters if p.kind in ("both", "keyword")}
        self.rest = next((p for p in self.parameters if p.kind == "rest"), None)
        self.extra = next((p for p in self.parameters if p.kind == "extra"), None)
        required = [p.name for p in self.parameters if p.kind == "keyword" and not p.optional]
        # required_after[n]: what must come by keyword when n arguments came by position.
        self.required_after = [[p.name for p in placed[n:] if not p.optional] + required for n in range(len(placed) + 1)]
        self.aliases = {alias: name for name in (*self.placed, *self.keywords) for alias in (snake(name), camel(name)) if alias != name}
        self.aliases.update(self.old)
        plain = {p.name: p.hint for p in self.parameters if p.kind not in ("rest", "extra")}
        # Loaded lazily with the plans: importing twinspan must stay cheap.
        self.plan = _types.arguments_plan(
            [plain[name] for name in self.placed],
            {**plain, **{alias: plain[name] for alias, name in self.aliases.items() if name in plain}},
            self.rest.hint if self.rest else Any,
            self.extra.hint if self.extra else Any,
        )

    def __str__(self) -> str:
        parts: list[str] = []
        last = ""
        for p in self.parameters:
            if p.kind == "keyword" and last not in ("keyword", "rest"):
                parts.append("*")
            if last == "positional" and p.kind != "positional":
                parts.append("/")
            parts.append(str(p))
            last = p.kind
        if last == "positional":
            parts.append("/")
        return f"{self.where}({', '.join(parts)})"

    def bind(self, args: list[Any], kwargs: dict[Any, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Arguments that fit: exact names first, then the other language's spelling. Raises BadArguments naming the nearest parameter."""
        given = len(args)
        if kwargs and not kwargs.keys() <= self.keywords:
            args, kwargs = self._renamed(args, kwargs)
            given = len(args)
        if given > len(self.placed):
            if self.rest is None:
                raise self._bad(f"takes {len(self.placed)} arguments by position, got {given}")
            needed = self.required_after[-1]
        else:
            needed = self.required_after[given]
        for name in needed:
            if name not in kwargs:
                raise self._bad(f"argument `{name}` is missing")
        if kwargs:
            for name in self.placed[:given]:
                if name in kwargs and name not in self.only_placed:
                    raise self._bad(f"argument `{name}` came twice, by position and by name")
        return args, kwargs

    def _renamed(self, args: list[Any], kwargs: dict[Any, Any]) -> tuple[list[Any], dict[str, Any]]:
        out: dict[str, Any] = {}
        placed: dict[str, Any] = {}
        for key, value in kwargs.items():
            if not isinstance(key, str):
                raise self._bad(f"argument names are text, not {type(key).__name__}")
            name = key
            if name not in self.keywords and name not in self.only_placed:
                name = self.aliases.get(name, name)
            if name in self.only_placed and self.extra is None:
                placed[name] = value
            elif name in self.keywords or self.extra is not None:
                if name in out:
                    raise self._bad(f"argument `{name}` came twice, as `{key}` too")
                out[name] = value
            else:
                raise self._bad(f"no argument `{key}`", near(key, [p.name for p in self.parameters]))
        args = list(args)
        while placed and len(args) < len(self.placed) and self.placed[len(args)] in placed:
            args.append(placed.pop(self.placed[len(args)]))
        if placed:
            raise self._bad(f"argument `{next(iter(placed))}` can only come by position")
        return args, out

    def _bad(self, what: str, hint: str = "") -> BadArguments:
        error = BadArguments(f"{what}; the signature is {self}", operation=f"call {self.where}")
        if hint:
            error.advice = f"Did you mean `{hint}`?"
        return error


def snake(name: str) -> str:
    """`unitPrice` as `unit_price`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def camel(name: str) -> str:
    """`unit_price` as `unitPrice`."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail) if head else name


def near(name: str, names: list[str]) -> str:
    """The one of `names` that was probably meant, or ""."""
    import difflib

    found = difflib.get_close_matches(name, names, 1, 0.5)
    return found[0] if found else ""
