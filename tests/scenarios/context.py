"""What a handler knows of its call."""

from __future__ import annotations

from .registry import scenario
from .scene import Scene, fields


@scenario
def of_a_call(s: Scene) -> None:
    """A handler sees its caller, both names of what was called, the attempt and the depth."""
    for method in ("place", "place_async"):
        here = fields(s.call(f"scene.{method}"))
        s.same((here["caller"], here["caller_language"]), (s.caller.name, s.caller.language), "caller")
        spelt = method if s.provider.language == "python" else method.replace("_async", "Async")
        s.same((here["service"], here["method"]), (f"scene.{s.provider.name}", spelt), "service and method")
        s.same((here["attempt"], here["cancelled"]), (1, False), "attempt and cancelled")


@scenario
def of_nested_calls(s: Scene) -> None:
    """Each hop sees the one before it as its caller, one level deeper, across languages."""
    others = [s.foreign, s.other, s.foreign]
    hops = [fields(hop) for hop in s.call(s.twin("scene.relay"), [f"scene.{one.name}" for one in others])]
    s.same([hop["name"] for hop in hops], [one.name for one in (s.provider, *others)], "names")
    s.same([hop["caller"] for hop in hops], [one.name for one in (s.caller, s.provider, *others[:-1])], "callers")
    s.same([hop["caller_language"] for hop in hops], [one.language for one in (s.caller, s.provider, *others[:-1])], "languages")
    depths = [hop["depth"] for hop in hops]
    s.same(depths, list(range(depths[0], depths[0] + len(hops))), "depths")


@scenario
def outside_a_handler(s: Scene) -> None:
    """Where no handler runs there is no call."""
    s.same(s._do(s.caller, "outside"), True)
