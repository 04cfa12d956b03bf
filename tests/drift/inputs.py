"""Inputs of the fuzzer: golden vectors, changed where it hurts, put together anew, and plain noise. The same seed, the same inputs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .payload import NAMED, OWN, RECORD, SET, SHAPES, TAGS, array, head, text

NUMBERS = (0, 1, 7, 8, 9, 22, 23, 24, 25, 63, 64, 65, 255, 256, 65_535, 65_536, 999_999_999, 10**9, 2**31 - 1, 2**31, 2**32 - 1, 2**32)
FAR = (2**53, 2**63 - 1, 2**63, 2**64 - 1, 86_400_000_000_000, 31_556_889_864_403_200, 365_241_780_472, 1439, 1440, 1080, 1081)
ZONES = (
    "UTC",
    "Z",
    "GMT",
    "GMT0",
    "UTC+1",
    "GMT+02:00",
    "+01:00",
    "utc",
    "EST",
    "SystemV/EST5",
    "Europe/Berlin",
    "Etc/GMT-14",
    "Europe/Kyiv",
)
DATES = ("2026-02-28", "2026-02-29", "2024-02-29", "0000-01-01", "0000-02-29", "9999-12-31", "10000-01-01", "+2026-01-01", "2026-1-1")
TEXTS = (b"\x61\xff", b"\x62\xc3\x28", b"\x63\xed\xa0\x80", b"\x64\xf4\x90\x80\x80", b"\x63\xef\xbf\xbf", b"\x62\xc0\x80")
LONGEST = 700
"""Bytes of the vectors that are changed: changes of long ones mostly fall where nothing happens."""


class Item(NamedTuple):
    start: int
    head: int
    """Where its head ends."""
    end: int
    major: int
    number: int


def items(payload: bytes) -> list[Item]:
    """Every item, the outer before the inner; as far as the bytes can be read."""
    found: list[Item] = []

    def read(at: int) -> int:
        first = payload[at]
        major, info, start = first >> 5, first & 31, at
        if info > 27:
            raise IndexError
        at += 1
        number = info
        if info >= 24:
            width = 1 << info - 24
            number = int.from_bytes(payload[at : at + width], "big")
            at += width
        place = len(found)
        found.append(Item(start, at, len(payload), major, number))
        end = at
        if major in (2, 3):
            end += number
        elif major == 6 or (major in (4, 5) and number < 1 << 16):
            for _ in range(1 if major == 6 else number * (major - 3)):
                end = read(end)
        found[place] = Item(start, at, end, major, number)
        return end

    try:
        read(0)
    except (IndexError, RecursionError):
        pass
    return [item for item in found if item.end <= len(payload)]


class Inputs:
    """An endless series."""

    def __init__(self, seed: int, vectors: list[bytes]) -> None:
        self._random = random.Random(seed)
        self._seeds = [vector for vector in vectors if 0 < len(vector) <= LONGEST]
        self._items = [items(seed) for seed in self._seeds]
        self._parts = sorted({seed[i.start : i.end] for seed, known in zip(self._seeds, self._items, strict=True) for i in known})
        self._changes: list[Callable[[bytes, list[Item]], bytes]] = [
            self._bit,
            self._byte,
            self._number,
            self._number,
            self._longer_head,
            self._tag,
            self._major,
            self._part,
            self._part,
            self._twice,
            self._drop,
            self._swap,
            self._cut,
            self._wrap,
            self._string,
        ]

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.next()

    def next(self) -> bytes:
        draw = self._random.random()
        if draw < 0.04:
            return self._random.randbytes(self._random.randrange(1, 40))
        if draw < 0.14:
            return self._new(3)
        place = self._random.randrange(len(self._seeds))
        payload, known = self._seeds[place], self._items[place]
        while True:
            changes = self._changes if known else (self._bit, self._cut)
            payload = self._random.choice(changes)(payload, known)
            if not payload or self._random.random() < 0.7:
                return payload
            known = items(payload)

    # One change each

    def _bit(self, payload: bytes, known: list[Item]) -> bytes:
        at = self._random.randrange(len(payload))
        return payload[:at] + bytes([payload[at] ^ 1 << self._random.randrange(8)]) + payload[at + 1 :]

    def _byte(self, payload: bytes, known: list[Item]) -> bytes:
        at = self._random.choice(known).start
        return payload[:at] + self._random.randbytes(1) + payload[at + 1 :]

    def _number(self, payload: bytes, known: list[Item]) -> bytes:
        """Another length, integer, index or tag."""
        item = self._random.choice(known)
        near = (item.number + 1, max(item.number - 1, 0), item.number * 2, self._random.choice(NUMBERS), self._random.choice(FAR))
        number = min(self._random.choice(near), 2**64 - 1)
        return payload[: item.start] + head(item.major, number) + payload[item.head :]

    def _longer_head(self, payload: bytes, known: list[Item]) -> bytes:
        item = self._random.choice(known)
        width = self._random.choice((1, 2, 4, 8))
        if item.number >= 1 << 8 * width:
            width = 8
        info = 23 + width.bit_length()
        first = bytes([item.major << 5 | self._random.choice((info, info, info, 31, 28))])
        return payload[: item.start] + first + item.number.to_bytes(width, "big") + payload[item.head :]

    def _tag(self, payload: bytes, known: list[Item]) -> bytes:
        """Another tag in the place of one, or around an item."""
        item = self._random.choice([item for item in known if item.major == 6] or known)
        number = self._random.choice(TAGS) if self._random.random() < 0.9 else OWN | self._random.randrange(64)
        return payload[: item.start] + head(6, number) + payload[item.head if item.major == 6 else item.start :]

    def _major(self, payload: bytes, known: list[Item]) -> bytes:
        item = self._random.choice(known)
        return payload[: item.start] + head(self._random.randrange(8), item.number) + payload[item.head :]

    def _part(self, payload: bytes, known: list[Item]) -> bytes:
        """A part of another vector in the place of an item."""
        item = self._random.choice(known)
        return payload[: item.start] + self._random.choice(self._parts) + payload[item.end :]

    def _twice(self, payload: bytes, known: list[Item]) -> bytes:
        """A first element that stands there twice."""
        holders = [at for at, item in enumerate(known) if item.major in (4, 5) and 0 < item.number < 2**32]
        if not holders:
            return payload * 2
        at = self._random.choice(holders)
        item, first = known[at], known[at + 1] if at + 1 < len(known) else known[at]
        length = first.end - first.start
        end = first.start + length
        if item.major == 5 and at + 2 < len(known):
            end = known[at + 2].end
            if end < first.end:
                end = first.end
        return payload[: item.start] + head(item.major, item.number + 1) + payload[first.start : end] + payload[item.head :]

    def _drop(self, payload: bytes, known: list[Item]) -> bytes:
        item = self._random.choice(known)
        return payload[: item.start] + payload[item.end :]

    def _swap(self, payload: bytes, known: list[Item]) -> bytes:
        """Two neighbours in each other's place."""
        a, b = self._random.choice(known), self._random.choice(known)
        if a.start > b.start:
            a, b = b, a
        if a.end > b.start:
            return payload
        return payload[: a.start] + payload[b.start : b.end] + payload[a.end : b.start] + payload[a.start : a.end] + payload[b.end :]

    def _cut(self, payload: bytes, known: list[Item]) -> bytes:
        at = self._random.randrange(len(payload))
        return payload[:at] if self._random.random() < 0.6 else payload + payload[at:]

    def _string(self, payload: bytes, known: list[Item]) -> bytes:
        """Another text or other bytes in the place of a text, zone, date or UUID."""
        strings = [item for item in known if item.major in (2, 3)]
        if not strings:
            return self._part(payload, known)
        item = self._random.choice(strings)
        new = self._random.choice(
            (
                text(self._random.choice(ZONES)),
                text(self._random.choice(DATES)),
                self._random.choice(TEXTS),
                head(2, 16) + self._random.randbytes(16),
                head(2, 9) + b"\x01" + self._random.randbytes(8),
            )
        )
        return payload[: item.start] + new + payload[item.end :]

    def _wrap(self, payload: bytes, known: list[Item]) -> bytes:
        """The payload in something else."""
        other = self._random.choice(self._parts)
        depth = self._random.choice((1, 31, 32, 33, 62, 63, 64, 65))
        if payload.startswith(head(6, SHAPES)):
            return payload
        return self._random.choice(
            (
                array(payload, other),
                head(5, 1) + payload + other,
                head(5, 2) + payload + b"\x00" + other + b"\x01",
                head(6, SET) + array(*sorted((payload, other))),
                head(6, SHAPES) + array(array(array(text("a"))), head(6, RECORD) + array(b"\x00", payload)),
                head(6, SHAPES) + array(array(array()), array(head(6, NAMED) + array(text("n"), head(6, RECORD) + b"\x81\x00"), payload)),
                b"\x81" * depth + payload,
                b"\xa1\x00" * depth + payload,
            )
        )

    def _new(self, depth: int) -> bytes:
        """A value put together from parts of all vectors."""
        draw = self._random.random()
        if not depth or draw < 0.4:
            return self._random.choice(self._parts)
        inside = [self._new(depth - 1) for _ in range(self._random.randrange(1, 4))]
        if draw < 0.55:
            return array(*inside)
        if draw < 0.75:
            return head(5, len(inside)) + b"".join(self._random.choice(self._parts) + part for part in inside)
        if draw < 0.9:
            return head(6, SET) + array(*sorted(set(inside)))
        return head(6, RECORD) + array(head(0, self._random.randrange(2)), *inside)
