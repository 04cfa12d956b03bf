"""The service of Twin.java, written in Python. It tells what it sees of both, and waits for the end of its input."""

from __future__ import annotations

import enum
import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import numpy as np
import numpy.typing as npt
import twinspan

T = TypeVar("T")


class Color(enum.Enum):
    """What it looks like."""

    RED = 1
    GREEN = 2


@dataclass
class Line:
    """A part of an order."""

    sku: str = field(metadata={"doc": "names the article"})
    quantity: int = field(default=1, metadata={"doc": "how many"})


@dataclass
class Order:
    """What somebody wants."""

    id: UUID
    lines: list[Line]
    placed_at: datetime
    color: Color = Color.RED
    price: Decimal | None = None
    weight: float = 0.5
    parent: Order | None = None


@dataclass
class Page(Generic[T]):
    """Some of many."""

    items: list[T]
    total: int


@twinspan.record("twins.Card")
@dataclass
class Card:
    """By card."""

    number: str


@twinspan.record("twins.Cash")
@dataclass
class Cash:
    """In cash."""

    amount: Decimal = Decimal("1.50")


@twinspan.error("twins.SoldOut")
class SoldOut(Exception):
    """Nothing is left."""


app = twinspan.App("twins")


@app.service("twin.python")
class Shop:
    """Sells what there is."""

    @twinspan.idempotent
    @twinspan.raises(SoldOut)
    @twinspan.renamed_from(order="basket")
    def buy(self, order: Order, unit: str = "km", day: date = date(2026, 1, 2), limit: int | None = None) -> Card | Cash:
        """Takes an order.

        Args:
            order: what is wanted
            unit: of lengths

        Returns:
            how it is paid
        """
        raise SoldOut

    def clear(self) -> None:
        """Forgets everything."""

    def colors(self, key: bytes) -> dict[str, set[Color]]:
        raise SoldOut

    def sums(self, numbers: Iterator[int]) -> npt.NDArray[np.float64]:
        """Adds up."""
        raise SoldOut

    @twinspan.deprecated("use watch")
    def lines(self, first: int, wait: timedelta = timedelta(seconds=90)) -> Page[Line]:
        raise SoldOut

    def numbers(self, flag: bool, share: float = 1e-7) -> Page[int | None]:
        raise SoldOut

    def watch(self, since: datetime, *more: Line) -> twinspan.Stream[Order]:
        """Follows an order."""
        raise SoldOut

    def any(self, value: Any) -> Any:
        return value


class Fits(Protocol):
    def buy(self, order: Order, unit: str = "km") -> Card | Cash: ...
    def colors(self, key: bytes) -> dict[str, set[Color]]: ...
    def watch(self, since: datetime, *more: Line) -> twinspan.Stream[Order]: ...


class Breaks(Protocol):
    def buy(self, order: str, colour: str = "") -> Line: ...
    def sell(self) -> None: ...


def told(node: twinspan.Node, contract: type) -> list[str]:
    """What a client of Java's twin is warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        node.client("twin.java", contract)
    return [str(one.message) for one in caught]


def named(info: Any) -> Any:
    """Tuples with names as dicts."""
    if hasattr(info, "_asdict"):
        return {name: named(value) for name, value in info._asdict().items()}
    return [named(one) for one in info] if isinstance(info, tuple) else info


def main() -> None:
    with twinspan.join(app, cluster=sys.argv[1], name="twin-python") as node:
        node.wait_for("twin.java", timeout=40)
        services = {name: named(service) for name, service in node.services.items()}
        print(json.dumps({**services, "fits": told(node, Fits), "breaks": told(node, Breaks)}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
