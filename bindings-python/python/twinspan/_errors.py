"""The exceptions of Twinspan: one class a kind, each also the builtin that people already catch for it."""

from __future__ import annotations

import builtins
from typing import Any, ClassVar, Literal, TypeVar, cast

from . import _native

Executed = Literal["no", "maybe", "yes"]
E = TypeVar("E", bound=BaseException)

KINDS: dict[int, type[Error]] = {}


class ContractWarning(UserWarning):
    """A contract no longer fits the live service: some of its calls will fail, or answer what it doesn't expect.

    Example:
        warnings.simplefilter("error", twinspan.ContractWarning)  # then `client()` raises it
    """


class Error(Exception):
    """The root of everything that Twinspan raises.

    Attributes:
        kind: name of the kind, the same in every language.
        executed: whether the handler ran: "no", "maybe" or "yes".
        retryable: whether the same call can succeed later or elsewhere.
        node: name of the node that the error is about, or "".
        trace_id: the trace in which it happened, or "".
        advice: what to do, one sentence.
        operation: what was attempted, such as "call pricing.quote", or "".
    """

    kind: ClassVar[str] = "Error"
    number: ClassVar[int] = 22
    _retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str = "",
        *,
        advice: str | None = None,
        executed: Executed = "no",
        retryable: bool | None = None,
        operation: str = "",
        node: str = "",
        trace_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = _native.explain_error(self.number) if advice is None else advice
        self.executed: Executed = executed
        self.retryable = self._retryable if retryable is None else retryable
        self.operation = operation
        self.node = node
        self.trace_id = trace_id

    def __str__(self) -> str:
        happened = f"{self.operation}: {self.message}" if self.operation else self.message
        return f"{happened}\n{self.advice}" if self.advice else happened

    def parts(self) -> dict[str, Any]:
        """The encoded form: what crosses to other processes."""
        return {
            "kind": self.number,
            "executed": self.executed,
            "retryable": self.retryable,
            "operation": self.operation,
            "message": self.message,
            "advice": self.advice,
            "node": self.node,
            "trace_id": self.trace_id,
        }

    def __reduce__(self) -> Any:
        return _rebuilt, (type(self), self.parts()), {"__notes__": notes} if (notes := notes_of(self)) else None

    @classmethod
    def _of(cls, parts: dict[str, Any]) -> Error:
        return cls(
            parts.get("message", ""),
            advice=parts.get("advice", ""),
            executed=parts.get("executed", "no"),
            retryable=parts.get("retryable", False),
            operation=parts.get("operation", ""),
            node=parts.get("node", ""),
            trace_id=parts.get("trace_id", ""),
        )


def _kind(number: int, *, retryable: bool = False) -> Any:
    """Registers a class under its stable number; the core's table has the same numbers."""

    def register(cls: type[Error]) -> type[Error]:
        cls.kind = cls.__name__
        cls.__module__ = "twinspan"  # its public place, in tracebacks and pickles
        cls.number = number
        cls._retryable = retryable
        KINDS[number] = cls
        return cls

    return register


@_kind(1, retryable=True)
class DeadlineExceeded(Error, TimeoutError):
    """The deadline passed before the answer came."""


@_kind(2, retryable=True)
class Unavailable(Error, ConnectionError):
    """No provider could be reached."""


@_kind(3)
class PermissionDenied(Error, PermissionError):
    """The cluster doesn't let this node do that."""


@_kind(4)
class NotFound(Error, LookupError):
    """Nothing has that name."""


@_kind(5)
class NoSuchMethod(NotFound):
    """The service has no such method."""


@_kind(6)
class BadArguments(Error, TypeError):
    """The arguments don't fit the method; its handler did not run."""


@_kind(7, retryable=True)
class Overloaded(Error):
    """A queue is full; the call was not started."""


@_kind(8)
class MaybeExecuted(Error):
    """The answer was lost: the handler may have run."""


@_kind(9, retryable=True)
class NoQuorum(Error):
    """No majority of the full nodes can be reached."""


@_kind(10)
class Closed(Error):
    """The node, stream or handle was closed."""


@_kind(11)
class Forked(Error):
    """A forked child used its parent's node."""


@_kind(12)
class VersionMismatch(Error):
    """The two sides share no protocol version."""


@_kind(13)
class PayloadTooLarge(Error):
    """A value is larger than a limit allows."""


