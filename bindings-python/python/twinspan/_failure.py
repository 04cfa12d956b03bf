"""Exceptions on their way across: what a handler raised becomes a map, and a map becomes an exception with remote frames."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from collections import deque
from collections.abc import Sequence
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any, TypeVar

from . import _native
from ._errors import Error, RemoteError, notes_of

E = TypeVar("E", bound=BaseException)

# The core has the same limits, and holds them against peers; here they keep what is only thrown away from being made.
MAX_FRAMES = 64
MAX_CHAIN = 16
MAX_FAILURES = 32
MAX_LINE = 1 << 24
MAX_MESSAGE = 16 << 10
MAX_DETAILS = 64 << 10

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
    "asyncio.CancelledError": "java.util.concurrent.CancellationException",
    "concurrent.futures.CancelledError": "java.util.concurrent.CancellationException",
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
    "java.lang.IllegalStateException": "builtins.RuntimeError",
    "java.util.concurrent.CancellationException": "asyncio.CancelledError",
}
# Modules in which the standard library hides a class that everybody imports from elsewhere.
_PUBLIC = {"asyncio.exceptions": "asyncio", "concurrent.futures._base": "concurrent.futures"}

_LEGS = {
    "twinspan.RemoteError",
    "twinspan.RemoteCancelled",
    "io.twinspan.RemoteCallException",
    "io.twinspan.RemoteCancelledException",
}
"""Names of remote errors themselves."""

_log = logging.getLogger("twinspan")
_hiding: set[str] = set()

_registered: dict[type[BaseException], str] = {}


def register(name: str, cls: type[BaseException]) -> None:
    """Gives an exception class the name under which it crosses."""
    _registered[cls] = name


def name_of(cls: type[BaseException]) -> str:
    """The registered name of a class, else its qualified one. Twinspan's own are told without their private module."""
    registered = _registered.get(cls)
    if registered is not None:
        return registered
    return f"{_PUBLIC.get(cls.__module__, cls.__module__)}.{cls.__qualname__}"


class Fault(Exception):
    """Raised in the place of a handler by a fake node: its error crosses as if the node itself had said it."""

    def __init__(self, error: Error) -> None:
        super().__init__(error)
        self.error = error


# ---- going out: exception to failure


def encoded(error: BaseException, *, operation: str, node: str) -> dict[str, Any]:
    """The encoded error for what a handler raised: kind `Remote`, executed. It never raises itself, whatever the exception's class does."""
    if isinstance(error, Fault):
        return {**error.error.parts(), "node": error.error.node or node}
    if node in _hiding:
        _log.error("%s raised, and its caller learns the type only", operation, exc_info=error)
    try:
        failure = failure_of(error, node)
    except BaseException:
        # A property of the class raised, or there is no memory: what is certain still crosses.
        failure = {"type": f"{type(error).__module__}.{type(error).__qualname__}", "message": "", "language": "python", "node": node}
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


def log_those_of(node: str, hides: bool) -> None:
    """Says whether a node hides what its handlers raise: then it is logged here, since no caller tells it."""
    (_hiding.add if hides else _hiding.discard)(node)


def failure_of(error: BaseException, node: str) -> dict[str, Any]:
    """An exception with its cause chain, cut to size. Whatever can't be told is left out; type, message and frames always can."""
    return _failure(error, node, 0, {}, MAX_FAILURES)


def _failure(error: BaseException, node: str, depth: int, seen: dict[int, BaseException], most: int) -> dict[str, Any]:
    seen[id(error)] = error
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
    notes = [_text(note, 1024) for note in notes_of(error)[_told(error) :][:MAX_CHAIN]]
    if notes:
        failure["notes"] = notes
    if depth >= MAX_CHAIN:
        return failure
    if isinstance(error, RemoteError):
        # The leg behind this one: told as it arrived, so that the caller reads both in one trace.
        failure["cause"] = error.failure
    else:
        cause = error.__cause__ if error.__cause__ is not None or error.__suppress_context__ else error.__context__
        if cause is not None and id(cause) not in seen and len(seen) < most:  # chains can be circles
            failure["cause"] = _failure(cause, node, depth + 1, seen, most)
    if isinstance(error, BaseExceptionGroup):
        failure["suppressed"] = _members(error.exceptions[:MAX_CHAIN], node, depth + 1, seen, most)
    return failure


def _members(errors: Sequence[BaseException], node: str, depth: int, seen: dict[int, BaseException], most: int) -> list[dict[str, Any]]:
    """The members of a group. What room is left they share: groups can hold groups of groups."""
    told = []
    for at, error in enumerate(errors):
        share = len(seen) - (len(seen) - most) // (len(errors) - at)  # rounded up
        if id(error) not in seen and len(seen) < share:
            told.append(_failure(error, node, depth, seen, share))
    return told


