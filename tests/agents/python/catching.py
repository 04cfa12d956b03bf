"""Calls a faulty service and tells what came; agents/java/agents/Catching.java does the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Protocol

import faulty
import twinspan
from told import error_of
from values import literal_of

CLASSES: dict[str, type[BaseException]] = {
    "value": ValueError,
    "key": KeyError,
    "timeout": TimeoutError,
    "rejected": faulty.Rejected,
    "two_arguments": faulty.TwoArguments,
    "group": ExceptionGroup,
}


class Face(Protocol):
    """A contract that declares classes."""

    @twinspan.raises(ValueError)
    def standard(self, name: str) -> None: ...

    @twinspan.raises(faulty.Rejected)
    def own(self) -> None: ...

    @twinspan.raises(faulty.TwoArguments)
    def two_arguments(self) -> None: ...

    def plain(self) -> None: ...
    def undeclared(self) -> None: ...


def numbers() -> Iterator[int]:
    yield from (1, 2)
    raise ValueError("the source ran dry")


def caught(node: twinspan.Node, awaited: Any, ask: dict[str, Any]) -> dict[str, Any]:
    """Calls `service.method` with `args`, `via` one of the ways, and tells of the error and what it answers to."""
    service, method, via, args = ask["service"], ask["method"], ask.get("via", "call"), ask.get("args", [])
    target = f"{service}.{method}"
    items: list[Any] = []
    begun = time.monotonic()
    try:
        if via == "call":
            result = node.call(target, *args)
        elif via == "async":
            result = awaited(node.aio.call(target, *args))
        elif via == "typed":
            result = getattr(node.client(service, Face), method)(*args)
        elif via == "stream":
            result = None
            for item in node.call(target, *args):
                items.append(item)
        elif via == "input":
            result = node.call(target, numbers())
        else:
            raise LookupError(via)
    except twinspan.Error as error:
        remote: Any = error
        told = error_of(error)
    except Exception as error:
        remote = error.__cause__
        told = error_of(error)
    else:
        return {"value": literal_of(result)}
    told |= {"ms": (time.monotonic() - begun) * 1000, "items": items}
    if isinstance(remote, twinspan.RemoteError):
        told["is"] = {name: remote.is_(name) for name in ask.get("names", ())}
        told["as"] = {name: _built(remote, cls) for name, cls in CLASSES.items()}
        told["suppressed"] = [one.type for one in remote.suppressed]
        told["remote"] = told.get("remote") or {"type": remote.type, "language": remote.language}
    return told


def _built(remote: twinspan.RemoteError, cls: type[BaseException]) -> Any:
    made = remote.as_(cls)
    if made is None:
        return None
    fields = {name: literal_of(value) for name, value in vars(made).items() if not name.startswith("_")}
    members = [one.type for one in made.exceptions] if isinstance(made, BaseExceptionGroup) else None
    return {"text": str(made), "fields": fields, "members": members, "exact": type(made) is cls}
