"""Nodes that come, go, come back, and stay apart."""

from __future__ import annotations

import time

from agents.driver import new_cluster

from .registry import scenario
from .scene import Scene, key


@scenario
def members(s: Scene) -> None:
    """A node sees every member with its language, state and services, and itself among them."""
    seen = s.look("members")
    for one in (s.caller, s.provider, s.other, s.foreign):
        member = seen[one.name]
        s.same((member["language"], member["state"], member["me"]), (one.language, "ready", one is s.caller), one.name)
        s.same(member["services"], sorted(one.services), f"services of {one.name}")


@scenario
def services(s: Scene) -> None:
    """A node sees every service with its providers and methods."""
    seen = s.look("services")
    s.same(seen[f"scene.{s.both}"]["providers"], sorted([s.provider.name, s.other.name]), "providers")
    s.true({"who", "touch"} <= set(seen[f"scene.{s.both}"]["methods"]), f"methods are {seen[f'scene.{s.both}']['methods']}")


@scenario
def name_taken(s: Scene) -> None:
    """A name that a live node has is refused, does not disturb its holder, and is free once that left."""
    name = s.stage.fresh()
    holder = s.beside(s.provider, {"scene.holder": "scene"}, name=name)
    other = s.added(s.caller, name)
    try:
        other.joining(s.stage.cluster, {}).get()
    except Exception as failed:
        s.kind(failed.told, "AlreadyExists", None, name)  # type: ignore[attr-defined]
    else:
        s.true(False, "two nodes have one name")
    s.same(s.call("scene.who", to="holder"), name)
    holder.ask("close", drain=1, gone=True)
    other.joining(s.stage.cluster, {}).get()


@scenario
def coming_back(s: Scene) -> None:
    """A node that left and joined again under its name is called again."""
    name = s.stage.fresh()
    for _ in range(3):
        one = s.beside(s.provider, {"scene.back": "scene"}, name=name)
        s.same(s.call("scene.who", to="back"), name)
        one.ask("close", drain=1, gone=True)
        s._extra.remove(one)
        s.until(lambda: "scene.back" not in s.look("services"), "the service is gone")


@scenario
def clusters_are_apart(s: Scene) -> None:
    """A node of another cluster on the same host sees and reaches nobody here."""
    apart = s.join(s.caller.agent, s.caller.language, {}, face=s.face, cluster=new_cluster())
    s.same(list(s.look("members", apart)), [apart.name], "members")
    error = s.error("scene.who", by=apart)
    s.kind(error, "NotFound", "no")


@scenario
def two_nodes_in_a_process(s: Scene) -> None:
    """Nodes of one process are members like others, and call each other."""
    one = s.join(s.provider.agent, s.provider.language, {"scene.first": "scene"})
    two = s.join(s.provider.agent, s.provider.language, {"scene.second": "scene"})
    s.same((s.call("scene.who", to="first"), s.call("scene.who", to="second")), (one.name, two.name), "who")
    s._do(one, "wait_for", service="scene.second")
    s.same(s.call("scene.who", to="second", by=one), two.name, "who, by the first")


@scenario
def killed_node_disappears(s: Scene) -> None:
    """A killed node is no member any more within a second or so; calls to it fail at once, unexecuted."""
    agent = s.spare(s.provider.language)
    doomed = s.join(agent, s.provider.language, {"scene.doomed": "scene"})
    s.same(s.call("scene.who", to="doomed"), doomed.name)
    at = time.monotonic()
    agent.kill()
    s.until(lambda: doomed.name not in s.look("members"), "it is no member any more")
    s.soon(at, 2, "noticing")
    error = s.error("scene.who", to="doomed", options={"timeout": 5})
    s.true(error["kind"] in ("NotFound", "Unavailable"), f"kind is {error['kind']}")
    s.same(error["executed"], "no", "executed")
    s.soon(at, 4, "the error")


@scenario
def start_and_stop_hooks(s: Scene) -> None:
    """What an app opens before it serves is closed after it left."""
    hold = key()
    one = s.added(s.provider)
    joining = one.joining(s.stage.cluster, {"scene.hooked": "scene"}, hold=hold)
    s.event("starting", hold)
    s.release(hold)
    joining.get()
    s._do(s.caller, "wait_for", service="scene.hooked")
    s.same(s.call("scene.who", to="hooked"), one.name)
    s.true(not s.had("stopped", hold), "it was closed while it served")
    one.ask("close", drain=1)
    s.event("stopped", hold)
