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


TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@scenario
def baggage(s: Scene) -> None:
    """What a caller puts into its baggage arrives at every handler below, across languages, and at no other."""
    carried = {"tenant": "grün", "plan": "a"}
    path = [f"scene.{one.name}" for one in (s.foreign, s.other)]
    hops = [fields(hop) for hop in s.call(s.twin("scene.relay"), path, baggage=carried)]
    s.same([fields(hop["baggage"]) for hop in hops], [carried] * 3, "baggage of each hop")
    s.same(fields(fields(s.call(s.twin("scene.place")))["baggage"]), {}, "baggage of the next call")


@scenario
def too_much_baggage(s: Scene) -> None:
    """Baggage beyond 2,048 bytes is refused before anything is sent."""
    error = s.error("scene.who", baggage={"large": "x" * 3000})
    s.kind(error, "PayloadTooLarge", "no")
    s.same(s.call("scene.who", baggage={"fits": "x" * 1500}), s.provider.name)


@scenario
def trace(s: Scene) -> None:
    """A trace that is brought along goes through all nested calls; each of these has a span of its own."""
    path = [f"scene.{one.name}" for one in (s.foreign, s.other)]
    hops = [fields(hop) for hop in s.call(s.twin("scene.relay"), path, traceparent=PARENT)]
    parts = [hop["traceparent"].split("-") for hop in hops]
    s.same([part[1] for part in parts], [TRACE] * 3, "traces")
    s.same(hops[0]["traceparent"], PARENT, "what the first handler is told")
    s.same(len({part[2] for part in parts}), 3, f"how many spans are in {parts}")


@scenario
def trace_of_its_own(s: Scene) -> None:
    """A call without a trace gets one, which its nested calls share."""
    hops = [fields(hop) for hop in s.call(s.twin("scene.relay"), [f"scene.{s.foreign.name}"])]
    traces = {hop["traceparent"].split("-")[1] for hop in hops}
    s.same(len(traces), 1, f"traces are {traces}")
    again = fields(s.call(s.twin("scene.place")))["traceparent"].split("-")[1]
    s.true(again not in traces, "two calls share one trace")


@scenario
def wrong_trace(s: Scene) -> None:
    """A traceparent that is none is refused."""
    for wrong in ("hello", PARENT.upper(), f"00-{'0' * 32}-b7ad6b7169203331-01"):
        s.kind(s.error("scene.who", traceparent=wrong), "BadArguments", "no")


@scenario
def trace_of_an_error(s: Scene) -> None:
    """Every error of a call names its trace, wherever it was raised."""
    s.same(s.error("work.value", "boom", traceparent=PARENT)["trace_id"], TRACE, "trace of a handler's error")
    deep = s.error("scene.ask", f"work.{s.foreign.name}", "value", "boom", traceparent=PARENT)
    s.same(deep["trace_id"], TRACE, "trace of a nested error")
    s.same(s.error("work.nothing_like_it", traceparent=PARENT)["trace_id"], TRACE, "trace of what was never sent")
    s.same(len(s.error("work.value", "boom")["trace_id"]), 32, "length of a drawn trace's id")
