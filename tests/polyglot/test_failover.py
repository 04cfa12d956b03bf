"""Providers that are killed, stopped, that leave, and that share the work."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from agents.driver import Agent
from agents.pairs import NODE, Joined, complete, join, key, since

Take = Callable[..., list[Agent]]
LANGUAGES = ["python", "java"]


@pytest.fixture(params=[("python", "python"), ("python", "java"), ("java", "python"), ("java", "java")], ids=lambda pair: "-".join(pair))
def two(request: pytest.FixtureRequest, take: Take, cluster: str) -> tuple[Joined, Joined]:
    """A caller and a provider that may be harmed."""
    caller, provider = join(take(*request.param), ["caller", "provider"], cluster)
    return caller, provider


def test_killed_in_the_middle_of_a_call(two: tuple[Joined, Joined]) -> None:
    caller, provider = two
    run = key()
    asked = [caller.start(provider.service, "hold", run, style=style, options={"timeout": 20}) for style in ("node", "node_async")]
    provider.agent.event("entered", run)
    _until(lambda: caller.agent.ask("ping") and provider.agent.ask("count", key=run) == 2)
    at = provider.agent.kill()
    for one in asked:
        error = one.error()
        assert (error["executed"], error["kind"], error["retryable"]) == ("maybe", "MaybeExecuted", False), error["text"]
        assert len(error["text"].splitlines()) == 2
        assert "provider" in error["text"]
    assert since(at) < 1.5
    # It is known at once, and what is called now has surely not run.
    gone = caller.watch(name="provider", states=["gone"], within=5)
    assert gone["done"], gone["seen"]
    assert (gone["at"] - at) / 1e9 < 1.5
    error = caller.start(provider.service, "who").error()
    assert error["kind"] in ("NotFound", "Unavailable")
    assert error["executed"] == "no"


def _until(done: Callable[[], bool], within: float = 10.0) -> None:
    until = time.monotonic() + within
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("caller_language", LANGUAGES)
def test_an_idempotent_call_goes_on_elsewhere(take: Take, cluster: str, caller_language: str) -> None:
    agents = take(caller_language, "python", "java")
    caller, *providers = join(agents, ["caller", "a", "b"], cluster)
    caller_only(caller, providers)
    run = key()
    asked = caller.start("shared", "lookup", run, options={"timeout": 20, "attempts": 3})
    first = _entered(providers, run)
    at = first.agent.kill()
    (second,) = [one for one in providers if one is not first]
    second.agent.event("entered", run, within=5)
    assert since(at) < 3
    second.agent.ask("release", key=run)
    assert asked.get()["value"] == second.name


def caller_only(caller: Joined, providers: list[Joined]) -> None:
    """Gives the providers a service that the caller does not have: a second node in each of their processes."""
    cluster = caller.told["cluster"]
    for one in providers:
        one.agent.ask("join", node="shared", serve=["shared"], options={"cluster": cluster, "name": f"{one.name}_shared"})
    caller.ask("wait_for", service="shared", count=len(providers))
    for one in providers:
        one.name = f"{one.name}_shared"


def _entered(providers: list[Joined], run: str, within: float = 10.0) -> Joined:
    until = time.monotonic() + within
    while time.monotonic() < until:
        for one in providers:
            if one.agent.has("entered", run):
                return one
        time.sleep(0.01)
    raise AssertionError("no provider was called")


@pytest.mark.parametrize("caller_language", LANGUAGES)
def test_a_call_that_may_have_run_is_not_repeated(take: Take, cluster: str, caller_language: str) -> None:
    agents = take(caller_language, "python", "java")
    caller, *providers = join(agents, ["caller", "a", "b"], cluster)
    caller_only(caller, providers)
    run = key()
    asked = caller.start("shared", "hold", run, options={"timeout": 20, "attempts": 3})
    first = _entered(providers, run)
    first.agent.kill()
    error = asked.error()
    assert (error["kind"], error["executed"]) == ("MaybeExecuted", "maybe")
    (second,) = [one for one in providers if one is not first]
    assert second.agent.ask("count", key=run) == 0
    # The caller says that it may run twice: now it is repeated.
    again = key()
    asked = caller.start("shared", "hold", again, options={"timeout": 20, "attempts": 3, "assume_idempotent": True})
    second.agent.event("entered", again)
    second.agent.ask("release", key=again)
    assert asked.get()["value"] == second.name


@pytest.mark.parametrize("caller_language", LANGUAGES)
def test_a_kill_under_load_fails_only_what_was_under_way(take: Take, cluster: str, caller_language: str) -> None:
    agents = take(caller_language, "python", "java", "python")
    caller, *providers = join(agents, ["caller", "a", "b", "c"], cluster)
    caller_only(caller, providers)
    threads = 4
    caller.ask("load", key="load", service="shared", method="who", threads=threads, options={"timeout": 10})
    time.sleep(0.7)
    providers[0].agent.kill()
    time.sleep(0.3)
    providers[1].agent.kill()
    time.sleep(0.7)
    told = caller.agent.ask("unload", key="load")
    assert told["hung"] == 0
    for error in told["errors"]:
        assert (error["kind"], error["executed"]) == ("MaybeExecuted", "maybe"), error["text"]
    # A thread has one call under way: each kill fails at most one of each.
    assert told["failed"] <= 2 * threads
    assert set(told["answers"]) == {one.name for one in providers}
    assert told["answers"][providers[2].name] > 20


def test_leaving_under_load_loses_no_call(take: Take, cluster: str) -> None:
    """Two callers; one provider after another leaves and comes back, and every call is answered."""
    agents = take("python", "java", "python", "java")
    python, java, *providers = join(agents, ["p", "j", "a", "b"], cluster)
    caller_only(python, providers)
    java.ask("wait_for", service="shared", count=2)
    for caller in (python, java):
        caller.ask("load", key="load", service="shared", method="later", args=[5], threads=4, options={"timeout": 10})
    for one in (*providers, *providers):
        time.sleep(0.3)
        assert one.agent.ask("close", node="shared", drain=5) < 5000
        time.sleep(0.2)
        options = {"cluster": python.told["cluster"], "name": one.name}
        one.agent.ask("join", node="shared", serve=["shared"], options=options)
        for caller in (python, java):
            caller.ask("wait_for", service="shared", count=2)
    for caller in (python, java):
        told = caller.agent.ask("unload", key="load")
        assert told["failed"] == 0, [error["text"] for error in told["errors"]]
        assert told["hung"] == 0
        assert told["answers"]["later"] > 50


def test_leaving_waits_for_running_calls(two: tuple[Joined, Joined]) -> None:
    caller, provider = two
    run = key()
    asked = caller.start(provider.service, "slow", 800, run, options={"timeout": 10})
    provider.agent.event("entered", run)
    assert provider.agent.ask("close", node=NODE, drain=10) > 300
    assert asked.get()["value"] == "done"
    gone = caller.watch(name="provider", states=["gone"], within=5)
    assert gone["done"], gone["seen"]
    error = caller.start(provider.service, "who").error()
    assert (error["executed"], error["kind"] in ("NotFound", "Unavailable")) == ("no", True)


def test_closing_at_once_ends_running_calls(two: tuple[Joined, Joined]) -> None:
    caller, provider = two
    run = key()
    asked = caller.start(provider.service, "slow", 20_000, run, options={"timeout": 30})
    provider.agent.event("entered", run)
    at = time.monotonic_ns()
    provider.agent.ask("close", node=NODE, drain=0)
    error = asked.error()
    assert error["executed"] == "maybe", error["text"]
    assert since(at) < 3


def test_a_silent_peer(take: Take, cluster: str) -> None:
    """SIGSTOP: who calls it suspects it within a second and knows within seconds that it is gone, the others within twelve."""
    agents = take("python", "java", "python", "java")
    p, j, victim_p, victim_j = join(agents, ["p", "j", "vp", "vj"], cluster)
    run = key()
    calls = [
        caller.start(victim.service, "hold", run, options={"timeout": 40}, within=60) for caller, victim in ((p, victim_j), (j, victim_p))
    ]
    for victim in (victim_p, victim_j):
        victim.agent.event("entered", run)
    at = time.monotonic_ns()
    for victim in (victim_p, victim_j):
        victim.agent.signal(signal.SIGSTOP)
    try:
        suspected = [
            one.agent.start("watch", within=20, node=NODE, name=victim.name, states=["suspect", "gone"], timeout=15)
            for one, victim in ((p, victim_j), (j, victim_p))
        ]
        gone = [
            one.agent.start("watch", within=30, node=NODE, name=victim.name, states=["gone"], timeout=20)
            for one in (p, j)
            for victim in (victim_p, victim_j)
        ]
        suspicions = [(watch.get()["at"] - at) / 1e9 for watch in suspected]
        assert max(suspicions) <= 1.5, suspicions
        # No call of ours hangs for its 40 seconds.
        for call in calls:
            error = call.error()
            assert error["executed"] == "maybe", error["text"]
        assert since(at) < 12
        ends = [watch.get() for watch in gone]
        assert all(end["done"] for end in ends), ends
        assert max(end["at"] - at for end in ends) / 1e9 <= 12, [(end["at"] - at) / 1e9 for end in ends]
        # They are not called any more.
        for caller, victim in ((p, victim_j), (j, victim_p)):
            error = caller.start(victim.service, "who").error()
            assert error["executed"] == "no"
    finally:
        for victim in (victim_p, victim_j):
            victim.agent.signal(signal.SIGCONT)
    # A process that was only asleep is a member again.
    complete([p, j, victim_p, victim_j], within=20)
    for caller, victim in ((p, victim_j), (j, victim_p)):
        assert caller.call(victim.service, "who") == victim.name


@pytest.mark.parametrize("caller_language", LANGUAGES)
def test_round_robin_is_exact(take: Take, cluster: str, caller_language: str) -> None:
    caller, *providers = join(take(caller_language, "python", "java", "python"), ["caller", "a", "b", "c"], cluster)
    caller_only(caller, providers)
    answers = caller.ask("burst", service="shared", method="who", count=90, options={"balance": "round_robin"})
    assert answers == {one.name: 30 for one in providers}


def test_local_first(four: dict[str, Joined]) -> None:
    for one in four.values():
        answers = one.ask("burst", service="work", method="who", count=20, options={"balance": "local_first"})
        assert answers == {one.name: 20}


@pytest.mark.parametrize("caller_language", LANGUAGES)
def test_least_loaded_avoids_the_busy(take: Take, cluster: str, caller_language: str) -> None:
    caller, *providers = join(take(caller_language, "python", "java"), ["caller", "a", "b"], cluster)
    caller_only(caller, providers)
    run = key()
    holding: list[Any] = [caller.start("shared", "hold", run, options={"balance": "least_loaded", "timeout": 20})]
    busy = _entered(providers, run)
    (free,) = [one for one in providers if one is not busy]
    answers = caller.ask("burst", service="shared", method="who", count=40, options={"balance": "least_loaded"})
    assert answers.get(free.name, 0) >= 38, answers
    busy.agent.ask("release", key=run)
    assert holding[0].get()["value"] == busy.name


def test_a_process_that_exits_leaves(two: tuple[Joined, Joined]) -> None:
    """Without close and without a kill: the sockets end, and that is enough."""
    caller, provider = two
    at = time.monotonic_ns()
    with pytest.raises(Exception, match="ended"):
        provider.agent.ask("crash")
    gone = caller.watch(name="provider", states=["gone"], within=5)
    assert gone["done"], gone["seen"]
    assert (gone["at"] - at) / 1e9 < 2
