"""Type hints, resolved once, into plans that the native decoder walks along."""

from __future__ import annotations

import collections.abc
import inspect
import sys
import types
import typing
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, TypeVar

from . import _errors, _records, _tables
from ._moments import DateTime, Time, TimeDelta
from ._native import Plan, SignaturePlan
from ._nd_array import DTYPES, NdArray
from ._streams import Stream

__all__ = ["DateTime", "NdArray", "Time", "TimeDelta", "plan_for", "record", "registered_plan", "return_plan", "show", "signature_plan"]

T = TypeVar("T", bound=type)

# By name, so that nothing is imported for hints that nobody wrote.
_PLAIN: dict[str, tuple[Any, ...]] = {
    "builtins.object": ("any",),
    "builtins.NoneType": ("none",),
    "types.NoneType": ("none",),
    "builtins.bool": ("bool",),
    "builtins.int": ("int",),
    "builtins.float": ("float",),
    "builtins.str": ("str",),
    "builtins.bytes": ("bytes",),
    "builtins.bytearray": ("bytearray",),
    "builtins.memoryview": ("memoryview",),
    "builtins.complex": ("complex",),
    "builtins.range": ("range",),
    "decimal.Decimal": ("decimal",),
    "datetime.datetime": ("datetime", None),
    "datetime.date": ("date",),
    "datetime.time": ("time", None),
    "datetime.timedelta": ("timedelta", None),
    "uuid.UUID": ("uuid",),
    "array.array": ("array", None),
    "collections.abc.Buffer": ("bytes",),
    "twinspan._references.ServiceRef": ("service_ref",),
    "twinspan._references.NodeRef": ("node_ref",),
}
_OWN: dict[Any, tuple[Any, ...]] = {
    DateTime: ("datetime", DateTime),
    Time: ("time", Time),
    TimeDelta: ("timedelta", TimeDelta),
    NdArray: ("nd",),
}
_LISTS = {list, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Collection, collections.abc.Iterable}
_SETS = {set: "set", collections.abc.Set: "set", collections.abc.MutableSet: "set", frozenset: "frozenset"}
_DICTS = {dict, collections.abc.Mapping, collections.abc.MutableMapping}
_STREAMS: dict[Any, str] = {
    collections.abc.Iterator: "sync",
    collections.abc.Generator: "sync",
    collections.abc.AsyncIterator: "async",
    collections.abc.AsyncIterable: "async",
    collections.abc.AsyncGenerator: "async",
}
_ANY = {Any, inspect.Parameter.empty, typing.NoReturn, typing.Never}
# Most hints in one another: an alias or a generic class can make ever new ones.
_DEEPEST = 200
# Marks whose first argument is the type; ReadOnly is younger than Python 3.11.
_MARKS = {typing.Annotated, typing.Required, typing.NotRequired, typing.Final, getattr(typing, "ReadOnly", typing.Final)}
_ABSTRACT = {"generic", "number", "integer", "signedinteger", "unsignedinteger", "inexact", "floating", "complexfloating"}


def plan_for(hint: Any, root: str = "value", where: str = "") -> Plan:
    """The plan of a resolved hint.

    Args:
        hint: a type, or anything that `typing` makes of types.
        root: what the value is called in the paths of errors.
        where: how an error names the place of the hint; the root if it is empty.
    """
    compiler = _Compiler()
    top = compiler.node(hint, where or root)
    return Plan(root, compiler.nodes, top)


class StreamHint(NamedTuple):
    """A hint that a stream fits."""

    face: str
    """ "sync" is read by blocking code, "async" is awaited."""
    item: Any
    wraps: bool
    """A list is made a stream, because the hint promises one."""
    optional: bool


