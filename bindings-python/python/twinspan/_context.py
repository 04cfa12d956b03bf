"""What a handler may know of the call that it answers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _native
from ._errors import BadArguments, Closed

if TYPE_CHECKING:
    from ._node import Node
    from ._session import Session


class CallContext:
    """The call that the running handler answers; `current_call()` gives it.

    Attributes:
        deadline: `time.monotonic()` at which the caller stops waiting.
    """

    __slots__ = ("_asked", "_session", "_target", "call", "deadline", "streams")

    def __init__(self, call: int, remaining: float, target: str, session: Session) -> None:
        self.call = call
        self.deadline = time.monotonic() + remaining
        # The deadline of a call with a stream counts to its first item; after that the core alone knows whether there is one.
        self.streams = False
        self._target = target
        self._session = session
        self._asked: dict[str, Any] | None = None

    def _parts(self) -> dict[str, Any]:
        if self._asked is None:
            self._asked = _native.context(self.call)
        return self._asked

    @property
    def caller(self) -> str:
        """Name of the calling node."""
        return str(self._parts().get("caller", ""))

    @property
    def caller_id(self) -> str:
        """Id of the calling node."""
        return str(self._parts().get("caller_id", ""))

    @property
    def language(self) -> str:
        """Language of the caller: "python", "java" or "rust"."""
        return str(self._parts().get("language", ""))

    @property
    def node(self) -> Node:
        """The node on which the handler runs: for calls of its own, and for clients of the references that it was given.

        Coroutines use `node.aio`.
        """
        from ._node import Node

        return Node(self._session)

    @property
    def service(self) -> str:
        """Name of the service that was called."""
        return self._target.rpartition(".")[0]

    @property
    def method(self) -> str:
        """Name of the method that was called."""
        return self._target.rpartition(".")[2]

    @property
    def attempt(self) -> int:
        """Number of this attempt; the first is 1."""
        return int(self._parts().get("attempt", 1))

    @property
    def depth(self) -> int:
        """How many calls lie between this one and the root."""
        return int(self._parts().get("depth", 0))

    @property
    def baggage(self) -> dict[str, str]:
        """What the callers above sent along to everything below them."""
        return dict(self._parts().get("baggage") or {})

    @property
    def traceparent(self) -> str:
        """Trace and span of this call, as W3C Trace Context writes them."""
        return str(self._parts().get("traceparent", ""))

    def remaining(self) -> float:
        """Seconds until the caller stops waiting, at least 0."""
        if self.streams and self.call:
            return float(_native.context(self.call).get("remaining_ms", 0)) / 1000
        return max(0.0, self.deadline - time.monotonic())

    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more: long handlers look at this and stop."""
        if self.call == 0 or (not self.streams and time.monotonic() >= self.deadline):
            return True
        try:
            return bool(_native.context(self.call).get("cancelled", False))
        except Closed:  # answered already, by its node that ends
            return True

    def end(self) -> None:
        """The handler is done: what it left running makes calls of its own from now on."""
        self.call = 0

    def __repr__(self) -> str:
        return f"<CallContext {self._target}, {self.remaining():.3f} s left>"


current: ContextVar[CallContext | None] = ContextVar("twinspan_call", default=None)


def current_call() -> CallContext | None:
    """The call that the running handler answers; None outside a handler."""
    return current.get()


class Carried(NamedTuple):
    """What a block said that its calls carry."""

    owner: CallContext | None
    """The call in whose handler the block stands: a handler inherits from its caller, not from whoever joined its node."""
    baggage: Mapping[str, str] | None
    traceparent: str | None
    encoded: bytes

    def within(self, call: CallContext | None) -> bytes | None:
        """Its encoded form, for a call that is made inside of `call`."""
        return self.encoded if self.owner is call else None


carried: ContextVar[Carried | None] = ContextVar("twinspan_carried", default=None)

_TRACEPARENT = re.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def _own() -> Carried | None:
    mine = carried.get()
    return mine if mine is not None and mine.owner is current.get() else None


@contextmanager
def _carrying(baggage: Mapping[str, str] | None, traceparent: str | None) -> Iterator[None]:
    mine = _own()
    if mine is not None:
        baggage = mine.baggage if baggage is None else baggage
        traceparent = mine.traceparent if traceparent is None else traceparent
    parts = {"baggage": None if baggage is None else dict(baggage), "traceparent": traceparent}
    encoded = _native.encode({key: value for key, value in parts.items() if value is not None})
    token = carried.set(Carried(current.get(), baggage, traceparent, encoded))
    try:
        yield
    finally:
        carried.reset(token)


@contextmanager
def baggage(**items: str) -> Iterator[None]:
    """Texts that every call made inside carries, and every call made below those, whatever their language.

    They are added to what is carried already; all together may have 2,048 bytes.

    Example:
        with twinspan.baggage(tenant="a"):
            pricing.quote(sku="A1")  # its handler sees current_baggage()["tenant"]
    """
    for name, value in items.items():
        if not isinstance(value, str):
            raise BadArguments(f"baggage `{name}` is text, not {value!r}", advice="Write str(...) around it.")
    with _carrying({**current_baggage(), **items}, None):
        yield


@contextmanager
def traceparent(text: str) -> Iterator[None]:
    """Calls made inside belong to this trace: a W3C `traceparent`, such as a request of HTTP brings it.

    Example:
        with twinspan.traceparent(request.headers["traceparent"]):
            pricing.quote(sku="A1")
    """
    if not isinstance(text, str) or _TRACEPARENT.fullmatch(text) is None or (text.startswith("00") and len(text) != 55):
        raise BadArguments(
            f"{text!r} is not a traceparent",
            advice="Give it as W3C Trace Context writes it: `00-`, 32 hexadecimal digits, `-`, 16 digits, `-`, 2 digits, in lower case.",
        )
    with _carrying(None, text):
        yield


def current_baggage() -> dict[str, str]:
    """What a call made here would carry; inside a handler that is at least what its caller sent."""
    mine = _own()
    if mine is not None and mine.baggage is not None:
        return dict(mine.baggage)
    call = current.get()
    return {} if call is None or call.call == 0 else call.baggage


def current_traceparent() -> str | None:
    """The trace that a call made here would belong to; None where it would begin one of its own."""
    mine = _own()
    if mine is not None and mine.traceparent is not None:
        return mine.traceparent
    call = current.get()
    return None if call is None or call.call == 0 else call.traceparent
