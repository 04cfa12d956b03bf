"""App: what a process offers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, TypeVar

from ._errors import AlreadyExists, BadConfig
from ._failure import name_of
from ._marks import marks_of
from ._signature import Signature, near

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


class Method(NamedTuple):
    """One method that is ready to run."""

    service: str
    name: str
    run: Callable[..., Any]
    is_async: bool
    signature: Signature
    marks: dict[str, Any]
    doc: str
    deprecated: str

    def record(self, lane: int) -> dict[str, Any]:
        """Its encoded form in `join`."""
        return {
            "name": self.name,
            "lane": lane,
            "params": [p.record() for p in self.signature.parameters],
            "returns": self.signature.returns,
            "raises": [name_of(cls) for cls in self.marks.get("raises", ())],
            "idempotent": bool(self.marks.get("idempotent", False)),
            "deprecated": bool(self.deprecated),
            "doc": self.doc[:4096],
        }


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

    def service(self, name: str, *, balance: str | None = None) -> Callable[[C], C]:
        """Serves the public methods of the decorated class; one instance a node."""

        def decorate(cls: C) -> C:
            if not isinstance(cls, type):
                raise BadConfig(
                    f"@app.service({name!r}) decorates a class", advice="Use @app.function for a function, add_service for an instance."
                )
            self._add(Offered(name, balance, cls, None, {}))
            return cls

        return decorate

    def function(self, name: str) -> Callable[[F], F]:
        """Serves a function: `"geo.distance"` is the method `distance` of the service `geo`."""
        service, dot, method = name.rpartition(".")
        if not dot or not service or not method:
            raise BadConfig(f"function name `{name}` has no service", advice='Write it as "service.method".')

        def decorate(function: F) -> F:
            offered = self._services.get(service)
            if offered is None:
                offered = Offered(service, None, None, None, {})
                self._add(offered)
            elif offered.factory is not None or offered.instance is not None or method in offered.functions:
                raise AlreadyExists(f"the app already serves `{name}`")
            offered.functions[method] = function
            return function

        return decorate

    def add_service(self, name: str, instance: Any, *, balance: str | None = None) -> None:
        """Serves the public methods of an object."""
        if isinstance(instance, type):
            raise BadConfig(
                f"add_service({name!r}) takes an instance, not the class {instance.__name__}", advice="Use @app.service for a class."
            )
        self._add(Offered(name, balance, None, instance, {}))

    def include(self, other: App) -> None:
        """Offers everything that another app offers. Its lifespan stays its own: only this app's is run."""
        for offered in other._services.values():
            mine = self._services.get(offered.name)
            if mine is not None and mine.functions and offered.functions and mine.functions.keys().isdisjoint(offered.functions):
                mine.functions.update(offered.functions)
            else:
                self._add(offered)

    def _add(self, offered: Offered) -> None:
        if offered.name in self._services:
            raise AlreadyExists(f"the app already serves `{offered.name}`")
        self._services[offered.name] = offered


class Service(NamedTuple):
    """One service with its methods bound."""

    offered: Offered
    methods: list[Method]
    doc: str


def built(app: App, resources: Mapping[str, Any]) -> list[Service]:
    """Makes the instances and binds the methods. Every mistake of a signature shows here, before the node joins."""
    return [_service(offered, resources) for offered in app._services.values()]


def _service(offered: Offered, resources: Mapping[str, Any]) -> Service:
    if offered.functions:
        methods = [m for name, f in offered.functions.items() for m in _methods(offered.name, name, f, f)]
        return Service(offered, methods, "")
    instance = offered.instance if offered.factory is None else _constructed(offered.name, offered.factory, resources)
    methods = []
    for name in dir(type(instance)):
        declared = inspect.getattr_static(type(instance), name)
        if name.startswith("_") or (not isinstance(declared, (staticmethod, classmethod)) and not inspect.isroutine(declared)):
            continue
        bound = getattr(instance, name)
        methods += _methods(offered.name, name, bound, bound)
    if not methods:
        raise BadConfig(
            f"service `{offered.name}` has no public method", advice="Give the class a method whose name has no leading underscore."
        )
    return Service(offered, methods, inspect.getdoc(type(instance)) or "")


def _constructed(name: str, factory: type, resources: Mapping[str, Any]) -> Any:
    kwargs: dict[str, Any] = {}
    if factory.__init__ is not object.__init__:  # type: ignore[misc]
        for p in inspect.signature(factory).parameters.values():
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                continue
            if p.name in resources:
                kwargs[p.name] = resources[p.name]
            elif p.default is p.empty:
                hint = near(p.name, list(resources))
                raise BadConfig(
                    f"service `{name}`: {factory.__name__}() needs `{p.name}`, which the app's lifespan does not yield",
                    advice=f"Did you mean `{hint}`?" if hint else f"Yield {{{p.name!r}: ...}} in the lifespan of the App.",
                )
    return factory(**kwargs)


def _methods(service: str, name: str, run: Callable[..., Any], marked: Callable[..., Any]) -> list[Method]:
    where = f"{service}.{name}"
    if inspect.isgeneratorfunction(run) or inspect.isasyncgenfunction(run):
        raise BadConfig(f"{where} is a generator: streams are not served yet", advice="Return a list.")
    signature = Signature(run, where)
    marks = marks_of(marked)
    is_async = inspect.iscoroutinefunction(inspect.unwrap(run)) or inspect.iscoroutinefunction(run)
    doc = inspect.getdoc(run) or ""
    deprecated = str(marks.get("deprecated", ""))
    methods = [Method(service, name, run, is_async, signature, marks, doc, deprecated)]
    for old in marks.get("old_names", ()):
        methods.append(Method(service, old, run, is_async, signature, marks, doc, f"renamed to {name}"))
    return methods
