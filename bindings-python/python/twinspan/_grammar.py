"""Type hints as text in the neutral grammar of node records, and the classes that a service's hints name.

The grammar is in ARCHITECTURE.md, "Types": `int`, `text`, `list<T>`, `map<K,V>`, `record Order`, `any`, `T?`.
"""

from __future__ import annotations

import collections
import re
import sys
import types
import typing
from typing import Any

from . import _classes, _records, _types

LARGEST = 64 << 10
"""Most text, in bytes, of all definitions of a service; what is beyond is `any`."""
_DEEPEST = 8
# What the keys of a definition cost beside their texts.
_KEYS = 16

_NAMES = {
    "builtins.int": "int",
    "builtins.float": "float",
    "builtins.bool": "bool",
    "builtins.str": "text",
    "builtins.bytes": "bytes",
    "builtins.bytearray": "bytes",
    "builtins.memoryview": "bytes",
    "collections.abc.Buffer": "bytes",
    "builtins.NoneType": "null",
    "types.NoneType": "null",
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
    "twinspan._nd_array.NdArray": "array",
    "twinspan._references.ServiceRef": "service_ref",
    "twinspan._references.NodeRef": "node_ref",
    "twinspan._client.Client": "service_ref",
    "twinspan._look.Member": "node_ref",
    "twinspan._node.Node": "node_ref",
    "twinspan._aio.AsyncNode": "node_ref",
    "uuid.UUID": "uuid",
    "numpy.ndarray": "array",
    "array.array": "array",
    "pyarrow.lib.Table": "table",
    "pyarrow.lib.RecordBatchReader": "table",
    "pandas.core.frame.DataFrame": "table",
    "pandas.DataFrame": "table",
    "polars.dataframe.frame.DataFrame": "table",
}
_LISTS = {"list", "Sequence", "MutableSequence", "Collection", "deque"}
_SETS = {"set", "frozenset", "Set", "AbstractSet", "MutableSet"}
_STREAMS = {"Stream", "AsyncStream", "Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator"}
_STREAM_MODULES = ("collections.abc", "twinspan._streams", "twinspan._streams_aio")
_MAPS = {"dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"}
_ELEMENTS = {"float16": "f16", "float32": "f32", "float64": "f64"} | {
    f"{sign}int{bits}": f"{(sign or 'i')[0]}{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def text(hint: Any) -> str:
    """A hint in the grammar; `any` where it can't be said."""
    return Grammar().text(hint)


class Grammar:
    """The hints of one service: their texts, and definitions of the classes in them, each under a name of its own."""

    def __init__(self) -> None:
        self._names: dict[Any, str] = {}
        self._defined: dict[str, dict[str, Any]] = {}
        # Records whose fields are still to be described: a class may contain itself.
        self._pending: collections.deque[tuple[dict[str, Any], _records.Described, type, dict[Any, Any]]] = collections.deque()
        self._left = LARGEST

    def text(self, hint: Any) -> str:
        """A hint in the grammar; `any` where it can't be said."""
        try:
            return self._text(hint, 0)
        except Exception:
            return "any"

    def types(self) -> list[dict[str, Any]]:
        """The encoded definitions of all classes that the texts so far name, and of those in their fields."""
        while self._pending:
            definition, described, cls, variables = self._pending.popleft()
            self._describe_fields(definition, described, cls, variables)
        return list(self._defined.values())

    def _text(self, hint: Any, depth: int) -> str:
        hint = _types._unwrapped(hint)
        if hint is None or hint is type(None):
            return "null"
        if depth > _DEEPEST or hint is Any or hint is object:
            return "any"
        if hint is typing.LiteralString:
            return "text"
        if _types._is_alias(hint):
            value = hint.__value__
            return self._union(value, depth, hint.__name__) if _is_union(value) else self._text(value, depth + 1)
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if _is_union(hint):
            return self._union(hint, depth)
        if origin is typing.Literal:
            kinds = {type(a) for a in args}
            return self._text(kinds.pop(), depth + 1) if len(kinds) == 1 else "any"
        if origin is None:
            return self._class(hint, depth) if isinstance(hint, type) else "any"
        return self._generic(origin, args, depth)

    def _generic(self, origin: Any, args: tuple[Any, ...], depth: int) -> str:
        name, module = getattr(origin, "__name__", ""), getattr(origin, "__module__", "")
        if name in _STREAMS and module in _STREAM_MODULES:
            return f"stream<{self._text(args[0], depth + 1) if args else 'any'}>"
        if origin is tuple:
            if len(args) == 2 and args[1] is ...:
                return f"list<{self._text(args[0], depth + 1)}>"
            return f"tuple<{','.join(self._text(a, depth + 1) for a in args)}>" if args else "list<any>"
        if name in _LISTS and args:
            return f"list<{self._text(args[0], depth + 1)}>"
        if name in _SETS and args:
            return f"set<{self._text(args[0], depth + 1)}>"
        if name in _MAPS and len(args) == 2:
            return f"map<{self._text(args[0], depth + 1)},{self._text(args[1], depth + 1)}>"
        if (module, name) == ("numpy", "ndarray"):
            return _array(args)
        described = _records.describe(origin)
        if described is None:
            return self._class(origin, depth) if isinstance(origin, type) else "any"
        return self._record(origin, described, args, depth)

    def _class(self, cls: type, depth: int) -> str:
        known = _NAMES.get(f"{cls.__module__}.{cls.__qualname__}")
        if known is not None:
            return known
        if cls.__module__ in _STREAM_MODULES:
            if cls.__name__ in _STREAMS:
                return "stream<any>"
            if cls.__name__ in _LISTS | _SETS:
                return f"{'list' if cls.__name__ in _LISTS else 'set'}<any>"
            if cls.__name__ in _MAPS:
                return "map<any,any>"
        if _records.is_enum(cls):
            return self._enum(cls)
        root = _records.root_hint(cls)
        if root is not None:
            return self._text(root, depth + 1)
        described = _records.describe(cls)
        if described is None:
            return "any"
        if described.build == "tuple":
            hints = described.hints()
            return f"tuple<{','.join(self._text(hints.get(f.name, Any), depth + 1) for f in described.fields)}>"
        return self._record(cls, described, (), depth)

    def _union(self, hint: Any, depth: int, name: str = "") -> str:
        args = typing.get_args(hint)
        others = [a for a in args if a is not type(None)]
        only = self._text(others[0], depth + 1) if len(others) == 1 else self._record_union(others, depth, name)
        return only if only in ("any", "null") or only.endswith("?") or len(others) == len(args) else f"{only}?"

    def _record_union(self, members: list[Any], depth: int, name: str) -> str:
        classes = [_types._unwrapped(member) for member in members]
        if not all(isinstance(cls, type) and _records.describe(cls) for cls in classes):
            return "any"
        texts = [self._text(cls, depth + 1) for cls in classes]
        if not all(text.startswith("record ") for text in texts):
            return "any"
        key = ("union", *texts)
        cost = sum(len(one.encode()) + _KEYS for one in texts)
        return self._named(key, name or "Or".join(cls.__name__ for cls in classes), "union", cost, {"members": texts})

    def _enum(self, cls: Any) -> str:
        values = [name for name, member in cls.__members__.items() if member.name == name]
        cost = sum(len(value.encode()) + 1 for value in values)
        return self._named(cls, cls.__name__, "enum", cost, {"values": values}, _classes.doc_of(cls))

    def _record(self, cls: Any, described: _records.Described, args: tuple[Any, ...], depth: int) -> str:
        args = args or (Any,) * len(getattr(cls, "__parameters__", ()))
        texts = [self._text(arg, depth + 1) for arg in args]
        key: Any = (cls, *texts)
        if key in self._names:
            return self._names[key]
        fields = [field.name for field in described.fields]
        cost = sum(len(name.encode()) + len("any") + _KEYS for name in fields)
        # Page[Order] is `PageOrder`; a class whose variables nobody bound keeps its name.
        name = cls.__name__ + "".join(map(_words, texts) if set(texts) != {"any"} else ())
        told: dict[str, Any] = {}
        registered = _records.name_of(cls)
        if registered:
            told["registered"] = registered
        told["fields"] = [{"name": name, "type": "any"} for name in fields]
        said = self._named(key, name, "record", cost, told, _classes.doc_of(cls))
        if said != "any":
            variables = dict(zip(getattr(cls, "__parameters__", ()), args, strict=False))
            self._pending.append((self._defined[said.partition(" ")[2]], described, cls, variables))
        return said

    def _named(self, key: Any, wish: str, kind: str, cost: int, parts: dict[str, Any], doc: str = "") -> str:
        """The text of a class that is defined under the name it wishes, or with a number behind it; `any` if there is no room."""
        known = self._names.get(key)
        if known is not None:
            return known
        name, number = wish, 1
        while name in self._defined:
            number += 1
            name = f"{wish}{number}"
        if not self._paid(len(name.encode()) + _KEYS + cost):
            return "any"
        self._defined[name] = {"name": name, "kind": kind, **parts}
        if doc and self._paid(len(doc.encode())):
            self._defined[name]["doc"] = doc
        said = self._names[key] = f"{kind} {name}"
        return said

    def _describe_fields(self, definition: dict[str, Any], described: _records.Described, cls: type, variables: dict[Any, Any]) -> None:
        try:
            hints = described.hints()
        except Exception:
            hints = {}
        for told, field in zip(definition["fields"], described.fields, strict=True):
            hint = hints.get(field.name, Any)
            kind = self.text(_records.substituted(hint, variables))
            if self._paid(len(kind.encode()) - len("any")):
                told["type"] = kind
            # A field that the class doesn't take is sent and never needed.
            if not field.required or not field.taken:
                told["optional"] = True
            for what, found in (
                ("default", _classes.default_of(cls, field.name, kind)),
                ("doc", _classes.field_doc(cls, field.name, hint)),
            ):
                if found and self._paid(len(found.encode()) + _KEYS):
                    told[what] = found

    def _paid(self, cost: int) -> bool:
        if cost > self._left:
            return False
        self._left -= cost
        return True


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _words(kind: str) -> str:
    """A type as a part of a name: `list<record Order>?` is `OptionalListOrder`."""
    words = re.sub(r"\b(record|enum|union) ", "", kind)
    optional = "Optional" if words.endswith("?") else ""
    return optional + "".join(word[:1].upper() + word[1:] for word in re.findall(r"\w+", words))


def _array(args: tuple[Any, ...]) -> str:
    """`ndarray[shape, dtype[float64]]` is `array<f64>`; without an element type `array`."""
    scalar = next(iter(typing.get_args(args[1])), None) if len(args) > 1 else None
    if not isinstance(scalar, type):
        return "array"
    try:
        element = _ELEMENTS.get(str(sys.modules["numpy"].dtype(scalar)))
    except TypeError:  # an abstract one, such as numpy.floating
        return "array"
    return "array" if element is None or scalar.__name__ in _types._ABSTRACT else f"array<{element}>"
