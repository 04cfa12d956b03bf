"""Calls of many providers, and of one provider with many arguments."""

from __future__ import annotations

import time

from .registry import scenario
from .scene import Scene, key


@scenario
def of_all_providers(s: Scene) -> None:
    """`call_all` calls every provider, and gives each result by the name of its node."""
    s.same(s.scatter("call_all", "scene.who"), {one.name: {"value": one.name} for one in (s.provider, s.other)})


@scenario
def of_all_with_errors(s: Scene) -> None:
    """A provider that fails is an error among the results, not the end of the others."""
    told = s.scatter("call_all", "scene.fails_at", s.other.name)
    s.same(told[s.provider.name], {"value": s.provider.name})
    error = told[s.other.name]["error"]
    s.kind(error, "Remote", "yes", f"not at {s.other.name}")
    s.same(error["node"], s.other.name, "node")


@scenario
def of_nobody(s: Scene) -> None:
    """Without a provider there is nothing to call: an error that names the service."""
    error = s._error(s.caller, "call_all", service="scene.nobody_at_all", method="who", args=[])
    s.kind(error, "NotFound", "no", "scene.nobody_at_all")


@scenario
def of_all_waits_for_the_slowest_within_the_timeout(s: Scene) -> None:
    """One that does not answer in time is a DeadlineExceeded among the results."""
    run, at = key(), time.monotonic()
    told = s.scatter("call_all", s.twin("scene.slow_at"), s.other.name, run, options={"timeout": 0.4})
    s.soon(at, 2, "all")
    s.same(told[s.provider.name], {"value": s.provider.name})
    s.kind(told[s.other.name]["error"], "DeadlineExceeded")
    s.event("told", run, s.other)


@scenario
def many_in_order(s: Scene) -> None:
    """`call_many` gives results and errors in the order of its argument sets."""
    sets = [["wrong"] if at % 5 == 3 else [at, at] for at in range(20)]
    told = s.scatter("call_many", "work.add", sets=sets)
    s.same(len(told), 20, "how many")
    for at, one in enumerate(told):
        if at % 5 == 3:
            s.kind(one["error"], "Unserializable", "no")
        else:
            s.same(one, {"value": 2 * at}, f"result {at}")


@scenario
def many_by_window(s: Scene) -> None:
    """Any number of calls goes through a small window."""
    told = s.scatter("call_many", "work.add", sets=[[at, 1] for at in range(1500)], window=32)
    s.same(told, [{"value": at + 1} for at in range(1500)])


@scenario
def first_success(s: Scene) -> None:
    """`first_of` takes the first success and cancels the rest."""
    run, at = key(), time.monotonic()
    s.same(s.scatter("first_of", s.twin("scene.slow_at"), s.other.name, run, n=2), s.provider.name)
    s.soon(at, 2, "the first")
    # It may have been cancelled before it began.
    if s.count(run, s.other):
        s.event("told", run, s.other)


@scenario
def first_success_after_a_failure(s: Scene) -> None:
    """An error does not win over a success; when all fail, one of their errors is raised."""
    s.same(s.scatter("first_of", "scene.fails_at", s.other.name, n=2), s.provider.name)
    error = s.scatter_error("first_of", "work.value", "all of them", n=2)
    s.kind(error, "Remote", "yes", "all of them")
