"""What a node sees: members and services."""

from __future__ import annotations

from typing import Any, NamedTuple


class Member(NamedTuple):
    """A node of the cluster, as this node sees it."""

    id: str
    name: str
    language: str
    pid: int
    host: str
    version: str
    app: str
    app_version: str
    addresses: tuple[str, ...]
    state: str
    me: bool
    services: tuple[str, ...]
    cluster: str
    """Name of the cluster."""

    @property
    def __twinspan_reference__(self) -> tuple[str, str, str]:
        """Sent somewhere, a member is a `NodeRef` there."""
        return "node", self.cluster, self.name


class Provider(NamedTuple):
    """A node that serves a service."""

    id: str
    name: str
    language: str
    ready: bool


class ParameterInfo(NamedTuple):
    """A parameter of a method. Types are texts in the neutral grammar: `int`, `list<record Order>`, `text?`."""

    name: str
    kind: str
    """`positional`, `keyword`, `both`, `rest` or `extra`."""
    type: str
    optional: bool
    default: str | None
    """What it is when it is left out, as JSON; None where that isn't told."""
    former: tuple[str, ...]
    """Names that callers may still use."""


class MethodInfo(NamedTuple):
    """A method of a service."""

    name: str
    parameters: tuple[ParameterInfo, ...]
    returns: str
    raises: tuple[str, ...]
    takes_stream: bool
    """Whether one of its arguments is a stream."""
    answers_stream: bool
    idempotent: bool
    deprecated: bool
    doc: str


class FieldInfo(NamedTuple):
    """A field of a record."""

    name: str
    type: str
    optional: bool
    default: str | None
    doc: str


class TypeInfo(NamedTuple):
    """A class that a service's signatures name: `record Order`, `enum Color`, `union Payment`."""

    name: str
    kind: str
    """`record`, `enum` or `union`."""
    registered: str | None
    """The name under which its values cross, if it is registered."""
    fields: tuple[FieldInfo, ...]
    values: tuple[str, ...]
    """Of an enum."""
    members: tuple[str, ...]
    """Types of a union."""
    doc: str


class ServiceInfo(NamedTuple):
    """A service of the cluster: its providers, its methods, and the classes that these name."""

    name: str
    doc: str
    providers: tuple[Provider, ...]
    methods: tuple[MethodInfo, ...]
    types: tuple[TypeInfo, ...]


def member(told: dict[str, Any], cluster: str) -> Member:
    """A member from its encoded form."""
    return Member(
        str(told.get("id", "")),
        str(told.get("name", "")),
        str(told.get("language", "")),
        int(told.get("pid", 0)),
        str(told.get("host", "")),
        str(told.get("version", "")),
        str(told.get("app", "")),
        str(told.get("app_version", "")),
        tuple(told.get("addresses", ())),
        str(told.get("state", "")),
        bool(told.get("me", False)),
        tuple(told.get("services", ())),
        cluster,
    )


def service(told: dict[str, Any]) -> ServiceInfo:
    """A service from its encoded form."""
    providers = (
        Provider(p.get("id", ""), p.get("name", ""), p.get("language", ""), p.get("ready", False)) for p in told.get("providers", ())
    )
    methods, types = told.get("methods", ()), told.get("types", ())
    return ServiceInfo(_text(told, "name"), _text(told, "doc"), tuple(providers), tuple(map(_method, methods)), tuple(map(_type, types)))


def _method(told: dict[str, Any]) -> MethodInfo:
    return MethodInfo(
        _text(told, "name"),
        tuple(map(_parameter, told.get("params", ()))),
        told.get("returns") or "any",
        tuple(told.get("raises", ())),
        bool(told.get("in_stream", False)),
        bool(told.get("out_stream", False)),
        bool(told.get("idempotent", False)),
        bool(told.get("deprecated", False)),
        _text(told, "doc"),
    )


def _parameter(told: dict[str, Any]) -> ParameterInfo:
    return ParameterInfo(
        _text(told, "name"),
        told.get("kind", "both"),
        told.get("type") or "any",
        bool(told.get("optional", False)),
        told.get("default"),
        tuple(told.get("former", ())),
    )


def _type(told: dict[str, Any]) -> TypeInfo:
    return TypeInfo(
        _text(told, "name"),
        told.get("kind", "record"),
        told.get("registered"),
        tuple(map(_field, told.get("fields", ()))),
        tuple(told.get("values", ())),
        tuple(told.get("members", ())),
        _text(told, "doc"),
    )


def _field(told: dict[str, Any]) -> FieldInfo:
    return FieldInfo(
        _text(told, "name"), told.get("type") or "any", bool(told.get("optional", False)), told.get("default"), _text(told, "doc")
    )


def _text(told: dict[str, Any], key: str) -> str:
    return str(told.get(key) or "")
