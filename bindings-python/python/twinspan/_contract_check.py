"""A contract beside the live service: what no longer fits is a warning, as soon as somebody serves it."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _native
from ._errors import ContractWarning, Error

if TYPE_CHECKING:
    from ._contract import Promise
    from ._session import Session


class Change(NamedTuple):
    """One difference between what a contract relies on and what is served."""

    where: str
    """`quote`, `quote.sku`, `Order.items`."""
    what: str
    breaking: bool


class ContractCheck:
    """Compares a contract with the live service once, for each service and node. It blocks nothing."""

    def __init__(self, session: Session, service: str, contract: type, promises: dict[str, Promise]) -> None:
        self._session = session
        self._service = service
        self._contract = contract
        self._promises = promises
        self.pending = (service, contract) not in session.checked

    def now(self, stacklevel: int) -> None:
        """Compares if somebody serves the service; warns the caller that is `stacklevel` frames above."""
        if not self.pending:
            return
        if not self._session.compares(self._service):
            self.pending = False
            return
        offered = self._session.look(self._service)
        if not offered:
            return
        # First, so that a warning that is raised as an error doesn't come again in every call of this client.
        self.pending = False
        try:
            changes = compared(wanted(self._service, self._promises), offered)
        except Error:
            return  # a peer whose description can't be read: calls will tell
        broken = [change for change in changes if change.breaking]
        if broken:
            warnings.warn(self._warning(broken), stacklevel=stacklevel + 1)
        self._session.checked.add((self._service, self._contract))

    def _warning(self, broken: list[Change]) -> ContractWarning:
        from ._shown import plain

        told = plain("; ".join(f"{change.where} {change.what}" for change in broken))
        return ContractWarning(
            f"the contract {self._contract.__qualname__} does not fit the service `{self._service}`: {told}\n"
            f"`twinspan describe {self._service}` shows what the service offers.",
        )


def compared(wanted: bytes, offered: bytes) -> list[Change]:
    """What differs for somebody who relies on `wanted`."""
    return [Change(one["where"], one["what"], one.get("breaking", False)) for one in _native.decode(_native.compare(wanted, offered))]


def wanted(service: str, promises: dict[str, Promise]) -> bytes:
    """The encoded service that callers of a contract rely on."""
    from . import _grammar, _types
    from ._context import CallContext
    from ._marks import marks_of
    from ._signature import parameter

    grammar = _grammar.Grammar()
    methods: list[dict[str, Any]] = []
    for name, promise in promises.items():
        hints = promise.hints
        params = []
        for p in promise.signature.parameters.values():
            if (hint := hints.get(p.name, Any)) not in (CallContext, CallContext | None):
                params.append(parameter(p, hint, grammar).record())
        returned = hints.get("return", Any)
        streams = _types.stream_of(returned)
        methods.append(
            {
                "name": name,
                "params": params,
                "returns": grammar.text(returned),
                "out_stream": streams is not None and streams.wraps,
                "deprecated": bool(marks_of(promise.function).get("deprecated")),
            }
        )
    return _native.encode({"name": service, "methods": methods, "types": grammar.types()})


def checked(methods: dict[str, Any], name: str, check: ContractCheck) -> Any:
    """A method of a client, before whose call the contract is compared as long as that is still to be done."""
    method = methods[name]

    def look() -> None:
        if check.pending:
            check.now(3)  # whoever made the call
        if not check.pending:
            methods[name] = method

    def blocking(*args: Any, **kwargs: Any) -> Any:
        look()
        return method(*args, **kwargs)

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        look()
        return await method(*args, **kwargs)

    call = awaited if inspect.iscoroutinefunction(method) else blocking
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__", "__signature__"):
        setattr(call, attribute, getattr(method, attribute))
    return call
