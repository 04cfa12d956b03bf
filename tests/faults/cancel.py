"""Cancels calls at random moments: every handler that had started is told, soon, and nothing stays behind in either process.

Python's handlers look at `CallContext.cancelled()` or are coroutines that are cancelled; Java's are interrupted.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import Agents
from faults import trial
from faults.arena import Arena, Fighter
from faults.trial import PAIRS, Say, Shortfalls, percentile

MOST_MS = 20  # a call is cancelled within so long after its begin
IN_FLIGHT = 16
SHARE, P99_MS = 99.9, 50.0
WORKERS = 32
SETTLE = 75.0  # seconds: a worker ends when it was idle for a minute
ENDING = 15.0  # seconds for handlers that were cancelled
WARM, WARM_MS = 200, 100
METHODS = {"python": ["wait", "wait_async"], "java": ["wait"]}


def row(caller: Fighter, provider: Fighter, count: int, dice: random.Random) -> dict[str, Any]:
    made = cancelled(caller, provider, count, MOST_MS, dice)
    told = provider.ask("told", within=60)
    when = dict(made["cancelled"])
    started = {key for key, _ in told["started"]} & when.keys()
    took = [(at - when[key]) / 1e6 for key, at in told["told"] if key in when]
    return {
        "pair": f"{caller.language}-{provider.language}",
        "cancelled": len(when),
        "others": made["others"],
        "started": len(started),
        "told": len({key for key, _ in told["told"]} & started),
        "told_ms_p50": percentile(took, 50),
        "told_ms_p99": percentile(took, 99),
        "told_ms_max": percentile(took, 100),
    }


def cancelled(caller: Fighter, provider: Fighter, count: int, most_ms: float, dice: random.Random) -> dict[str, Any]:
    """Makes and cancels so many calls, and waits until none of their handlers runs."""
    prefix = f"{dice.randrange(2**32):x}-"
    made: dict[str, Any] = caller.ask(
        "cancels",
        within=300,
        service=f"deeds.{provider.name}",
        methods=METHODS[provider.language],
        count=count,
        in_flight=IN_FLIGHT,
        most_ms=most_ms,
        seed=dice.randrange(2**31),
        prefix=prefix,
    )
    until = time.monotonic() + ENDING
    while provider.ask("stats")["invocations"] and time.monotonic() < until:
        time.sleep(0.05)
    return made


@dataclass
class Held:
    """What a process holds: operations and invocations that are not answered, and threads."""

    tokens: int
    threads: int

    @staticmethod
    def of(fighter: Fighter) -> Held:
        stats = fighter.ask("stats")
        return Held(stats["tokens"] + stats["invocations"], stats["threads"])

    def beyond(self, before: Held) -> Held:
        """What came; threads that were there may have ended since."""
        return Held(self.tokens, max(0, self.threads - before.threads))


def settled(joined: dict[str, Fighter], before: dict[str, Held], within: float) -> dict[str, Held]:
    """What each process holds beyond what it held, once it is nothing or the time is up."""
    until = time.monotonic() + within
    while True:
        left = {name: Held.of(one).beyond(before[name]) for name, one in joined.items()}
        if all(held == Held(0, 0) for held in left.values()) or time.monotonic() > until:
            return left
        time.sleep(0.25)


def short_of(row: dict[str, Any], count: int, short: Shortfalls, p99_ms: float, idle: bool = True) -> None:
    """`idle`: idle workers have had the time to end."""
    pair = row["pair"]
    short.expect(row["cancelled"] >= count * 0.99, f"{pair}: only {row['cancelled']} of {count} calls were cancelled: {row['others']}")
    short.expect(row["started"] >= count * 0.25, f"{pair}: only {row['started']} handlers had started")
    short.expect(row["told"] >= row["started"] * SHARE / 100, f"{pair}: {row['told']} of {row['started']} handlers were told")
    short.expect(row["told_ms_p99"] <= p99_ms, f"{pair}: told after {row['told_ms_p99']} ms (p99), more than {p99_ms}")
    for name in ("tokens_live", "threads_delta") if idle else ("tokens_live",):
        short.expect(row[name] == 0, f"{pair}: {name} is {row[name]}")


def run(
    agents: Agents, count: int, dice: random.Random, say: Say, p99_ms: float = P99_MS, settle: float = SETTLE
) -> tuple[dict[str, Any], Shortfalls]:
    rows, short = [], Shortfalls()
    arena = Arena(agents, workers=WORKERS)
    names = {"p1": "python", "p2": "python", "j1": "java", "j2": "java"}
    joined = arena.join({}, names)
    pairs = [(joined[f"{caller[0]}1"], joined[f"{provider[0]}2"]) for caller, provider in PAIRS]
    # What lives on comes with the first calls.
    for caller, provider in pairs:
        cancelled(caller, provider, WARM, WARM_MS, dice)
        provider.ask("told")
    before = {name: Held.of(one) for name, one in joined.items()}
    for caller, provider in pairs:
        rows.append(row(caller, provider, count, dice))
        say(", ".join(f"{key} {value}" for key, value in rows[-1].items()))
    say("waiting until idle workers have ended")
    left = settled(joined, before, settle)
    for each, (caller, provider) in zip(rows, pairs, strict=True):
        each["tokens_live"] = left[caller.name].tokens + left[provider.name].tokens
        each["threads_delta"] = left[caller.name].threads + left[provider.name].threads
        short_of(each, count, short, p99_ms, idle=settle >= SETTLE)
    return {"rows": rows}, short


def main() -> int:
    parser = trial.parser(__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="calls in each pair")
    ask = parser.parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        with Agents() as agents:
            return run(agents, ask.count, dice, say)

    return trial.run("cancel", ask, work)


if __name__ == "__main__":
    sys.exit(main())
