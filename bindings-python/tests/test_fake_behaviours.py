"""tests/fakes/behaviours.txt on a fake node and in a real cluster: callers see the same. BehavioursTest.java is Java's side."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import twinspan
from twinspan import _errors
from twinspan.testing import FakeNode, cluster

TABLE = Path(__file__).resolve().parents[2] / "tests/fakes/behaviours.txt"
KINDS = {cls.kind: cls for cls in _errors.KINDS.values()}


class Row(NamedTuple):
    name: str
    where: str
    call: str
    timeout: str
    first: str
    expected: str


ROWS = [
    Row(*(cell.strip() for cell in line.split("|"))) for line in TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#")
]


class Probe:
    """The service of the table. Java's has the same methods."""

    node: twinspan.Node

    def add(self, a: int, b: int = 10) -> int:
        return a + b

    def echo(self, value: Any) -> Any:
        return value

    def nothing(self) -> None: ...

    def numbers(self, n: int) -> list[int]:
        return list(range(n))

    def nested(self, a: int) -> int:
        result: int = self.node.call("probe.add", a)
        return result

    def tenant(self) -> str:
        return twinspan.current_baggage()["tenant"]

    def reject(self) -> int:
        raise ValueError("rejected")

    def unsendable(self) -> Any:
        return object()

    def slow(self, ms: int) -> int:
        time.sleep(ms / 1000)
        return ms

    def count(self, n: int) -> Iterator[int]:
        yield from range(n)

    def broken(self, n: int) -> Iterator[int]:
        yield from range(n)
        raise ValueError("broken")

    def total(self, values: Iterator[int]) -> int:
        return sum(values)

    def doubled(self, values: Iterator[int]) -> Iterator[int]:
        for value in values:
            yield 2 * value


def apps() -> tuple[Probe, twinspan.App]:
    probe, app = Probe(), twinspan.App("probe")
    app.add_service("probe", probe)
    return probe, app


@pytest.fixture
def fake() -> Iterator[FakeNode]:
    with FakeNode() as fake:
        probe, app = apps()
        probe.node = fake
        fake.serve(app)
        yield fake


@pytest.fixture(scope="module")
def real() -> Iterator[twinspan.Node]:
    probe, app = apps()
    with cluster(2, [app, None]) as nodes:
        probe.node = nodes[0]
        yield nodes[1]


def arguments(call: str) -> tuple[str, list[Any], dict[str, Any]]:
    method, *words = call.split()
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for word in words:
        name, _, text = word.rpartition("=")
        value: Any = iter([int(n) for n in text[1:].split(",")]) if text[0] == "~" else text[1:-1] if text[0] == '"' else int(text)
        if name:
            kwargs[name] = value
        else:
            args.append(value)
    return method if "." in method else f"probe.{method}", args, kwargs


def shown(value: Any) -> str:
    return "null" if value is None else str(value)


def outcome(error: twinspan.Error) -> str:
    told = f"! {error.kind} {error.executed}"
    if isinstance(error, twinspan.RemoteError):
        assert error.is_("java.lang.IllegalArgumentException") and error.type == "builtins.ValueError"
        told += " java.lang.IllegalArgumentException"
    return told


def text_of(error: twinspan.Error) -> str:
    """What an error says; the name of the provider is another."""
    return re.sub(r"`(fake|node-\d)`", "`?`", str(error))


def played(node: twinspan.Node, row: Row) -> tuple[str, str]:
    """What a blocking caller sees, and the text of its error."""
    target, args, kwargs = arguments(row.call)
    items: list[Any] = []
    try:
        with twinspan.baggage(tenant="acme"), twinspan.call_options(timeout=int(row.timeout) / 1000 if row.timeout else None):
            result = node.call(target, *args, **kwargs)
            if not isinstance(result, twinspan.Stream):
                return f"= {shown(result)}", ""
            for item in result:
                items.append(item)
        return f"= {items}", ""
    except twinspan.Error as error:
        return (f"... {items} " if items else "") + outcome(error), text_of(error)


async def awaited(node: twinspan.AsyncNode, row: Row) -> tuple[str, str]:
    """The same for one that awaits."""
    target, args, kwargs = arguments(row.call)
    items: list[Any] = []
    try:
        with twinspan.baggage(tenant="acme"), twinspan.call_options(timeout=int(row.timeout) / 1000 if row.timeout else None):
            result = await node.call(target, *args, **kwargs)
            if not isinstance(result, twinspan.AsyncStream):
                return f"= {shown(result)}", ""
            async for item in result:
                items.append(item)
        return f"= {items}", ""
    except twinspan.Error as error:
        return (f"... {items} " if items else "") + outcome(error), text_of(error)


def prepare(fake: FakeNode, row: Row) -> None:
    what, _, value = row.first.partition(" ")
    if what == "fail":
        fake.fail("probe", KINDS[value])
    elif what == "delay":
        fake.on(f"probe.{row.call.split()[0]}", delay=int(value) / 1000)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_blocking(row: Row, fake: FakeNode, real: twinspan.Node) -> None:
    prepare(fake, row)
    seen = played(fake, row)
    assert seen[0] == row.expected
    if row.where == "both":
        assert played(real, row) == seen


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_awaiting(row: Row, fake: FakeNode, real: twinspan.Node) -> None:
    prepare(fake, row)
    seen = asyncio.run(awaited(fake.aio, row))
    assert seen[0] == row.expected
    if row.where == "both":
        assert asyncio.run(awaited(real.aio, row)) == seen
