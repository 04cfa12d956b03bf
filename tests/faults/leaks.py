"""A million calls in every way that holds something: afterwards nothing is held that was not before, in either language.

Of fifty calls one comes from a client of its own, one is cancelled, one raises, one runs into its deadline, and the rest are answered.
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
from faults.overload import Touched, resident
from faults.trial import PAIRS, Say, Shortfalls

AT_ONCE = 16
WARM = 4_000
SETTLE = 75.0  # seconds: a worker ends when it was idle for a minute
HELD = ("tokens", "invocations", "methods", "threads", "files")
MB_PER_MILLION = 64.0
"""Memory that a process may have grown by, for each million calls: arenas and caches of both languages breathe. A Java heap is touched as a
whole from the start; what leaks there fills it up."""


def held(fighters: dict[str, Fighter]) -> dict[str, dict[str, int]]:
    """What each process holds."""
    return {name: {**one.ask("stats"), "files": len(list(Path(f"/proc/{one.pid}/fd").iterdir()))} for name, one in fighters.items()}


def grown(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> dict[str, int]:
    """What is held beyond what was; workers that ended since make nothing up for others."""
    return {what: sum(max(0, after[name][what] - before[name][what]) for name in before) for what in HELD}


def many(fighters: dict[str, Fighter], count: int, say: Say) -> dict[str, dict[str, int]]:
    """So many calls of each pair, one pair after another: how they ended."""
    ends = {}
    for caller, provider in PAIRS:
        one, other = fighters[f"{caller[0]}1"], fighters[f"{provider[0]}2"]
        begun = time.monotonic()
        ask = {"service": f"work.{other.name}", "count": count, "at_once": AT_ONCE}
        ends[f"{caller}-{provider}"] = one.ask("many", within=60 + count / 200, **ask)
        say(f"{caller}-{provider}: {count} calls in {time.monotonic() - begun:.1f} s: {ends[f'{caller}-{provider}']}")
    return ends


def run(agents: Agents, calls: int, say: Say, settle: float = SETTLE) -> tuple[dict[str, Any], Shortfalls]:
    arena = Arena(agents, workers=AT_ONCE)
    fighters = arena.join({}, {"p1": "python", "p2": "python", "j1": "java", "j2": "java"})
    many(fighters, WARM, lambda text: None)
    time.sleep(0.2)
    before, memory = held(fighters), {name: resident(one.pid) for name, one in fighters.items()}
    ends = many(fighters, calls // len(PAIRS), say)
    say("waiting until idle workers have ended")
    until = time.monotonic() + settle
    while any((leaked := grown(before, held(fighters))).values()) and time.monotonic() < until:
        time.sleep(0.25)
    if settle < SETTLE:
        leaked.pop("threads")  # idle workers had no time to end
    mb = {name: round((resident(one.pid) - memory[name]) / 2**20, 1) for name, one in fighters.items()}
    made = sum(sum(each.values()) for each in ends.values())
    wrong = sum(count for each in ends.values() for end, count in each.items() if end == "wrong")
    short = Shortfalls()
    short.expect(made >= calls * 0.99, f"only {made} of {calls} calls were made")
    short.expect(wrong == 0, f"{wrong} answers were wrong")
    for what, count in leaked.items():
        short.expect(count == 0, f"{count} {what} are held that were not before")
    for name, more in mb.items():
        short.expect(more <= MB_PER_MILLION * max(1.0, calls / 1e6), f"{name} grew by {more} MB")
    return {"calls": made, "leaked": leaked, "grown_mb": mb, "ends": ends}, short


def main() -> int:
    parser = trial.parser(__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    ask = parser.parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        with Touched() as agents:
            return run(agents, ask.calls, say)

    return trial.run("leaks", ask, work)


if __name__ == "__main__":
    sys.exit(main())
