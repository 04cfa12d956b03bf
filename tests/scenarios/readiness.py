"""When a node takes calls, and when no more."""

from __future__ import annotations

import time

from .registry import scenario
from .scene import Scene, key


@scenario
def not_before_it_started(s: Scene) -> None:
    """A node whose start is under way gets no calls; they go to those that are ready."""
    hold = key()
    ready = s.beside(s.other, {"scene.slow_start": "scene"})
    starting = s.added(s.provider)
    joining = starting.joining(s.stage.cluster, {"scene.slow_start": "scene"}, hold=hold)
    s.event("starting", hold)
    s.same(s.burst("scene.who", 6, to="slow_start", options={"balance": "round_robin"}), {ready.name: 6}, "answers before")
    s.release(hold)
    joining.get()
    s._do(s.caller, "wait_for", service="scene.slow_start", count=2)
    answers = s.burst("scene.who", 6, to="slow_start", options={"balance": "round_robin"})
    s.same(answers, {ready.name: 3, starting.name: 3}, "answers after")


@scenario
def its_own_state(s: Scene) -> None:
    """A node says whether it is ready and closed."""
    one = s.join(s.caller.agent, s.caller.language, {"scene.state": "scene"}, face=s.face)
    s.same(s.look("state", one), {"ready": True, "closed": False, "name": one.name})
    one.ask("drain")
    s.same(s.look("state", one)["ready"], False, "ready while it drains")
    one.ask("close", drain=1)
    s.same((s.look("state", one)["ready"], s.look("state", one)["closed"]), (False, True), "ready and closed")


@scenario
def draining_finishes_what_runs(s: Scene) -> None:
    """What runs when a node drains is answered; what comes later is refused unexecuted."""
    one = s.beside(s.provider, {"scene.draining": "scene"})
    run, late = key(), key()
    begun = s.begin(s.twin("scene.pause"), run, 600, to="draining")
    s.event("entered", run)
    draining = one.start("drain", timeout=5)
    s.until(lambda: one.name not in s.look("services").get("scene.draining", {}).get("providers", []), "it is not ready")
    error = s.error("scene.touch", late, to="draining", options={"timeout": 2})
    s.same(error["executed"], "no", "executed")
    s.true(error["kind"] in ("Unavailable", "NotFound", "Overloaded"), f"kind is {error['kind']}: {error['text']}")
    s.same(begun.value(), one.name)
    draining.get()
    s.same(s.count(late), 0, "runs")


@scenario
def drain_that_takes_too_long(s: Scene) -> None:
    """A drain that does not end in time says so, and the call goes on."""
    one = s.beside(s.provider, {"work.stuck": "work"})
    run = key()
    begun = s.begin("work.hold", run, to="stuck")
    s.event("entered", run)
    s.kind(s._error(one, "drain", timeout=0.2), "DeadlineExceeded")
    s.release(run)
    s.same(begun.value(), one.name)


@scenario
def closing_waits_for_what_runs(s: Scene) -> None:
    """Closing waits for running handlers, as long as it was told to."""
    one = s.beside(s.provider, {"scene.closing": "scene"})
    run, at = key(), time.monotonic()
    begun = s.begin(s.twin("scene.pause"), run, 500, to="closing")
    s.event("entered", run)
    closing = one.start("close", drain=10)
    s.same(begun.value(), one.name)
    closing.get()
    s.soon(at, 5, "closing")
    s.until(lambda: one.name not in s.look("members"), "it is no member any more")


@scenario
def closing_at_once(s: Scene) -> None:
    """Closing without time ends running calls: they may have executed, and their handlers are told."""
    one = s.beside(s.provider, {"scene.at_once": "scene"})
    run = key()
    begun = s.begin(s.twin("scene.pause"), run, to="at_once")
    s.event("entered", run)
    at = time.monotonic()
    one.start("close", drain=0)
    s.same(begun.error()["executed"], "maybe", "executed")
    s.soon(at, 2, "the error")
    s.event("told", run)


@scenario
def late_calls(s: Scene) -> None:
    """A call on a closed node is refused at once, unexecuted; closing again does nothing."""
    one = s.join(s.caller.agent, s.caller.language, {}, face=s.face)
    s.same(s.call("scene.who", by=one), s.provider.name)
    one.ask("close", drain=1)
    run, at = key(), time.monotonic()
    for more in ({}, {"by_name": True}):
        error = s.error("scene.touch", run, by=one, **more)
        s.kind(error, "Closed", "no")
        s.same(error["retryable"], False, "retryable")
    s.kind(s._error(one, "wait_for", service="scene.python"), "Closed")
    s.kind(s._error(one, "look", at="members"), "Closed")
    s.soon(at, 1, "refusing")
    one.ask("close", drain=1)
    s.same(s.count(run), 0, "runs")


@scenario
def waiting_for_a_service(s: Scene) -> None:
    """`wait_for` ends when enough providers are ready, or when its time is over."""
    service = f"scene.k{key()}"
    error = s._error(s.caller, "wait_for", service=service, timeout=0.2)
    s.kind(error, "DeadlineExceeded", None, service)
    waiting = s.caller.start("wait_for", service=service, count=2, timeout=10)
    one = s.beside(s.provider, {service: "scene"})
    two = s.beside(s.other, {service: "scene"})
    waiting.get()
    s.same(s.look("services")[service]["providers"], sorted([one.name, two.name]), "providers")
