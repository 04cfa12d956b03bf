"""Calls of one node to its own services."""

from __future__ import annotations

import asyncio
import http.client
import pydoc
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

import pytest
import twinspan
from twinspan import _workers
from twinspan._options import ambient

Joined = Callable[..., twinspan.Node]


def geo() -> twinspan.App:
    app = twinspan.App("geo-py", version="1.2")

    @app.function("geo.distance")
    def distance(a: float, b: float, *, unit: str = "km", scale_by: float = 1.0) -> float:
        """How far it is."""
        return abs(a - b) * scale_by * (1000 if unit == "m" else 1)

    @app.function("geo.place")
    def place(name: str, /, *rest: Any, **extra: Any) -> list[Any]:
        return [name, list(rest), extra]

    @app.function("geo.class")
    def spelled() -> str:
        return "class"

    return app


@pytest.fixture
def node(joined: Joined) -> twinspan.Node:
    return joined(geo())


def test_node_call(node: twinspan.Node) -> None:
    assert node.call("geo.distance", 1.0, b=3.5) == 2.5
    assert node.call("geo.distance", 1.0, 3.5, unit="m") == 2500.0


def test_untyped_client(node: twinspan.Node) -> None:
    geo = node.client("geo")
    assert geo.distance(1.0, 2.0) == 1.0
    assert geo["class"]() == "class"
    assert geo.distance is geo.distance
    assert "geo" in repr(geo)
    with pytest.raises(AttributeError, match="underscore"):
        geo._secret  # noqa: B018


def test_names_of_the_other_language(node: twinspan.Node) -> None:
    assert node.call("geo.distance", 1.0, 2.0, scaleBy=3.0) == 3.0


def test_rest_and_extra(node: twinspan.Node) -> None:
    assert node.call("geo.place", "x", 1, 2, colour="red") == ["x", [1, 2], {"colour": "red"}]


@pytest.mark.parametrize(
    ("args", "kwargs", "says"),
    [
        ((1.0,), {}, "`b`"),
        ((1.0, 2.0, 3.0), {}, "position"),
        ((1.0, 2.0), {"a": 1.0}, "`a`"),
        ((1.0, 2.0), {"unti": "m"}, "unit"),
    ],
)
def test_arguments_are_checked(node: twinspan.Node, args: tuple[Any, ...], kwargs: dict[str, Any], says: str) -> None:
    with pytest.raises(twinspan.BadArguments, match=says) as caught:
        node.call("geo.distance", *args, **kwargs)
    error = caught.value
    assert isinstance(error, TypeError)
    assert (error.executed, error.retryable, error.kind) == ("no", False, "BadArguments")
    assert "geo.distance(" in str(error)
    assert error.node == node.name
    assert f"`{node.name}`" in str(error)
    assert len(str(error).splitlines()) == 2


def test_unknown_names(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.NotFound, match="Did you mean `geo`"):
        node.call("goe.distance", 1.0, 2.0)
    with pytest.raises(twinspan.NoSuchMethod, match="Did you mean `distance`"):
        node.call("geo.distanse", 1.0, 2.0)
    with pytest.raises(twinspan.BadArguments, match="names no method"):
        node.call("distance")


def test_help_knows_the_live_service(node: twinspan.Node) -> None:
    text = pydoc.render_doc(node.client("geo"), renderer=pydoc.plaintext)
    assert "distance(a: float, b: float, *, unit: str = 'km'" in text
    assert "How far it is." in text
    assert "How far it is." in pydoc.render_doc(node.client("geo").distance, renderer=pydoc.plaintext)
    assert "place" in dir(node.client("geo"))
    assert not hasattr(node.client("geo", Geo), "place")


class Geo(Protocol):
    def distance(self, a: float, b: float, *, unit: str = ...) -> float: ...


class AsyncGeo(Protocol):
    async def distance(self, a: float, b: float) -> float: ...


def test_typed_client(node: twinspan.Node) -> None:
    geo = node.client("geo", Geo, timeout=5)
    assert geo.distance(1.0, 2.0) == 1.0
    with pytest.raises(AttributeError, match="Did you mean `distance`"):
        geo.distanc  # type: ignore[attr-defined]  # noqa: B018
    assert "distance" in dir(geo)


def test_the_contract_decides_the_face(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.Misuse, match=r"aio\.client"):
        node.client("geo", AsyncGeo)
    with pytest.raises(twinspan.Misuse, match="async def distance"):
        node.aio.client("geo", Geo)


def slow() -> tuple[twinspan.App, threading.Event, list[twinspan.CallContext]]:
    app = twinspan.App("slow")
    release = threading.Event()
    seen: list[twinspan.CallContext] = []

    @app.function("slow.wait")
    def wait() -> str:
        context = twinspan.current_call()
        assert context is not None
        seen.append(context)
        release.wait(10)
        return "done"

    return app, release, seen


