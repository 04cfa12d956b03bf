"""What a call carries besides its arguments: baggage and its trace; and the options of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import twinspan
from twinspan import _calls

Joined = Callable[..., twinspan.Node]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def told() -> list[Any]:
    call = twinspan.current_call()
    assert call is not None
    assert twinspan.current_baggage() == call.baggage
    assert twinspan.current_traceparent() == call.traceparent
    return [call.baggage, call.traceparent, call.depth]


def app_of(nodes: list[twinspan.Node]) -> twinspan.App:
    app = twinspan.App("carried")
    app.function("carried.told")(told)

    @app.function("carried.below")
    def below() -> list[Any]:
        with twinspan.baggage(user="b"):
            return [nodes[0].call(f"carried.{name}") for name in ("told", "atold")]

    @app.function("carried.passed_on")
    def passed_on() -> Any:
        return nodes[0].call("carried.told")

    @app.function("carried.atold")
    async def atold() -> list[Any]:
        await asyncio.sleep(0)
        return told()

    @app.function("carried.abelow")
    async def abelow() -> list[Any]:
        with twinspan.baggage(user="b"), twinspan.traceparent(TRACE):
            return await asyncio.gather(*(nodes[0].aio.call(f"carried.{name}") for name in ("told", "atold")))

    return app


@pytest.fixture
def node(joined: Joined) -> twinspan.Node:
    nodes: list[twinspan.Node] = []
    # What is carried where a node is joined is nothing that its handlers inherit.
    with twinspan.baggage(joined="here"), twinspan.traceparent(TRACE):
        nodes.append(joined(app_of(nodes)))
    return nodes[0]


def test_nothing_is_carried_without_being_told(node: twinspan.Node) -> None:
    assert twinspan.current_baggage() == {}
    assert twinspan.current_traceparent() is None
    first, second = node.call("carried.told"), node.call("carried.atold")
    assert first[0] == second[0] == {}
    assert node.call("carried.passed_on")[0] == {}
    assert first[1][3:35] != second[1][3:35]


def test_baggage_and_trace_reach_the_handler(node: twinspan.Node) -> None:
    with twinspan.baggage(tenant="a"), twinspan.traceparent(TRACE):
        assert twinspan.current_baggage() == {"tenant": "a"}
        assert twinspan.current_traceparent() == TRACE
        with twinspan.baggage(tenant="c", **{"not-a-name": "x"}):
            assert node.call("carried.told")[0] == {"tenant": "c", "not-a-name": "x"}
        baggage, trace, _ = node.call("carried.told")
        assert (baggage, trace[3:35]) == ({"tenant": "a"}, TRACE[3:35])
        assert asyncio.run(node.aio.call("carried.told"))[0] == {"tenant": "a"}
        assert next(node.call_many("carried.told", [{}]))[0] == {"tenant": "a"}
        with pytest.raises(twinspan.NoSuchMethod) as caught:
            node.call("carried.tldo")
        assert caught.value.trace_id == TRACE[3:35]
    assert twinspan.current_baggage() == {}


def test_they_flow_through_nested_calls(node: twinspan.Node) -> None:
    with twinspan.baggage(tenant="a"), twinspan.traceparent("00-" + "1" * 32 + "-" + "2" * 16 + "-00"):
        for baggage, trace, depth in node.call("carried.below"):
            assert (baggage, trace[3:35], trace[-2:], depth) == ({"tenant": "a", "user": "b"}, "1" * 32, "00", 2)
        for baggage, trace, _ in node.call("carried.abelow"):
            assert (baggage, trace[3:35]) == ({"tenant": "a", "user": "b"}, TRACE[3:35])


def test_what_can_not_be_carried(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.BadArguments, match="`n` is text"), twinspan.baggage(n=1):  # type: ignore[arg-type]
        pass
    zeros = "00-" + "0" * 32 + TRACE[35:]
    for text in ("", "x", TRACE.upper(), TRACE + "-00", "ff" + TRACE[2:], zeros, TRACE[:36] + "0" * 16 + "-01", None):
        with pytest.raises(twinspan.BadArguments, match="is not a traceparent"), twinspan.traceparent(text):  # type: ignore[arg-type]
            pass
    with twinspan.traceparent("01" + TRACE[2:] + "-more"):
        assert node.call("carried.told")[1][3:35] == TRACE[3:35]
    with twinspan.baggage(large="x" * 3000), pytest.raises(twinspan.PayloadTooLarge, match="baggage") as caught:
        node.call("carried.told")
    assert caught.value.executed == "no"


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"affinity": ""}, "affinity"),
        ({"affinity": 7}, "affinity"),
        ({"affinity": "k", "balance": "round_robin"}, "hash"),
        ({"balance": "hsah"}, "balance"),
        ({"hedge": 0}, "hedge"),
        ({"hedge": 0.6}, "hedge"),
        ({"hedge": True}, "hedge"),
        ({"hedge": float("nan")}, "hedge"),
        ({"hedge": 0.1, "assume_idempotent": False}, "hedge"),
    ],
)
def test_bad_options_are_refused_where_they_are_written(node: twinspan.Node, chosen: dict[str, Any], says: str) -> None:
    client = node.client("carried")
    for write in (lambda: node.client("carried", **chosen), lambda: node.with_options(**chosen), lambda: node.aio.with_options(**chosen)):
        with pytest.raises(twinspan.BadConfig, match=says):
            write()
    with pytest.raises(twinspan.BadConfig, match=says):
        twinspan.options(client, **chosen)
    with pytest.raises(twinspan.BadConfig, match=says), twinspan.call_options(**chosen):
        pass


def where(joined: Joined, count: int) -> twinspan.Node:
    for at in range(count):
        app = twinspan.App("where")
        app.function("where.name")(lambda at=at: at)
        joined(app, name=f"p{at}")
    caller = joined(name="caller")
    caller.wait_for("where", count=count)
    return caller


def test_calls_of_one_affinity_go_together(joined: Joined) -> None:
    caller = where(joined, 3)
    client = caller.client("where")
    together = {key: {twinspan.options(client, affinity=key).name() for _ in range(5)} for key in map(str, range(20))}
    assert all(len(places) == 1 for places in together.values())
    assert len(set.union(*together.values())) == 3
    assert {caller.with_options(affinity="7").call("where.name") for _ in range(5)} == together["7"]
    with twinspan.call_options(affinity="7"):
        assert {client.name() for _ in range(5)} == together["7"]
        # What is chosen last takes the place of the other.
        assert {twinspan.options(client, balance="round_robin").name() for _ in range(3)} == together["7"]
        with twinspan.call_options(balance="round_robin"):
            assert {client.name() for _ in range(6)} == {0, 1, 2}
    fixed = caller.with_options(balance="round_robin")
    assert {fixed.client("where", affinity="7").name() for _ in range(5)} == together["7"]
    assert {caller.client("where", balance="hash", affinity="7").name()} == together["7"]
    with pytest.raises(twinspan.BadConfig, match="hash"):
        caller.client("where", balance="hash").name()


def test_prepared_methods_are_bounded(joined: Joined) -> None:
    caller = where(joined, 1)
    target = caller._target("where.name")
    for at in range(3 * _calls.MOST_PREPARED):
        target.prepared(twinspan._options.chosen(affinity=str(at)))
    assert len(target._handles) == _calls.MOST_PREPARED

    async def main() -> None:
        client = caller.aio.client("where")

        async def call(at: int) -> int:
            with twinspan.call_options(affinity=str(at)):
                return await client.name()  # type: ignore[no-any-return]

        assert set(await asyncio.gather(*(call(at) for at in range(3 * _calls.MOST_PREPARED)))) == {0}

    asyncio.run(main())


def test_hedged_calls_of_idempotent_methods(joined: Joined) -> None:
    app = twinspan.App("hedged")
    app.function("hedged.once")(lambda: 1)
    app.function("hedged.twice")(twinspan.idempotent(lambda: 2))
    node = joined(app)
    assert node.client("hedged", hedge=0.05).twice() == 2
    assert node.client("hedged", hedge=0.05, assume_idempotent=True).once() == 1
