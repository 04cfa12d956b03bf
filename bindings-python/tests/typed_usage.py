"""How a typed program uses twinspan; test_typing.py has mypy --strict read it. `reveal_type` lines are checked there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, reveal_type

import twinspan

app = twinspan.App("typed", version="1")


@dataclass
class Order:
    sku: str
    quantity: int = 1


class Pricing(Protocol):
    @twinspan.raises(ValueError)
    def quote(self, order: Order, *, rush: bool = False) -> float: ...


class AsyncPricing(Protocol):
    async def quote(self, order: Order, *, rush: bool = False) -> float: ...


@app.service("pricing", balance="least_loaded")
class PricingService:
    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    @twinspan.idempotent
    def quote(self, order: Order, *, rush: bool = False) -> float:
        call = twinspan.current_call()
        assert call is not None
        call.remaining()
        return order.quantity * self.factor


@app.function("geo.distance")
def distance(a: float, b: float, *, unit: str = "km") -> float:
    return abs(a - b)


def blocking() -> None:
    with twinspan.join(app, cluster="shop") as node:
        typed = node.client("pricing", Pricing, timeout=0.5)
        reveal_type(typed.quote(Order("a"), rush=True))  # float
        by_class = node.client("pricing", PricingService)
        reveal_type(by_class.quote(Order("a")))  # float
        fast = twinspan.options(typed, timeout=timedelta(seconds=1), attempts=2)
        reveal_type(fast)  # Pricing
        untyped = node.client("pricing")
        reveal_type(untyped.quote(sku="a"))  # Any
        untyped["class"](1)
        with twinspan.call_options(timeout=0.2):
            node.with_options(timeout=1).call("geo.distance", 1.0, b=2.0)
        names: list[str] = [member.name for member in node.members]
        names += [provider.name for service in node.services.values() for provider in service.providers]
        node.wait_for("pricing", timeout=10)
        node.drain(timeout=25)
        reveal_type(distance(1.0, 2.0))  # float


async def awaited() -> None:
    async with twinspan.join_async(app, cluster="shop") as node:
        typed = node.client("pricing", AsyncPricing)
        reveal_type(await typed.quote(Order("a")))  # float
        reveal_type(await node.client("pricing").quote(sku="a"))  # Any
        await node.call("geo.distance", 1.0, b=2.0)
    other = await twinspan.join_async(cluster="shop")
    await other.close(drain=1)


def wrong() -> None:
    with twinspan.join(app, cluster="shop") as node:
        typed = node.client("pricing", Pricing)
        typed.quote("a")  # error: arg-type
        typed.quot(Order("a"))  # error: attr-defined
        node.client("pricing", Pricing, timeout="soon")  # error: call-overload
        twinspan.join(app, clustr="shop")  # error: call-arg