class Alarm(Exception):
    """What a signal's handler raises."""


def test_a_signal_in_a_blocking_call_cancels_its_handler(joined: Joined) -> None:
    app = twinspan.App("cancelled")
    begun, told = threading.Event(), threading.Event()

    @app.function("cancelled.wait")
    def wait() -> None:
        call = twinspan.current_call()
        assert call is not None
        begun.set()
        until = time.monotonic() + 10
        while not call.cancelled() and time.monotonic() < until:
            time.sleep(0.002)
        if time.monotonic() < until:
            told.set()

    def alarm(number: int, frame: object) -> None:
        raise Alarm

    joined(app)
    caller = joined()
    caller.wait_for("cancelled")
    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGALRM, alarm)
    try:
        threading.Thread(target=lambda: begun.wait(10) and signal.pthread_kill(main, signal.SIGALRM)).start()
        with pytest.raises(Alarm):
            caller.call("cancelled.wait")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert told.wait(5)


def test_a_handler_sees_that_its_node_was_closed(joined: Joined) -> None:
    app = twinspan.App("closing")
    begun, told = threading.Event(), threading.Event()

    @app.function("closing.wait")
    def wait() -> None:
        call = twinspan.current_call()
        assert call is not None
        begun.set()
        for _ in range(1000):
            if call.cancelled():
                told.set()
                return
            time.sleep(0.005)

    provider = joined(app)
    caller = joined()
    caller.wait_for("closing")
    thread = threading.Thread(target=lambda: caller.call_all("closing.wait"))
    thread.start()
    assert begun.wait(10)
    provider.close(drain=0)
    assert told.wait(5)
    thread.join(10)


