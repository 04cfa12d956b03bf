"""Which provider gets a call."""

from __future__ import annotations

import time

from .registry import scenario
from .scene import Scene, key


@scenario
def round_robin(s: Scene) -> None:
    """Each provider gets its turn."""
    pool, one, two = s.pool("scene")
    answers = s.burst("scene.who", 20, to=pool, options={"balance": "round_robin"})
    s.same(answers, {one.name: 10, two.name: 10}, "answers")


@scenario
def least_loaded(s: Scene) -> None:
    """Who is busy gets less than who is not."""
    pool = f"k{key()}"
    one = s.beside(s.provider, {f"scene.{pool}": "scene", f"work.{pool}_one": "work"})
    two = s.beside(s.other, {f"scene.{pool}": "scene"})
    s._do(s.caller, "wait_for", service=f"scene.{pool}", count=2)
    # Both are known to be quick.
    s.burst("scene.who", 20, to=pool, options={"balance": "round_robin"})
    run = key()
    held = [s.begin("work.hold", run, to=f"{pool}_one") for _ in range(4)]
    s.until(lambda: s.count(run) == 4, "four calls run")
    answers = s.burst("scene.who", 20, to=pool)
    s.release(run)
    for begun in held:
        begun.value()
    s.true(answers.get(two.name, 0) >= 16, f"answers are {answers}, {one.name} is busy")


@scenario
def local_first(s: Scene) -> None:
    """With `local_first` a provider on the own host is taken, its own node first."""
    me = s.join(s.caller.agent, s.caller.language, {"scene.near": "scene"}, face=s.face)
    s.beside(s.provider, {"scene.near": "scene"})
    s._do(me, "wait_for", service="scene.near", count=2)
    answers = s.burst("scene.who", 10, to="near", by=me, options={"balance": "local_first"})
    s.same(answers, {me.name: 10}, "answers")


@scenario
def by_presence_of_the_method(s: Scene) -> None:
    """While two versions run, a call goes to those that have its method."""
    old = s.beside(s.provider, {"mixed.service": "work"}, version="1")
    new = s.beside(s.other, {"mixed.service": "scene"}, version="2")
    s._do(s.caller, "wait_for", service="mixed.service", count=2)
    options = {"balance": "round_robin"}
    s.same(s.burst("mixed.add", 6, 1, to="service", options=options), {"2": 6}, "answers of `add`")
    s.same(s.burst("mixed.touch", 6, key(), to="service", options=options), {new.name: 6}, "answers of `touch`")
    s.same(s.burst("mixed.who", 6, to="service", options=options), {old.name: 3, new.name: 3}, "answers of `who`")


@scenario
def draining_moves_calls(s: Scene) -> None:
    """A provider that drains gets no new call; none fails."""
    one = s.beside(s.provider, {"scene.pool": "scene"})
    two = s.beside(s.other, {"scene.pool": "scene"})
    s._do(s.caller, "wait_for", service="scene.pool", count=2)
    answers = s.burst("scene.who", 10, to="pool", options={"balance": "round_robin"})
    s.same(answers, {one.name: 5, two.name: 5}, "answers before")
    one.ask("drain")
    answers = s.burst("scene.who", 10, to="pool", options={"balance": "round_robin"})
    s.same(answers, {two.name: 10}, "answers after")


@scenario
def killed_provider_is_replaced(s: Scene) -> None:
    """Idempotent calls at a provider that is killed are made again elsewhere, in time."""
    agent = s.spare(s.provider.language)
    doomed = s.join(agent, s.provider.language, {"work.twice": "work"})
    alive = s.beside(s.other, {"work.twice": "work"})
    s._do(s.caller, "wait_for", service="work.twice", count=2)
    run = key()
    options = {"balance": "round_robin", "attempts": 3, "timeout": 15}
    begun = [s.begin("work.lookup", run, to="twice", options=options) for _ in range(4)]
    s.until(lambda: s.count(run, s.other) == 2 and s.count(run, doomed) == 2, "two calls at each provider")
    at = time.monotonic()
    agent.kill()
    s.until(lambda: s.count(run, s.other) == 4, "the others are made again")
    s.soon(at, 1.5, "making them again")
    s.release(run, s.other)
    s.same([one.value() for one in begun], [alive.name] * 4)


@scenario
def killed_provider_may_have_executed(s: Scene) -> None:
    """A call that is not idempotent and may have run is not made again, and says so."""
    agent = s.spare(s.provider.language)
    doomed = s.join(agent, s.provider.language, {"work.once": "work"})
    s.beside(s.other, {"work.once": "work"})
    s._do(s.caller, "wait_for", service="work.once", count=2)
    run = key()
    options = {"balance": "round_robin", "attempts": 3, "timeout": 15}
    begun = [s.begin("work.hold", run, to="once", options=options) for _ in range(2)]
    s.until(lambda: s.count(run, s.other) == 1 and s.count(run, doomed) == 1, "one call at each provider")
    agent.kill()
    s.release(run, s.other)
    errors = []
    for one in begun:
        try:
            one.value()
        except Exception as failed:
            errors.append(failed.told)  # type: ignore[attr-defined]
    s.same(len(errors), 1, "how many failed")
    s.kind(errors[0], "MaybeExecuted", "maybe", doomed.name)
    s.same(s.count(run, s.other), 1, "runs at the other")