def stream_of(hint: Any) -> StreamHint | None:
    """What a hint says of a stream; None if no stream fits it. `Iterable` takes lists as they are."""
    hint = _unwrapped(hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union or origin is types.UnionType:
        others = [arg for arg in args if arg is not type(None)]
        found = stream_of(others[0]) if len(others) == 1 and len(args) == 2 else None
        return None if found is None else found._replace(optional=True)
    cls = origin or hint
    if not isinstance(cls, type):
        return None
    item = args[0] if args else Any
    face = _STREAMS.get(cls) or cls.__dict__.get("__twinspan_stream__")
    if face is not None:
        return StreamHint(face, item, True, False)
    return StreamHint("sync", item, False, False) if cls is collections.abc.Iterable else None


def result_plan(hint: Any, where: str) -> Plan:
    """The plan of what a call answers: a value, or where the hint says so a stream."""
    found = stream_of(hint)
    if found is None:
        return plan_for(hint, "result", where)
    items = None if found.item is Any else plan_for(found.item, "item", f"an item of {where}")
    compiler = _Compiler()
    top = compiler.node(_in_its_place(found), where)
    return Plan("result", compiler.nodes, top, items if items is not None else plan_for(Any, "item"), found.wraps)


def _in_its_place(found: StreamHint) -> Any:
    """The hint of what may come in the place of a stream: a list."""
    listed = list[found.item]  # type: ignore[name-defined]
    return listed | None if found.optional else listed


def return_plan(function: Callable[..., Any], *, name: str | None = None) -> Plan:
    """The plan of what a function returns; without a hint anything."""
    name = name or function.__name__
    hints = resolved_hints(function, name)
    return plan_for(hints.get("return", Any), "result", f"the result of {name}()")


def signature_plan(
    function: Callable[..., Any], *, name: str | None = None, skip: Collection[str] = (), awaits: bool = False
) -> SignaturePlan:
    """The plan of a function's parameters.

    Args:
        function: a function, or a bound method, whose `self` then isn't a parameter.
        name: how messages call it.
        skip: parameters that aren't arguments of a call, such as a `CallContext`.
        awaits: the function runs on an event loop, where streams are awaited.
    """
    name = name or function.__name__
    hints = resolved_hints(function, name)
    compiler = _Compiler(getattr(inspect.unwrap(function), "__globals__", None))
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in skip:
            continue
        hint = hints.get(parameter.name, Any)
        where = f"parameter `{parameter.name}` of {name}()"
        found = stream_of(hint)
        takes = _takes(hint, found, where, awaits)
        node = compiler.node(hint if found is None else _in_its_place(found), where)
        parameters.append((parameter.name, _KINDS[parameter.kind], node, _required(parameter), takes))
    return SignaturePlan(compiler.nodes, parameters, signature_text(function, name, hints, skip))


def _takes(hint: Any, found: StreamHint | None, where: str, awaits: bool) -> tuple[Callable[..., Any], Plan | None, bool] | None:
    """How a parameter takes a stream; None where it takes none."""
    face = "async" if awaits else "sync"
    if found is not None and found.face != face:
        if not found.wraps:
            return None  # a coroutine can't block: it takes lists
        instead = "AsyncIterator or an AsyncStream" if awaits else "Iterator or a Stream"
        raise _errors.BadConfig(
            f"{where}: {show(hint)} is {'awaited' if found.face == 'async' else 'blocking'}, but the handler {'awaits' if awaits else 'blocks'}",
            advice=f"Declare it as an {instead}, or write the handler {'as a plain `def`' if awaits else 'as `async def`'}.",
        )
    if found is None and not any(hint is one for one in _ANY):
        return None
    make: Callable[..., Any]
    if awaits:
        from ._streams_aio import AsyncStream

        make = AsyncStream
    else:
        make = Stream
    items = None if found is None or found.item is Any else plan_for(found.item, "item", f"an item of {where}")
    return make, items, found is not None and found.wraps


def signature_text(function: Callable[..., Any], name: str, hints: dict[str, Any], skip: Collection[str] = ()) -> str:
    """The signature as messages show it, such as `quote(sku: str, quantity: int = 1) -> Price`."""
    signature = inspect.signature(function)
    shown = [
        parameter.replace(annotation=_Shown(show(hints[parameter.name])) if parameter.name in hints else inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in skip
    ]
    returns = _Shown(show(hints["return"])) if "return" in hints else inspect.Signature.empty
    return f"{name}{signature.replace(parameters=shown, return_annotation=returns)}"


def resolved_hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    """The hints of a function; one that can't be resolved is an error that names its parameter."""
    function = inspect.unwrap(function)
    target = getattr(function, "__func__", function)
    # `def f[T](...)`: not every Python looks for T by itself.
    own = {variable.__name__: variable for variable in getattr(target, "__type_params__", ())} or None
    try:
        return typing.get_type_hints(target, localns=own, include_extras=True)
    except Exception as whole:
        for parameter, hint in getattr(target, "__annotations__", {}).items():
            alone = types.SimpleNamespace(__annotations__={parameter: hint})
            try:
                typing.get_type_hints(alone, globalns=getattr(target, "__globals__", {}), localns=own, include_extras=True)
            except Exception as error:
                what = "the result" if parameter == "return" else f"parameter `{parameter}`"
                raise _unresolved(f"{what} of {name}()", hint, error) from error
        raise _unresolved(f"{name}()", "", whole) from whole


def registered_plan(name: str) -> Plan | None:
    """The plan of the class that is registered under a name; the decoder asks for it."""
    cls = _records.REGISTERED.get(name)
    if cls is None:
        return None
    plan: Plan | None = _records.PLANS.get(name)
    if plan is None:
        plan = _records.PLANS[name] = plan_for(cls, cls.__name__)
    return plan


def record(name: str) -> Callable[[T], T]:
    """Registers a record class under a name that crosses: receivers without a type, and unions, get this class.

    Example:
        @twinspan.record("shop.Card")
        @dataclass
        class Card:
            number: str
    """

    def register(cls: T) -> T:
        _records.register(name, cls)
        return cls

    return register


def show(hint: Any) -> str:
    """A hint as short as a message wants it."""
    if isinstance(hint, type) and not isinstance(hint, types.GenericAlias):
        return "None" if hint is types.NoneType else hint.__qualname__.rpartition(".<locals>.")[2]
    if isinstance(hint, list):
        return f"[{', '.join(map(show, hint))}]"
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return show(args[0])
    if origin is typing.Union or origin is types.UnionType:
        return " | ".join(map(show, args))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, args))}]"
    if origin is not None:
        return f"{show(origin)}[{', '.join('...' if arg is ... else show(arg) for arg in args)}]" if args else show(origin)
    return getattr(hint, "__name__", None) or str(hint).removeprefix("typing.")


