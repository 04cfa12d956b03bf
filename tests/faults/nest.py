"""Calls that call back and forth between small pools: none is refused, none hangs, and one long handler holds up nobody.

A root goes from one process to the other and back, eight calls deep, through pools of four workers, 64 roots at a time.
"""

from __future__ import annotations

import random
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import Agents
from faults import trial
from faults.arena import Arena, Fighter
from faults.trial import Say, Shortfalls, percentile

DEPTH, POOL, AT_ONCE = 8, 4, 64
THREADS = 64
TIMEOUT = 30.0
GRACE_MS = 250.0
FAST, FAST_P99_MS, SLOW_MS = 200, 50.0, 10_000


class Watch:
    """The most handler threads that a process was seen with."""

    def __init__(self, fighters: list[Fighter]) -> None:
        self.most = 0
        self._fighters = fighters
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stopped.wait(0.02):
            self.most = max([self.most, *(one.ask("workers") for one in self._fighters)])

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(30)


def run(agents: Agents, roots: int, slow_ms: int, say: Say, fast_p99_ms: float = FAST_P99_MS) -> tuple[dict[str, Any], Shortfalls]:
    arena = Arena(agents, workers=POOL)
    joined = arena.join({"cp": "python", "cj": "java"}, {"p": "python", "j": "java"})
    found: dict[str, Any] = {"roots": 0, "depth": DEPTH, "pool": POOL, "ok": 0, "overloaded": 0, "hung": 0, "threads_max": 0, "max_ms": 0.0}
    others: dict[str, int] = {}
    with Watch([joined["p"], joined["j"]]) as watch:
        # Half of the roots start with Python, from a Python caller; half with Java, from a Java caller.
        for caller, first, second in (("cp", "p", "j"), ("cj", "j", "p")):
            path = [f"work.{first}", f"work.{second}"] * (DEPTH // 2)
            ask = {"path": path, "count": roots // 2, "at_once": AT_ONCE, "timeout": TIMEOUT}
            ended = joined[caller].ask("roots", within=roots * TIMEOUT / AT_ONCE + 2 * TIMEOUT, **ask)
            say(f"{caller} through {first}, {second}: {ended}")
            found["roots"] += roots // 2
            found["ok"] += ended["ends"].pop("ok", 0)
            found["overloaded"] += ended["ends"].pop("Overloaded", 0)
            found["max_ms"] = round(max(found["max_ms"], ended["max_ms"]), 1)
            for end, count in ended["ends"].items():
                others[end] = others.get(end, 0) + count
    found["threads_max"] = watch.most
    # A root that ends with its deadline was answered; one that ends long after it was not.
    found["hung"] = roots - found["ok"] - found["overloaded"] - sum(others.values())
    found["others"] = others
    found["beside_slow"] = {name: beside(joined, name, slow_ms, say) for name in ("p", "j")}
    return found, short_of(found, roots, fast_p99_ms)


def beside(joined: dict[str, Fighter], name: str, slow_ms: int, say: Say) -> dict[str, Any]:
    """Fast calls while one handler of the pool is busy for long."""
    provider = joined[name]
    slow = joined["cp"].start(
        "call", within=60, service=f"work.{name}", method="slow", args=[slow_ms, f"slow-{name}"], options={"timeout": 30}
    )
    provider.agent.event("entered", f"slow-{name}")
    took: list[float] = []
    for caller in ("cp", "cj"):
        took += joined[caller].ask("timed", within=60, service=f"work.{name}", method="who", count=FAST // 2, at_once=4)
    overlapped = not provider.agent.has("ended", f"slow-{name}")
    slow.get()
    found = {"calls": len(took), "p50_ms": percentile(took, 50), "p99_ms": percentile(took, 99), "overlapped": overlapped}
    say(f"{FAST} fast calls beside one of {slow_ms / 1000:.0f} s in {provider.language}: {found}")
    return found


def short_of(found: dict[str, Any], roots: int, fast_p99_ms: float) -> Shortfalls:
    short = Shortfalls()
    short.expect(found["ok"] == roots, f"{found['ok']} of {roots} roots were answered: {found}")
    short.expect(found["hung"] == 0, f"{found['hung']} roots hung")
    short.expect(found["max_ms"] <= TIMEOUT * 1000 + GRACE_MS, f"a root took {found['max_ms']} ms")
    short.expect(0 < found["threads_max"] <= THREADS, f"a process had {found['threads_max']} handler threads")
    for name, fast in found["beside_slow"].items():
        short.expect(fast["p99_ms"] < fast_p99_ms, f"{name}: fast calls took {fast['p99_ms']} ms (p99) beside a slow one")
        short.expect(fast["overlapped"], f"{name}: the slow call was over before the fast ones were")
    return short


def main() -> int:
    parser = trial.parser(__doc__)
    parser.add_argument("--roots", type=int, default=1000)
    ask = parser.parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        with Agents() as agents:
            return run(agents, ask.roots, SLOW_MS, say)

    return trial.run("nest", ask, work)


if __name__ == "__main__":
    sys.exit(main())
