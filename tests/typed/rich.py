"""A service with every type, for whose callers stubs are made. With CHANGED in the environment it is one that has moved on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import numpy as np
import pyarrow as pa
import twinspan
from numpy.typing import NDArray

app = twinspan.App("rich")


class Color(Enum):
    """What a thing looks like."""

    RED = 1
    BLUE = 2


@twinspan.record("desk.Card")
@dataclass
class Card:
    """Paid later."""

    number: str
    until: date


@twinspan.record("desk.Cash")
@dataclass
class Cash:
    amount: Decimal


@dataclass
class Circle:
    radius: float
    note: str | None = None


@dataclass
class Square:
    side: float


@dataclass
class Line:
    sku: str
    count: int = 1
    colors: list[Color] = field(default_factory=list)


@dataclass
class Order:
    """What somebody wants."""

    order_id: str
    lines: list[Line]
    note: str | None = None
    payment: Card | Cash | None = None
    before: Order | None = None


@dataclass
class Everything:
    flag: bool
    whole: int
    real: float
    text: str
    raw: bytes
    price: Decimal
    day: date
    clock: time
    length: timedelta
    key: UUID
    turn: complex
    span: range
    prices: twinspan.ServiceRef
    place: twinspan.NodeRef
    moment: datetime
    numbers: NDArray[np.float64]
    names: set[str]
    by_name: dict[str, list[int]]
    maybe: int | None
    color: Color
    anything: Any


@twinspan.error("desk.Refused")
class Refused(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@app.service("desk")
class Desk:
    """Takes orders."""

    def echo(self, everything: Everything) -> Everything:
        """Gives it back."""
        return everything

    def order_total(self, order: Order, discount: Decimal = Decimal("0.00"), rounded: bool = False) -> Decimal:
        """The price of an order.

        Lines cost 1.25 a piece.
        """
        total = sum((Decimal("1.25") * line.count for line in order.lines), Decimal("0.00")) - discount
        return total.quantize(Decimal(1)) if rounded else total

    def pay(self, payment: Card | Cash) -> Card | Cash:
        return payment if isinstance(payment, Cash) else Cash(Decimal(len(payment.number)))

    def turn(self, figure: Circle | Square) -> Circle | Square:
        return Square(figure.radius * 2) if isinstance(figure, Circle) else Circle(figure.side / 2, "turned")

    def find(self, order_id: str) -> Order | None:
        return Order(order_id, [Line("A1")], before=Order("old", [])) if order_id else None

    def watch(self, sku: str, count: int = 3) -> Iterator[Line]:
        for number in range(count):
            yield Line(sku, number, [Color.BLUE])

    def count_all(self, lines: Iterator[Line]) -> int:
        return sum(line.count for line in lines)

    def sum_of(self, *numbers: int) -> int:
        return sum(numbers)

    def list(self) -> list[str]:
        return ["a", "b"]

    @twinspan.raises(Refused, ValueError)
    def refuse(self, reason: str) -> None:
        """Always."""
        raise Refused(reason) if reason else ValueError("no reason")


if os.environ.get("CHANGED"):

    @dataclass
    class Total:
        amount: Decimal

    def order_total(self: Any, order: Order, reduction: Decimal = Decimal("0.00")) -> Total:
        return Total(reduction)

    def find(self: Any, order_id: str, day: date) -> Order | None:
        return None

    def added(self: Any, color: Color) -> None: ...

    del Desk.watch
    Desk.order_total = order_total  # type: ignore[method-assign, assignment]
    Desk.find = find  # type: ignore[method-assign, assignment]
    Desk.added = added  # type: ignore[attr-defined]


@dataclass
class Near:
    kind: Literal["near"]
    steps: int


@dataclass
class Far:
    kind: Literal["far"]
    steps: int


@app.service("shapes")
class Shapes:
    def swap(self, pair: tuple[int, str]) -> tuple[str, int]:
        return (pair[1], pair[0])

    def ends(self, pair: tuple[int, int]) -> tuple[int, int]:
        return (pair[1], pair[0])

    def keep(self, table: pa.Table) -> pa.Table:
        return table

    def rows(self, table: pa.Table) -> int:
        return table.num_rows


@app.function("odd.walk")
def walk(way: Near | Far) -> Near | Far:
    return Far("far", way.steps + 1) if isinstance(way, Near) else Near("near", way.steps - 1)


@app.function("odd.sum")
def sum_of_scaled(*numbers: int, factor: int = 1) -> int:
    return factor * sum(numbers)


@app.function("odd.late")
def late(*, end: float | None = 0.5, items: Iterator[int]) -> float | None:
    return None if end is None else end + sum(items)


@app.function("odd.class")
def spelt(a: int) -> int:
    return a


@app.function("odd.only")
def only(*, key: int) -> int:
    return key


@app.function("odd.fine")
def fine(a: int, *, unit: str = "km") -> str:
    """Distance."""
    return f"{a} {unit}"
