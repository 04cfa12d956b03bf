"""What a handler may know of the call that it answers."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any

from . import _native


class CallContext:
    """The call that the running handler answers; `current_call()` gives it.

    Attributes:
        deadline: `time.monotonic()` at which the caller stops waiting.
    """

    __slots__ = ("_asked", "_target", "call", "deadline")

    def __init__(self, call: int, remaining: float, target: str) -> None:
        self.call = call
        self.deadline = time.monotonic() + remaining
        self._target = target
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
        """What the root caller sent along to everything below it."""
        baggage = self._parts().get("baggage")
        return dict(_native.decode(baggage)) if baggage else {}

    def remaining(self) -> float:
        """Seconds until the caller stops waiting, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more: long handlers look at this and stop."""
        if self.call == 0 or time.monotonic() >= self.deadline:
            return True
        return bool(_native.context(self.call).get("cancelled", False))

    def end(self) -> None:
        """The handler is done: what it left running makes calls of its own from now on."""
        self.call = 0

    def __repr__(self) -> str:
        return f"<CallContext {self._target}, {self.remaining():.3f} s left>"


current: ContextVar[CallContext | None] = ContextVar("twinspan_call", default=None)


def current_call() -> CallContext | None:
    """The call that the running handler answers; None outside a handler."""
    return current.get()
