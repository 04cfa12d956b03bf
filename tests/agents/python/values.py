"""Literals to Python values and back."""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import contracts
import numpy as np
import twinspan

DTYPES = {
    "u8": "u1",
    "u16": "<u2",
    "u32": "<u4",
    "u64": "<u8",
    "i8": "i1",
    "i16": "<i2",
    "i32": "<i4",
    "i64": "<i8",
    "f16": "<f2",
    "f32": "<f4",
    "f64": "<f8",
}
NAMES = {np.dtype(text): name for name, text in DTYPES.items()}
UTC_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def value_of(literal: Any) -> Any:
    """The Python value of a literal."""
    if isinstance(literal, list):
        return [value_of(part) for part in literal]
    if not isinstance(literal, dict):
        return literal
    return _READ[literal["t"]](literal["v"], literal.get("n"))


class Live(NamedTuple):
    """Stands for something of the calling node."""

    kind: str
    name: str

    def of(self, node: Any) -> Any:
        if self.kind == "client":
            return node.client(twinspan.ServiceRef.parse(self.name) if "://" in self.name else self.name)
        return node.member(self.name) if self.name else node


def alive(node: Any, arguments: list[Any]) -> list[Any]:
    """The arguments, in whose places of `Live` are clients, members or the node."""
    return [one.of(node) if isinstance(one, Live) else one for one in arguments]


