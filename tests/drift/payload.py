"""The profile once more, in plain Python: reads a payload that is known to be valid, writes what a receiver without a type sends
again, and tells what a language has no room for. The fuzzer holds the decoders against it where they differ.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import cache
from typing import Any

OWN = 0x5457_0000
SET, DATE, DATE_TEXT, INSTANT, DURATION, DECIMAL, UUID, ND = 258, 100, 1004, 1001, 1002, 4, 37, 40
SHAPES, RECORD, NAMED, OFFSET, ZONED, TIME, LOCAL, COMPLEX, RANGE, STREAM, TABLE, REFERENCE = (
    OWN | low for low in (0x01, 0x02, 0x03, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x30, 0x31, 0x22)
)
NUMBERS = (64, 69, 70, 71, 72, 77, 78, 79, 84, 85, 86)
TAGS = (
    2, 3, SET, DATE, DATE_TEXT, INSTANT, DURATION, DECIMAL, UUID, ND, SHAPES, RECORD, NAMED, OFFSET, ZONED, TIME, LOCAL, COMPLEX, RANGE,
    STREAM, TABLE, REFERENCE, *NUMBERS,
)  # fmt: skip
DAY = 86_400
JAVA_LACKS = {"America/Coyhaique", "EST", "Factory", "GMT+0", "GMT-0", "HST", "MST", "ROC", "localtime"}
"""Zones that Python finds in the files of the system and a JDK doesn't have, or has under another name."""
PYTHON_DAYS = range(-719_162, 2_932_897)

Node = tuple[Any, ...]
"""A kind, then its parts."""


def head(major: int, number: int) -> bytes:
    """The shortest head."""
    if number < 24:
        return bytes([major << 5 | number])
    for info, width in ((24, 1), (25, 2), (26, 4)):
        if number < 1 << 8 * width:
            return bytes([major << 5 | info]) + number.to_bytes(width, "big")
    return bytes([major << 5 | 27]) + number.to_bytes(8, "big")


