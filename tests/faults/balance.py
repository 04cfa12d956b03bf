"""What callers do with a provider that is ten times slower, that fails fast, and that is well again, beside two sound ones, one in each
language: for each language of caller and of the odd provider, each in a process of its own.

The numbers compared are of one run: the share of the odd one, p99 with it and without it, and how its share grows again.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import Agents, new_cluster
from faults import trial
from faults.trial import PAIRS, Say, Shortfalls
from scenarios.stage import Actor

AT_ONCE = 4
JOB_MS, SLOW_MS = 10.0, 100.0
LEARN_S = 3.0
"""Time after which the odd provider must have lost its share."""
SHARE = 0.05
P99_TIMES = 1.5
ATTEMPTS = 3
"""A machine that is busy elsewhere may spoil a measurement, not three in a row."""
RETURN_S, WHOLE_S = 2.0, 16.0
"""Left out for 1 s the first time (`directory/ejection.rs`), then tried; its share grows from a twentieth to the whole within 10 s, and as long
as failures are remembered (`FAILURES_FADE`, 10 s) it is smaller. So the first call comes within 2 s of the recovery, and within 16 s it has
two thirds of an equal share."""
WHOLE = 2 / 3 / 3


@dataclass
class Trio:
    """A caller, two sound providers and an odd one, under names that only they have."""

    caller: Actor
    odd: Actor
    service: str
    all: list[Actor]

    @staticmethod
    def join(agents: dict[str, Any], caller: str, odd: str, number: int) -> Trio:
        cluster, service = new_cluster(), f"stand.n{number}"
        made = {
            role: Actor(agents[role], f"{role}-{number}", f"{role}-{number}", language)
            for role, language in (("caller", caller), ("python", "python"), ("java", "java"), ("odd", odd))
        }
        shared = {"python": [f"{service}.sound"], "java": [f"{service}.sound"], "odd": [], "caller": []}
        asked = [
            one.joining(cluster, {name: "stand" for name in [service, f"{service}.{role}", *shared[role]] if role != "caller"})
            for role, one in made.items()
        ]
        for one in asked:
            one.get()
        trio = Trio(made["caller"], made["odd"], service, list(made.values()))
        trio.caller.ask("wait_for", service=service, count=3)
        trio.caller.ask("wait_for", service=f"{service}.sound", count=2)
        for role in ("python", "java", "odd"):
            trio.tune(role, JOB_MS, False)
        return trio

    def tune(self, role: str, ms: float, fails: bool) -> None:
        self.caller.ask("wait_for", service=f"{self.service}.{role}")
        self.caller.ask("call", service=f"{self.service}.{role}", method="tune", args=[ms, fails], key=f"tune-{role}")

    def rush(self, seconds: float, name: str = "") -> dict[str, Any]:
        ask = {"service": self.service + name, "method": "job", "at_once": AT_ONCE, "seconds": seconds}
        told: dict[str, Any] = self.caller.ask("rush", within=seconds + 30, **ask)
        return told

    def share(self, told: dict[str, Any]) -> float:
        """The part of the calls that went to the odd provider."""
        errors = sum(count for where, count in told["errors"].items() if where.split(" ")[0] == self.odd.name)
        return (told["answers"].get(self.odd.name, 0) + errors) / told["calls"]

    def close(self) -> None:
        for one in self.all:
            one.ask("close", drain=0, gone=True)


def slow(trio: Trio) -> dict[str, Any]:
    trio.tune("odd", SLOW_MS, False)
    trio.rush(0.5, ".sound")  # a virtual machine is slow at first
    alone = trio.rush(LEARN_S, ".sound")
    trio.rush(LEARN_S)
    beside = trio.rush(LEARN_S)
    return {
        "share": round(trio.share(beside), 4),
        "p99_alone_ms": round(alone["p99_ms"], 2),
        "p99_ms": round(beside["p99_ms"], 2),
        "p99_ratio": round(beside["p99_ms"] / alone["p99_ms"], 3),
        "errors": sum(beside["errors"].values()),
    }


def failing(trio: Trio) -> dict[str, Any]:
    trio.tune("odd", 0.0, True)
    trio.rush(LEARN_S)
    told = trio.rush(LEARN_S)
    return {"share": round(trio.share(told), 4), "errors": sum(told["errors"].values())}


def recovering(trio: Trio) -> dict[str, Any]:
    """Fails until it is left out, is well at once, and is watched until its share is whole again."""
    trio.rush(0.5)
    trio.tune("odd", 0.0, True)
    until = time.monotonic() + 10
    while sum(trio.rush(0.1)["errors"].values()) < 5:
        if time.monotonic() > until:
            raise AssertionError("no call failed")
    trio.tune("odd", JOB_MS, False)
    begun = time.monotonic()
    returned = whole = None
    shares = []
    while whole is None and time.monotonic() < begun + WHOLE_S + 4:
        share = trio.share(trio.rush(0.5))
        shares.append(round(share, 3))
        now = round(time.monotonic() - begun, 2)
        returned = returned if returned is not None or share == 0 else now
        whole = now if share >= WHOLE else None
    return {"returned_s": returned, "whole_s": whole, "share_first_s": shares[1], "shares": shares}


def misses(what: str, row: dict[str, Any]) -> list[str]:
    """What a measurement falls short of."""
    if what == "recovering":
        wanted = {
            "it got a call": row["returned_s"] is not None and row["returned_s"] <= RETURN_S,
            "its share was whole": row["whole_s"] is not None and row["whole_s"] <= WHOLE_S,
            "it came back slowly": row["share_first_s"] <= 0.15,
        }
        return [text for text, holds in wanted.items() if not holds]
    short = [] if row["share"] < SHARE else [f"its share is {row['share']}"]
    if what == "slow" and not row["p99_ratio"] <= P99_TIMES:
        short.append(f"p99 is {row['p99_ratio']} times that without it")
    if what == "slow" and row["errors"]:
        short.append(f"{row['errors']} errors")
    return short


MEASURES = {"slow": slow, "failing": failing, "recovering": recovering}


def run(
    agents: Agents, say: Say, pairs: list[tuple[str, str]] = PAIRS, measures: list[str] | None = None
) -> tuple[dict[str, Any], Shortfalls]:
    rows, short = [], Shortfalls()
    number = 0
    for caller, odd in pairs:
        taken = agents.take(caller, "python", "java", odd)
        processes = dict(zip(("caller", "python", "java", "odd"), taken, strict=True))
        for what in measures or MEASURES:
            for attempt in range(1, ATTEMPTS + 1):
                number += 1
                trio = Trio.join(processes, caller, odd, number)
                row = {"what": what, "caller": caller, "odd": odd, "attempt": attempt, **MEASURES[what](trio)}
                trio.close()
                say(", ".join(f"{key} {value}" for key, value in row.items()))
                missed = misses(what, row)
                if not missed:
                    break
            rows.append(row)
            for text in missed:
                short.expect(False, f"{what}, {caller} calls {odd}: {text}")
        agents.give_back(taken)
    return {"rows": rows}, short


def main() -> int:
    ask = trial.parser(__doc__).parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        with Agents() as agents:
            return run(agents, say)

    return trial.run("balance", ask, work)


if __name__ == "__main__":
    sys.exit(main())