_substituted = _records.substituted


class _Shown:
    """Stands for an annotation where `inspect` writes a signature."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "both",
    inspect.Parameter.VAR_POSITIONAL: "rest",
    inspect.Parameter.VAR_KEYWORD: "extra",
}


def _required(parameter: inspect.Parameter) -> bool:
    variadic = parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return parameter.default is inspect.Parameter.empty and not variadic


def _unresolved(where: str, hint: Any, error: Exception) -> _errors.Unserializable:
    shown = f" {hint!r}" if hint else ""
    return _errors.Unserializable(
        f"{where}: the hint{shown} can't be resolved: {error}",
        advice="Import its names at the top of the module, outside of `if TYPE_CHECKING`.",
    )


class _Compiler:
    """Turns hints into nodes that name each other by index; a class that contains itself is one node."""

    def __init__(self, scope: dict[str, Any] | None = None) -> None:
        self.nodes: list[tuple[Any, ...] | None] = []
        self._known: dict[Any, int] = {}
        # Nodes in work, outermost first.
        self._open: list[int] = []
        # Nodes of the classes whose fields are in work.
        self._owners: list[int] = []
        # Names that the hints in work can use.
        self._scope = scope or {}

    def node(self, hint: Any, where: str) -> int:
        """Index of the hint's node; `where` names the place for errors."""
        hint = _unwrapped(typing.ForwardRef(hint) if isinstance(hint, str) else hint)
        key = _identity(hint, self._scope)
        if key is not None and key in self._known:
            return self._known[key]
        if len(self._open) > _DEEPEST:
            raise self._refused(
                hint, where.partition(":")[0], "It nests in itself without an end: let it contain itself with the same types."
            )
        at = len(self.nodes)
        self.nodes.append(None)
        if key is not None:
            self._known[key] = at
        self._open.append(at)
        kind, *parts = self._described(hint, where)
        self._open.pop()
        self.nodes[at] = (kind, show(hint), *parts)
        return at

    def _described(self, hint: Any, where: str) -> tuple[Any, ...]:
        if hint is None:
            return ("none",)
        if any(hint is one for one in _ANY):
            return ("any",)
        if _is_alias(hint):
            try:
                value = hint.__value__
            except NameError as error:
                raise _unresolved(where, show(hint), error) from error
            return ("union", [self._late(hint, value, {}, where)])
        if isinstance(hint, typing.ForwardRef):  # an alias that contains itself by name
            return ("union", [self.node(self._resolved(hint, where), where)])
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is not None:
            return self._generic(hint, origin, args, where)
        if hint is typing.LiteralString:
            return ("str",)
        if hint is typing.Self and self._owners:
            return ("union", [self._owners[-1]])
        if isinstance(hint, type):
            return self._class(hint, where)
        raise self._refused(hint, where)

    def _late(self, alias: Any, value: Any, variables: dict[Any, Any], where: str) -> int:
        """The node of what an alias stands for."""
        if isinstance(value, str):
            outer, self._scope = self._scope, vars(sys.modules.get(alias.__module__, typing))
            value = self._resolved(typing.ForwardRef(value), where)
            self._scope = outer
        return self.node(_substituted(value, variables), where)

    def _resolved(self, hint: typing.ForwardRef, where: str) -> Any:
        alone = types.SimpleNamespace(__annotations__={"hint": hint})
        try:
            return typing.get_type_hints(alone, globalns=self._scope, include_extras=True)["hint"]
        except Exception as error:
            raise _unresolved(where, hint.__forward_arg__, error) from error

    def _generic(self, hint: Any, origin: Any, args: tuple[Any, ...], where: str) -> tuple[Any, ...]:
        if origin is typing.Union or origin is types.UnionType:
            return ("union", [self.node(arg, where) for arg in args])
        if origin is typing.Literal:
            return ("literal", [(arg.name if _records.is_enum(type(arg)) else arg, arg) for arg in args])
        if not args and hint != tuple[()]:
            return self._class(origin, where)  # typing.List and its like without arguments
        if any(getattr(arg, "__unpacked__", False) or typing.get_origin(arg) is typing.Unpack for arg in args):
            raise self._refused(hint, where, "Use a tuple of a fixed length, or tuple[X, ...].")
        if _is_alias(origin):
            return ("union", [self._late(origin, origin.__value__, dict(zip(origin.__type_params__, args, strict=False)), where)])
        if origin is tuple:
            if len(args) == 2 and args[1] is ...:
                return ("tuples", self.node(args[0], where))
            return ("tuple", [self.node(arg, where) for arg in args])
        if origin in _LISTS:
            return ("list", self.node(args[0], where))
        if origin in _SETS:
            return (_SETS[origin], self.node(args[0], where))
        if origin in _DICTS:
            return ("dict", self.node(args[0], where), self.node(args[1], where))
        if origin in _STREAMS:
            raise self._refused(hint, where, "A stream is an argument or a result itself; elsewhere use a list.")
        if _full_name(origin) == "numpy.ndarray":
            return self._numpy(args, where)
        if _full_name(origin) == "array.array":
            return ("array", None)
        fields = _records.describe(origin)
        if fields is not None:
            return self._record(origin, fields, dict(zip(getattr(origin, "__parameters__", ()), args, strict=False)), where)
        raise self._refused(hint, where)

    def _class(self, cls: type, where: str) -> tuple[Any, ...]:
        plain = _OWN.get(cls) or _PLAIN.get(_full_name(cls))
        if plain is not None:
            return plain
        if hasattr(cls, "__twinspan_reference__"):
            raise self._refused(cls, where, "They are sent as references: declare a ServiceRef or a NodeRef.")
        if cls is tuple:
            return ("tuples", self.node(Any, where))
        if cls in _LISTS:
            return ("list", self.node(Any, where))
        if cls in _SETS:
            return (_SETS[cls], self.node(Any, where))
        if cls in _DICTS:
            return ("dict", self.node(Any, where), self.node(Any, where))
        if cls in _STREAMS:
            raise self._refused(cls, where, "A stream is an argument or a result itself; elsewhere use a list.")
        if _records.is_enum(cls):
            return ("enum", dict(cls.__members__))  # type: ignore[attr-defined]
        if _full_name(cls) == "numpy.ndarray":
            return ("ndarray", None, None)
        table = _tables.maker(_full_name(cls))
        if table is not None:
            return ("table", table)
        root = _records.root_hint(cls)
        if root is not None:
            return ("root", cls, self.node(root, where))
        fields = _records.describe(cls)
        if fields is not None:
            return self._record(cls, fields, {}, where)
        raise self._refused(cls, where)

    def _record(self, cls: Any, described: _records.Described, variables: dict[Any, Any], where: str) -> tuple[Any, ...]:
        try:
            hints = described.hints()
        except Exception as error:
            raise _unresolved(f"{where}: {show(cls)}", "", error) from error
        outer, self._scope = self._scope, vars(sys.modules.get(cls.__module__, typing))
        self._owners.append(self._open[-1])
        fields = []
        for field in described.fields:
            hint = _substituted(hints.get(field.name, Any), variables)
            node = self.node(hint, f"{where}: field `{field.name}` of {show(cls)}")
            fields.append((field.name, field.input, node, field.required, field.taken, list(field.also)))
        self._owners.pop()
        self._scope = outer
        return ("record", {"class": cls, "build": described.build, "registered": _records.name_of(cls), "fields": fields})

    def _numpy(self, args: tuple[Any, ...], where: str) -> tuple[Any, ...]:
        shape, dtype = args[0], args[1] if len(args) > 1 else Any
        dimensions = typing.get_args(shape)
        count = len(dimensions) if typing.get_origin(shape) is tuple and ... not in dimensions else None
        scalar = next(iter(typing.get_args(dtype)), Any)
        if scalar is Any or not isinstance(scalar, type) or scalar.__name__ in _ABSTRACT:
            return ("ndarray", None, count)  # the sender chooses
        name = str(sys.modules["numpy"].dtype(scalar))
        if name not in DTYPES:
            raise self._refused(scalar, where, f"Use an array of {', '.join(DTYPES)}.")
        return ("ndarray", name, count)

    def _refused(self, hint: Any, where: str, advice: str = "") -> _errors.Unserializable:
        advice = advice or "Use a dataclass, an enum, a builtin type, or Any."
        return _errors.Unserializable(f"{where}: values of {show(hint)} can't cross", advice=advice)


