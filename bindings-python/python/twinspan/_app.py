"""App: what a process offers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, TypeVar

from ._errors import AlreadyExists, BadConfig
from ._limit import Limit, checked

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


class Offered(NamedTuple):
    """One service of an App, before its instance exists."""

    name: str
    balance: str | None
    factory: type | None
    instance: Any
    functions: dict[str, Callable[..., Any]]
    limit: Limit | None
    limits: dict[str, Limit]
    """Of functions, by their method."""


class App:
    """What a process offers: services, and the resources that they need.

    Args:
        name: shown in members and dashboards.
        version: the program's own version.
        lifespan: async context manager of the app. It is opened before the node becomes visible and closed after it left; the
            mapping that it yields gives constructors their arguments by name.

    Example:
        app = twinspan.App("fraud-py", version="2.3.0")

        @app.service("fraud")
        class Fraud:
            def score(self, order: Order) -> float: ...
    """

    def __init__(self, name: str, *, version: str = "", lifespan: Lifespan | None = None) -> None:
        self.name = name
        self.version = version
        self.lifespan = lifespan
        self._services: dict[str, Offered] = {}

    def __repr__(self) -> str:
        return f"<App {self.name} {self.version}: {', '.join(self._services) or 'no services'}>"

    def service(self, name: str, *, balance: str | None = None, limit: Limit | None = None) -> Callable[[C], C]:
        """Serves the public methods of the decorated class; one instance a node. `limit`: of all its methods together."""
        checked(limit, name)

        def decorate(cls: C) -> C:
            if not isinstance(cls, type):
                raise BadConfig(
                    f"@app.service({name!r}) decorates a class", advice="Use @app.function for a function, add_service for an instance."
                )
            self._add(Offered(name, balance, cls, None, {}, limit, {}))
            return cls

        return decorate

    def function(self, name: str, *, limit: Limit | None = None) -> Callable[[F], F]:
        """Serves a function: `"geo.distance"` is the method `distance` of the service `geo`. `limit`: of this method, instead of what `@twinspan.limit` says."""
        checked(limit, name)
        service, dot, method = name.rpartition(".")
        if not dot or not service or not method:
            raise BadConfig(f"function name `{name}` has no service", advice='Write it as "service.method".')

        def decorate(function: F) -> F:
            offered = self._services.get(service)
            if offered is None:
                offered = Offered(service, None, None, None, {}, None, {})
                self._add(offered)
            elif offered.factory is not None or offered.instance is not None or method in offered.functions:
                raise AlreadyExists(f"the app already serves `{name}`")
            offered.functions[method] = function
            if limit is not None:
                offered.limits[method] = limit
            return function

        return decorate

    def add_service(self, name: str, instance: Any, *, balance: str | None = None, limit: Limit | None = None) -> None:
        """Serves the public methods of an object. `limit`: of all its methods together."""
        checked(limit, name)
        if isinstance(instance, type):
            raise BadConfig(
                f"add_service({name!r}) takes an instance, not the class {instance.__name__}", advice="Use @app.service for a class."
            )
        self._add(Offered(name, balance, None, instance, {}, limit, {}))

    def include(self, other: App) -> None:
        """Offers everything that another app offers. Its lifespan stays its own: only this app's is run."""
        for offered in other._services.values():
            mine = self._services.get(offered.name)
            if mine is not None and mine.functions and offered.functions and mine.functions.keys().isdisjoint(offered.functions):
                mine.functions.update(offered.functions)
                mine.limits.update(offered.limits)
            else:
                self._add(offered)

    def _add(self, offered: Offered) -> None:
        if offered.name in self._services:
            raise AlreadyExists(f"the app already serves `{offered.name}`")
        self._services[offered.name] = offered
