"""Clients: objects whose methods are calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ._calls import Target, blocking
from ._names import near
from ._options import Options

if TYPE_CHECKING:
    from ._contract import Promise
    from ._session import Session


class Bound(NamedTuple):
    """What a client is made of; one underscored attribute, so that every public name is the service's."""

    session: Session
    service: str
    options: Options
    promises: Mapping[str, Promise] | None
    contract: str
    awaits: bool


class Client:
    __slots__ = ("__dict__", "_bound")

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        for name in bound.promises or ():
            # In the instance, so that a call finds its closure without going through __getattr__.
            self.__dict__[name] = _method(bound, name)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"{name!r}: names with a leading underscore are never remote", name=name, obj=self)
        bound = self._bound
        if bound.promises is not None:
            hint = near(name, list(bound.promises))
            advice = f"Did you mean `{hint}`?" if hint else f"It has: {', '.join(bound.promises)}."
            raise AttributeError(
                f"the contract {bound.contract} of `{bound.service}` has no method `{name}`\n{advice}", name=name, obj=self
            )
        method = self.__dict__[name] = _method(bound, name)
        return method

    def __getitem__(self, name: str) -> Callable[..., Any]:
        """A method whose name Python can't spell: `pricing["class"]`."""
        if not isinstance(name, str):
            raise TypeError(f"a client is asked for a method by its name, not by {name!r}")
        method: Callable[..., Any] = self.__dict__.get(name) or _method(self._bound, name)
        self.__dict__[name] = method
        return method

    # Having __getitem__ alone would make it look like a sequence.
    __iter__ = None
    __contains__ = None

    def __repr__(self) -> str:
        bound = self._bound
        typed = f" as {bound.contract}" if bound.contract else ""
        return f"<Client {bound.service}{typed} of {bound.session.name}>"

    def __dir__(self) -> list[str]:
        bound = self._bound
        names = bound.promises if bound.promises is not None else [m["name"] for m in bound.session.methods(bound.service)]
        return sorted({*object.__dir__(self), *names})

    def __reduce__(self) -> Any:
        raise TypeError(f"a client of {self._bound.service!r} can't be pickled: it belongs to its node")

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        """What help() shows of a client: the methods of the live service."""
        bound = self._bound
        lines = [f"Client of the service `{bound.service}`."]
        for method in bound.session.methods(bound.service):
            lines += ["", told(method), *(f"    {line}" for line in str(method.get("doc", "")).splitlines())]
        return "\n".join(lines)


def _method(bound: Bound, name: str) -> Callable[..., Any]:
    promise = bound.promises.get(name) if bound.promises is not None else None
    plan, raises = (promise.plan, promise.raises) if promise is not None else (None, ())
    target = Target(bound.session, bound.service, name, bound.options, plan, raises)
    if bound.awaits:
        from ._awaits import awaiting

        call: Any = awaiting(target)
        if promise is None or promise.streams:
            from ._streams_aio import calling

            call = calling(call, f"{bound.service}.{name}")
    else:
        call = blocking(target)
    call.__name__ = name
    call.__qualname__ = f"{bound.service}.{name}"
    call.__module__ = "twinspan"
    if promise is not None:
        call.__doc__ = promise.doc
        call.__signature__ = promise.signature
    else:
        live = next((m for m in bound.session.methods(bound.service) if m["name"] == name), None)
        call.__doc__ = None if live is None else f"{told(live)}\n\n{live.get('doc', '')}".rstrip()
    return call  # type: ignore[no-any-return]


def told(method: Mapping[str, Any]) -> str:
    """A method of a node record as one line: `quote(sku: text, *, quantity: int = ...) -> decimal`."""
    parts: list[str] = []
    last = ""
    for p in method.get("params", ()):
        kind = p.get("kind", "both")
        if kind == "keyword" and last not in ("keyword", "rest"):
            parts.append("*")
        stars = {"rest": "*", "extra": "**"}.get(kind, "")
        typed = f": {p['type']}" if p.get("type", "any") not in ("any", "") else ""
        parts.append(f"{stars}{p['name']}{typed}{' = ...' if p.get('optional') and not stars else ''}")
        last = kind
    returns = method.get("returns", "any") or "any"
    return f"{method['name']}({', '.join(parts)}){'' if returns == 'any' else f' -> {returns}'}"


def with_options(proxy: Any, options: Options) -> Any:
    """The same client with other options; None if it is none."""
    if type(proxy) is not Client:
        return None
    bound = proxy._bound
    return Client(bound._replace(options=options.over(bound.options)))
