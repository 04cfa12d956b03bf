"""Several nodes: in one process, and in processes of their own."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
import twinspan

Joined = Callable[..., twinspan.Node]

PROVIDER = '''
import asyncio, os, sys, time
from dataclasses import dataclass
import twinspan

@dataclass
class Order:
    sku: str
    quantity: int = 1

@dataclass
class Price:
    order: Order
    cents: int

app = twinspan.App("pricing-py", version="2.0")

@app.service("pricing")
class Pricing:
    """Prices of things."""

    def quote(self, order: Order, *, rate: float = 1.0) -> Price:
        """What an order costs."""
        return Price(order, int(order.quantity * 100 * rate))

    async def slow(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "slept"

    def block(self, seconds: float) -> str:
        time.sleep(seconds)
        return "slept"

    def fail(self, key: str) -> None:
        {}[key]

    def pid(self) -> int:
        return os.getpid()

    def echo(self, value):
        return value

    def caller(self) -> list[str]:
        context = twinspan.current_call()
        return [context.caller, context.language]

    @twinspan.idempotent
    def die_once(self, flag: str) -> int:
        if not os.path.exists(flag):
            open(flag, "w").close()
            os._exit(9)
        return os.getpid()

    def die(self) -> None:
        os._exit(9)

with twinspan.join(app, cluster=sys.argv[1], name=sys.argv[2]) as node:
    print("ready", flush=True)
    sys.stdin.readline()
'''


@dataclass
class Order:
    sku: str
    quantity: int = 1


@dataclass
class Price:
    order: Order
    cents: int


class Pricing(Protocol):
    def quote(self, order: Order, *, rate: float = ...) -> Price: ...

    @twinspan.raises(KeyError)
    def fail(self, key: str) -> None: ...


class Provider:
    def __init__(self, cluster: str, name: str, folder: Path) -> None:
        self.name = name
        script = folder / "provider.py"
        script.write_text(PROVIDER)
        self.process = subprocess.Popen(
            [sys.executable, str(script), cluster, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> int:
        if self.process.poll() is None:
            try:
                self.process.communicate("\n", timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        return self.process.wait(10)


@pytest.fixture
def start(cluster: str, tmp_path: Path) -> Iterator[Callable[[str], Provider]]:
    started: list[Provider] = []

    def start(name: str) -> Provider:
        started.append(Provider(cluster, name, tmp_path))
        return started[-1]

    yield start
    for provider in started:
        if provider.process.poll() is None:
            provider.process.kill()
        provider.process.communicate()


def until(what: Callable[[], bool], timeout: float = 10) -> None:
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def test_two_nodes_of_one_process(joined: Joined) -> None:
    app = twinspan.App("provider")

    @app.function("far.twice")
    def twice(x: int) -> int:
        return 2 * x

    provider = joined(app)
    caller = joined()
    caller.wait_for("far", timeout=10)
    assert caller.call("far.twice", 3) == 6
    assert {m.name for m in caller.members} == {provider.name, caller.name}
    assert [m.name for m in caller.members if m.me] == [caller.name]


def test_calls_between_processes(joined: Joined, start: Callable[[str], Provider]) -> None:
    provider = start("p1")
    node = joined()
    node.wait_for("pricing", timeout=10)
    pricing = node.client("pricing", Pricing)
    assert pricing.quote(Order("A1", 3), rate=2.0) == Price(Order("A1", 3), 600)
    untyped = node.client("pricing")
    assert untyped.quote(order={"sku": "A1", "quantity": 2}) == {"order": {"sku": "A1", "quantity": 2}, "cents": 200}
    assert untyped.pid() == provider.process.pid != os.getpid()
    assert untyped.caller() == [node.name, "python"]
    with pytest.raises(KeyError) as caught:
        pricing.fail("k")
    assert isinstance(caught.value.__cause__, twinspan.RemoteError)
    assert caught.value.__cause__.node == "p1"
    for size in (10, 10_000, 70_000, 3_000_000):
        assert untyped.echo(b"x" * size) == b"x" * size
    assert provider.stop() == 0
    until(lambda: not [m for m in node.members if m.name == "p1"])


def test_what_a_node_sees(joined: Joined, start: Callable[[str], Provider]) -> None:
    start("p1")
    node = joined()
    node.wait_for("pricing", timeout=10)
    service = node.services["pricing"]
    assert [p.name for p in service.providers] == ["p1"]
    assert {m.name for m in service.methods} >= {"quote", "slow", "fail"}
    member = next(m for m in node.members if m.name == "p1")
    assert (member.language, member.app, member.app_version, member.state) == ("python", "pricing-py", "2.0", "ready")
    client = node.client("pricing")
    assert "quote" in dir(client)
    assert "What an order costs." in str(client.__doc__)
    assert str(inspect.signature(client.quote)) == "(order: Order, *, rate: float = 1.0) -> Price"


def test_asyncio_between_processes(cluster: str, start: Callable[[str], Provider]) -> None:
    start("p1")

    async def main() -> None:
        async with twinspan.join_async(cluster=cluster) as node:
            await node.wait_for("pricing", timeout=10)
            pricing = node.client("pricing")
            assert await asyncio.gather(*(pricing.echo(i) for i in range(300))) == list(range(300))
            begun = time.monotonic()
            assert await asyncio.gather(*(pricing.slow(0.3) for _ in range(8))) == ["slept"] * 8
            assert time.monotonic() - begun < 2
            with pytest.raises(twinspan.DeadlineExceeded):
                await twinspan.options(pricing, timeout=0.1).slow(5.0)

    asyncio.run(main())


def test_a_late_provider_and_failover(joined: Joined, start: Callable[[str], Provider], tmp_path: Path) -> None:
    node = joined()
    with pytest.raises(twinspan.Error) as caught:
        node.call("pricing.pid")
    assert caught.value.executed == "no"
    first, second = start("p1"), start("p2")
    node.wait_for("pricing", count=2, timeout=10)
    assert {node.call("pricing.pid") for _ in range(100)} == {first.process.pid, second.process.pid}
    # The method is marked idempotent: the call moves on to the one that lives.
    left = node.call("pricing.die_once", str(tmp_path / "flag"))
    assert left in (first.process.pid, second.process.pid)
    dead = next(p for p in (first, second) if p.process.pid != left)
    assert dead.process.wait(10) == 9
    assert {node.call("pricing.pid") for _ in range(20)} == {left}
    with pytest.raises(twinspan.MaybeExecuted):
        node.call("pricing.die")


def test_a_name_is_taken_once(joined: Joined, cluster: str) -> None:
    joined(name="same")
    with pytest.raises(twinspan.AlreadyExists):
        twinspan.join(cluster=cluster, name="same")


@pytest.mark.parametrize("where", ["here", "there"])
def test_calls_beside_a_thread_that_computes(joined: Joined, start: Callable[[str], Provider], where: str) -> None:
    if where == "there":
        start("p1")
    else:
        app = twinspan.App("local")

        @app.function("pricing.echo")
        def echo(value: int) -> int:
            return value

        joined(app)
    node = joined()
    node.wait_for("pricing", timeout=10)
    call = node.client("pricing").echo
    ends = time.monotonic() + 1.5

    def compute() -> None:
        while time.monotonic() < ends:
            pass

    thread = threading.Thread(target=compute)
    thread.start()
    made = 0
    # Some keep the GIL for a moment, some give it up; each gets its own answer.
    while time.monotonic() < ends - 0.2:
        assert call(made) == made
        made += 1
    thread.join()
    assert made > 10
    assert [call(i) for i in range(100)] == list(range(100))


def test_leaving_can_not_be_given_up_half_way(cluster: str, joined: Joined) -> None:
    app = twinspan.App("slow")

    @app.function("slow.wait")
    def wait(seconds: float) -> str:
        time.sleep(seconds)
        return "done"

    observer = joined()

    async def main() -> None:
        leaving = await twinspan.join_async(app, cluster=cluster, name="leaving")
        await asyncio.to_thread(observer.wait_for, "slow", timeout=10)
        answer = asyncio.ensure_future(asyncio.to_thread(observer.call, "slow.wait", 0.7))
        await asyncio.sleep(0.2)
        closing = asyncio.ensure_future(leaving.close(drain=5))
        await asyncio.sleep(0.2)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        await asyncio.wait([answer])

    asyncio.run(main())
    until(lambda: not [m for m in observer.members if m.name == "leaving"])


def test_a_handler_that_outlives_its_deadline_is_no_remote_failure(joined: Joined) -> None:
    app = twinspan.App("late")

    @app.function("late.fails")
    def fails(seconds: float) -> None:
        time.sleep(seconds)
        raise RuntimeError("too late")

    joined(app)
    node = joined()
    for _ in range(5):
        with pytest.raises(twinspan.DeadlineExceeded):
            node.with_options(timeout=0.1).call("late.fails", 0.1)
