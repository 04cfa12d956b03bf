"""Exceptions on their way across: what a handler raised becomes a map, and a map becomes an exception with remote frames."""

from __future__ import annotations

import os
import sys
import traceback
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any, TypeVar

from . import _native
from ._errors import Error, RemoteError, notes_of

E = TypeVar("E", bound=BaseException)

MAX_FRAMES = 64
MAX_CHAIN = 16
MAX_LINE = 1 << 24
MAX_MESSAGE = 16 << 10

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_REMOTE = "__twinspan_remote__"

# What one language's standard exception is called in the other (values.md, "Standard pairs").
_TO_JAVA = {
    "builtins.ValueError": "java.lang.IllegalArgumentException",
    "builtins.KeyError": "java.util.NoSuchElementException",
    "builtins.LookupError": "java.util.NoSuchElementException",
    "builtins.IndexError": "java.lang.IndexOutOfBoundsException",
    "builtins.TypeError": "java.lang.ClassCastException",
    "builtins.TimeoutError": "java.util.concurrent.TimeoutException",
    "builtins.PermissionError": "java.lang.SecurityException",
    "builtins.NotImplementedError": "java.lang.UnsupportedOperationException",
    "builtins.ZeroDivisionError": "java.lang.ArithmeticException",
    "builtins.ArithmeticError": "java.lang.ArithmeticException",
    "builtins.FileNotFoundError": "java.nio.file.NoSuchFileException",
    "builtins.OSError": "java.io.IOException",
    "builtins.RuntimeError": "java.lang.IllegalStateException",
}
_TO_PYTHON = {
    "java.lang.IllegalArgumentException": "builtins.ValueError",
    "java.util.NoSuchElementException": "builtins.LookupError",
    "java.lang.IndexOutOfBoundsException": "builtins.IndexError",
    "java.lang.ClassCastException": "builtins.TypeError",
    "java.util.concurrent.TimeoutException": "builtins.TimeoutError",
    "java.lang.SecurityException": "builtins.PermissionError",
    "java.lang.UnsupportedOperationException": "builtins.NotImplementedError",
    "java.lang.ArithmeticException": "builtins.ArithmeticError",
    "java.nio.file.NoSuchFileException": "builtins.FileNotFoundError",
    "java.io.IOException": "builtins.OSError",
    "java.lang.RuntimeException": "builtins.RuntimeError",
    "java.lang.IllegalStateException": "builtins.RuntimeError",
}

_registered: dict[type[BaseException], str] = {}


def register(name: str, cls: type[BaseException]) -> None:
    """Gives an exception class the name under which it crosses."""
    _registered[cls] = name


def name_of(cls: type[BaseException]) -> str:
    """The registered name of a class, else its qualified one. Twinspan's own are told without their private module."""
    registered = _registered.get(cls)
    if registered is not None:
        return registered
    if cls.__module__ == "asyncio.exceptions":
        return f"asyncio.{cls.__qualname__}"
    return f"{cls.__module__}.{cls.__qualname__}"


class Fault(Exception):
    """Raised in the place of a handler by a fake node: its error crosses as if the node itself had said it."""

    def __init__(self, error: Error) -> None:
        super().__init__(error)
        self.error = error


# ---- going out: exception to failure


def encoded(error: BaseException, *, operation: str, node: str) -> dict[str, Any]:
    """The encoded error for what a handler raised: kind `Remote`, executed."""
    if isinstance(error, Fault):
        return {**error.error.parts(), "node": error.error.node or node}
    failure = failure_of(error, node)
    return {
        "kind": RemoteError.number,
        "executed": "yes",
        "retryable": False,
        "operation": operation,
        "message": f"{failure['type']}: {failure['message']}" if failure["message"] else failure["type"],
        "advice": _native.explain_error(RemoteError.number),
        "node": node,
        "failure": failure,
    }


def failure_of(error: BaseException, node: str, depth: int = MAX_CHAIN, seen: frozenset[int] = frozenset()) -> dict[str, Any]:
    """An exception with its cause chain, cut to size. Whatever can't be told is left out; type, message and frames always can."""
    seen = seen | {id(error)}
    cls = type(error)
    failure: dict[str, Any] = {
        "type": name_of(cls),
        "also": _also(cls),
        "message": _message(error),
        "language": "python",
        "node": node,
        "frames": _frames(error.__traceback__),
    }
    details = _details(error)
    if details is not None:
        failure["details"] = details
    notes = [_text(note, 1024) for note in notes_of(error)[:MAX_CHAIN]]
    if notes:
        failure["notes"] = notes
    if depth <= 0:
        return failure
    if isinstance(error, RemoteError):
        # The leg behind this one: told as it arrived, so that the caller reads both in one trace.
        failure["cause"] = error.failure
    else:
        cause = error.__cause__ if error.__cause__ is not None or error.__suppress_context__ else error.__context__
        if cause is not None and id(cause) not in seen:
            failure["cause"] = failure_of(cause, node, depth - 1, seen)
    if isinstance(error, BaseExceptionGroup):
        members = [e for e in error.exceptions[:MAX_CHAIN] if id(e) not in seen]
        failure["suppressed"] = [failure_of(e, node, depth - 1, seen) for e in members]
    return failure


