"""What an App offers, made ready at `join`: instances, bound methods, resolved signatures.

Apart from the App itself, so that importing twinspan need not import what signatures need.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ._app import App, Offered
from ._classes import doc_of
from ._errors import BadConfig
from ._failure import name_of
from ._grammar import Grammar
from ._limit import Limit
from ._marks import marks_of
from ._names import near
from ._signature import Signature


class Method(NamedTuple):
    """One method that is ready to run."""

    service: str
    name: str
    run: Callable[..., Any]
    is_async: bool
    """It runs on an event loop."""
    awaits: bool
    """What it returns is awaited."""
    signature: Signature
    marks: dict[str, Any]
    doc: str
    deprecated: str
    where: str

    def record(self, lane: int) -> dict[str, Any]:
        """Its encoded form in `join`."""
        limit = self.marks.get("limit")
        return {
            "name": self.name,
            "lane": lane,
            "params": [p.record() for p in self.signature.parameters],
            "returns": self.signature.returns,
            "raises": [name_of(cls) for cls in self.marks.get("raises", ())],
            "in_stream": self.signature.takes_stream,
            "out_stream": self.signature.returns_stream,
            "idempotent": bool(self.marks.get("idempotent", False)),
            "deprecated": bool(self.deprecated),
            "doc": self.doc[:4096],
            **({"limit": limit.record()} if limit is not None else {}),
        }


class Service(NamedTuple):
    """One service with its methods bound."""

    offered: Offered
    methods: list[Method]
    doc: str
    types: list[dict[str, Any]]
    """Encoded definitions of the classes that the signatures name."""


def built(app: App, resources: Mapping[str, Any]) -> list[Service]:
    """Makes the instances and binds the methods. Every mistake of a signature shows here, before the node joins."""
    return [_service(offered, resources) for offered in app._services.values()]


def _service(offered: Offered, resources: Mapping[str, Any]) -> Service:
    grammar = Grammar()
    if offered.functions:
        methods = [
            m for name, f in offered.functions.items() for m in _methods(offered.name, name, f, f, grammar, offered.limits.get(name))
        ]
        return Service(offered, methods, "", grammar.types())
    instance = offered.instance if offered.factory is None else _constructed(offered.name, offered.factory, resources)
    methods = []
    for name in dir(type(instance)):
        declared = inspect.getattr_static(type(instance), name)
        if name.startswith("_") or (not isinstance(declared, (staticmethod, classmethod)) and not inspect.isroutine(declared)):
            continue
        bound = getattr(instance, name)
        methods += _methods(offered.name, name, bound, bound, grammar)
    if not methods:
        raise BadConfig(
            f"service `{offered.name}` has no public method", advice="Give the class a method whose name has no leading underscore."
        )
    return Service(offered, methods, _doc_of(type(instance)), grammar.types())


def _doc_of(cls: type) -> str:
    """The documentation of a service's class, or else of the nearest base that has some."""
    return next((doc for base in cls.__mro__ if base.__module__ != "builtins" and (doc := doc_of(base))), "")


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


def _methods(
    service: str, name: str, run: Callable[..., Any], marked: Callable[..., Any], grammar: Grammar, limit: Limit | None = None
) -> list[Method]:
    where = f"{service}.{name}"
    signature = Signature(run, where, grammar)
    marks = marks_of(marked) if limit is None else {**marks_of(marked), "limit": limit}
    awaits = inspect.iscoroutinefunction(inspect.unwrap(run)) or inspect.iscoroutinefunction(run)
    is_async = signature.is_async
    doc = inspect.getdoc(run) or ""
    deprecated = str(marks.get("deprecated", ""))
    methods = [Method(service, name, run, is_async, awaits, signature, marks, doc, deprecated, where)]
    for old in marks.get("old_names", ()):
        methods.append(Method(service, old, run, is_async, awaits, signature, marks, doc, f"renamed to {name}", f"{service}.{old}"))
    return methods