def _told(error: BaseException) -> int:
    """How many notes of a remote error are those that it arrived with: the leg behind tells them."""
    if not isinstance(error, RemoteError):
        return 0
    failure = error.failure
    return len(failure.get("notes", ())) + min(len(failure.get("suppressed", ())), MAX_CHAIN)


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
        if isinstance(error, RemoteError):
            # A handler let it through: what was raised first. The legs between are told by themselves.
            text = _line(_innermost(error.failure))
            return _text(f"{error.operation}: {text}" if error.operation else text, MAX_MESSAGE)
        if isinstance(error, Error):
            return _text(f"{error.operation}: {error.message}" if error.operation else error.message, MAX_MESSAGE)
        if isinstance(error, KeyError) and len(error.args) == 1:
            return _text(str(error.args[0]), MAX_MESSAGE)
        return _text(str(error), MAX_MESSAGE)
    except BaseException as broken:  # even if it exits: the worker must go on
        return f"<its text could not be made: {type(broken).__name__}>"


def _innermost(failure: dict[str, Any]) -> dict[str, Any]:
    """What was raised first, behind the handlers that let it through."""
    while failure.get("type") in _LEGS and failure.get("cause"):
        failure = failure["cause"]
    return failure


def _text(text: str, most: int) -> str:
    """Text that can cross: no lone surrogates, at most `most` characters."""
    text = text if len(text) <= most else text[:most] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _frames(tb: TracebackType | None) -> list[dict[str, Any]]:
    # Only the last are kept: a stack that overflowed may be very long.
    last: deque[tuple[FrameType, int]] = deque(maxlen=MAX_FRAMES)
    for frame, line in traceback.walk_tb(tb):
        if _REMOTE not in frame.f_globals and not frame.f_code.co_filename.startswith(_HERE):
            last.append((frame, line or 0))
    return [
        {
            "file": _text(frame.f_code.co_filename, 500),
            "line": line,
            "function": _text(f"{frame.f_globals.get('__name__', '')}.{getattr(frame.f_code, 'co_qualname', frame.f_code.co_name)}", 500),
        }
        for frame, line in last
    ]


def _details(error: BaseException) -> bytes | None:
    if type(error) not in _registered:
        return None
    try:
        fields = {name: value for name, value in vars(error).items() if not name.startswith("_")}
        encoded = _native.encode(fields)
    except Exception:
        return None  # it degrades to type, message and frames
    return encoded if len(encoded) <= MAX_DETAILS else None


# ---- coming in: failure to exception


def names_of(failure: dict[str, Any]) -> set[str]:
    """Every name under which a failure answers."""
    names = {str(failure.get("type", "")), *map(str, failure.get("also", ()))}
    pairs = {pair for name in names for table in (_TO_JAVA, _TO_PYTHON) if (pair := table.get(name))}
    if not pairs and "java.lang.RuntimeException" in names:
        pairs.add("builtins.RuntimeError")  # it is a base of nearly all in Java, so it says something only when nothing else does
    names |= pairs
    if "builtins.KeyError" in names or "builtins.IndexError" in names:
        names.add("builtins.LookupError")
    return names


def details_of(failure: dict[str, Any]) -> Any:
    """The decoded fields of a registered exception, or None: also when a peer sent bytes that are none."""
    details = failure.get("details")
    if not details:
        return None
    try:
        return _native.decode(details)
    except Error:
        return None


def instance_of(failure: dict[str, Any], cls: type[E]) -> E | None:
    """An instance of `cls` if the failure answers to its name. Fields of registered classes come back by name."""
    names = names_of(failure)
    if cls not in (Exception, BaseException) and name_of(cls) not in names:
        return None
    message = str(failure.get("message", ""))
    fields = details_of(failure) if cls in _registered else None
    error: E | None
    if isinstance(fields, dict):
        error = _bare(cls, message)
        for name, value in fields.items():
            if error is not None and isinstance(name, str) and not name.startswith("_"):
                with contextlib.suppress(Exception):  # a property without a setter: the class makes it from other fields
                    setattr(error, name, value)
    elif issubclass(cls, BaseExceptionGroup):
        error = _group(cls, message, failure)
    else:
        try:
            error = cls(message)
        except Exception:
            error = _bare(cls, message)
    if error is not None:
        for note in failure.get("notes", ()):
            error.add_note(str(note))
    return error


def _bare(cls: type[E], message: str) -> E | None:
    """An instance whose constructor is not called: it may want anything."""
    try:
        error = cls.__new__(cls)
        error.args = (message,) if message else ()
    except Exception:
        return None
    return error


