"""How long a call may take."""

from __future__ import annotations

import itertools
import time

from .registry import scenario
from .scene import Scene, fields, key


@scenario
def expired(s: Scene) -> None:
    """A call that takes too long ends in time, and its handler is told."""
    run, begun = key(), time.monotonic()
    error = s.error(s.twin("scene.pause"), run, options={"timeout": 0.25})
    s.soon(begun, 1.5, "the error")
    s.kind(error, "DeadlineExceeded")
    s.same((error["executed"], error["retryable"]), ("maybe", True), "executed and retryable")
    s.event("told", run)


@scenario
def zero(s: Scene) -> None:
    """No time at all: nothing runs, and the same error comes in both languages."""
    run = key()
    error = s.error("scene.touch", run, options={"timeout": 0})
    s.kind(error, "BadConfig", None, "timeout")
    s.same(s.call("scene.who"), s.provider.name)
    s.same(s.count(run), 0, "runs")


@scenario
def negative(s: Scene) -> None:
    """A timeout below zero is refused where it was written."""
    s.kind(s.error("scene.who", options={"timeout": -1}), "BadConfig", None, "timeout")


@scenario
def remaining(s: Scene) -> None:
    """A handler knows how long its caller waits: 30 s when nobody says anything."""
    left = fields(s.call(s.twin("scene.place"), options={"timeout": 5}))["remaining_ms"]
    s.true(3500 <= left <= 5000, f"{left} ms of 5,000 are left")
    left = fields(s.call(s.twin("scene.place")))["remaining_ms"]
    s.true(28_000 <= left <= 30_000, f"{left} ms of 30,000 are left")


@scenario
def shrinks_in_nested_calls(s: Scene) -> None:
    """Every nested call has less time than the one it is made in, across languages."""
    path = [f"scene.{one.name}" for one in (s.foreign, s.other, s.foreign)]
    hops = [fields(hop) for hop in s.call(s.twin("scene.relay"), path, options={"timeout": 5})]
    left = [hop["remaining_ms"] for hop in hops]
    s.true(all(0 < after <= before <= 5000 for before, after in itertools.pairwise(left)), f"they have {left} ms left")


@scenario
def own_timeout_of_a_nested_call(s: Scene) -> None:
    """A nested call may have less time than its parent, never more."""
    service = f"scene.{s.foreign.name}"
    short = s.call("scene.hurry", service, 700)
    s.true(0 < short <= 700, f"{short} ms of 700 are left")
    bounded = s.call("scene.hurry", service, 60_000, options={"timeout": 3})
    s.true(0 < bounded <= 3000, f"{bounded} ms of 3,000 are left")


@scenario
def expires_in_a_nested_call(s: Scene) -> None:
    """When the root's time is over the innermost handler is told."""
    run, begun = key(), time.monotonic()
    path = [f"scene.{s.foreign.name}", f"scene.{s.other.name}"]
    error = s.error(s.twin("scene.chain"), path, run, options={"timeout": 0.5})
    s.soon(begun, 2, "the error")
    # Both waits end at one moment: the outer one by itself, or by what the inner one raised in the handler between them.
    told = f"{error.get('kind')} {error.get('remote', {}).get('type', '')} {error['text']}"
    s.true("DeadlineExceeded" in told, f"it is {told}")
    s.event("told", run, s.other)


@scenario
def late_answers_are_dropped(s: Scene) -> None:
    """An answer that nobody waits for any more is given to nobody else."""
    run = key()
    error = s.error("scene.deaf", run, 400, options={"timeout": 0.15})
    s.kind(error, "DeadlineExceeded", "maybe")
    begun = [s.begin("work.add", at, 0) for at in range(20)]
    s.event("ended", run)
    s.same([one.value() for one in begun], list(range(20)))
    s.same([s.call("work.add", at, 0) for at in range(20)], list(range(20)))


@scenario
def while_it_waits_for_a_place(s: Scene) -> None:
    """A call whose time is over while it waits for a place never runs."""
    full = s.beside(s.provider, {"scene.full": "scene", "work.full": "work"}, options={"workers": 1})
    holding, waiting = key(), key()
    held = s.begin("work.hold", holding, to="full")
    s.event("entered", holding)
    error = s.error("scene.touch", waiting, to="full", options={"timeout": 0.3})
    s.kind(error, "DeadlineExceeded")
    s.release(holding)
    s.same(held.value(), full.name)
    s.same(s.call("scene.who", to="full"), full.name)
    s.same(s.count(waiting), 0, "runs")
