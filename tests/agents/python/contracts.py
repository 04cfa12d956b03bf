"""The types that both agents share by name, and what a typed caller knows of the service."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import twinspan


class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


@dataclass
class Line:
    sku: str
    quantity: int
    price: Decimal


@dataclass
class Order:
    id: UUID
    lines: list[Line]
    color: Color
    due: dt.date
    placed: twinspan.DateTime
    took: twinspan.TimeDelta
    tags: set[str]
    weights: np.ndarray
    extra: dict[int, str]
    note: str | None = None


@twinspan.error("shop.FraudRejected")
class FraudRejected(Exception):
    def __init__(self, order: str, score: float) -> None:
        super().__init__(f"{order} scored {score}")
        self.order = order
        self.score = score


class Face(Protocol):
    """What a blocking caller knows."""

    def add(self, a: int, b: int = ..., *, scale: int = ...) -> int: ...
    def who(self) -> str: ...
    def order(self, order: Order) -> Order: ...
    def describe(self, order: Order) -> str: ...
    def instant(self, value: twinspan.DateTime) -> twinspan.DateTime: ...
    def stamped(self, value: twinspan.DateTime) -> twinspan.DateTime: ...
    def zoned(self, value: twinspan.DateTime) -> twinspan.DateTime: ...
    def local(self, value: twinspan.DateTime) -> twinspan.DateTime: ...
    def time(self, value: twinspan.Time) -> twinspan.Time: ...
    def duration(self, value: twinspan.TimeDelta) -> twinspan.TimeDelta: ...
    def color(self, value: Color) -> Color: ...
    def doubles(self, value: np.ndarray) -> np.ndarray: ...
    def small(self, value: int) -> int: ...
    def later(self, ms: int) -> str: ...
    def through(self, service: twinspan.ServiceRef, value: int) -> int: ...
    def where(self, node: twinspan.NodeRef) -> str: ...
    def given(self) -> twinspan.ServiceRef: ...
    def refuse(self, order: str, score: float) -> None: ...

    @twinspan.raises(FraudRejected)
    def fraud(self, order: str, score: float) -> None: ...


class AsyncFace(Protocol):
    """What an awaiting caller knows."""

    async def add(self, a: int, b: int = ..., *, scale: int = ...) -> int: ...
    async def who(self) -> str: ...
    async def order(self, order: Order) -> Order: ...
    async def later(self, ms: int) -> str: ...
    async def through(self, service: twinspan.ServiceRef, value: int) -> int: ...

    @twinspan.raises(FraudRejected)
    async def fraud(self, order: str, score: float) -> None: ...


Value = Any
