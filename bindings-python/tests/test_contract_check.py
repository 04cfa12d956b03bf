"""A contract is compared with the live service as soon as somebody serves it."""

import asyncio
import inspect
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import pytest
import twinspan
from twinspan.testing import FakeNode


@dataclass
class Order:
    sku: str
    quantity: int = 1


def shop() -> twinspan.App:
    app = twinspan.App("checked")

    @app.service("shop")
    class Shop:
        def quote(self, order: Order, *, unit: str = "km") -> Decimal:
            return Decimal(order.quantity)

        def watch(self, sku: str) -> Iterator[int]:
            yield 1

    return app


class Fits(Protocol):
    def quote(self, order: Order) -> Decimal: ...
    def watch(self, sku: str) -> twinspan.Stream[int]: ...


class Broken(Protocol):
    def quote(self, order: Order, unit: str = "km") -> str: ...
    def watch(self, sku: int) -> Iterator[int]: ...
    def gone(self) -> None: ...


class Watches(Protocol):
    def watch(self, sku: int) -> Iterator[int]: ...
    def gone(self) -> None: ...


class AsyncBroken(Protocol):
    async def quote(self, order: Order, rate: float) -> Decimal: ...
    def watch(self, sku: str) -> AsyncIterator[int]: ...


Joined = Callable[..., twinspan.Node]


def told(caught: list[warnings.WarningMessage]) -> str:
    (one,) = caught
    assert one.category is twinspan.ContractWarning
    assert one.filename == __file__, "the warning points to whoever made the call"
    return str(one.message)


def test_a_contract_that_fits_says_nothing(joined: Joined) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = joined(shop()).client("shop", Fits)
        assert client.quote(Order("a", 3)) == 3


def test_what_breaks_is_a_warning_at_once(joined: Joined) -> None:
    node = joined(shop())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = node.client("shop", Broken)
        twinspan.options(client, timeout=1)
        node.client("shop", Broken)
    what, advice = told(caught).splitlines()
    assert what == (
        "the contract Broken does not fit the service `shop`: gone is gone; quote.unit is given by name only now; quote answers "
        "`decimal`, answered `text`; watch.sku takes `text`, took `int`"
    )
    assert advice == "`twinspan describe shop` shows what the service offers."
    with pytest.raises(twinspan.Unserializable):
        client.quote(Order("a"))


def test_the_warning_can_be_an_error(joined: Joined) -> None:
    node = joined(shop())
    with warnings.catch_warnings():
        warnings.simplefilter("error", twinspan.ContractWarning)
        for _ in range(2):
            with pytest.raises(twinspan.ContractWarning, match="gone is gone"):
                node.client("shop", Broken)


def test_a_service_that_comes_later_is_compared_at_the_next_call(joined: Joined) -> None:
    caller = joined()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = caller.client("shop", Broken, timeout=5)
    assert str(inspect.signature(client.quote)) == str(inspect.signature(Broken.quote)).replace("self, ", "")
    joined(shop())
    caller.wait_for("shop", timeout=10)
    looking = client.gone
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(twinspan.NoSuchMethod):
            client.gone()
        with client.watch("a") as items:  # type: ignore[arg-type, attr-defined]
            assert list(items) == [1]
    assert client.gone is not looking, "once it was compared, calls go straight"
    assert "gone is gone" in told(caught)


def test_awaited_contracts_too(joined: Joined) -> None:
    node = joined(shop())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        node.aio.client("shop", AsyncBroken)
    assert "quote.rate is gone" in told(caught)


def test_awaited_contracts_are_compared_later_too(joined: Joined) -> None:
    caller = joined()
    client: Any = caller.aio.client("shop", AsyncBroken)
    assert inspect.iscoroutinefunction(client.quote)
    joined(shop())
    caller.wait_for("shop", timeout=10)

    async def main() -> None:
        with pytest.raises(twinspan.BadArguments):
            await client.quote(Order("a"), rate=1.0)
        assert await client.quote(Order("a")) == 1

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    assert "quote.rate is gone" in told(caught)


def test_stubs_of_a_fake_need_not_fit_a_contract_but_apps_do() -> None:
    with FakeNode() as fake, warnings.catch_warnings():
        warnings.simplefilter("error")
        fake.on("shop.watch", returns=[1])
        fake.client("shop", Broken)
    with FakeNode() as fake:
        fake.serve(shop())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(twinspan.ContractWarning, match=r"watch\.sku takes `text`, took `int`"):
                fake.client("shop", Watches)
