"""Classes whose instances are records: dataclasses, attrs, pydantic models, named tuples and typed dicts, and their registered names."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, InitVar, dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

REGISTERED: dict[str, type] = {}
# Plans of registered classes, made when the first one arrives.
PLANS: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Field:
    """A field.

    Attributes:
        name: under which it crosses.
        input: under which the class takes it.
        required: whether it must arrive.
        taken: whether the class takes it at all.
        also: other names under which it may arrive.
    """

    name: str
    input: str
    required: bool
    taken: bool = True
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """What the plan of a record needs.

    Attributes:
        build: how an instance is made: "positional", "keywords", "dict" or "tuple".
        fields: in the order of the class.
        hints: resolves the fields' hints by the names under which they cross, which can fail. Variables of generic classes that the
            class doesn't bind are left in them.
    """

    build: str
    fields: list[Field]
    hints: Callable[[], dict[str, Any]]


def register(name: str, cls: type) -> None:
    """Gives a record class its name; a name belongs to one class."""
    if describe(cls) is None:
        raise TypeError(f"{cls.__qualname__} is no record: put @twinspan.record above @dataclass")
    before = REGISTERED.get(name)
    if before is not None and (before.__module__, before.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f"the name {name!r} belongs to {before.__module__}.{before.__qualname__} already")
    cls.__twinspan_record__ = name  # type: ignore[attr-defined]
    REGISTERED[name] = cls
    PLANS.pop(name, None)


def name_of(cls: type) -> str | None:
    """The registered name of a class; a subclass doesn't inherit it."""
    return vars(cls).get("__twinspan_record__")


def is_enum(cls: type) -> bool:
    """Whether the class is an enum."""
    enum = sys.modules.get("enum")
    return enum is not None and issubclass(cls, enum.Enum)


def describe(cls: Any) -> Described | None:
    """The fields of a record class; None if it isn't one."""
    if not isinstance(cls, type):
        return None
    if is_dataclass(cls):
        return _dataclass(cls)
    if hasattr(cls, "__attrs_attrs__"):
        return _attrs(cls)
    if hasattr(cls, "__pydantic_fields__"):
        return _pydantic(cls)
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        defaults = getattr(cls, "_field_defaults", {})
        return Described("tuple", [Field(name, name, name not in defaults) for name in cls._fields], lambda: _hints(cls))
    if typing.is_typeddict(cls):
        return _typed_dict(cls)
    return None


def root_hint(cls: Any) -> Any:
    """Type of the root of a pydantic model that crosses as that value; None for every other class."""
    if not getattr(cls, "__pydantic_root_model__", False):
        return None
    return cls.__pydantic_fields__["root"].annotation


def substituted(hint: Any, variables: dict[Any, Any]) -> Any:
    """A hint with the variables of a generic class replaced."""
    if isinstance(hint, TypeVar):
        return variables.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if not variables or not parameters or (isinstance(hint, type) and not isinstance(hint, types.GenericAlias)):
        return hint
    return hint[tuple(variables.get(parameter, parameter) for parameter in parameters)]


def _hints(cls: type) -> dict[str, Any]:
    """The hints of all fields; what a base class calls T is what the class made of it."""
    names: dict[str, Any] | None = None
    own = {variable.__name__: variable for base in cls.__mro__ for variable in getattr(base, "__type_params__", ())}
    if own:  # `class Box[T]`: not every Python looks for T by itself
        names = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()} | own
    found = typing.get_type_hints(cls, localns=names, include_extras=True)
    hints = {name: hint.type if isinstance(hint, InitVar) else hint for name, hint in found.items()}
    bound: dict[str, dict[Any, Any]] = {}
    _bind(cls, {}, bound)
    return {name: substituted(hint, bound.get(name, {})) for name, hint in hints.items()}


def _bind(cls: Any, variables: dict[Any, Any], bound: dict[str, dict[Any, Any]]) -> None:
    """Notes for every field what the variables of the class that declares it stand for."""
    for base in reversed(vars(cls).get("__orig_bases__", cls.__bases__)):
        origin = typing.get_origin(base) or base
        if isinstance(origin, type) and origin not in (Generic, object):
            given = [substituted(arg, variables) for arg in typing.get_args(base)]
            _bind(origin, dict(zip(getattr(origin, "__parameters__", ()), given, strict=False)), bound)
    bound.update(dict.fromkeys(getattr(cls, "__annotations__", ()), variables) if variables else {})


def _dataclass(cls: type) -> Described:
    # Besides the fields, what is only an argument of `__init__`: nobody can send it back, but others may send it.
    told = [f for f in cls.__dataclass_fields__.values() if f._field_type is not _CLASS_VAR]  # type: ignore[attr-defined]
    params = vars(cls).get("__dataclass_params__")
    ordered = params is not None and params.init and len(told) == len(fields(cls)) and all(f.init and not f.kw_only for f in told)
    described = [Field(f.name, f.name, f.init and f.default is MISSING and f.default_factory is MISSING, f.init) for f in told]
    return Described("positional" if ordered else "keywords", described, lambda: _hints(cls))


def _attrs(cls: type) -> Described:
    attributes = cls.__attrs_attrs__  # type: ignore[attr-defined]
    nothing = sys.modules["attr"].NOTHING
    described = [
        Field(a.name, a.alias, a.init and a.default is nothing, a.init, () if a.alias == a.name else (a.alias,)) for a in attributes
    ]
    return Described("keywords", described, lambda: _hints(cls))


def _pydantic(cls: Any) -> Described:
    config = cls.model_config
    by_name = config.get("populate_by_name") or config.get("validate_by_name")

    def field_of(own: str, field: Any) -> Field:
        alias = field.validation_alias if field.validation_alias is not None else field.alias
        choices = [choice for choice in getattr(alias, "choices", [alias]) if isinstance(choice, str)]
        crosses = field.serialization_alias or field.alias or own
        also = dict.fromkeys(name for name in (*choices, own) if name != crosses)
        return Field(crosses, own if by_name or not choices else choices[0], field.is_required(), True, tuple(also))

    described = {own: field_of(own, field) for own, field in cls.__pydantic_fields__.items()}
    return Described(
        "keywords",
        list(described.values()),
        lambda: {described[own].name: field.annotation for own, field in cls.__pydantic_fields__.items()},
    )


def _typed_dict(cls: Any) -> Described:
    hints = _hints(cls)

    def required(name: str) -> bool:
        # Under `from __future__ import annotations` the marks are only seen in the resolved hints.
        mark = typing.get_origin(hints.get(name))
        return mark is typing.Required or (mark is not typing.NotRequired and name in cls.__required_keys__)

    return Described("dict", [Field(name, name, required(name)) for name in hints], lambda: hints)


_CLASS_VAR = sys.modules["dataclasses"]._FIELD_CLASSVAR
