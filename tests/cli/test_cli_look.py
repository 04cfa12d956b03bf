"""`members`, `services`, `status`: what they show, and that they leave nothing behind."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable

import pytest

from agents.driver import Agent
from agents.pairs import Joined, join

from .conftest import Command, Told, state

MEMBER = {"id", "name", "language", "pid", "host", "version", "app", "app_version", "started", "addresses", "state", "services"}


def test_members(twinspan: Command, two: dict[str, Joined]) -> None:
    told = twinspan("members", "--json").json()
    assert told["cluster"] == two["p"].told["cluster"]
    assert [set(member) for member in told["members"]] == [MEMBER, MEMBER]
    seen = {m["name"]: (m["language"], m["state"], m["pid"], m["services"]) for m in told["members"]}
    assert seen == {name: (one.language, "ready", one.agent.pid, ["work", f"work.{name}"]) for name, one in two.items()}
    rows = twinspan("members").out.splitlines()
    assert rows[0].split() == ["NODE", "STATE", "LANGUAGE", "PROCESS", "SERVICES"]
    assert [row.split()[:3] for row in rows[1:]] == [["j", "ready", "java"], ["p", "ready", "python"]]
    own = [m for m in twinspan("members", "--json", "--all").json()["members"] if m["language"] == "cli"]
    assert any(re.fullmatch(r"twinspan-cli-\d+", m["name"]) and m["services"] == [] for m in own)


def test_services(twinspan: Command) -> None:
    services = {service["name"]: service for service in twinspan("services", "--json").json()["services"]}
    assert set(services) == {"work", "work.p", "work.j"}
    assert {(p["name"], p["language"], p["ready"]) for p in services["work"]["providers"]} == {("p", "python", True), ("j", "java", True)}
    add = next(method for method in services["work.p"]["methods"] if method["name"] == "add")
    assert add["signature"] == "add(a: int, b: int = 1, *, scale: int = 1) -> int"
    assert add["doc"] == "Adds two numbers."
    assert add["params"][2] == {"name": "scale", "kind": "keyword", "type": "int", "optional": True, "default": "1"}
    assert add["returns"] == "int" and not add["idempotent"]
    text = twinspan("services", "work.p").out
    assert text.startswith("work.p\n") and "providers: p (python)" in text and "work.j" not in text
    assert "  add(a: int, b: int = 1, *, scale: int = 1) -> int\n      Adds two numbers.\n" in text
    error = twinspan("services", "wrok.p", "--json").error(3)
    assert error["kind"] == "NotFound" and "Did you mean `work" in error["advice"]


def test_status(twinspan: Command) -> None:
    told = twinspan("status", "--json").json()
    assert told["ok"] is True and told["problems"] == []
    assert {(s["name"], s["providers"], s["ready"]) for s in told["services"]} == {("work", 2, 2), ("work.p", 1, 1), ("work.j", 1, 1)}
    assert {member["name"] for member in told["members"]} == {"p", "j"}
    screen = twinspan("status").out
    assert "2 members (2 ready), 3 services" in screen and re.search(r"^work +2 of 2 +j p$", screen, re.M)
    assert len(screen.splitlines()) < 24


def test_status_tells_a_stopped_node(alone: Command, take: Callable[..., list[Agent]]) -> None:
    agents = take("python", "python")
    join(agents, ["here", "stopped"], alone.cluster)
    agents[1].signal(signal.SIGSTOP)
    try:
        told = alone("status", "--json")
        assert told.code == 3 and json.loads(told.err)["kind"] == "Unavailable"
        facts = json.loads(told.out)
        assert facts["ok"] is False
        assert any("`stopped`" in problem and str(agents[1].pid) in problem for problem in facts["problems"]), facts["problems"]
        assert "! node `stopped`" in alone("status").out
    finally:
        agents[1].signal(signal.SIGCONT)


@pytest.mark.parametrize("language", ["python", "java"])
def test_status_tells_a_draining_node(alone: Command, take: Callable[..., list[Agent]], language: str) -> None:
    here, leaving = join(take("python", language), ["here", "leaving"], alone.cluster)
    leaving.ask("drain")
    told = alone("status", "--json")
    assert told.code == 3
    facts = json.loads(told.out)
    assert {member["name"]: member["state"] for member in facts["members"]} == {"here": "ready", "leaving": "draining"}
    # What it alone served is gone; that it leaves is no problem by itself.
    assert facts["problems"] == ["service `work.leaving` has no provider that takes calls"]
    assert {("work", 2, 1), ("work.leaving", 1, 0)} <= {(s["name"], s["providers"], s["ready"]) for s in facts["services"]}
    assert "2 members (1 ready, 1 draining)" in alone("status").out
    # Everybody else goes on with those that take calls, and nobody gets through to the other.
    assert all(alone("call", "work.who", "--json").json() == "here" for _ in range(4))
    error = alone("call", "work.leaving.who", "--json").error(3)
    assert error["kind"] == "Unavailable" and error["executed"] == "no"
    here.ask("drain")
    told = alone("status", "--json")
    assert told.code == 3
    assert {m["state"] for m in json.loads(told.out)["members"]} == {"draining"}


def test_nobody_is_there_and_nothing_is_made(alone: Command) -> None:
    before = state(alone.environment)
    for command in (["members"], ["services"], ["status"], ["call", "a.b"]):
        error = alone(*command, "--json").error(3)
        assert error["kind"] == "Unavailable" and alone.cluster in error["message"]
        told = alone(*command)
        assert (told.out, len(told.err.splitlines())) == ("", 2), told
    assert state(alone.environment) == before


def test_no_cluster_is_named(alone: Command) -> None:
    error = alone("members", "--json", TWINSPAN_CLUSTER="").error(2)
    assert error["kind"] == "BadConfig" and 'cluster = "' in error["advice"]


def test_settings_come_in_layers(twinspan: Command) -> None:
    cluster = twinspan.cluster
    # What the node that serves here is called, and where it listens, is not for a visitor.
    (twinspan.folder / "twinspan.toml").write_text(f'cluster = "{cluster}"\nname = "p"\nworkers = 3\n')
    assert twinspan("members", "--json", TWINSPAN_CLUSTER="").json()["cluster"] == cluster
    assert twinspan("members", TWINSPAN_CLUSTER="elsewhere").code == 3
    assert twinspan("members", "--cluster", cluster, "--json", TWINSPAN_CLUSTER="elsewhere").json()["cluster"] == cluster


def test_leaves_without_a_trace(twinspan: Command, two: dict[str, Joined]) -> None:
    before, logs = state(twinspan.environment), {name: one.agent.log.read_text() for name, one in two.items()}
    for command in (["members"], ["services"], ["status"], ["call", "work.who"], ["call", "work.value", '"x"']):
        twinspan(*command)
    assert state(twinspan.environment) == before
    for name, one in two.items():
        assert one.watch(ready=["j", "p"])["done"]
        new = one.agent.log.read_text()[len(logs[name]) :]
        assert not re.search(r"WARN|ERROR|SEVERE|Traceback|Exception", new), new


def test_the_wheels_script_is_the_same_command(twinspan: Command) -> None:
    from agents import places

    wheel = Command(twinspan.environment, twinspan.cluster, twinspan.folder, [places.python(), "-m", "twinspan"])
    assert wheel("members", "--json").json()["members"] == twinspan("members", "--json").json()["members"]
    told: Told = wheel("call", "work.nothing_like_it", "--json")
    assert told.error(3)["kind"] == "NoSuchMethod"
