"""Calls that are given up."""

from __future__ import annotations

import time

from agents.driver import Gone

from .registry import scenario
from .scene import LOCAL_CANCELS, Begun, Scene, key

PROMPT = 0.5
"""Seconds within which a handler is told, on a machine that is busy with other things; `make cancel` measures how long it takes."""


def cancelled(s: Scene, begun: Begun) -> None:
    """Gives a call up; who waited meets the language's own cancellation."""
    begun.cancel()
    error = begun.error()
    s.true(error["class"].rpartition(".")[2] in LOCAL_CANCELS, f"who waited met {error['class']}: {error['text']}")


@scenario
def of_a_running_handler(s: Scene) -> None:
    """The handler is told at once: an asyncio cancellation, an interrupt, or `cancelled()`."""
    run = key()
    begun = s.begin(s.twin("scene.pause"), run, interruptible=True)
    s.event("entered", run)
    at = time.monotonic()
    cancelled(s, begun)
    s.event("told", run)
    s.soon(at, PROMPT, "telling the handler")
    s.same(s.call("scene.who"), s.provider.name)


@scenario
def the_other_kind_of_handler(s: Scene) -> None:
    """A blocking caller's cancel reaches an awaited handler, and an awaiting caller's a blocking one."""
    run = key()
    method = "scene.pause_async" if s.face == "sync" else "scene.pause"
    begun = s.begin(method, run, interruptible=True)
    s.event("entered", run)
    at = time.monotonic()
    cancelled(s, begun)
    s.event("told", run)
    s.soon(at, PROMPT, "telling the handler")


@scenario
def of_a_waiting_call(s: Scene) -> None:
    """A call that waits for a place is taken back, and never runs."""
    full = s.beside(s.provider, {"scene.full": "scene", "work.full": "work"}, options={"workers": 1})
    holding, waiting = key(), key()
    held = s.begin("work.hold", holding, to="full")
    s.event("entered", holding)
    begun = s.begin("scene.touch", waiting, to="full", interruptible=True)
    s.until(lambda: s.look("stats", full)["load"] >= 2, "the second call waits")
    cancelled(s, begun)
    s.until(lambda: s.look("stats", full)["load"] == 1, "the second call is taken back")
    s.release(holding)
    s.same(held.value(), full.name)
    s.same(s.call("scene.who", to="full"), full.name)
    s.same(s.count(waiting), 0, "runs")


@scenario
def of_nested_calls(s: Scene) -> None:
    """The innermost handler is told, through handlers of both languages."""
    run = key()
    path = [f"scene.{s.foreign.name}", f"scene.{s.other.name}"]
    begun = s.begin(s.twin("scene.chain"), path, run, interruptible=True)
    s.event("entered", run, s.other)
    at = time.monotonic()
    cancelled(s, begun)
    s.event("told", run, s.other)
    s.soon(at, PROMPT, "telling the innermost handler")


@scenario
def of_one_among_others(s: Scene) -> None:
    """Other calls of the same caller go on."""
    one, another = key(), key()
    begun = s.begin(s.twin("scene.pause"), one, interruptible=True)
    going_on = s.begin(s.twin("scene.pause"), another, 300)
    s.event("entered", one)
    s.event("entered", another)
    cancelled(s, begun)
    s.event("told", one)
    s.same(going_on.value(), s.provider.name)
    s.true(not s.had("told", another), "another handler was told as well")


@scenario
def again_and_again(s: Scene) -> None:
    """Cancelled calls leave nothing behind at the provider."""
    pool = s.beside(s.provider, {"scene.again": "scene"}, options={"workers": 2})
    for _ in range(10):
        run = key()
        begun = s.begin(s.twin("scene.pause"), run, to="again", interruptible=True)
        s.event("entered", run)
        cancelled(s, begun)
        s.event("told", run)
    s.until(lambda: s.look("stats", pool)["load"] == 0, "nothing runs any more")
    s.same(s.call("scene.who", to="again"), pool.name)


@scenario
def by_closing_the_callers_node(s: Scene) -> None:
    """A caller's node that closes ends its calls: they may have executed, and their handlers are told."""
    leaving = s.join(s.caller.agent, s.caller.language, {}, face=s.face)
    run = key()
    begun = s.begin(s.twin("scene.pause"), run, by=leaving)
    s.event("entered", run)
    at = time.monotonic()
    leaving.ask("close", drain=0)
    s.kind(begun.error(), "MaybeExecuted", "maybe")
    s.event("told", run)
    s.soon(at, 3, "telling the handler")


@scenario
def by_killing_the_caller(s: Scene) -> None:
    """The handlers of a caller that was killed are told as soon as its link ends."""
    agent = s.spare(s.caller.language)
    doomed = s.join(agent, s.caller.language, {}, face=s.face)
    run = key()
    begun = s.begin(s.twin("scene.pause"), run, by=doomed)
    s.event("entered", run)
    at = time.monotonic()
    agent.kill()
    s.event("told", run)
    s.soon(at, 1.5, "telling the handler")
    try:
        begun.value(1)
    except Gone:
        return
    s.true(False, "a killed caller answered")
