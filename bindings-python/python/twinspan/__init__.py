"""Twinspan: Python and Java programs in one cluster.

import twinspan

app = twinspan.App("geo")

@app.function("geo.distance")
def distance(a: float, b: float) -> float:
    return abs(a - b)

with twinspan.join(app, cluster="shop") as node:
    node.call("geo.distance", 1.0, b=3.5)
"""

import logging as _logging
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import _native
from ._app import App
from ._client import Client
from ._context import CallContext, baggage, current_baggage, current_call, current_traceparent, traceparent
from ._errors import (
    AlreadyExists,
    BadArguments,
    BadConfig,
    Cancelled,
    ClockSkew,
    Closed,
    ContractWarning,
    DeadlineExceeded,
    Error,
    Forked,
    Internal,
    MaybeExecuted,
    Misuse,
    NoQuorum,
    NoSuchMethod,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    PermissionDenied,
    Protocol,
    RemoteCancelled,
    RemoteError,
    Unauthenticated,
    Unavailable,
    Unserializable,
    VersionMismatch,
)
from ._join import join, join_async
from ._limit import Limit
from ._look import FieldInfo, Member, MethodInfo, ParameterInfo, Provider, ServiceInfo, TypeInfo
from ._marks import deprecated, error, idempotent, limit, raises, record, renamed_from
from ._node import Node
from ._options import call_options, options
from ._run import run
from ._streams import Stream, StreamStats

if _TYPE_CHECKING:
    from ._aio import AsyncNode
    from ._moments import DateTime, Time, TimeDelta
    from ._nd_array import NdArray
    from ._references import NodeRef, ServiceRef
    from ._streams_aio import AsyncStream

ABI = 3
"""The neck that this package was written for."""

__version__: str = _native.VERSION

if _native.ABI != ABI:
    raise ImportError(
        f"twinspan {__file__} needs neck {ABI}, but {_native.__file__} (twinspan {_native.VERSION}) has neck {_native.ABI}\n"
        "Reinstall twinspan, so that both come from one version."
    )

_logging.getLogger("twinspan").addHandler(_logging.NullHandler())

__all__ = [
    "AlreadyExists",
    "App",
    "AsyncNode",
    "AsyncStream",
    "BadArguments",
    "BadConfig",
    "CallContext",
    "Cancelled",
    "Client",
    "ClockSkew",
    "Closed",
    "ContractWarning",
    "DateTime",
    "DeadlineExceeded",
    "Error",
    "FieldInfo",
    "Forked",
    "Internal",
    "Limit",
    "MaybeExecuted",
    "Member",
    "MethodInfo",
    "Misuse",
    "NdArray",
    "NoQuorum",
    "NoSuchMethod",
    "Node",
    "NodeRef",
    "NotFound",
    "Overloaded",
    "ParameterInfo",
    "PayloadTooLarge",
    "PermissionDenied",
    "Protocol",
    "Provider",
    "RemoteCancelled",
    "RemoteError",
    "ServiceInfo",
    "ServiceRef",
    "Stream",
    "StreamStats",
    "Time",
    "TimeDelta",
    "TypeInfo",
    "Unauthenticated",
    "Unavailable",
    "Unserializable",
    "VersionMismatch",
    "baggage",
    "call_options",
    "current_baggage",
    "current_call",
    "current_traceparent",
    "deprecated",
    "error",
    "idempotent",
    "join",
    "join_async",
    "limit",
    "options",
    "raises",
    "record",
    "renamed_from",
    "run",
    "traceparent",
]


_LAZY = {
    "AsyncNode": "_aio",
    "AsyncStream": "_streams_aio",
    "DateTime": "_moments",
    "NdArray": "_nd_array",
    "NodeRef": "_references",
    "ServiceRef": "_references",
    "Time": "_moments",
    "TimeDelta": "_moments",
}


def __getattr__(name: str) -> _Any:
    # What not every program needs is imported on first use: importing twinspan stays cheap.
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module 'twinspan' has no attribute {name!r}", name=name)
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value
