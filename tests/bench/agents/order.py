"""What the driver asks of an agent, a line each: `run face=sync pace=sparse transport=tcp to=python seconds=0.2 bytes=64`, `report`."""

from __future__ import annotations

from dataclasses import dataclass

Words = dict[str, str]


@dataclass(frozen=True)
class Order:
    face: str
    pace: str
    transport: str
    to: str
    seconds: float
    bytes: int

    @classmethod
    def read(cls, line: str) -> Order:
        words = pairs(line.split()[1:])
        return cls(words["face"], words["pace"], words["transport"], words["to"], float(words["seconds"]), int(words["bytes"]))

    @property
    def payload(self) -> bytes:
        return b"\x07" * self.bytes


def pairs(words: list[str]) -> Words:
    """`a=1 b=2` as a dict; values hold no spaces."""
    return dict(word.split("=", 1) for word in words)
