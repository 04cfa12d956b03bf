"""Times that keep nanoseconds: for hints where Python's own would lose the digits below the microsecond."""

from __future__ import annotations

import datetime as dt
from typing import Any


def _checked(nanosecond: int) -> int:
    if not 0 <= nanosecond <= 999:
        raise ValueError(f"nanoseconds beyond the microsecond are 0 to 999, not {nanosecond}")
    return nanosecond


class _Nanos:
    """Compares by the plain value first, then by the nanoseconds below its microsecond."""

    _nanos: int

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)
        return self._nanos == _extra(other) if same is True else same

    def __ne__(self, other: object) -> bool:
        same = self.__eq__(other)
        return same if same is NotImplemented else not same

    def __lt__(self, other: Any) -> bool:
        less: bool = super().__lt__(other)  # type: ignore[misc]
        return self._nanos < _extra(other) if super().__eq__(other) is True else less

    def __gt__(self, other: Any) -> bool:
        more: bool = super().__gt__(other)  # type: ignore[misc]
        return self._nanos > _extra(other) if super().__eq__(other) is True else more

    def __le__(self, other: Any) -> bool:
        more = self.__gt__(other)
        return more if more is NotImplemented else not more

    def __ge__(self, other: Any) -> bool:
        less = self.__lt__(other)
        return less if less is NotImplemented else not less

    def __hash__(self) -> int:
        return super().__hash__() ^ self._nanos

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuilt, (type(self), self.plain(), self._nanos)  # type: ignore[attr-defined]


class DateTime(_Nanos, dt.datetime):
    """A `datetime` with `nanosecond` (0 to 999) beyond `microsecond`.

    As a hint it keeps what Java's `Instant`, `OffsetDateTime`, `ZonedDateTime` and `LocalDateTime` hold.
    With `nanosecond` 0 it equals the plain `datetime`. Sums and differences keep nanoseconds.
    """

    def __new__(cls, *args: Any, nanosecond: int = 0, **kwargs: Any) -> DateTime:
        self = super().__new__(cls, *args, **kwargs)
        self._nanos = _checked(nanosecond)
        return self

    @classmethod
    def _of(cls, value: dt.datetime, nanosecond: int = 0) -> DateTime:
        date = (value.year, value.month, value.day)
        time = (value.hour, value.minute, value.second, value.microsecond, value.tzinfo)
        return cls(*date, *time, fold=value.fold, nanosecond=nanosecond)

    @property
    def nanosecond(self) -> int:
        """Nanoseconds beyond the microsecond, 0 to 999."""
        return self._nanos

    def plain(self) -> dt.datetime:
        """The plain `datetime`, without the nanoseconds."""
        date = (self.year, self.month, self.day)
        return dt.datetime(*date, self.hour, self.minute, self.second, self.microsecond, self.tzinfo, fold=self.fold)

    def replace(self, *args: Any, nanosecond: int | None = None, **kwargs: Any) -> DateTime:
        kept = self._nanos if nanosecond is None else nanosecond
        return self._of(self.plain().replace(*args, **kwargs), kept)

    def astimezone(self, tz: dt.tzinfo | None = None) -> DateTime:
        return self._of(self.plain().astimezone(tz), self._nanos)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, dt.timedelta):
            return NotImplemented
        carry, nanos = divmod(self._nanos + _extra(other), 1000)
        return self._of(self.plain() + _plain(other) + dt.timedelta(microseconds=carry), nanos)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, dt.timedelta):
            return self + TimeDelta._negated(other)
        if not isinstance(other, dt.datetime):
            return NotImplemented
        plain = other.plain() if isinstance(other, DateTime) else other
        carry, nanos = divmod(self._nanos - _extra(other), 1000)
        return TimeDelta._of(self.plain() - plain + dt.timedelta(microseconds=carry), nanos)

    def __rsub__(self, other: Any) -> Any:
        return self._of(other) - self if isinstance(other, dt.datetime) else NotImplemented

    def __repr__(self) -> str:
        return _repr(super().__repr__(), "nanosecond", self._nanos)


