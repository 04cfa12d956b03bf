"""What a contract, a Protocol or class with annotations, says of each method."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from . import _types
from ._errors import BadConfig, Misuse
from ._marks import marks_of


class Promise(NamedTuple):
    """One method of a contract."""

    plan: Any
    raises: tuple[type[BaseException], ...]
    doc: str
    signature: inspect.Signature
    function: Callable[..., Any]
    hints: dict[str, Any]
    streams: bool
    """It is no coroutine: what is awaited are the items of its answer."""


_known: dict[tuple[Any, bool], dict[str, Promise]] = {}


def promises(contract: Any, service: str, *, awaits: bool) -> dict[str, Promise]:
    """The methods of a contract; refused when its kind doesn't fit the node."""
    known = _known.get((contract, awaits))
    if known is not None:
        return known
    if not isinstance(contract, type):
        raise BadConfig(f"a contract is a Protocol or a class, not {contract!r}", advice=f'Write node.client("{service}", YourProtocol).')
    made: dict[str, Promise] = {}
    for name in dir(contract):
        declared = inspect.getattr_static(contract, name)
        if name.startswith("_") or not inspect.isroutine(declared):
            continue
        function: Callable[..., Any] = getattr(declared, "__func__", declared)
        where = f"{contract.__name__}.{name}"
        hints = _types.resolved_hints(function, where)
        streams = _fitting(function, hints, where, contract, service, awaits)
        listed = inspect.signature(function)
        if not isinstance(declared, staticmethod):
            listed = listed.replace(parameters=list(listed.parameters.values())[1:])
        hint = hints.get("return", Any)
        plan = None if hint is Any else _types.result_plan(hint, f"the result of {where}()")
        made[name] = Promise(
            plan, tuple(marks_of(function).get("raises", ())), inspect.getdoc(function) or "", listed, function, hints, streams
        )
    if not made:
        raise BadConfig(f"the contract {contract.__name__} has no public method")
    if len(_known) >= 1024:
        _known.clear()
    _known[contract, awaits] = made
    return made


def _fitting(function: Callable[..., Any], hints: dict[str, Any], where: str, contract: type, service: str, awaits: bool) -> bool:
    """Refuses a method of the wrong face; true if the items of its answer are awaited and not the answer itself."""
    found = _types.stream_of(hints.get("return", Any))
    is_coroutine = inspect.iscoroutinefunction(function)
    streams = inspect.isasyncgenfunction(function) or (found is not None and found.face == "async" and not is_coroutine)
    is_async = is_coroutine or streams
    if is_async and not awaits:
        raise Misuse(
            f"{where} is {'awaited' if streams else '`async def`'}, and this node blocks",
            advice=f'Write: node.aio.client("{service}", {contract.__name__})',
        )
    if awaits and not is_async:
        raise Misuse(
            f"{where} is `def`, and this node is awaited",
            advice=f"Write: class Async{contract.__name__}(Protocol): async def {function.__name__}(self, ...) ...",
        )
    if is_coroutine and found is not None and found.face == "sync" and found.wraps:
        raise Misuse(
            f"{where} answers a stream that blocks, and this node is awaited",
            advice=f"Write: def {function.__name__}(self, ...) -> AsyncIterator[...]",
        )
    return streams
