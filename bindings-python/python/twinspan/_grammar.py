"""Type hints as text in the neutral grammar of node records: `int`, `text`, `list<T>`, `map<K,V>`, `record name`, `any`, `T?`."""

from __future__ import annotations

import types
import typing
from typing import Any

_NAMES = {
    "builtins.int": "int",
    "builtins.float": "float",
    "builtins.bool": "bool",
    "builtins.str": "text",
    "builtins.bytes": "bytes",
    "builtins.bytearray": "bytes",
    "builtins.memoryview": "bytes",
    "builtins.NoneType": "null",
    "builtins.complex": "complex",
    "builtins.range": "range",
    "builtins.list": "list<any>",
    "builtins.tuple": "list<any>",
    "builtins.set": "set<any>",
    "builtins.frozenset": "set<any>",
    "builtins.dict": "map<any,any>",
    "decimal.Decimal": "decimal",
    "datetime.datetime": "datetime",
    "datetime.date": "date",
    "datetime.time": "time",
    "datetime.timedelta": "duration",
    "twinspan._moments.DateTime": "datetime",
    "twinspan._moments.Time": "time",
    "twinspan._moments.TimeDelta": "duration",
    "uuid.UUID": "uuid",
    "numpy.ndarray": "array",
    "array.array": "array",
}
_LISTS = {"list", "tuple", "Sequence", "MutableSequence", "Collection", "deque"}
_SETS = {"set", "frozenset", "Set", "AbstractSet", "MutableSet"}
_STREAMS = {
    "Stream",
    "AsyncStream",
    "Iterator",
    "Iterable",
    "Generator",
    "AsyncIterator",
    "AsyncIterable",
    "AsyncGenerator",
}
_MAPS = {"dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"}


def text(hint: Any) -> str:
    """A hint in the grammar; `any` where it can't be said."""
    try:
        return _text(hint, 0)
    except Exception:
        return "any"


def _text(hint: Any, depth: int) -> str:
    if hint is None or hint is type(None):
        return "null"
    if depth > 8 or hint is Any or hint is object:
        return "any"
    origin = typing.get_origin(hint)
    args = typing.get_args(hint)
    if origin is typing.Annotated:
        return _text(args[0], depth)
    if origin is typing.Union or origin is types.UnionType:
        others = [a for a in args if a is not type(None)]
        if len(others) == 1:
            only = _text(others[0], depth + 1)
            return only if only in ("any", "null") or len(others) == len(args) else f"{only}?"
        return "any"
    if origin is typing.Literal:
        kinds = {type(a) for a in args}
        return _text(kinds.pop(), depth + 1) if len(kinds) == 1 else "any"
    name = getattr(origin or hint, "__name__", "")
    if name in _STREAMS and getattr(origin or hint, "__module__", "") in ("collections.abc", "twinspan._streams", "twinspan._streams_aio"):
        return f"stream<{_text(args[0], depth + 1) if args else 'any'}>"
    name = getattr(origin, "__name__", "")
    if name in _LISTS:
        inner = {_text(a, depth + 1) for a in args if a is not Ellipsis}
        return f"list<{inner.pop() if len(inner) == 1 else 'any'}>"
    if name in _SETS and args:
        return f"set<{_text(args[0], depth + 1)}>"
    if name in _MAPS and len(args) == 2:
        return f"map<{_text(args[0], depth + 1)},{_text(args[1], depth + 1)}>"
    if not isinstance(hint, type):
        return "any"
    known = _NAMES.get(f"{hint.__module__}.{hint.__qualname__}")
    if known is not None:
        return known
    import enum

    if issubclass(hint, enum.Enum):
        return "text"
    if any(hasattr(hint, mark) for mark in ("__dataclass_fields__", "__attrs_attrs__", "model_fields", "_fields", "__required_keys__")):
        return f"record {hint.__name__}"
    return "any"