def integer(number: int) -> bytes:
    magnitude = number if number >= 0 else ~number
    if magnitude < 1 << 64:
        return head(int(number < 0), magnitude)
    digits = magnitude.to_bytes((magnitude.bit_length() + 7) // 8, "big")
    return head(6, 2 + int(number < 0)) + head(2, len(digits)) + digits


def text(value: str) -> bytes:
    data = value.encode()
    return head(3, len(data)) + data


def array(*items: bytes) -> bytes:
    return head(4, len(items)) + b"".join(items)


class Tree:
    """A valid payload, read."""

    def __init__(self, payload: bytes) -> None:
        self._bytes, self._at = payload, 0
        self._shapes: list[list[str]] = []
        if payload.startswith(head(6, SHAPES)):
            self._head()
            self._head()
            self._shapes = [[field[1] for field in shape[1]] for shape in self._node()[1]]
        self.root = self._node()

    def _head(self) -> tuple[int, int, int]:
        """Major type, low bits, argument."""
        first = self._bytes[self._at]
        self._at += 1
        info = first & 31
        if info < 24:
            return first >> 5, info, info
        width = 1 << info - 24
        self._at += width
        return first >> 5, info, int.from_bytes(self._bytes[self._at - width : self._at], "big")

    def _take(self, length: int) -> bytes:
        self._at += length
        return self._bytes[self._at - length : self._at]

    def _node(self) -> Node:
        start = self._at
        major, _, number = self._head()
        match major:
            case 0:
                return "int", number
            case 1:
                return "int", ~number
            case 2:
                return "bytes", self._take(number)
            case 3:
                return "text", self._take(number).decode()
            case 4:
                return "array", [self._node() for _ in range(number)]
            case 5:
                return "map", [(self._node(), self._node()) for _ in range(number)]
            case 6:
                return self._tagged(number)
        return "plain", self._bytes[start : self._at]

    def _tagged(self, tag: int) -> Node:
        inner = self._node()
        if tag == RECORD:
            shape, *values = inner[1]
            return "record", self._shapes[shape[1]], values
        if tag == NAMED:
            return inner[1][1]
        if tag in (2, 3):
            number = int.from_bytes(inner[1], "big")
            return "int", number if tag == 2 else ~number
        if tag == SET:
            return "set", inner[1]
        if tag == DATE_TEXT:
            year, month, day = map(int, inner[1].split("-"))
            # Python has no year 0; the calendar repeats itself after 400 years.
            later = dt.date(year + 400 if year < 400 else year, month, day) - dt.date(1970, 1, 1)
            return "tag", DATE, ("int", later.days - (146_097 if year < 400 else 0))
        return "tag", tag, inner


def again(node: Node, micros: bool) -> bytes:
    """What a receiver without a type sends again; with `micros` it has no digits below the microsecond."""
    match node:
        case "int", number:
            return integer(number)
        case "bytes", data:
            return head(2, len(data)) + data
        case "text", value:
            return text(value)
        case "plain", data:
            return bytes(data)
        case "array", items:
            return array(*(again(item, micros) for item in items))
        case "set", items:
            return head(6, SET) + array(*sorted(again(item, micros) for item in items))
        case "map", pairs:
            return head(5, len(pairs)) + b"".join(again(key, micros) + again(value, micros) for key, value in pairs)
        case "record", fields, values:
            return head(5, len(fields)) + b"".join(text(name) + again(value, micros) for name, value in zip(fields, values, strict=True))
        case "tag", tag, inner:
            return head(6, tag) + again(_floored(tag, inner) if micros else inner, micros)
    raise ValueError(node[0])


def _floored(tag: int, inner: Node) -> Node:
    if tag == TIME:
        return "int", inner[1] // 1000 * 1000
    if tag == LOCAL:
        day, clock = inner[1]
        return "array", [day, ("int", clock[1] // 1000 * 1000)]
    if tag in (INSTANT, DURATION):
        seconds, nanos = moment(inner)
        pairs = [(("int", 1), ("int", seconds))]
        return "map", pairs + ([(("int", -9), ("int", nanos // 1000 * 1000))] if nanos >= 1000 else [])
    return inner


def moment(inner: Node) -> tuple[int, int]:
    """Seconds and nanoseconds of an instant or a duration."""
    parts = {key[1]: value[1] for key, value in inner[1]}
    return parts[1], parts.get(-9, 0)


@cache
def zones() -> set[str]:
    return zoneinfo.available_timezones()


def _zone(seconds: int, minutes: int, zone: str) -> bool:
    """Whether a zone is known and has this offset then."""
    if zone not in zones():
        return False
    try:
        there = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
        return there.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset() == dt.timedelta(minutes=minutes)
    except OverflowError:
        return False


class Room:
    """Why a language may refuse a valid payload: values that it has no room for."""

    def __init__(self, root: Node) -> None:
        self.python: set[str] = set()
        self.java: set[str] = set()
        self._look(root)

    def _look(self, node: Node) -> None:
        match node:
            case ("array", items) | ("record", _, items):
                for item in items:
                    self._look(item)
            case "set", items:
                self._keys(items)
            case "map", pairs:
                self._keys([key for key, _ in pairs])
                for _, value in pairs:
                    self._look(value)
            case "tag", tag, inner:
                self._tagged(tag, inner)

    def _keys(self, keys: list[Node]) -> None:
        for key in keys:
            self._look(key)
        if len({_java_key(key) for key in keys}) < len(keys):
            self.java.add("equal keys")
        if len({_python_key(key) for key in keys}) < len(keys) or sum(_zoned(key) for key in keys) > 1:
            self.python.add("equal keys")

    def _tagged(self, tag: int, inner: Node) -> None:
        if tag in (OFFSET, ZONED):
            parts = [part[1] for part in inner[1][1:]]
            seconds = moment(inner[1][0][2])[0]
            self._years((seconds + 60 * parts[0]) // DAY)
            self._years(seconds // DAY)
            if tag == ZONED and not _zone(seconds, *parts):
                self.python.add("zone")
                self.java.add("zone")
            if parts[1:] and parts[1] in JAVA_LACKS:
                self.java.add("zone")
            if abs(parts[0]) > 18 * 60:
                self.java.add("offset")
            if abs(seconds) > 31_556_889_864_403_199 - 2 * DAY:
                self.java.add("years")
        elif tag == INSTANT:
            self._years(moment(inner)[0] // DAY)
        elif tag == DURATION and abs(moment(inner)[0] // DAY) > 999_999_999:
            self.python.add("duration")
        elif tag in (DATE, LOCAL):
            self._years(inner[1] if tag == DATE else inner[1][0][1])
        elif tag == RANGE and any(not -(1 << 63) <= part[1] < 1 << 63 for part in inner[1]):
            self.java.add("range")
        elif tag == ND and any(part[1] >= 1 << 31 for part in inner[1][0][1]):
            self.java.add("dimensions")
        elif tag == TABLE:
            # Whether the bytes are a table is for the library that reads tables.
            self.python.add("table")
            self.java.add("table")

    def _years(self, day: int) -> None:
        if day not in PYTHON_DAYS:
            self.python.add("years")


def _zoned(key: Node) -> bool:
    """Whether it is, or has, a date-time in a zone: Python compares two of one zone by what the clock shows."""
    return key[:2] == ("tag", ZONED) or (key[0] == "array" and any(map(_zoned, key[1])))


def _java_key(key: Node) -> bytes:
    return again(key, False)


def _python_key(key: Node) -> Any:
    if key[0] == "array":
        return tuple(map(_python_key, key[1]))
    if key[0] == "plain" and key[1] == b"\xf9\x80\x00":
        return b"\xf9\x00\x00"
    if key[:2] in (("tag", OFFSET), ("tag", ZONED)):
        key = key[2][1][0]
    return again(key, True)
