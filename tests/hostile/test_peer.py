"""A raw peer against live nodes: hostile results and failures to callers, hostile arguments to handlers, in both languages.

Each ends in a typed error that tells the truth about `executed`, costs no more than 10 ms beside the way of its bytes, shows nothing
of this host, and the node goes on serving.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.driver import Agent, Agents, borrowed, new_cluster
from faults.hello import decode, encode

from .inputs import FAILURES, SHAPES, VALUES, payload
from .peer import FAIL, REPLY, Answered, Peer

MILLISECONDS = 10.0
TRIES = 6
ROUNDS = 3
MAX_LINE = 1 << 24
HOSTNAME = Path("/etc/hostname")
BAD_ARGUMENTS, UNSERIALIZABLE = 6, 14
TYPED = {"int": "add", "bytes": "view", "array": "numbers"}
"""Handlers of the agents that declare such a parameter."""


class Side:
    """A node of one language, and the peer that talks to it."""

    def __init__(self, agents: Agents, agent: Agent) -> None:
        self.agent = agent
        cluster = new_cluster()
        told = agent.ask("join", node="n", serve=["of.n"], options={"cluster": cluster, "name": "n", "workers": 2})
        methods = [f"value_{at}" for at in range(len(VALUES))] + [f"failure_{at}" for at in range(len(FAILURES))]
        self.peer = Peer(agents, cluster, told, agent.pid, f"raw-{agent.language}", [*methods, "harmless"])
        agent.ask("wait_for", node="n", service=self.peer.service)

    def answer(self, kind: int, body: bytes) -> None:
        self.peer.answers = lambda method: (kind, body)

    def caught(self, method: str) -> dict[str, Any]:
        told: dict[str, Any] = self.agent.ask("catch", node="n", service=self.peer.service, method=method, names=["x.Y"])
        return told

    def best(self, kind: int, body: bytes, method: str) -> tuple[dict[str, Any], float]:
        """What came of the call, and how long it took at best."""
        self.answer(kind, body)
        tries = [self.caught(method) for _ in range(TRIES)]
        assert all("ms" in told for told in tries), f"an error was due: {str(tries[0])[:300]}"
        return tries[0], min(told["ms"] for told in tries[1:])

    def way(self, size: int) -> float:
        """Milliseconds that so many bytes take without being hostile: a failure of which all but the beginning is thrown away."""
        body = encode({"kind": 23, "executed": "yes", "failure": {"type": "x.Y", "details": bytes(max(0, size - 50))}})
        return self.best(FAIL, body, "harmless")[1] if size > 4096 else 0.0

    def goes_on(self) -> None:
        """It answers as often as it has workers, and once more, and its link is open."""
        for _ in range(3):
            answered = self.peer.call("of.n.who", b"\x82\x80\xa0")
            assert (answered.kind, answered.body) == (REPLY, b"\x61n")
        assert self.peer.why == ""


@pytest.fixture(scope="module", params=["python", "java"])
def side(request: pytest.FixtureRequest, agents: Agents) -> Iterator[Side]:
    with borrowed(agents, request.param) as (agent,):
        side = Side(agents, agent)
        yield side
        side.peer.close()


def numbered(rows: list[dict[str, Any]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize("at", range(len(rows)), ids=[row["name"] for row in rows])


def in_time(side: Side, size: int, first: float, again: Callable[[], float]) -> None:
    """10 ms beside the way of so many bytes, in one of three rounds: a busy machine disturbs both."""
    took, told = first, ""
    for _ in range(ROUNDS):
        way = side.way(size)
        if took <= MILLISECONDS + 1.5 * way:
            return
        told = f"{took:.1f} ms, {way:.1f} of them for the way"
        took = again()
    raise AssertionError(told)


def nothing_local(trace: str) -> None:
    if HOSTNAME.exists():
        assert HOSTNAME.read_text("utf-8").strip() not in trace
    assert "root:" not in trace


@numbered(VALUES)
def test_results(side: Side, at: int) -> None:
    """The handler ran, its result can't be read: the caller is told both."""
    body = payload(VALUES[at])
    told, took = side.best(REPLY, body, f"value_{at}")
    assert (told["kind"], told["executed"]) == ("Unserializable", "yes"), told["text"]
    assert len(told["trace"]) < 64 << 10
    in_time(side, len(body), took, lambda: side.best(REPLY, body, f"value_{at}")[1])
    side.goes_on()


@numbered(FAILURES)
def test_failures(side: Side, at: int) -> None:
    row = FAILURES[at]
    body = payload(row)
    told, took = side.best(FAIL, body, f"failure_{at}")
    trace = told["trace"]
    assert told["kind"] == row.get("kind", "Remote"), told["text"]
    assert told["executed"] == ("maybe" if row.get("kind") == "Protocol" else "yes")
    assert len(trace) < 64 << 10
    assert not [part for part in row.get("lacks", ()) if part in trace]
    nothing_local(trace)
    shown(side.agent.language, row, trace)
    in_time(side, len(body), took, lambda: side.best(FAIL, body, f"failure_{at}")[1])
    side.goes_on()


def shown(language: str, row: dict[str, Any], trace: str) -> None:
    """Remote frames have their node before the file in Python, and no folder in either; lines end at 2^24."""
    if language == "python":
        remote = [(file, int(line)) for file, line in re.findall(r'^  File "(.*)", line (\d+), in ', trace, re.MULTILINE)]
        remote = [(file, line) for file, line in remote if not Path(file).is_file()]
        assert all(":" in file and "/" not in file for file, _ in remote), remote
    else:
        found = re.findall(r"^\tat .*\((.*?)(?::(\d+))?\)$", trace, re.MULTILINE)
        remote = [(file, int(line or 0)) for file, line in found if not file.endswith(".java")]
        assert not any("/" in file for file, _ in remote), remote
    assert all(line <= MAX_LINE for _, line in remote)
    if "line" in row:
        assert row["line"] in [line for _, line in remote], trace
    if "frames" in row and language == "python":
        again = sum(map(int, re.findall(r"^  \[Previous line repeated (\d+) more times?\]$", trace, re.MULTILINE)))
        assert len(remote) + again == row["frames"], trace


@numbered(VALUES)
def test_arguments(side: Side, at: int) -> None:
    """The handler doesn't run: its caller hears `BadArguments` or `Unserializable`, and `executed` is no."""
    row = VALUES[at]
    value = payload(row)
    body = value if value.startswith(SHAPES) else b"\x82\x81" + value + b"\xa0"
    for method in dict.fromkeys(("echo", TYPED.get(row["type"], "echo"))):

        def best(target: str = f"of.n.{method}") -> tuple[Answered, float]:
            tries = [side.peer.call(target, body) for _ in range(TRIES)]
            return tries[0], min(one.ms for one in tries[1:])

        answered, took = best()
        assert answered.kind == FAIL
        told, _ = decode(answered.body, 0)
        assert told["kind"] in (BAD_ARGUMENTS, UNSERIALIZABLE), told
        assert told["executed"] == "no", told
        in_time(side, len(body), took, lambda best=best: best()[1])  # type: ignore[misc]
    side.goes_on()


def test_a_right_answer_arrives(side: Side) -> None:
    """The control: what the peer says is heard."""
    side.answer(REPLY, b"\x18\x2a")
    assert side.caught("harmless")["value"] is not None
    assert statistics.median(side.peer.call("of.n.who", b"\x82\x80\xa0").ms for _ in range(9)) < MILLISECONDS
