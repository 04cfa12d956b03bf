"""What a provider takes on at once, and what it refuses."""

from __future__ import annotations

import time

from .registry import scenario
from .scene import Scene, key


@scenario
def waiting_for_a_place(s: Scene) -> None:
    """Calls beyond the workers wait for their turn and are answered in it."""
    service = f"k{key()}"
    pool = s.beside(s.provider, {f"scene.{service}": "scene", f"work.{service}": "work"}, options={"workers": 2})
    run = key()
    held = [s.begin("work.hold", run, to=service) for _ in range(6)]
    s.until(lambda: s.look("stats", pool)["load"] == 6, "all six are there")
    s.until(lambda: s.count(run) >= 2, "two run")
    s.same(s.count(run), 2, "running at once")
    s.release(run)
    s.same([one.value() for one in held], [pool.name] * 6)
    s.same(s.count(run), 6, "runs")


@scenario
def overloaded_at_once(s: Scene) -> None:
    """Beyond its room a provider refuses at once, unexecuted, and serves on afterwards."""
    service = f"k{key()}"
    pool = s.beside(
        s.provider,
        {f"scene.{service}": "scene", f"work.{service}": "work"},
        options={"workers": 1, "memory": 8 * 2**20, "max_payload": 4 * 2**20},
    )
    run = key()
    held = s.begin("work.hold", run, to=service)
    s.event("entered", run)
    body = {"t": "filled", "v": [1, 3 * 2**20]}
    waiting = [s.begin("work.digest", body, to=service, options={"timeout": 15, "attempts": 1}) for _ in range(4)]
    at = time.monotonic()
    refused = [one for one in waiting if s.refused(one)]
    s.true(refused, "none of 12 MiB was refused where 8 MiB are allowed")
    s.soon(at, 6, "refusing")
    s.release(run)
    s.same(held.value(), pool.name)
    for one in waiting:
        if one not in refused:
            s.same(one.value()[0], 3 * 2**20, "length")
    s.same(s.call("scene.who", to=service), pool.name)


@scenario
def limit_of_a_service(s: Scene) -> None:
    """Beyond what a service allows a call is refused at once, whatever its method; the node's other services go on."""
    limited, free = f"k{key()}", f"k{key()}"
    pool = s.beside(
        s.provider,
        {f"stand.{limited}": "stand", f"stand.{free}": "stand"},
        options={"workers": 8},
        limits={f"stand.{limited}": {"running": 2, "waiting": 1}},
    )
    run = key()
    held = [s.begin("stand.wide", run, to=limited) for _ in range(2)]
    s.until(lambda: s.count(run) == 2, "two run")
    held.append(s.begin("stand.wide", run, to=limited))
    s.until(lambda: s.look("stats", pool)["load"] == 3, "a third waits")
    at = time.monotonic()
    for method in ("stand.who", "stand.job"):
        s.kind(s.error(method, to=limited, options={"attempts": 1}), "Overloaded", "no")
    s.soon(at, 1, "refusing twice")
    s.same(s.burst("stand.who", 20, to=free), {pool.name: 20}, "answers of the other service")
    s.same(s.count(run), 2, "runs meanwhile")
    s.release(run)
    s.same([one.value() for one in held], [pool.name] * 3)
    s.same(s.call("stand.who", to=limited), pool.name)


@scenario
def limit_of_a_method(s: Scene) -> None:
    """Beyond what a method allows a call is refused at once; the other methods of its service go on."""
    service = f"k{key()}"
    pool = s.beside(s.provider, {f"stand.{service}": "stand"}, options={"workers": 8})
    run = key()
    held = [s.begin("stand.narrow", run, to=service)]
    s.until(lambda: s.count(run) == 1, "one runs")
    held.append(s.begin("stand.narrow", run, to=service))
    s.until(lambda: s.look("stats", pool)["load"] == 2, "another waits")
    at = time.monotonic()
    s.kind(s.error("stand.narrow", run, to=service, options={"attempts": 1}), "Overloaded", "no")
    s.soon(at, 1, "refusing")
    s.same(s.burst("stand.who", 20, to=service), {pool.name: 20}, "answers of another method")
    others = [s.begin("stand.wide", run, to=service) for _ in range(3)]
    s.until(lambda: s.count(run) == 4, "three calls of another method run beside it")
    s.release(run)
    s.same([one.value() for one in held + others], [pool.name] * 5)
    s.same(s.call("stand.narrow", run, to=service), pool.name)


@scenario
def limit_of_waiting_bytes(s: Scene) -> None:
    """Arguments that wait may not be more than a method allows; a single call may wait whatever it has."""
    service = f"k{key()}"
    pool = s.beside(s.provider, {f"stand.{service}": "stand"}, options={"workers": 8})
    run = key()
    heavy = {"t": "filled", "v": [1, 4000]}
    held = [s.begin("stand.light", run, heavy, to=service)]
    s.until(lambda: s.count(run) == 1, "one runs")
    held.append(s.begin("stand.light", run, heavy, to=service))
    s.until(lambda: s.look("stats", pool)["load"] == 2, "another waits")
    at = time.monotonic()
    s.kind(s.error("stand.light", run, {"t": "filled", "v": [1, 10]}, to=service, options={"attempts": 1}), "Overloaded", "no")
    s.soon(at, 1, "refusing")
    s.release(run)
    s.same([one.value() for one in held], [pool.name] * 2)


@scenario
def nested_calls_in_a_circle(s: Scene) -> None:
    """Calls that come back to a full pool go on: nested ones never wait for the roots above them."""
    mine, theirs = f"k{key()}", f"k{key()}"
    one = s.beside(s.provider, {f"scene.{mine}": "scene"}, options={"workers": 2})
    other = s.beside(s.foreign, {f"scene.{theirs}": "scene"}, options={"workers": 2})
    s.knows(one, f"scene.{theirs}")
    s.knows(other, f"scene.{mine}")
    path = [f"scene.{theirs}", f"scene.{mine}"] * 3 + [f"scene.{theirs}"]
    begun = [s.begin(s.twin("scene.relay"), path, to=mine, options={"timeout": 15}) for _ in range(8)]
    for one in begun:
        s.same(len(one.value(15)), len(path) + 1, "hops")


@scenario
def slow_handlers_and_quick_ones(s: Scene) -> None:
    """One slow handler does not hold the quick ones up."""
    service = f"k{key()}"
    s.beside(s.provider, {f"scene.{service}": "scene", f"work.{service}": "work"}, options={"workers": 4})
    run = key()
    held = s.begin("work.hold", run, to=service)
    s.event("entered", run)
    at = time.monotonic()
    s.burst("scene.who", 100, to=service)
    s.soon(at, 3, "a hundred quick calls")
    s.release(run)
    held.value()