def _group(cls: Any, message: str, failure: dict[str, Any]) -> Any:
    """A group of remote errors."""
    members = suppressed_of(failure)
    try:
        # Its text counts the members, which the new group does for itself.
        return cls(message.rpartition(" (")[0] or message, members) if members else None
    except Exception:
        return None


def dress(error: RemoteError) -> None:
    """Gives a remote error its notes, the remote frames as its traceback, and its causes."""
    _dress(error, 0)
    for inner in error.failure.get("suppressed", ())[:MAX_CHAIN]:
        error.add_note("\n".join(_suppressed_lines(inner, 0)))


def _dress(error: RemoteError, depth: int) -> None:
    failure = error.failure
    for note in failure.get("notes", ())[:MAX_CHAIN]:
        error.add_note(str(note))
    error.__traceback__ = _traceback(failure)
    cause = failure.get("cause")
    if cause and depth < MAX_CHAIN:
        error.__cause__ = _inner(cause, depth + 1)


def suppressed_of(failure: dict[str, Any]) -> list[RemoteError]:
    """The members of a remote group, or what a remote exception suppressed."""
    return [_inner(one, 1) for one in failure.get("suppressed", ())[:MAX_CHAIN]]


def _inner(failure: dict[str, Any], depth: int) -> RemoteError:
    error = RemoteError(_line(failure), failure=failure, advice="", executed="yes", retryable=False, node=failure.get("node", ""))
    _dress(error, depth)
    return error


def _suppressed_lines(failure: dict[str, Any], depth: int) -> list[str]:
    """What was suppressed, where, and what that suppressed: lines of a note, since a traceback has no other place for it."""
    indent = "  " * depth
    lines = [f"{indent}suppressed: {_line(failure)}"]
    for frame in failure.get("frames", ())[-1:]:
        file = _shown(str(failure.get("node", "")), str(frame.get("file", "")))
        lines.append(f'{indent}  File "{file}", line {frame.get("line", 0)}, in {_plain(str(frame.get("function", "")))}')
    if depth < MAX_CHAIN:
        for inner in failure.get("suppressed", ())[:MAX_CHAIN]:
            lines += _suppressed_lines(inner, depth + 1)
    return lines


def _line(failure: dict[str, Any]) -> str:
    message = failure.get("message")
    return f"{failure.get('type')}: {message}" if message else str(failure.get("type"))


def _here() -> FrameType:
    return sys._getframe(1)


def _template() -> FrameType:
    return _here()


_globals: dict[str, Any] = {"__name__": "twinspan.remote", "__builtins__": {}, _REMOTE: True, "_here": _here}
_codes: dict[tuple[str, str, str, int], CodeType] = {}


def _traceback(failure: dict[str, Any]) -> TracebackType | None:
    """Remote frames as ordinary lines: `File "ops-1:Pricing.java", line 42, in shop.Pricing.quote`.

    Each is a finished frame of a code object that carries the remote name. A line is a number, never source text: a peer must
    not be able to choose how much is compiled. No local source is shown for it: see `_shown`.
    """
    node = str(failure.get("node", ""))
    tb: TracebackType | None = None
    for frame in reversed(failure.get("frames", ())[-MAX_FRAMES:]):
        line = max(1, min(int(frame.get("line", 0)), MAX_LINE))
        key = (node, str(frame.get("file", "")), str(frame.get("function", "")), line)
        code = _codes.get(key)
        if code is None:
            name = _plain(key[2])
            code = _template.__code__.replace(co_filename=_shown(node, key[1]), co_name=name, co_qualname=name, co_firstlineno=line - 1)
            if len(_codes) >= 1024:
                _codes.clear()
            _codes[key] = code
        finished: FrameType = FunctionType(code, _globals)()
        tb = TracebackType(tb, finished, finished.f_lasti, line)
    return tb


def _shown(node: str, file: str) -> str:
    """A file's name as a traceback shows it: the node, a colon, and no folder.

    Python opens what it finds under that name here, and its built-in printer looks for the last part of a path in all of `sys.path`:
    it would show lines of a local `work.py` for the remote one. So there is no path, and no file may have the whole name.
    """
    node = "".join(c if c.isalnum() or c in "._-" else "_" for c in node) or "?"
    file = _plain(file[max(file.rfind("/"), file.rfind("\\")) + 1 :]) or "?"
    shown = f"{node}:{file}"
    while any(os.path.lexists(os.path.join(folder, shown)) for folder in ("", *sys.path)):
        file = f" {file}"
        shown = f"{node}:{file}"
    return shown


def _plain(name: str) -> str:
    return name if name.isprintable() else "".join(c if c.isprintable() else "?" for c in name)
