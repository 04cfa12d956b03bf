"""Calls a desk through its stubs, both faces; mypy and pyright read it too."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import twinspan
from stubs.desk import AsyncDesk, Card, Cash, Circle, Color, Desk, Everything, Line, Order, Refused, Square

EVERYTHING = Everything(
    flag=True,
    whole=1 << 40,
    real=0.5,
    text="größe",
    raw=b"\0\1",
    price=Decimal("1.50"),
    day=date(2026, 11, 28),
    clock=time(9, 30),
    length=timedelta(seconds=90),
    key=UUID(int=7),
    turn=1 - 1j,
    span=range(0, 10, 2),
    prices=twinspan.ServiceRef("shop", "prices"),
    place=twinspan.NodeRef("shop", "ops-1"),
    moment=datetime(2026, 11, 28, 9, 30, 0, 1, UTC),
    numbers=np.array([1, 2.5]),
    names={"a"},
    by_name={"k": [1, 2]},
    maybe=None,
    color=Color.BLUE,
    anything=["x", 1],
)
LINE = Line(sku="A1", count=3, colors=[Color.RED])
ORDER = Order(order_id="o-1", lines=[LINE], payment=Card("1234", date(2030, 1, 1)))


def same(back: Everything) -> None:
    assert back.numbers.tolist() == [1, 2.5]
    back.numbers = EVERYTHING.numbers
    assert back == EVERYTHING, back


def told(call: Callable[[], object], kind: type[Exception]) -> str:
    """The text of what a call raises."""
    try:
        call()
    except kind as error:
        return str(error)
    return "nothing was raised"


def blocking(desk: Desk) -> None:
    same(desk.echo(EVERYTHING))
    total: Decimal = desk.order_total(ORDER)
    assert total == Decimal("3.75")
    assert desk.order_total(order=ORDER, discount=Decimal(1)) == Decimal("2.75")
    assert desk.order_total(ORDER, Decimal(1), rounded=True) == Decimal(3)
    paid: Card | Cash = desk.pay(Card("1234", date(2030, 1, 1)))
    assert paid == Cash(Decimal(4))
    assert desk.pay(payment=Cash(Decimal(10))) == Cash(Decimal(10))
    turned: Circle | Square = desk.turn(Circle(radius=1.5))
    assert turned == Square(3.0)
    assert desk.turn(turned) == Circle(radius=1.5, note="turned")
    assert desk.find("") is None
    found: Order | None = desk.find(order_id="o-2")
    assert found is not None and found.before is not None
    assert (found.order_id, found.before.order_id, found.lines) == ("o-2", "old", [Line(sku="A1", count=1, colors=[])])
    with desk.watch("B") as lines:
        counts: list[int] = [line.count for line in lines]
    assert counts == [0, 1, 2]
    assert desk.count_all(iter([LINE, LINE])) == 6
    assert desk.sum_of(1, 2, 3) == 6
    assert desk.list() == ["a", "b"]
    assert told(lambda: desk.refuse("never"), Refused) == "never"
    assert told(lambda: desk.refuse(""), ValueError) == "no reason"


async def awaiting(desk: AsyncDesk) -> None:
    async def lines() -> AsyncIterator[Line]:
        yield LINE

    same(await desk.echo(EVERYTHING))
    assert await desk.order_total(ORDER, discount=Decimal(1)) == Decimal("2.75")
    async with desk.watch("B", count=2) as watched:
        assert [line.sku async for line in watched] == ["B", "B"]
    assert await desk.count_all(lines()) == 3
    text = ""
    try:
        await desk.refuse("never")
    except Refused as refused:
        text = str(refused)
    assert text == "never"


with twinspan.join(cluster=sys.argv[1]) as node:
    node.wait_for("desk", timeout=30)
    blocking(node.client("desk", Desk))
    asyncio.run(awaiting(node.aio.client("desk", AsyncDesk)))
print("all good")
