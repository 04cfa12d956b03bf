"""A live service as `help()`, `inspect.signature()` and tab completion show it: in Python's words."""

from __future__ import annotations

import inspect
import json
from typing import Any

from . import _defaults
from ._look import MethodInfo, ParameterInfo, ServiceInfo, TypeInfo

_SPELT = {
    "any": "Any",
    "null": "None",
    "text": "str",
    "decimal": "Decimal",
    "instant": "datetime",
    "offset_datetime": "datetime",
    "zoned_datetime": "datetime",
    "local_datetime": "datetime",
    "duration": "timedelta",
    "uuid": "UUID",
    "array": "NdArray",
    "table": "Table",
    "service_ref": "ServiceRef",
    "node_ref": "NodeRef",
}
_GENERIC = {"list": "list", "set": "set", "map": "dict", "tuple": "tuple", "stream": "Stream"}
_KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "both": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
    "rest": inspect.Parameter.VAR_POSITIONAL,
    "extra": inspect.Parameter.VAR_KEYWORD,
}
# Defaults of these types are what JSON says; of others a text stands for a value.
_PLAIN = {"any", "int", "float", "bool", "text"}


class Words(str):
    """Words that stand in a signature as they are, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def spelt(kind: str) -> str:
    """A type of the neutral grammar as Python writes it: `list<record Order>?` is `list[Order] | None`."""
    return _spelt(kind, 0)


def _spelt(kind: str, depth: int) -> str:
    if depth > 16:
        return "Any"
    if kind.endswith("?"):
        inner = _spelt(kind[:-1], depth)
        return inner if inner in ("Any", "None") else f"{inner} | None"
    name, bracket, rest = kind.partition("<")
    if bracket and rest.endswith(">"):
        if name == "array":
            return "NdArray"
        generic = _GENERIC.get(name)
        return "Any" if generic is None else f"{generic}[{', '.join(_spelt(one, depth + 1) for one in _defaults.split(rest[:-1]))}]"
    first, space, second = kind.partition(" ")
    if space and first in ("record", "enum", "union"):
        return second
    return _SPELT.get(kind, kind)


def default(said: str | None, kind: str) -> Any:
    """The default of a parameter: its value where JSON says it, else words that stand for it."""
    try:
        value = json.loads(said) if said is not None else ...
    except ValueError:
        return ...
    bare = kind.removesuffix("?")
    if value is None or value is ... or bare in _PLAIN or bare.partition("<")[0] in ("list", "map"):
        return value
    if bare.startswith("enum "):
        return Words(f"{bare[5:]}.{value}")
    if bare in ("service_ref", "node_ref"):
        return Words(f"{spelt(bare)}.parse({value!r})")
    return Words(f"{spelt(bare)}({value!r})") if isinstance(value, str) else ...


def signature(method: MethodInfo) -> inspect.Signature:
    """The signature of a live method; one that takes anything if Python can't have such a one."""
    try:
        parameters = [inspect.Parameter(p.name, _KINDS[p.kind], default=_given(p), annotation=_note(p.type)) for p in method.parameters]
        return inspect.Signature(parameters, return_annotation=_note(method.returns))
    except (ValueError, KeyError, TypeError):
        return inspect.Signature(
            [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL), inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)],
            return_annotation=_note(method.returns),
        )


def _given(p: ParameterInfo) -> Any:
    if not p.optional or p.kind in ("rest", "extra"):
        return inspect.Parameter.empty
    value = default(p.default, p.type)
    return Words("...") if value is ... else value


def _note(kind: str) -> Any:
    return inspect.Parameter.empty if kind == "any" else Words(spelt(kind))


def told(method: MethodInfo) -> str:
    """A method as one line: `quote(sku: str, *, quantity: int = 1) -> Decimal`."""
    parts: list[str] = []
    last = ""
    for p in method.parameters:
        if last == "positional" and p.kind != "positional":
            parts.append("/")
        if p.kind == "keyword" and last not in ("keyword", "rest"):
            parts.append("*")
        stars = {"rest": "*", "extra": "**"}.get(p.kind, "")
        parts.append(stars + _line(p.name, p.type, p.optional and not stars, p.default))
        last = p.kind
    if last == "positional":
        parts.append("/")
    returns = "" if method.returns == "any" else f" -> {spelt(method.returns)}"
    return f"{method.name}({', '.join(parts)}){returns}"


def _line(name: str, kind: str, optional: bool, said: str | None) -> str:
    typed = "" if kind == "any" else f": {spelt(kind)}"
    if not optional:
        return name + typed
    value = default(said, kind)
    return f"{name}{typed} = {'...' if value is ... else repr(value)}"


def defined(one: TypeInfo) -> str:
    """A class in one line: `Order(sku: str, quantity: int = 1)`, `Color: RED, GREEN`, `Payment = Card | Cash`."""
    if one.kind == "enum":
        return f"{one.name}: {', '.join(one.values)}"
    if one.kind == "union":
        return f"{one.name} = {' | '.join(map(spelt, one.members))}"
    return f"{one.name}({', '.join(_line(f.name, f.type, f.optional, f.default) for f in one.fields)})"


def document(method: MethodInfo) -> str:
    """What `help()` shows of a method below its signature."""
    return plain("\n\n".join(filter(None, (method.doc, "Deprecated." if method.deprecated else ""))))


def page(name: str, service: ServiceInfo | None) -> str:
    """What `help()` shows of a client."""
    if service is None:
        return f"Client of the service `{name}`, which nobody serves at the moment."
    lines = [f"Client of the service `{name}`.", *(["", *service.doc.splitlines()] if service.doc else [])]
    for method in service.methods:
        lines += ["", told(method), *_indented(method.doc)]
        if method.deprecated:
            lines.append("    Deprecated.")
    if service.types:
        lines += ["", "Types:"]
    for one in service.types:
        lines += [f"    {defined(one)}", *(f"    {line}" for line in _indented(one.doc))]
    return plain("\n".join(lines))


def _indented(doc: str) -> list[str]:
    return [f"    {line}".rstrip() for line in doc.splitlines()]


def plain(text: str) -> str:
    """Without control characters: a peer chose the text, and a terminal obeys some."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
