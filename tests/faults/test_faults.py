"""The long checks of this folder for a few seconds each, and what they would say of results that fall short."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from agents.driver import Agents
from faults import balance, cancel, faults, kill, leaks, nest, outcomes, overload, trickle
from faults.hosts import PREFIX, hosts, needs
from faults.outcomes import Record
from faults.trial import Shortfalls

Say = Callable[[str], None]

SLACK = 8
"""Limits of time are so much wider here: these tests run beside anything; `make kill` and the others measure."""


@pytest.fixture
def say() -> Say:
    """Shown when a test fails."""
    return print


@pytest.fixture
def dice() -> random.Random:
    return random.Random(4)


def test_a_killed_provider_under_load(agents: Agents, dice: random.Random, say: Say) -> None:
    found = kill.run(agents, 6.0, dice, say)
    assert found["sent"] > 200
    assert kill.short_of(found, kills=1, failover_ms=SLACK * kill.FAILOVER_MS).all == []


def test_cancelled_calls(agents: Agents, dice: random.Random, say: Say) -> None:
    found, short = cancel.run(agents, 300, dice, say, SLACK * cancel.P99_MS, settle=3)
    assert short.all == [], found


def test_nested_calls_in_small_pools(agents: Agents, say: Say) -> None:
    found, short = nest.run(agents, 100, 1500, say, SLACK * nest.FAST_P99_MS)
    assert short.all == [], found


def test_overload(say: Say) -> None:
    assert overload.short_of(overload.run(2.5, say, around=(2.0, 1.5)), goodput=0.6).all == []


def test_nothing_leaks(agents: Agents, say: Say) -> None:
    found, short = leaks.run(agents, 8_000, say, settle=5)
    assert short.all == [], found


def test_a_stopped_provider(agents: Agents, say: Say) -> None:
    rows, short = faults.run(agents, [fault for fault in faults.LOCAL if fault.name == "stopped"], say, SLACK * faults.EJECTED_MS)
    assert len(rows) == 4
    assert short.all == []


def test_every_kind_of_fault_is_in_the_target() -> None:
    local = ["stopped", "held GIL", "collecting JVM"]
    apart = ["partition", "partition of the callers", "everybody alone", "requests lost", "answers lost", "resets", "1 % loss", "1 Mbit/s"]
    assert [fault.name for fault in (*faults.LOCAL, *faults.APART)] == [*local, *apart]
    assert [fault.name for fault in (*faults.LOCAL, *faults.APART) if fault.out] == ["stopped", "partition"]


def test_a_failing_provider_and_one_that_recovers(agents: Agents, say: Say) -> None:
    found, short = balance.run(agents, say, [("java", "python")], ["failing", "recovering"])
    assert short.all == [], found


def test_a_trickle(say: Say) -> None:
    found, short = trickle.run(5, say)
    assert len(found["rows"]) == 8
    assert short.all == [], found


def test_a_partition_between_hosts(say: Say) -> None:
    needs("ip", "unshare")
    with hosts([*faults.CALLERS, *faults.PROVIDERS]) as spread:
        rows, short = faults.run(spread, [fault for fault in faults.APART if fault.name == "requests lost"], say)
        mine = spread.network.namespace("sw")
    assert len(rows) == 4
    assert short.all == []
    left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, timeout=10, check=True).stdout
    assert mine.startswith(PREFIX)
    assert mine not in left


# What the checks say of results that fall short.


def record(key: str, method: str = "once", kind: str = "", executed: str = "", attempt: int = 1, right: bool = True) -> Record:
    return Record(key, method, kind, executed, 0, 5_000_000, attempt, 1, right)


JUDGED: list[tuple[list[Record], dict[str, int], str, int]] = [
    ([record("a", "twice", "MaybeExecuted", "maybe")], {"a": 1}, "idempotent_lost", 1),
    ([record("a", kind="hung")], {"a": 1}, "hung", 1),
    ([record("a", right=False)], {"a": 1}, "wrong", 1),
    ([record("a"), record("a")], {"a": 1}, "wrong", 1),
    ([record("a")], {}, "executed_wrong", 1),
    ([record("a", kind="Unavailable", executed="no")], {"a": 1}, "executed_wrong", 1),
    ([record("a", kind="Remote", executed="yes")], {}, "executed_wrong", 1),
    ([record("a", kind="MaybeExecuted", executed="maybe")], {}, "executed_wrong", 0),
    ([record("a")], {"a": 2}, "effects_per_key_max", 2),
    ([record("a", "twice")], {"a": 2}, "effects_per_key_max", 0),
]


@pytest.mark.parametrize(("records", "ran", "name", "count"), JUDGED)
def test_what_is_wrong_is_counted(records: list[Record], ran: dict[str, int], name: str, count: int) -> None:
    assert outcomes.judged(records, Counter(ran))[name] == count


GOOD_KILL: dict[str, Any] = {
    "kills": 10,
    "sent": 9,
    "ok": 8,
    "by_kind": {"MaybeExecuted": 1},
    "idempotent_sent": 4,
    "idempotent_lost": 0,
    "hung": 0,
    "wrong": 0,
    "executed_wrong": 0,
    "effects_per_key_max": 1,
    "failovers": 3,
    "failover_ms": {"p50": 1.0, "p99": 249.0, "max": 300.0},
}


def test_a_good_kill_falls_short_of_nothing() -> None:
    assert kill.short_of(GOOD_KILL, kills=10).all == []


@pytest.mark.parametrize(
    "harm",
    [
        {"kills": 9},
        {"idempotent_lost": 1},
        {"hung": 1},
        {"wrong": 1},
        {"executed_wrong": 1},
        {"effects_per_key_max": 2},
        {"failovers": 0},
        {"failover_ms": {"p50": 1.0, "p99": 251.0, "max": 300.0}},
        {"ok": 9},
    ],
    ids=lambda harm: next(iter(harm)),
)
def test_kill_notices(harm: dict[str, Any]) -> None:
    assert len(kill.short_of({**GOOD_KILL, **harm}, kills=10).all) == 1


def test_cancel_notices() -> None:
    good = {
        "pair": "p",
        "cancelled": 1000,
        "others": {},
        "started": 900,
        "told": 900,
        "told_ms_p99": 50.0,
        "tokens_live": 0,
        "threads_delta": 0,
    }
    harms: list[dict[str, Any]] = [{}, {"cancelled": 900}, {"started": 100, "told": 100}, {"told": 899}, {"told_ms_p99": 50.1}]
    harms += [{"tokens_live": 1}, {"threads_delta": 1}]
    found = []
    for harm in harms:
        short = Shortfalls()
        cancel.short_of({**good, **harm}, 1000, short, cancel.P99_MS)
        found.append(len(short.all))
    assert found == [0, 1, 1, 1, 1, 1, 1]


GOOD_FAULT: dict[str, Any] = {
    "fault": "stopped",
    "pair": "p",
    "sent": 9,
    "ok": 8,
    "by_kind": {"MaybeExecuted": 1},
    "idempotent_lost": 0,
    "hung": 0,
    "wrong": 0,
    "executed_wrong": 0,
    "effects_per_key_max": 1,
    "ejected_ms": 999.0,
    "healed_ms": 4999.0,
    "back_ms": 4999.0,
    "answers_of_victim": 0,
}


@pytest.mark.parametrize(
    ("harm", "count"),
    [({}, 0), ({"ejected_ms": 1001.0}, 1), ({"healed_ms": 5001.0}, 1), ({"back_ms": 5001.0}, 1), ({"answers_of_victim": 1}, 1)],
)
def test_faults_notices(harm: dict[str, Any], count: int) -> None:
    short = Shortfalls()
    faults.check({**GOOD_FAULT, **harm}, faults.LOCAL[0], short, faults.EJECTED_MS)
    assert len(short.all) == count


def test_balance_notices() -> None:
    slow = {"share": 0.01, "p99_ratio": 1.5, "errors": 0}
    failing = {"share": 0.049}
    recovering = {"returned_s": 1.5, "whole_s": 12.0, "share_first_s": 0.05}
    for what, good, harms in (
        ("slow", slow, [{"share": 0.05}, {"p99_ratio": 1.51}, {"errors": 1}]),
        ("failing", failing, [{"share": 0.05}]),
        ("recovering", recovering, [{"returned_s": None}, {"returned_s": 2.5}, {"whole_s": None}, {"share_first_s": 0.33}]),
    ):
        assert balance.misses(what, good) == []
        assert [len(balance.misses(what, {**good, **harm})) for harm in harms] == [1] * len(harms)


def test_trickle_notices() -> None:
    good = {"caller": "c", "provider": "p", "face": "f", "why": "", "read": 180, "came": 180, "made": 2000}
    found = []
    for harm in ({}, {"why": "it ended"}, {"read": 179}, {"came": 3}, {"made": 100_000}):
        short = Shortfalls()
        trickle.short_of({**good, **harm}, 180, short)
        found.append(len(short.all))
    assert found == [0, 1, 1, 1, 1]
