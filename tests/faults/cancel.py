"""Cancels calls at random moments: every handler that had started is told, soon, and nothing stays behind in either process.

Python's handlers look at `CallContext.cancelled()` or are coroutines that are cancelled; Java's are interrupted.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import Agents
from faults import trial
from faults.arena import Arena, Fighter
from faults.trial import PAIRS, Say, Shortfalls, percentile

MOST_MS = 20  # a call is cancelled within so long after its begin
IN_FLIGHT = 64
SHARE, P99_MS = 99.9, 50.0
SETTLE = 10.0  # seconds for what was under way to end
WARM = 200
METHODS = {"python": ["wait", "wait_async"], "java": ["wait"]}


def row(caller: Fighter, provider: Fighter, count: int, dice: random.Random) -> dict[str, Any]:
    # Threads and connections that live on are those of the first calls.
    cancelled(caller, provider, WARM, dice)
    before = held(caller, provider)
    made = cancelled(caller, provider, count, dice)
    told = provider.ask("told", within=60)
    after, until = held(caller, provider), time.monotonic() + SETTLE
    while over(before, after) != (0, 0) and time.monotonic() < until:
        time.sleep(0.1)
        after = held(caller, provider)
    tokens, threads = over(before, after)
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
        "tokens_live": tokens,
        "threads_delta": threads,
    }


def cancelled(caller: Fighter, provider: Fighter, count: int, dice: random.Random) -> dict[str, Any]:
    """Makes and cancels so many calls, and waits until none of their handlers runs."""
    prefix = f"{dice.randrange(2**32):x}-"
    made: dict[str, Any] = caller.ask(
        "cancels",
        within=300,
        service=f"deeds.{provider.name}",
        methods=METHODS[provider.language],
        count=count,
        in_flight=IN_FLIGHT,
        most_ms=MOST_MS,
        seed=dice.randrange(2**31),
        prefix=prefix,
    )
    until = time.monotonic() + SETTLE + 5
    while provider.ask("stats")["invocations"] and time.monotonic() < until:
        time.sleep(0.05)
    if count == WARM:
        provider.ask("told")
    return made


def held(*fighters: Fighter) -> tuple[int, int]:
    """Tokens and invocations, and threads, of these processes."""
    stats = [one.ask("stats") for one in fighters]
    return sum(one["tokens"] + one["invocations"] for one in stats), sum(one["threads"] for one in stats)


def over(before: tuple[int, int], after: tuple[int, int]) -> tuple[int, int]:
    """What is live now, and the threads that came; some that were there may have ended since."""
    return after[0], max(0, after[1] - before[1])


def short_of(row: dict[str, Any], count: int, short: Shortfalls, p99_ms: float) -> None:
    pair = row["pair"]
    short.expect(row["cancelled"] >= count * 0.99, f"{pair}: only {row['cancelled']} of {count} calls were cancelled: {row['others']}")
    short.expect(row["started"] >= count * 0.25, f"{pair}: only {row['started']} handlers had started")
    short.expect(row["told"] >= row["started"] * SHARE / 100, f"{pair}: {row['told']} of {row['started']} handlers were told")
    short.expect(row["told_ms_p99"] <= p99_ms, f"{pair}: told after {row['told_ms_p99']} ms (p99), more than {p99_ms}")
    for name in ("tokens_live", "threads_delta"):
        short.expect(row[name] == 0, f"{pair}: {name} is {row[name]}")


def run(agents: Agents, count: int, dice: random.Random, say: Say, p99_ms: float = P99_MS) -> tuple[dict[str, Any], Shortfalls]:
    rows, short = [], Shortfalls()
    arena = Arena(agents, workers=64)
    names = {"p1": "python", "p2": "python", "j1": "java", "j2": "java"}
    joined = arena.join({}, names)
    for caller, provider in PAIRS:
        rows.append(row(joined[f"{caller[0]}1"], joined[f"{provider[0]}2"], count, dice))
        say(", ".join(f"{key} {value}" for key, value in rows[-1].items()))
        short_of(rows[-1], count, short, p99_ms)
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
