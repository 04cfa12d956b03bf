"""Limits of services, methods and functions: what is written, and what a node then refuses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import twinspan
from twinspan._offer import built

Joined = Callable[..., twinspan.Node]


class Slow:
    def __init__(self) -> None:
        self.go = threading.Event()
        self.runs = 0
        self._lock = threading.Lock()

    def wait(self) -> str:
        with self._lock:
            self.runs += 1
        self.go.wait(20)
        return "done"

    @twinspan.limit(running=1, waiting=0)
    def alone(self) -> str:
        return self.wait()

    def quick(self) -> str:
        return "quick"


def refused(node: twinspan.Node, target: str) -> float:
    """Seconds until the refusal."""
    at = time.monotonic()
    with pytest.raises(twinspan.Overloaded) as caught:
        node.with_options(attempts=1, timeout=10).call(target)
    assert caught.value.executed == "no"
    return time.monotonic() - at


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_of_a_service(joined: Joined) -> None:
    app, slow = twinspan.App("limits"), Slow()
    app.add_service("slow", slow, limit=twinspan.Limit(running=2, waiting=1))
    app.add_service("free", Slow())
    node = joined(app)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(node.call, "slow.wait") for _ in range(3)]
        until(lambda: node.stats["load"] == 3 and slow.runs == 2)
        assert refused(node, "slow.wait") < 2
        assert refused(node, "slow.quick") < 2
        assert node.call("free.quick") == "quick"
        assert slow.runs == 2
        slow.go.set()
        assert [call.result(10) for call in calls] == ["done"] * 3
    assert node.call("slow.quick") == "quick"


def test_of_a_method(joined: Joined) -> None:
    app, slow = twinspan.App("limits"), Slow()
    app.add_service("slow", slow)
    node = joined(app)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(node.call, "slow.alone")
        until(lambda: slow.runs == 1)
        assert refused(node, "slow.alone") < 2
        assert node.call("slow.quick") == "quick"
        slow.go.set()
        assert call.result(10) == "done"
    assert node.call("slow.alone") == "done"


def test_of_a_function(joined: Joined) -> None:
    app, other, slow = twinspan.App("limits"), twinspan.App("other"), Slow()
    app.function("slow.one", limit=twinspan.Limit(running=1, waiting=0))(slow.wait)
    other.function("slow.two", limit=twinspan.Limit(running=3))(slow.quick)
    app.include(other)
    (service,) = built(app, {})
    assert {m.name: m.record(0).get("limit") for m in service.methods} == {"one": {"running": 1, "waiting": 0}, "two": {"running": 3}}
    node = joined(app)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(node.call, "slow.one")
        until(lambda: slow.runs == 1)
        assert refused(node, "slow.one") < 2
        assert node.call("slow.two") == "quick"
        slow.go.set()
        assert call.result(10) == "done"


def test_a_function_says_it_where_it_is_served() -> None:
    app = twinspan.App("limits")

    @app.function("a.b", limit=twinspan.Limit(waiting=7))
    @twinspan.limit(running=1)
    def b() -> None: ...

    @app.function("a.c")
    @twinspan.limit(running=1, bytes=10)
    @twinspan.renamed_from("old")
    def c() -> None: ...

    (service,) = built(app, {})
    limits = {m.name: m.record(0).get("limit") for m in service.methods}
    assert limits == {"b": {"waiting": 7}, "c": {"running": 1, "bytes": 10}, "old": {"running": 1, "bytes": 10}}


@pytest.mark.parametrize("wrong", [{"running": 0}, {"running": -1}, {"waiting": -1}, {"bytes": 0}, {"running": 1.5}, {"waiting": True}])
def test_wrong_numbers(wrong: dict[str, Any]) -> None:
    for made in (twinspan.Limit, twinspan.limit):
        with pytest.raises(twinspan.BadConfig, match=f"limit: {next(iter(wrong))} is a whole number from [01], not") as caught:
            made(**wrong)
        assert len(str(caught.value).splitlines()) == 2


def test_no_limit_at_all() -> None:
    app = twinspan.App("limits")
    wrong: Any = {"running": 1}
    for say in (
        lambda: app.service("x", limit=wrong),
        lambda: app.function("x.y", limit=wrong),
        lambda: app.add_service("x", Slow(), limit=wrong),
    ):
        with pytest.raises(twinspan.BadConfig, match=r"is a twinspan\.Limit, not"):
            say()


def test_a_limit_is_a_value() -> None:
    limit = twinspan.Limit(running=4, bytes=10)
    assert (repr(limit), limit) == ("Limit(running=4, bytes=10)", twinspan.Limit(bytes=10, running=4))
    assert len({limit, twinspan.Limit(running=4, bytes=10), twinspan.Limit()}) == 2
