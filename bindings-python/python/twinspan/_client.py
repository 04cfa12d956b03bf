"""Clients: objects whose methods are calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ._calls import Target, blocking
from ._names import near
from ._options import Options

if TYPE_CHECKING:
    from ._contract import Promise
    from ._contract_check import ContractCheck
    from ._session import Session


class Bound(NamedTuple):
    """What a client is made of; one underscored attribute, so that every public name is the service's."""

    session: Session
    service: str
    options: Options
    promises: Mapping[str, Promise] | None
    contract: str
    awaits: bool
    check: ContractCheck | None = None
    """Of the contract with the live service."""


class Client:
    __slots__ = ("__dict__", "_bound")

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        for name in bound.promises or ():
            # In the instance, so that a call finds its closure without going through __getattr__.
            self.__dict__[name] = _method(bound, name)
        if bound.check is not None and bound.check.pending:
            from ._contract_check import checked

            for name in bound.promises or ():
                self.__dict__[name] = checked(self.__dict__, name, bound.check)

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
        return self[name]

    def __getitem__(self, name: str) -> Callable[..., Any]:
        """A method whose name Python can't spell: `pricing["class"]`."""
        if not isinstance(name, str):
            raise TypeError(f"a client is asked for a method by its name, not by {name!r}")
        known: Callable[..., Any] | None = self.__dict__.get(name)
        if known is None:
            known = _method(self._bound, name)
            # One that nobody serves yet is asked for anew: it may be described later.
            if known.__doc__ is not None:
                self.__dict__[name] = known
        return known

    # Having __getitem__ alone would make it look like a sequence.
    __iter__ = None
    __contains__ = None

    def __repr__(self) -> str:
        bound = self._bound
        typed = f" as {bound.contract}" if bound.contract else ""
        return f"<Client {bound.service}{typed} of {bound.session.name}: {self._told()}>"

    def _told(self) -> str:
        live = self._bound.session.service(self._bound.service)
        if live is None:
            return "no provider"
        names = [method.name for method in live.methods]
        return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")

    def __dir__(self) -> list[str]:
        bound = self._bound
        live = bound.session.service(bound.service) if bound.promises is None else None
        names = bound.promises or (method.name for method in (live.methods if live is not None else ()))
        return sorted({*object.__dir__(self), *names})

    @property
    def __twinspan_reference__(self) -> tuple[str, str, str]:
        # Sent somewhere, a client is a `ServiceRef` there.
        return "service", self._bound.session.cluster, self._bound.service

    def __reduce__(self) -> Any:
        raise TypeError(f"a client of {self._bound.service!r} can't be pickled: it belongs to its node")

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        """What help() shows of a client: the methods of the live service, and the classes that they name."""
        from ._shown import page

        return page(self._bound.service, self._bound.session.service(self._bound.service))


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
        _describe(call, bound, name)
    return call  # type: ignore[no-any-return]


def _describe(call: Any, bound: Bound, name: str) -> None:
    """Gives a call the documentation and the signature of the live method; no documentation if there is none now."""
    live = bound.session.service(bound.service)
    call.__doc__ = None
    if live is None:
        return
    from ._shown import document, signature

    found = next((m for m in live.methods if m.name == name), None) or next((m for m in live.methods if _bare(m.name) == _bare(name)), None)
    if found is not None:
        call.__doc__ = document(found)
        call.__signature__ = signature(found)


def _bare(name: str) -> str:
    """A name without the spelling of its language: `orderTotal` and `order_total` are one."""
    return name.replace("_", "").lower()


def with_options(proxy: Any, options: Options) -> Any:
    """The same client with other options; None if it is none."""
    if type(proxy) is not Client:
        return None
    bound = proxy._bound
    return Client(bound._replace(options=options.over(bound.options)))
