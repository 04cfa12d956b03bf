"""How a typed program uses twinspan; test_typing.py has mypy --strict read it. `reveal_type` lines are checked there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, reveal_type

import twinspan
from twinspan import AsyncStream, Stream

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


@app.service("pricing", balance="least_loaded", limit=twinspan.Limit(running=4, waiting=100))
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


class Prices(Protocol):
    def watch(self, sku: str) -> Iterator[float]: ...
    def history(self, sku: str) -> Stream[Order]: ...
    def average(self, prices: Iterable[float]) -> float: ...


class AsyncPrices(Protocol):
    def watch(self, sku: str) -> AsyncIterator[float]: ...
    async def history(self, sku: str) -> AsyncStream[Order]: ...
    async def average(self, prices: AsyncIterator[float]) -> float: ...


def streams() -> None:
    with twinspan.join(app, cluster="shop") as node:
        prices = node.client("prices", Prices, affinity="a", hedge=0.02)
        for price in prices.watch("a"):
            reveal_type(price)  # float
        with prices.history("a") as orders:
            reveal_type(next(orders))  # Order
            for batch in orders.batches(100):
                reveal_type(batch)  # list[Order]
            reveal_type(orders.stats().items)  # int
        prices.average(float(x) for x in range(3))
        with twinspan.baggage(tenant="a"), twinspan.traceparent("00-" + "1" * 32 + "-" + "2" * 16 + "-01"):
            reveal_type(twinspan.current_baggage())  # dict[str, str]
        reveal_type(node.call_all("cache.clear"))  # dict[str, Any]
        for result in node.call_many("pricing.quote", [{"sku": "a"}, ("b",)], window=64):
            reveal_type(result)  # Any
        node.first_of("pricing.quote", n=3, sku="a")


async def awaited_streams() -> None:
    async with twinspan.join_async(app, cluster="shop") as node:
        prices = node.client("prices", AsyncPrices)
        async for price in prices.watch("a"):
            reveal_type(price)  # float
        async with await prices.history("a") as orders:
            reveal_type(await anext(orders))  # Order
            async for batch in orders.batches(100):
                reveal_type(batch)  # list[Order]
        async for result in node.call_many("pricing.quote", [{"sku": "a"}]):
            reveal_type(result)  # Any
        await node.call_all("cache.clear")
        await node.first_of("pricing.quote", sku="a")


def wrong() -> None:
    with twinspan.join(app, cluster="shop") as node:
        typed = node.client("pricing", Pricing)
        typed.quote("a")  # error: arg-type
        typed.quot(Order("a"))  # error: attr-defined
        node.client("pricing", Pricing, timeout="soon")  # error: call-overload
        twinspan.join(app, clustr="shop")  # error: call-arg