class Time(_Nanos, dt.time):
    """A naive `time` with `nanosecond` (0 to 999) beyond `microsecond`: Java's `LocalTime`."""

    def __new__(cls, *args: Any, nanosecond: int = 0, **kwargs: Any) -> Time:
        self = super().__new__(cls, *args, **kwargs)
        self._nanos = _checked(nanosecond)
        return self

    @classmethod
    def _of(cls, value: dt.time, nanosecond: int = 0) -> Time:
        time = (value.hour, value.minute, value.second, value.microsecond, value.tzinfo)
        return cls(*time, fold=value.fold, nanosecond=nanosecond)

    @property
    def nanosecond(self) -> int:
        """Nanoseconds beyond the microsecond, 0 to 999."""
        return self._nanos

    def plain(self) -> dt.time:
        """The plain `time`, without the nanoseconds."""
        return dt.time(self.hour, self.minute, self.second, self.microsecond, self.tzinfo, fold=self.fold)

    def replace(self, *args: Any, nanosecond: int | None = None, **kwargs: Any) -> Time:
        kept = self._nanos if nanosecond is None else nanosecond
        return self._of(self.plain().replace(*args, **kwargs), kept)

    def __repr__(self) -> str:
        return _repr(super().__repr__(), "nanosecond", self._nanos)


class TimeDelta(_Nanos, dt.timedelta):
    """A `timedelta` with `nanoseconds` (0 to 999) beyond `microseconds`: Java's `Duration`.

    Like `microseconds`, they count upwards from the floor: a nanosecond less than nothing is
    `TimeDelta(microseconds=-1, nanoseconds=999)`.
    """

    def __new__(cls, *args: Any, nanoseconds: int = 0, **kwargs: Any) -> TimeDelta:
        self = super().__new__(cls, *args, **kwargs)
        self._nanos = _checked(nanoseconds)
        return self

    @classmethod
    def _of(cls, value: dt.timedelta, nanoseconds: int = 0) -> TimeDelta:
        return cls(value.days, value.seconds, value.microseconds, nanoseconds=nanoseconds)

    @classmethod
    def _negated(cls, value: dt.timedelta) -> TimeDelta:
        carry, nanos = divmod(-_extra(value), 1000)
        return cls._of(-_plain(value) + dt.timedelta(microseconds=carry), nanos)

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds beyond the microseconds, 0 to 999."""
        return self._nanos

    def plain(self) -> dt.timedelta:
        """The plain `timedelta`, without the nanoseconds."""
        return dt.timedelta(self.days, self.seconds, self.microseconds)

    def total_nanoseconds(self) -> int:
        """All of it in nanoseconds."""
        return ((self.days * 86_400 + self.seconds) * 1_000_000 + self.microseconds) * 1000 + self._nanos

    def __neg__(self) -> TimeDelta:
        return self._negated(self)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, dt.timedelta):
            return NotImplemented
        carry, nanos = divmod(self._nanos + _extra(other), 1000)
        return self._of(self.plain() + _plain(other) + dt.timedelta(microseconds=carry), nanos)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + self._negated(other) if isinstance(other, dt.timedelta) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return self._negated(self) + other if isinstance(other, dt.timedelta) else NotImplemented

    def __repr__(self) -> str:
        return _repr(super().__repr__(), "nanoseconds", self._nanos)


def _extra(value: object) -> int:
    """Nanoseconds below the microsecond; plain values have none."""
    return value._nanos if isinstance(value, _Nanos) else 0


def _plain(value: dt.timedelta) -> dt.timedelta:
    return value.plain() if isinstance(value, TimeDelta) else value


def _repr(text: str, name: str, nanos: int) -> str:
    if not nanos:
        return text
    return f"{text[:-1]}, {name}={nanos})"


def _rebuilt(cls: Any, plain: Any, nanos: int) -> Any:
    return cls._of(plain, nanos)
