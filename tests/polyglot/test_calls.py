"""Every style of call for every pair of languages: arguments, options, nesting, deadlines, cancelling."""

from __future__ import annotations

import itertools
import time

import pytest

from agents import literal as lit
from agents.driver import Failed
from agents.pairs import Joined, Pair, key, since

STYLES = ["node", "untyped", "typed", "node_async", "untyped_async", "typed_async"]


@pytest.mark.parametrize("style", STYLES)
def test_styles(pair: Pair, style: str) -> None:
    assert pair.call("who", style=style) == pair.provider.name
    assert pair.call("add", 3, 4, style=style) == 7
    assert pair.call("later", 20, style=style) == "later"


@pytest.mark.parametrize("style", ["node", "untyped", "node_async", "untyped_async"])
def test_arguments_by_name(pair: Pair, style: str) -> None:
    assert pair.call("add", 3, style=style) == 4
    assert pair.call("add", 3, style=style, kwargs={"scale": 10}) == 40
    assert pair.call("add", style=style, kwargs={"scale": 2, "b": 5, "a": 1}) == 12
    assert pair.call("add", 2**40, 1, style=style) == 2**40 + 1


def test_what_a_node_sees(caller: Joined, four: dict[str, Joined]) -> None:
    members = {m["name"]: m for m in caller.ask("members")}
    assert set(members) == set(four)
    for name, one in four.items():
        assert members[name]["language"] == one.language
        assert members[name]["pid"] == one.agent.pid
        assert members[name]["state"] == "ready"
        assert members[name]["id"] == one.told["id"]
        assert members[name]["me"] == (name == caller.name)
        assert sorted(members[name]["services"]) == ["work", f"work.{name}"]
    services = caller.ask("services")
    assert services["work"]["providers"] == sorted(four)
    assert {"echo", "add", "relay"} <= set(services["work"]["methods"])


@pytest.mark.parametrize("style", ["node", "node_async"])
def test_a_deadline(pair: Pair, style: str) -> None:
    run, begun = key(), time.monotonic_ns()
    error = pair.error("slow", 20_000, run, style=style, options={"timeout": 0.3})
    assert (error["kind"], error["retryable"]) == ("DeadlineExceeded", True)
    assert error["executed"] in ("maybe", "no")
    assert since(begun) < 5
    # The handler is told.
    pair.provider.agent.event("cancelled", run, within=5)


def test_a_deadline_by_the_surroundings(four: dict[str, Joined]) -> None:
    for provider in (four["p2"], four["j2"]):
        run = key()
        error = four["p1"].start(provider.service, "slow", 20_000, run, style="ambient", ambient={"timeout": 0.2}).error()
        assert error["kind"] == "DeadlineExceeded"
        assert "TimeoutError" in error["also"]


def test_a_deadline_in_the_contract(four: dict[str, Joined]) -> None:
    for provider in (four["p2"], four["j2"]):
        error = four["j1"].start(provider.service, "slow", 20_000, key(), style="annotated").error()
        assert error["kind"] == "DeadlineExceeded"


def test_cancelling(pair: Pair) -> None:
    for method, args in (("slow", [20_000]), ("sleepy", [])):
        run = key()
        told = pair.caller.agent.start(
            "cancelled", node="n", service=pair.provider.service, method=method, args=[*args, run], key=f"cancel-{run}"
        )
        pair.provider.agent.event("entered", run)
        begun = time.monotonic_ns()
        pair.caller.agent.ask("release", key=f"cancel-{run}")
        assert told.get() == "cancelled"
        pair.provider.agent.event("cancelled", run, within=3)
        assert since(begun) < 3


def test_nested_calls(pair: Pair, four: dict[str, Joined]) -> None:
    """Caller -> provider -> each other node -> provider: every hop knows its caller, its depth, and how long it may take."""
    path = [*(one.service for one in four.values() if one.name != pair.provider.name), pair.provider.service]
    hops = pair.call("relay", path, options={"timeout": 10})
    hops = [dict(hop["v"]) for hop in hops]
    assert [hop["name"] for hop in hops] == [pair.provider.name, *(service[5:] for service in path)]
    callers = [pair.caller, pair.provider, *(four[service[5:]] for service in path)]
    for hop, before in zip(hops, callers, strict=False):
        assert (hop["caller"], hop["caller_language"]) == (before.name, before.language)
    depths = [hop["depth"] for hop in hops]
    assert depths == list(range(depths[0], depths[0] + len(hops)))
    left = [_number(hop["remaining"]) for hop in hops]
    assert all(0 < after < before <= 10 for before, after in itertools.pairwise(left)), left


def _number(literal: dict[str, str]) -> float:
    import struct

    return float(struct.unpack(">d", bytes.fromhex(literal["v"]))[0])


def test_a_nested_call_ends_with_its_parent(pair: Pair, four: dict[str, Joined]) -> None:
    for last in (four["p1"], four["j1"]):
        run, begun = key(), time.monotonic_ns()
        error = pair.error("wait", last.service, 20_000, run, options={"timeout": 0.5})
        # Both waits end at the same moment: the outer one by itself, or by what the inner one raised in the handler between them.
        assert "DeadlineExceeded" in error["kind"] + error.get("remote", {}).get("type", ""), error
        last.agent.event("cancelled", run, within=5)
        assert since(begun) < 6


def test_calls_where_an_answer_is_handled(four: dict[str, Joined]) -> None:
    """Java runs continuations on the node's executor, where a blocking call is allowed."""
    for provider in (four["p2"], four["j2"]):
        assert four["j1"].call(provider.service, "add", 1, 2, style="in_continuation") == 3


@pytest.mark.parametrize("size", [0, 65_535, 65_536, 2**20, 20 * 2**20], ids=["0", "64K-1", "64K", "1M", "20M"])
def test_bodies(pair: Pair, size: int) -> None:
    body = {"t": "filled", "v": [7, size]}
    import hashlib

    there = [size, hashlib.sha256(b"\x07" * size).hexdigest()]
    assert pair.call("digest", body) == there
    assert pair.call("blob", body, result="digest") == there
    back = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
    assert pair.call("make", size, result="digest") == [size, hashlib.sha256(back).hexdigest()]


def test_bodies_do_not_hold_up_small_calls(pair: Pair) -> None:
    large = [pair.start("blob", {"t": "filled", "v": [1, 8 * 2**20]}, result="digest") for _ in range(4)]
    assert [pair.call("add", at, 1) for at in range(20)] == list(range(1, 21))
    for one in large:
        assert one.get()["value"][0] == 8 * 2**20


def test_many_at_once(pair: Pair) -> None:
    asked = [pair.start("add", at, at, style=STYLES[at % len(STYLES)]) for at in range(60)]
    assert [one.get()["value"] for one in asked] == [2 * at for at in range(60)]


def test_a_call_to_itself(caller: Joined) -> None:
    assert caller.call(caller.service, "add", 1, 2) == 3
    assert caller.call(caller.service, "echo", lit.a_set(1)) == lit.a_set(1)
    with pytest.raises(Failed):
        caller.call(caller.service, "value", "mine")