def _unwrapped(hint: Any) -> Any:
    """The type below marks, new types and type variables."""
    while True:
        origin = typing.get_origin(hint)
        if origin in _MARKS:
            hint = typing.get_args(hint)[0]
        elif isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif isinstance(hint, TypeVar):
            hint = hint.__bound__ or (typing.Union[hint.__constraints__] if hint.__constraints__ else Any)
        else:
            return hint


def _identity(hint: Any, scope: Any = None) -> Any:
    """What tells hints apart that can contain themselves; None for others. Equal hints may differ: `int | float`, `float | int`."""
    if isinstance(hint, typing.ForwardRef):
        return hint.__forward_arg__, id(scope)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is None or not args:
        return id(hint) if isinstance(hint, type) or _is_alias(hint) else None
    if not _is_alias(origin) and _records.describe(origin) is None:
        return None
    return id(origin), *(_told_apart(arg, scope) for arg in args)


def _told_apart(arg: Any, scope: Any) -> Any:
    inner = typing.get_args(arg)
    if inner:
        return id(typing.get_origin(arg)), *(_told_apart(one, scope) for one in inner)
    return _identity(arg, scope) or (type(arg).__name__, repr(arg))


def _is_alias(hint: Any) -> bool:
    """Whether the hint was made by `type X = ...`, whose value is looked up late."""
    return type(hint).__name__ == "TypeAliasType"


def _full_name(cls: Any) -> str:
    return f"{getattr(cls, '__module__', '')}.{getattr(cls, '__qualname__', '')}"