def _instant(seconds: int, nanos: int, zone: dt.tzinfo) -> twinspan.DateTime:
    moment = (UTC_EPOCH + dt.timedelta(seconds=seconds, microseconds=nanos // 1000)).astimezone(zone)
    return twinspan.DateTime(*moment.timetuple()[:6], moment.microsecond, zone, fold=moment.fold, nanosecond=nanos % 1000)


def _time(nanos: int) -> twinspan.Time:
    seconds, rest = divmod(nanos, 10**9)
    return twinspan.Time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest // 1000, nanosecond=rest % 1000)


def _local(day: str, nanos: int) -> twinspan.DateTime:
    time, date = _time(nanos), dt.date.fromisoformat(day)
    clock = (time.hour, time.minute, time.second, time.microsecond)
    return twinspan.DateTime(date.year, date.month, date.day, *clock, nanosecond=time.nanosecond)


def _array(parts: list[Any]) -> np.ndarray:
    dtype, shape, data = parts
    return np.frombuffer(bytes.fromhex(data), DTYPES[dtype]).reshape(shape)


def _record(values: dict[str, Any], name: str) -> Any:
    return getattr(contracts, name)(**{key: value_of(part) for key, part in values.items()})


_READ: dict[str, Any] = {
    "float": lambda v, _: struct.unpack(">d", bytes.fromhex(v))[0],
    "decimal": lambda v, _: (
        Decimal(v[0]).scaleb(-v[1]) if abs(v[0]) < 10**20 else Decimal((int(v[0] < 0), tuple(map(int, str(abs(v[0])))), -v[1]))
    ),
    "bytes": lambda v, _: bytes.fromhex(v),
    "map": lambda v, _: {_key(value_of(key)): value_of(part) for key, part in v},
    "set": lambda v, _: {_key(value_of(part)) for part in v},
    "record": _record,
    "enum": lambda v, n: getattr(contracts, n)[v],
    "instant": lambda v, _: _instant(v[0], v[1], dt.UTC),
    "offset": lambda v, _: _instant(v[0], v[1], dt.timezone(dt.timedelta(minutes=v[2]))),
    "zoned": lambda v, _: _instant(v[0], v[1], ZoneInfo(v[2])),
    "date": lambda v, _: dt.date.fromisoformat(v),
    "time": lambda v, _: _time(v),
    "local": lambda v, _: _local(*v),
    "duration": lambda v, _: twinspan.TimeDelta(seconds=v[0], microseconds=v[1] // 1000, nanoseconds=v[1] % 1000),
    "uuid": lambda v, _: UUID(v),
    "service": lambda v, _: twinspan.ServiceRef.parse(v),
    "node": lambda v, _: twinspan.NodeRef.parse(v),
    "client": lambda v, _: Live("client", v),
    "member": lambda v, _: Live("member", v),
    "array": lambda v, _: _array(v),
    "uncrossable": lambda v, _: object(),
    "filled": lambda v, _: bytes([v[0]]) * v[1],
}


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def literal_of(value: Any) -> Any:
    """The literal of a Python value. Its class decides, so that a wrong class shows."""
    if value is None or (isinstance(value, (bool, str)) and not isinstance(value, Enum)):
        return value
    for cls, write in _WRITE:
        if isinstance(value, cls):
            return write(value)
    if is_dataclass(value):
        return {"t": "record", "n": type(value).__name__, "v": {f.name: literal_of(getattr(value, f.name)) for f in fields(value)}}
    return {"t": "other", "v": f"{type(value).__module__}.{type(value).__qualname__}"}


def _nanos(value: Any) -> int:
    return value.microsecond * 1000 + getattr(value, "nanosecond", 0)


def _of_day(value: Any) -> int:
    return (value.hour * 3600 + value.minute * 60 + value.second) * 10**9 + _nanos(value)


def _moment(value: dt.datetime) -> Any:
    if value.tzinfo is None:
        return {"t": "local", "v": [value.date().isoformat(), _of_day(value)]}
    plain = dt.datetime.combine(value.date(), dt.time(value.hour, value.minute, value.second, fold=value.fold), value.tzinfo)
    seconds = (plain - UTC_EPOCH) // dt.timedelta(seconds=1) if not isinstance(value.tzinfo, ZoneInfo) else int(plain.timestamp())
    if isinstance(value.tzinfo, ZoneInfo):
        return {"t": "zoned", "v": [seconds, _nanos(value), value.tzinfo.key]}
    if value.tzinfo is dt.UTC:
        return {"t": "instant", "v": [seconds, _nanos(value)]}
    minutes = value.utcoffset() // dt.timedelta(minutes=1)  # type: ignore[operator]
    return {"t": "offset", "v": [seconds, _nanos(value), minutes]}


def _duration(value: dt.timedelta) -> Any:
    seconds, micros = divmod((value.days * 86_400 + value.seconds) * 10**6 + value.microseconds, 10**6)
    return {"t": "duration", "v": [seconds, micros * 1000 + getattr(value, "nanoseconds", 0)]}


def _numbers(value: np.ndarray) -> Any:
    dtype = NAMES[value.dtype.newbyteorder("<")]
    return {"t": "array", "v": [dtype, list(value.shape), np.ascontiguousarray(value).astype(DTYPES[dtype]).tobytes().hex()]}


def _decimal(value: Decimal) -> Any:
    sign, digits, exponent = value.as_tuple()
    return {"t": "decimal", "v": [int("".join(map(str, digits))) * (-1 if sign else 1), -int(exponent)]}


_WRITE: tuple[tuple[type, Any], ...] = (
    (Enum, lambda v: {"t": "enum", "n": type(v).__name__, "v": v.name}),
    (int, lambda v: v),
    (float, lambda v: {"t": "float", "v": struct.pack(">d", v).hex()}),
    (Decimal, _decimal),
    (bytes, lambda v: {"t": "bytes", "v": v.hex()}),
    ((list, tuple), lambda v: [literal_of(part) for part in v]),
    (dict, lambda v: {"t": "map", "v": [[literal_of(key), literal_of(part)] for key, part in v.items()]}),
    ((set, frozenset), lambda v: {"t": "set", "v": [literal_of(part) for part in v]}),
    (dt.datetime, _moment),
    (dt.date, lambda v: {"t": "date", "v": v.isoformat()}),
    (dt.time, lambda v: {"t": "time", "v": _of_day(v)}),
    (dt.timedelta, _duration),
    (UUID, lambda v: {"t": "uuid", "v": str(v)}),
    (twinspan.ServiceRef, lambda v: {"t": "service", "v": v.uri}),
    (twinspan.NodeRef, lambda v: {"t": "node", "v": v.uri}),
    (np.ndarray, _numbers),
)