def test_health(joined: Joined) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    node = joined(geo(), health=address)

    def answers(path: str) -> int:
        connection = http.client.HTTPConnection(address, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    assert node.ready
    assert [answers(path) for path in ("/livez", "/readyz", "/nix")] == [200, 200, 404]
    node.drain(timeout=1)
    assert not node.ready
    assert [answers(path) for path in ("/livez", "/readyz")] == [200, 503]
    node.close()
    with pytest.raises(OSError, match="refused"):
        answers("/livez")
    with pytest.raises(twinspan.BadConfig, match="health"):
        joined(geo(), health="nonsense")
    with pytest.raises(twinspan.BadConfig, match="health"):
        joined(geo(), health=8080)


def test_options(joined: Joined) -> None:
    app, release, seen = slow()
    node = joined(app)
    client = node.client("slow")
    quick = twinspan.options(client, timeout=0.05)
    try:
        for call in (quick.wait, node.with_options(timeout=0.05).client("slow").wait):
            with pytest.raises(twinspan.DeadlineExceeded) as caught:
                call()
            assert isinstance(caught.value, TimeoutError)
        with twinspan.call_options(timeout=0.05), pytest.raises(twinspan.DeadlineExceeded):
            client.wait()
        with pytest.raises(twinspan.DeadlineExceeded):
            node.with_options(timeout=0.05).call("slow.wait")
    finally:
        release.set()
    assert client.wait() == "done"
    assert seen[0].cancelled()


def test_options_are_checked(node: twinspan.Node) -> None:
    for options in ({"timeout": -1}, {"timeout": "1"}, {"attempts": 0}, {"balance": "best"}, {"affinity": ""}, {"timeout": 0}):
        with pytest.raises(twinspan.BadConfig):
            node.client("geo", **options)  # type: ignore[call-overload]
    with pytest.raises(twinspan.Misuse):
        twinspan.options(object(), timeout=1)


def test_context(joined: Joined) -> None:
    app = twinspan.App("context")
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    @app.function("context.tell")
    def tell(context: twinspan.CallContext, extra: int = 0) -> dict[str, Any]:
        assert context is twinspan.current_call()
        return {
            "caller": context.caller,
            "language": context.language,
            "attempt": context.attempt,
            "remaining": context.remaining(),
            "method": context.method,
            "variable": variable.get(),
            "extra": extra,
        }

    variable.set("copied")
    node = joined(app)
    told = node.with_options(timeout=5).call("context.tell", extra=7)
    assert told["caller"] == node.name
    assert (told["language"], told["method"], told["variable"], told["extra"]) == ("python", "tell", "copied", 7)
    assert 3 < told["remaining"] <= 5
    assert twinspan.current_call() is None


def test_nested_calls_do_not_lock_the_pool(joined: Joined) -> None:
    app = twinspan.App("nested")
    place: list[twinspan.Node] = []

    @app.function("nested.down")
    def down(depth: int) -> int:
        return 0 if depth == 0 else 1 + place[0].call("nested.down", depth - 1)

    place.append(joined(app, workers=1, max_threads=20))
    assert place[0].call("nested.down", 10) == 10


def test_a_nested_call_keeps_the_deadline(joined: Joined) -> None:
    app = twinspan.App("deadline")
    place: list[twinspan.Node] = []

    @app.function("deadline.outer")
    def outer() -> float:
        return float(place[0].call("deadline.inner"))

    @app.function("deadline.inner")
    def inner() -> float:
        context = twinspan.current_call()
        assert context is not None
        return context.remaining()

    place.append(joined(app))
    assert place[0].with_options(timeout=2).call("deadline.outer") <= 2


def test_workers_start_on_demand(joined: Joined) -> None:
    app = twinspan.App("many")
    barrier = threading.Barrier(4)

    @app.function("many.meet")
    def meet() -> int:
        return barrier.wait(10)

    node = joined(app, workers=4)
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(node.call("many.meet"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert sorted(results) == [0, 1, 2, 3]


def test_idle_workers_end_but_the_last(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers, "IDLE", 0.2)
    app = twinspan.App("idle")
    barrier = threading.Barrier(4)

    @app.function("idle.meet")
    def meet() -> int:
        return barrier.wait(10)

    node = joined(app, workers=4)

    def count() -> int:
        return len([t for t in threading.enumerate() if t.name.startswith(f"twinspan-{node.name}-")])

    threads = [threading.Thread(target=node.call, args=("idle.meet",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert count() == 4
    until = time.monotonic() + 10
    while count() > 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert count() == 1
    time.sleep(0.5)
    assert count() == 1
    threads = [threading.Thread(target=node.call, args=("idle.meet",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert not barrier.broken


def test_a_handler_sees_that_nobody_waits(joined: Joined) -> None:
    app = twinspan.App("watch")
    stopped = threading.Event()

    @app.function("watch.loop")
    def loop() -> None:
        context = twinspan.current_call()
        assert context is not None
        until = time.monotonic() + 10
        while not context.cancelled() and time.monotonic() < until:
            time.sleep(0.01)
        stopped.set()

    node = joined(app)

    async def main() -> None:
        task = asyncio.create_task(node.aio.call("watch.loop"))
        await asyncio.sleep(0.2)
        assert not stopped.is_set()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
    assert stopped.wait(5)


def test_options_of_the_surroundings(node: twinspan.Node) -> None:
    client = node.client("geo", timeout=9)
    with twinspan.call_options(attempts=2, timeout=5), twinspan.call_options(timeout=4):
        assert client.distance(1.0, 2.0) == 1.0
        options = ambient.get()
    assert options is not None
    assert (options.timeout, options.attempts) == (4.0, 2)
    assert ambient.get() is None


def test_many_threads_call(node: twinspan.Node) -> None:
    wrong: list[Any] = []

    def work(at: int) -> None:
        for i in range(200):
            if node.call("geo.distance", float(at), float(at + i)) != float(i):
                wrong.append((at, i))

    threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not wrong


def test_leaving(joined: Joined) -> None:
    app, release, seen = slow()
    answers: list[str] = []
    with joined(app) as node:
        assert node.ready
        thread = threading.Thread(target=lambda: answers.append(node.call("slow.wait")))
        thread.start()
        until = time.monotonic() + 5
        while not seen and time.monotonic() < until:
            time.sleep(0.01)
        threading.Timer(0.2, release.set).start()
    thread.join(5)
    assert answers == ["done"]
    assert node.closed
    assert not node.ready
    with pytest.raises(twinspan.Closed) as caught:
        node.call("slow.wait")
    assert caught.value.executed == "no"
    node.close()


def test_an_exception_closes_at_once(joined: Joined) -> None:
    app, release, seen = slow()
    failed: list[BaseException] = []

    def call(node: twinspan.Node) -> None:
        try:
            node.call("slow.wait")
        except twinspan.Error as error:
            failed.append(error)

    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError), joined(app) as node:  # noqa: PT012
        thread = threading.Thread(target=call, args=(node,))
        thread.start()
        while not seen and time.monotonic() < begun + 5:
            time.sleep(0.01)
        raise ZeroDivisionError
    assert time.monotonic() - begun < 5
    thread.join(5)
    release.set()
    assert len(failed) == 1


def test_a_client_is_no_sequence(joined: Joined) -> None:
    node = joined()
    client: Any = node.client("s")
    for wrong in (lambda: list(client), lambda: "x" in client, lambda: client[0]):
        with pytest.raises(TypeError, match=r"Client|client"):
            wrong()
    for name in ("", 42, None):
        with pytest.raises(twinspan.BadArguments, match="named by a text"):
            node.client(name)  # type: ignore[call-overload]