@_kind(14)
class Unserializable(Error, TypeError):
    """A value can't cross; the message names its path.

    Attributes:
        path: where the value stands, such as "order.items[3].quantity"; "" when unknown.
    """

    path: str = ""


@_kind(15)
class Cancelled(Error):
    """A call was cancelled elsewhere. One cancelled here raises asyncio.CancelledError."""


@_kind(16)
class Misuse(Error, RuntimeError):
    """A call in the wrong place."""


@_kind(17)
class Unauthenticated(Error, ConnectionError):
    """A peer could not prove who it is."""


@_kind(18)
class AlreadyExists(Error):
    """The name is taken."""


@_kind(19)
class BadConfig(Error, ValueError):
    """A setting is wrong; the message names it."""


@_kind(20, retryable=True)
class Protocol(Error, ConnectionError):
    """A peer said something that is not the protocol."""


@_kind(21)
class ClockSkew(Error):
    """The clocks of two hosts differ too much."""


@_kind(22)
class Internal(Error):
    """A defect of Twinspan."""


@_kind(23)
class RemoteError(Error):
    """What a handler raised, on another node or on this one.

    It is never an instance of the builtin that the handler raised, so that `except KeyError` can't swallow a remote bug;
    ask `is_("builtins.KeyError")`, or declare the class in the contract with `@twinspan.raises(KeyError)`.
    """

    def __init__(self, message: str = "", *, failure: dict[str, Any] | None = None, **parts: Any) -> None:
        super().__init__(message, **parts)
        self.failure: dict[str, Any] = failure if failure is not None else {"type": "twinspan.RemoteError", "message": message}

    @property
    def type(self) -> str:
        """Registered or qualified name of the class that was raised, such as "builtins.ValueError"."""
        return str(self.failure.get("type", ""))

    @property
    def language(self) -> str:
        """Language of the handler."""
        return str(self.failure.get("language", ""))

    @property
    def frames(self) -> list[dict[str, Any]]:
        """The remote stack, innermost call last: maps with file, line and function."""
        return list(self.failure.get("frames", ()))

    @property
    def details(self) -> Any:
        """Fields of a registered exception, or None."""
        from . import _failure

        return _failure.details_of(self.failure)

    @property
    def suppressed(self) -> list[RemoteError]:
        """The members of a remote exception group, or what a remote exception suppressed; each with its own remote frames."""
        from . import _failure

        return _failure.suppressed_of(self.failure)

    def is_(self, name: str) -> bool:
        """Whether the class, one of its bases or its standard counterpart in another language has this name."""
        from . import _failure

        return name in _failure.names_of(self.failure)

    def as_(self, cls: builtins.type[E]) -> E | None:
        """The exception as an instance of `cls`, or None if it isn't one."""
        from . import _failure

        return _failure.instance_of(self.failure, cls)

    def parts(self) -> dict[str, Any]:
        return {**super().parts(), "failure": self.failure}

    @classmethod
    def _of(cls, parts: dict[str, Any]) -> Error:
        error = cast("RemoteError", super()._of(parts))
        error.failure = parts.get("failure") or error.failure
        return error


RemoteError.kind = "Remote"
Error.__module__ = "twinspan"


class RemoteCancelled(RemoteError):
    """The handler was cancelled by something other than this caller."""


RemoteCancelled.__module__ = "twinspan"


def _rebuilt(cls: type[Error], parts: dict[str, Any]) -> Error:
    error = cls._of(parts)
    if isinstance(error, RemoteError):
        from . import _failure

        _failure.dress(error)
    return error


_CANCELLED = {
    "asyncio.CancelledError",
    "concurrent.futures.CancelledError",
    "java.util.concurrent.CancellationException",
    "twinspan.RemoteCancelled",
}


def from_encoded(parts: dict[str, Any]) -> Error:
    """The exception of an encoded error. The native module raises everything through this."""
    cls = KINDS.get(parts.get("kind", 22), Internal)
    failure = parts.get("failure")
    if cls is RemoteError and failure and not _CANCELLED.isdisjoint((failure.get("type"), *failure.get("also", ()))):
        cls = RemoteCancelled
    return _rebuilt(cls, parts)


def notes_of(error: BaseException) -> list[str]:
    """The notes that were added to an exception."""
    try:
        notes = getattr(error, "__notes__", None)
        return [str(note) for note in notes] if isinstance(notes, (list, tuple)) else []
    except Exception:  # the class has its own idea of notes
        return []
