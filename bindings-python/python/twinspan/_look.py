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


class Provider(NamedTuple):
    """A node that serves a service."""

    id: str
    name: str
    language: str
    ready: bool


class ServiceInfo(NamedTuple):
    """A service of the cluster: its providers and its methods."""

    name: str
    providers: tuple[Provider, ...]
    methods: tuple[dict[str, Any], ...]


def member(told: dict[str, Any]) -> Member:
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
    )


def service(told: dict[str, Any]) -> ServiceInfo:
    """A service from its encoded form."""
    providers = (
        Provider(p.get("id", ""), p.get("name", ""), p.get("language", ""), p.get("ready", False)) for p in told.get("providers", ())
    )
    return ServiceInfo(str(told.get("name", "")), tuple(providers), tuple(told.get("methods", ())))
