"""What classes of records say of themselves beside their types: documentation, and what fields are when they are left out."""

from __future__ import annotations

import inspect
import sys
import typing
from dataclasses import MISSING, is_dataclass
from typing import Any

from . import _defaults

LONGEST_DOC = 4096
# Factories that may be asked at once: a user's own may count, or draw an id.
_FACTORIES = (list, dict, set, frozenset, tuple, str, int, float, bool, bytes)


def doc_of(cls: Any) -> str:
    """The class's own documentation; not its base's, nor what `dataclass` wrote."""
    own = vars(cls).get("__doc__")
    if not isinstance(own, str):
        return ""
    signature = own.startswith(f"{cls.__name__}(") and own.endswith(")")
    if signature and (is_dataclass(cls) or hasattr(cls, "_fields")):
        return ""
    return inspect.cleandoc(own)[:LONGEST_DOC]


def field_doc(cls: Any, name: str, hint: Any) -> str:
    """What a field's declaration says for people: `Annotated[..., Doc("...")]`, pydantic's `description`, `metadata={"doc": "..."}`."""
    said: Any = None
    if typing.get_origin(hint) is typing.Annotated:
        said = next((mark.documentation for mark in typing.get_args(hint)[1:] if hasattr(mark, "documentation")), None)
    if said is None and (field := _declared(cls, name)) is not None:
        metadata: Any = getattr(field, "metadata", None)  # pydantic's is a list
        noted = metadata.get("doc") if hasattr(metadata, "get") else None
        said = getattr(field, "description", None) or getattr(field, "doc", None) or noted
    return inspect.cleandoc(said)[:LONGEST_DOC] if isinstance(said, str) else ""


def default_of(cls: Any, name: str, kind: str) -> str | None:
    """What a field of the type `kind` is when it is left out, as JSON; None where it has no default, or JSON can't say it."""
    field = _declared(cls, name)
    if field is None:
        return None
    default: Any = getattr(field, "default", MISSING)
    factory: Any = getattr(field, "default_factory", MISSING)
    attr, pydantic = sys.modules.get("attr"), sys.modules.get("pydantic_core")
    if attr is not None and isinstance(default, attr.Factory):
        factory = MISSING if default.takes_self else default.factory
        default = MISSING
    nothing = (MISSING, getattr(attr, "NOTHING", MISSING), getattr(pydantic, "PydanticUndefined", MISSING))
    if any(factory is one for one in _FACTORIES):
        default = factory()
    return None if any(default is one for one in nothing) else _defaults.json_of(default, kind)


def _declared(cls: Any, name: str) -> Any:
    """The declaration of a field in the words of the library that made the class."""
    if is_dataclass(cls):
        return cls.__dataclass_fields__.get(name)
    if hasattr(cls, "__attrs_attrs__"):
        return next((attribute for attribute in cls.__attrs_attrs__ if attribute.name == name), None)
    fields = getattr(cls, "__pydantic_fields__", {})
    # By the name under which it crosses.
    return next((field for own, field in fields.items() if (field.serialization_alias or field.alias or own) == name), None)