def _also(cls: type[BaseException]) -> list[str]:
    names: dict[str, None] = {}
    for base in cls.__mro__:
        if issubclass(base, BaseException) and base not in (Exception, BaseException):
            name = name_of(base)
            names[name] = None
            if pair := _TO_JAVA.get(name):
                names[pair] = None
    names.pop(name_of(cls), None)
    return list(names)[:MAX_CHAIN]


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, Error):
            return _text(f"{error.operation}: {error.message}" if error.operation else error.message, MAX_MESSAGE)
        if isinstance(error, KeyError) and len(error.args) == 1:
            return _text(str(error.args[0]), MAX_MESSAGE)
        return _text(str(error), MAX_MESSAGE)
    except Exception as broken:
        return f"<its text could not be made: {type(broken).__name__}>"


def _text(text: str, most: int) -> str:
    """Text that can cross: no lone surrogates, at most `most` characters."""
    text = text if len(text) <= most else text[:most] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _frames(tb: TracebackType | None) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    for frame, line in traceback.walk_tb(tb):
        code = frame.f_code
        if _REMOTE in frame.f_globals or code.co_filename.startswith(_HERE):
            continue
        name = getattr(code, "co_qualname", code.co_name)
        frames.append(
            {
                "file": _text(code.co_filename, 500),
                "line": line or 0,
                "function": _text(f"{frame.f_globals.get('__name__', '')}.{name}", 500),
            }
        )
    return frames[-MAX_FRAMES:]


def _details(error: BaseException) -> bytes | None:
    if type(error) not in _registered:
        return None
    try:
        fields = {name: value for name, value in vars(error).items() if not name.startswith("_")}
        return _native.encode(fields)
    except Exception:
        return None  # it degrades to type, message and frames


# ---- coming in: failure to exception


def names_of(failure: dict[str, Any]) -> set[str]:
    """Every name under which a failure answers."""
    names = {str(failure.get("type", "")), *map(str, failure.get("also", ()))}
    for name in tuple(names):
        for pairs in (_TO_JAVA, _TO_PYTHON):
            if pair := pairs.get(name):
                names.add(pair)
    if "builtins.KeyError" in names or "builtins.IndexError" in names:
        names.add("builtins.LookupError")
    return names


def details_of(failure: dict[str, Any]) -> Any:
    """The decoded fields of a registered exception, or None."""
    details = failure.get("details")
    return None if not details else _native.decode(details)


def instance_of(failure: dict[str, Any], cls: type[E]) -> E | None:
    """An instance of `cls` if the failure answers to its name. Fields of registered classes come back by name."""
    names = names_of(failure)
    if cls not in (Exception, BaseException) and name_of(cls) not in names:
        return None
    message = str(failure.get("message", ""))
    fields = details_of(failure) if cls in _registered else None
    if isinstance(fields, dict):
        error = cls.__new__(cls)
        error.args = (message,) if message else ()
        for name, value in fields.items():
            if isinstance(name, str) and not name.startswith("_"):
                setattr(error, name, value)
    else:
        try:
            error = cls(message)
        except Exception:
            error = cls.__new__(cls)
            error.args = (message,)
    for note in failure.get("notes", ()):
        error.add_note(str(note))
    return error


def dress(error: RemoteError) -> None:
    """Gives a remote error its notes, the remote frames as its traceback, and its causes."""
    failure = error.failure
    for note in failure.get("notes", ()):
        error.add_note(str(note))
    error.__traceback__ = _traceback(failure)
    error.__cause__ = _cause(failure, MAX_CHAIN)
    suppressed = failure.get("suppressed", ())
    for inner in suppressed[:MAX_CHAIN]:
        error.add_note(f"suppressed: {inner.get('type')}: {inner.get('message')}")


def _cause(failure: dict[str, Any], depth: int) -> RemoteError | None:
    cause = failure.get("cause")
    if not cause or depth <= 0:
        return None
    text = f"{cause.get('type')}: {cause.get('message')}"
    error = RemoteError(text, failure=cause, advice="", executed="yes", retryable=False, node=cause.get("node", ""))
    for note in cause.get("notes", ()):
        error.add_note(str(note))
    error.__traceback__ = _traceback(cause)
    error.__cause__ = _cause(cause, depth - 1)
    return error


def _here() -> FrameType:
    return sys._getframe(1)


def _template() -> FrameType:
    return _here()


_globals: dict[str, Any] = {"__name__": "twinspan.remote", "__builtins__": {}, _REMOTE: True, "_here": _here}
_codes: dict[tuple[str, str, int], CodeType] = {}


def _traceback(failure: dict[str, Any]) -> TracebackType | None:
    """Remote frames as ordinary lines: `File "ops-1:Pricing.java", line 42, in shop.Pricing.quote`.

    Each is a finished frame of a code object that carries the remote name. A line is a number, never source text: a peer must
    not be able to choose how much is compiled. The node before the file name keeps local sources from being shown for remote paths.
    """
    node = str(failure.get("node", "")) or "?"
    tb: TracebackType | None = None
    for frame in reversed(failure.get("frames", ())[-MAX_FRAMES:]):
        line = max(1, min(int(frame.get("line", 0)), MAX_LINE))
        key = (f"{node}:{frame.get('file', '')}", str(frame.get("function", "")), line)
        code = _codes.get(key)
        if code is None:
            code = _template.__code__.replace(co_filename=key[0], co_name=key[1], co_qualname=key[1], co_firstlineno=line - 1)
            if len(_codes) >= 1024:
                _codes.clear()
            _codes[key] = code
        finished: FrameType = FunctionType(code, _globals)()
        tb = TracebackType(tb, finished, finished.f_lasti, line)
    return tb
