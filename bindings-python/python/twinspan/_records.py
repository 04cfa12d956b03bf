"""Classes whose instances are records: dataclasses, attrs, pydantic models, named tuples and typed dicts, and their registered names."""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any

REGISTERED: dict[str, type] = {}
# Plans of registered classes, made when the first one arrives.
PLANS: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name, the name under which the class takes it, whether it must arrive, whether the class takes it at all."""

    name: str
    input: str
    required: bool
    taken: bool = True


@dataclass(frozen=True, slots=True)
class Described:
    """What the plan of a record needs.

    Attributes:
        build: how an instance is made: "positional", "keywords", "dict" or "tuple".
        fields: in the order of the class.
        hints: resolves the fields' hints, which can fail.
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


def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def _dataclass(cls: type) -> Described:
    all_fields = fields(cls)
    params = vars(cls).get("__dataclass_params__")
    init_vars = len(all_fields) != sum(f._field_type is not _CLASS_VAR for f in cls.__dataclass_fields__.values())  # type: ignore[attr-defined]
    ordered = params is not None and params.init and not init_vars and all(f.init and not f.kw_only for f in all_fields)
    described = [Field(f.name, f.name, f.init and f.default is MISSING and f.default_factory is MISSING, f.init) for f in all_fields]
    return Described("positional" if ordered else "keywords", described, lambda: _hints(cls))


def _attrs(cls: type) -> Described:
    attributes = cls.__attrs_attrs__  # type: ignore[attr-defined]
    nothing = sys.modules["attr"].NOTHING
    described = [Field(a.name, a.alias, a.init and a.default is nothing, a.init) for a in attributes]
    return Described("keywords", described, lambda: _hints(cls))


def _pydantic(cls: Any) -> Described:
    config = cls.model_config
    by_name = config.get("populate_by_name") or config.get("validate_by_name")

    def name(own: str, field: Any) -> str:
        alias = field.validation_alias if field.validation_alias is not None else field.alias
        if by_name or alias is None:
            return own
        choices = getattr(alias, "choices", [alias])
        return next((choice for choice in choices if isinstance(choice, str)), own)

    model_fields = cls.__pydantic_fields__
    described = [Field(own, name(own, field), field.is_required()) for own, field in model_fields.items()]
    return Described("keywords", described, lambda: {own: field.annotation for own, field in model_fields.items()})


def _typed_dict(cls: Any) -> Described:
    hints = _hints(cls)

    def required(name: str) -> bool:
        # Under `from __future__ import annotations` the marks are only seen in the resolved hints.
        mark = typing.get_origin(hints.get(name))
        return mark is typing.Required or (mark is not typing.NotRequired and name in cls.__required_keys__)

    return Described("dict", [Field(name, name, required(name)) for name in hints], lambda: hints)


_CLASS_VAR = sys.modules["dataclasses"]._FIELD_CLASSVAR
