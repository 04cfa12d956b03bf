"""What a fake node promises to the tests of programs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pytest
import twinspan
from twinspan import _native
from twinspan.testing import FakeCall, FakeNode, cluster


@dataclass
class Order:
    sku: str
    quantity: int = 1


@dataclass
class Price:
    amount: Decimal
    currency: str


@twinspan.error("test.SoldOut")
class SoldOut(Exception):
    left: int = 0


class Pricing(Protocol):
    @twinspan.raises(SoldOut)
    def quote(self, order: Order) -> Price: ...
    def stock(self, sku: str, *, warehouse: str = "all") -> int: ...
    def watch(self, sku: str) -> Iterator[int]: ...
    def learn(self, samples: Iterator[int]) -> int: ...


class AsyncPricing(Protocol):
    async def quote(self, order: Order) -> Price: ...
    def watch(self, sku: str) -> AsyncIterator[int]: ...


@pytest.fixture
def fake() -> Iterator[FakeNode]:
    with FakeNode() as fake:
        yield fake


def test_values_cross_the_codec_both_ways(fake: FakeNode) -> None:
    given = Price(Decimal("12.50"), "EUR")
    fake.on("pricing.quote", returns=given, like=Pricing)
    order = Order("A1", 2)
    price = fake.client("pricing", Pricing).quote(order)
    assert price == given and price is not given
    call = fake.calls("pricing.quote")[0]
    assert call == FakeCall("pricing.quote", (order,), {}, call.timeout, {}) and call.args[0] is not order
    assert 20 < call.timeout <= 30
    fake.on("pricing.quote", returns=object())
    with pytest.raises(twinspan.Unserializable):
        fake.call("pricing.quote", order)


def test_a_stub_without_signature_takes_any_arguments(fake: FakeNode) -> None:
    fake.on("geo.distance", returns=None)
    fake.call("geo.distance", 1, "x", unit="km")
    assert [(call.args, call.kwargs) for call in fake.calls("geo")] == [((1, "x"), {"unit": "km"})]
    fake.forget_calls()
    assert fake.calls() == []


def test_arguments_are_checked(fake: FakeNode) -> None:
    fake.on("pricing.stock", returns=7, like=Pricing)
    fake.on("pricing.half", lambda n: n / 2)
    pricing = fake.client("pricing")
    assert pricing.stock("A1", warehouse="x") == 7 and pricing.half(n=3) == 1.5
    fake.forget_calls()
    for wrong in (lambda: pricing.stock(), lambda: pricing.stock("A1", "x"), lambda: pricing.half(1, 2)):
        with pytest.raises(twinspan.BadArguments) as refused:
            wrong()
        assert refused.value.executed == "no"
    assert fake.calls() == []


def test_errors_arrive_as_from_elsewhere(fake: FakeNode) -> None:
    fake.on("pricing.quote", raises=SoldOut("none left"), like=Pricing)
    with pytest.raises(SoldOut, match="none left") as declared:
        fake.client("pricing", Pricing).quote(Order("A1"))
    assert isinstance(declared.value.__cause__, twinspan.RemoteError)
    fake.on("pricing.quote", raises=KeyError)
    with pytest.raises(twinspan.RemoteError) as remote:
        fake.call("pricing.quote", Order("A1"))
    assert (remote.value.type, remote.value.node, remote.value.executed) == ("builtins.KeyError", "fake", "yes")


def test_a_service_fails_as_often_as_was_said(fake: FakeNode) -> None:
    fake.on("pricing.stock", returns=7)
    fake.fail("pricing", twinspan.Unavailable, times=2)
    for _ in range(2):
        with pytest.raises(twinspan.Unavailable):
            fake.call("pricing.stock")
    assert fake.call("pricing.stock") == 7
    with fake.fail("pricing.stock", twinspan.Overloaded("full", executed="maybe")) as failing:
        with pytest.raises(twinspan.Overloaded, match="full") as error:
            fake.call("pricing.stock")
        assert error.value.executed == "maybe" and not failing.ended
    assert failing.ended and fake.call("pricing.stock") == 7
    assert len(fake.calls("pricing.stock")) == 5


def test_a_delay_moves_the_clock(fake: FakeNode) -> None:
    fake.on("pricing.stock", returns=7, delay=3600)
    started = time.monotonic()
    assert fake.with_options(timeout=7200).call("pricing.stock") == 7
    assert fake.clock.now() == 3600
    with pytest.raises(twinspan.DeadlineExceeded, match=r"no answer within (90\.000|89\.\d+) s from node `fake`") as late:
        fake.with_options(timeout=90).call("pricing.stock")
    assert late.value.executed == "maybe" and time.monotonic() - started < 5
    assert fake.clock.now() == pytest.approx(3690, abs=10)


def test_a_held_clock_shows_what_is_under_way(fake: FakeNode) -> None:
    async def main() -> None:
        fake.on("pricing.stock", returns=7, delay=3)
        with fake.clock.hold():
            stock = asyncio.ensure_future(fake.aio.call("pricing.stock"))
            late = asyncio.ensure_future(fake.aio.with_options(timeout=1).call("pricing.stock"))
            await until(lambda: len(fake.calls()) == 2)
            fake.clock.advance(2)
            with pytest.raises(twinspan.DeadlineExceeded):
                await late
            assert not stock.done()
            fake.clock.advance(1)
            assert await asyncio.wait_for(stock, 5) == 7

    asyncio.run(main())


def test_a_coroutine_waits_on_the_clock_and_is_cancelled_by_it(fake: FakeNode) -> None:
    seen: list[str] = []

    async def work() -> str:
        try:
            await fake.clock.sleep_async(5)
            return "done"
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def main() -> None:
        fake.on("slow.work", work)
        assert await fake.aio.call("slow.work") == "done"
        with fake.clock.hold():
            one = asyncio.ensure_future(fake.aio.call("slow.work"))
            other = asyncio.ensure_future(fake.aio.with_options(timeout=2).call("slow.work"))
            await until(lambda: len(fake.calls()) == 3)
            await asyncio.sleep(0.05)
            fake.clock.advance(3)
            with pytest.raises(twinspan.DeadlineExceeded):
                await other
            await until(lambda: seen == ["cancelled"])
            fake.clock.advance(3)
            assert await asyncio.wait_for(one, 5) == "done"

    asyncio.run(main())


def test_handlers_see_the_time_pass(fake: FakeNode) -> None:
    left: list[float] = []

    def work(call: twinspan.CallContext) -> None:
        left.append(call.remaining())
        fake.clock.advance(4)
        left.append(call.remaining())
        assert not call.cancelled()
        fake.clock.sleep(60)
        left.append(call.remaining())
        assert call.cancelled()

    fake.on("slow.work", work)
    with pytest.raises(twinspan.DeadlineExceeded):
        fake.with_options(timeout=10).call("slow.work")
    asyncio.run(until(lambda: len(left) == 3))  # it goes on, as handlers do whose caller has gone
    assert left == [pytest.approx(10, abs=2), pytest.approx(6, abs=2), 0.0]
    assert fake.calls()[0].kwargs == {}


def test_nobody_waits_for_ever_on_a_held_clock(fake: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinspan.testing._clock.PATIENCE", 0.1)
    with fake.clock.hold(), pytest.raises(twinspan.Misuse):
        fake.clock.sleep(1)
    fake.on("slow.work", returns=1, delay=5)
    # A call has its deadline in real time as well.
    with fake.clock.hold(), pytest.raises(twinspan.DeadlineExceeded):
        fake.with_options(timeout=0.2).call("slow.work")


@pytest.mark.filterwarnings("error")
def test_stubs_need_not_fit_a_contract_and_apps_do(fake: FakeNode) -> None:
    pricing = fake.client("pricing", Pricing)
    fake.on("pricing.stock", returns=7)
    assert pricing.stock("A1") == fake.client("pricing", Pricing).stock("A1") == 7
    other = twinspan.App("other")
    other.function("other.stock")(lambda sku: 1)
    fake.serve(other)
    with pytest.raises(twinspan.ContractWarning, match="quote is gone"):
        fake.client("other", Pricing)


def test_streams_go_both_ways(fake: FakeNode) -> None:
    ended = []

    def ticks(sku: str) -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            ended.append(sku)

    def learn(samples: Iterator[int]) -> int:
        return sum(samples)

    fake.on("pricing.watch", ticks)
    fake.on("pricing.learn", learn)
    pricing = fake.client("pricing", Pricing)
    with pricing.watch("A1") as stream:  # type: ignore[attr-defined]
        assert [next(stream) for _ in range(3)] == [0, 1, 2]
    assert pricing.learn(iter([1, 2, 3])) == 6
    for _ in range(100):
        if ended:
            break
        time.sleep(0.02)
    assert ended == ["A1"]
    fake.on("pricing.watch", returns=[5, 6], like=Pricing)
    assert list(pricing.watch("A1")) == [5, 6]


def test_both_faces_of_a_contract(fake: FakeNode) -> None:
    async def ticks(sku: str) -> AsyncIterator[int]:
        for n in range(3):
            await asyncio.sleep(0)
            yield n

    fake.on("pricing.quote", returns=Price(Decimal(1), "EUR"), like=AsyncPricing)
    fake.on("pricing.watch", ticks)

    async def main() -> None:
        pricing = fake.aio.client("pricing", AsyncPricing)
        assert await pricing.quote(Order("A1")) == Price(Decimal(1), "EUR")
        assert [tick async for tick in pricing.watch("A1")] == [0, 1, 2]

    asyncio.run(main())
    assert list(fake.client("pricing", Pricing).watch("A1")) == [0, 1, 2]


def app_with_lifespan(seen: list[str]) -> twinspan.App:
    @asynccontextmanager
    async def lifespan(app: twinspan.App) -> AsyncIterator[dict[str, Any]]:
        seen.append("opened")
        yield {"rate": 2}
        seen.append("closed")

    app = twinspan.App("rates", lifespan=lifespan)

    @app.service("rates")
    class Rates:
        def __init__(self, rate: int) -> None:
            self.rate = rate

        def times(self, n: int) -> int:
            return n * self.rate

        async def plus(self, n: int) -> int:
            return n + self.rate

    return app


def test_a_real_app_with_its_lifespan() -> None:
    seen: list[str] = []
    with FakeNode() as fake:
        fake.serve(app_with_lifespan(seen))
        rates = fake.client("rates")
        assert (rates.times(3), rates.plus(3), seen) == (6, 5, ["opened"])
        fake.on("rates.times", lambda n: n * 100)
        assert rates.times(3) == 300
        with pytest.raises(twinspan.BadArguments):
            rates.times(3, 4)
        fake.on("rates.plus", delay=9)
        assert rates.plus(3) == 5 and fake.clock.now() == 9
        assert fake.services["rates"].methods and fake.ready
    assert seen == ["opened", "closed"] and fake.closed
    with pytest.raises(twinspan.Closed):
        fake.on("rates.times", returns=1)


def test_async_handlers_run_on_the_loop_that_serves_them(fake: FakeNode) -> None:
    app = twinspan.App("loops")

    @app.function("loops.mine")
    async def mine() -> int:
        return threading.get_ident()

    async def main() -> None:
        fake.serve(app)
        assert await fake.aio.call("loops.mine") == threading.get_ident()

    asyncio.run(main())


def test_many_calls_at_once(fake: FakeNode) -> None:
    fake.on("geo.twice", lambda n: 2 * n)
    assert list(fake.call_many("geo.twice", [(n,) for n in range(5)])) == [0, 2, 4, 6, 8]
    assert fake.call_all("geo.twice", 4) == {"fake": 8}
    assert fake.first_of("geo.twice", 4) == 8
    with twinspan.baggage(tenant="acme"):
        fake.call("geo.twice", 1)
    assert fake.calls()[-1].baggage == {"tenant": "acme"}
    assert [provider.name for provider in fake.services["geo"].providers] == ["fake"]


def test_it_meets_nobody(fake: FakeNode, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TWINSPAN_CLUSTER", "other")
    monkeypatch.setenv("TWINSPAN_SEEDS", "127.0.0.1:1")
    monkeypatch.setenv("TWINSPAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    (tmp_path / "twinspan.toml").write_text("no toml")
    monkeypatch.chdir(tmp_path)
    with FakeNode(name="one", cluster="mine") as one:
        assert (one.name, one.cluster, one.addresses, len(one.members)) == ("one", "mine", (), 1)
        with pytest.raises(twinspan.NotFound):
            one.call("pricing.stock")
        assert not listening()
    assert not (tmp_path / "home").exists()


def listening() -> set[str]:
    """Sockets of this process on which somebody could be heard: TCP, and Unix ones with a name."""
    links = [fd.readlink().name for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    mine = {link[8:-1] for link in links if link.startswith("socket:[")}
    tcp = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    unix = [line.split() for line in Path("/proc/self/net/unix").read_text().splitlines()[1:]]
    return mine & ({row[9] for row in tcp} | {row[6] for row in unix if len(row) > 7})


def test_a_node_that_joined_offers_what_it_joined_with() -> None:
    with cluster() as [node]:
        lane = node._session.worker_lane
        with pytest.raises(twinspan.Misuse, match="what it offers is settled"):
            _native.operate("offer", node._session.handle, {"app": {"services": []}, "lane": lane})


def test_what_makes_no_sense_is_refused(fake: FakeNode) -> None:
    fake.on("pricing.stock", returns=7)
    wrong = [
        (twinspan.BadArguments, lambda: fake.on("pricing", returns=1)),
        (twinspan.BadArguments, lambda: fake.on("a.b")),
        (twinspan.BadArguments, lambda: fake.on("a.b", delay=3)),
        (twinspan.BadArguments, lambda: fake.on("a.b", lambda: 1, returns=1)),
        (twinspan.BadArguments, lambda: fake.on("a.b", 5)),  # type: ignore[arg-type]
        (twinspan.BadArguments, lambda: fake.on("a.b", raises="ValueError")),  # type: ignore[arg-type]
        (twinspan.BadArguments, lambda: fake.on("pricing.stok", returns=1, like=Pricing)),
        (twinspan.BadArguments, lambda: fake.fail("pricing", ValueError)),  # type: ignore[arg-type]
        (twinspan.BadArguments, lambda: fake.fail("pricing", twinspan.RemoteError)),
        (twinspan.BadArguments, lambda: fake.fail("pricing", twinspan.Unavailable, times=0)),
        (twinspan.Misuse, lambda: fake.fail("pricng", twinspan.Unavailable)),
        (twinspan.BadArguments, lambda: fake.serve(Pricing)),  # type: ignore[arg-type]
        (twinspan.BadConfig, lambda: fake.clock.advance(-1)),
        (twinspan.BadConfig, lambda: fake.on("a.b", returns=1, delay=-1)),
        (twinspan.BadConfig, lambda: fake.on("a b.c", returns=1)),
    ]
    for kind, call in wrong:
        with pytest.raises(kind):
            call()


async def until(met: Any) -> None:
    for _ in range(500):
        if met():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


def test_the_clock_has_moved_when_a_deadline_is_heard(fake: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.on("pricing.stock", returns=7, delay=3600)
    expire = fake.clock._expire

    def slowly(number: int, had: float) -> None:
        expire(number, had)
        time.sleep(0.1)

    monkeypatch.setattr(fake.clock, "_expire", slowly)
    with pytest.raises(twinspan.DeadlineExceeded):
        fake.with_options(timeout=90).call("pricing.stock")
    assert fake.clock.now() > 80


def test_delays_that_pass_at_once_move_the_clock_once(fake: FakeNode) -> None:
    delays = [threading.Thread(target=fake.clock._until, args=(5.0,)) for _ in range(2)]
    with fake.clock._moved:  # both come while somebody moves it
        for delay in delays:
            delay.start()
        time.sleep(0.1)
    for delay in delays:
        delay.join(10)
    assert fake.clock.now() == 5


def test_a_loop_that_ended_does_not_hold_the_clock(fake: FakeNode) -> None:
    """Its delay was still to come when the loop ended."""

    async def main() -> None:
        waits = asyncio.ensure_future(fake.clock.sleep_async(5))
        await asyncio.sleep(0.01)
        assert not waits.done()

    with fake.clock.hold():
        asyncio.run(main())
        loop = asyncio.new_event_loop()
        waits = loop.create_task(fake.clock.sleep_async(5))
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()
        fake.clock.advance(3)
    fake.clock.advance(3)
    assert fake.clock.now() == 6 and not waits.done()
    waits._log_destroy_pending = False  # type: ignore[attr-defined]


def test_nobody_awaits_a_held_clock_for_ever(fake: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinspan.testing._clock.PATIENCE", 0.1)
    with fake.clock.hold(), pytest.raises(twinspan.Misuse, match="nobody moved it"):
        asyncio.run(asyncio.wait_for(fake.clock.sleep_async(5), 10))


def test_a_delay_alone_slows_down_the_stub_that_answers(fake: FakeNode) -> None:
    app = twinspan.App("shop")
    app.function("pricing.stock")(lambda sku: 1)
    fake.serve(app)
    fake.on("pricing.stock", returns=7)
    fake.on("pricing.stock", delay=2)
    assert fake.call("pricing.stock", "A1") == 7
    assert fake.clock.now() == 2


def test_every_lifespan_is_closed() -> None:
    closed: list[str] = []

    def app(name: str) -> twinspan.App:
        @asynccontextmanager
        async def lifespan(app: twinspan.App) -> AsyncIterator[None]:
            yield
            closed.append(name)
            if name == "second":
                raise RuntimeError("it hangs")

        made = twinspan.App(name, lifespan=lifespan)
        made.function(f"{name}.run")(lambda: name)
        return made

    fake = FakeNode()
    for name in ("first", "second", "third"):
        fake.serve(app(name))
    with pytest.raises(RuntimeError, match="it hangs"):
        fake.close()
    assert closed == ["third", "second", "first"] and fake.closed
