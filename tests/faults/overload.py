"""Ten times what a provider can do: it goes on doing nearly as much as at its best, within its memory, and is soon normal again.

For each language of the provider, with a caller of the other one: first the peak is measured with just enough calls at once, then calls
come at ten times that rate, each with a deadline and a body, and then at half of it.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import Agents, Asked
from faults import trial
from faults.arena import Arena, Fighter
from faults.trial import Say, Shortfalls

WORKERS, BUSY_MS, BYTES = 4, 10.0, 4096
MEMORY_MB = 32
TIMES = 10
DEADLINE = 1.0
GOODPUT, RECOVERED_S = 0.85, 5.0
NORMAL_MS = 250.0  # a call of a provider that has time again
PEAK_SECONDS, AFTER_SECONDS = 4.0, 8.0


class Touched(Agents):
    """Agents whose heap is resident from the start, so that what a collector has not yet freed isn't taken for memory in use."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "JAVA_TOOL_OPTIONS": "-Xms256m -Xmx256m -XX:+AlwaysPreTouch"}


class Memory:
    """The largest resident memory of a process."""

    def __init__(self, pid: int) -> None:
        self.most = self.first = resident(pid)
        self._pid = pid
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            self.most = max(self.most, resident(self._pid))

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(10)

    @property
    def grown_mb(self) -> float:
        return (self.most - self.first) / 2**20


def resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def flood(caller: Fighter, provider: Fighter, rate: float, seconds: float, most_open: int) -> dict[str, Any]:
    told: dict[str, Any] = start(caller, provider, rate, seconds, most_open).get()
    return told


def start(caller: Fighter, provider: Fighter, rate: float, seconds: float, most_open: int) -> Asked:
    return caller.start(
        "flood",
        within=seconds + 60,
        service=f"deeds.{provider.name}",
        rate=rate,
        seconds=seconds,
        ms=BUSY_MS,
        bytes=BYTES,
        timeout=DEADLINE,
        burst=200,
        most_open=most_open,
    )


def per_second(told: dict[str, Any], what: str, after: float, until: float) -> float:
    return float(sum(slot[what] for slot in told["slots"] if after <= slot["at"] < until)) / (until - after)


def recovered(told: dict[str, Any]) -> float:
    """Seconds from the end of the overload until calls are answered, all and fast, and stay so."""
    at = 0.0
    for slot in told["slots"]:
        if slot["failed"] or slot["slowest_ms"] > NORMAL_MS:
            at = slot["at"] + 0.1
    return round(at, 1)


def row(caller: Fighter, provider: Fighter, seconds: float, say: Say, around: tuple[float, float]) -> dict[str, Any]:
    """`around` are the seconds of load before and after the overload."""
    before, after_seconds = around
    capacity = WORKERS * 1000 / BUSY_MS
    flood(caller, provider, capacity / 2, 1.0, 2 * WORKERS)
    best = flood(caller, provider, capacity * 2, before, 3 * WORKERS)
    peak = per_second(best, "ok", 0.5, before - 0.5)
    say(f"{provider.language}: peak {peak:.0f} calls/s of {capacity:.0f}")
    heap = provider.ask("heap")
    with Memory(provider.pid) as memory:
        overload = start(caller, provider, peak * TIMES, seconds, most_open=100_000)
        time.sleep(seconds * 0.8)
        heap_mb = (provider.ask("heap") - heap) / 2**20
        full = overload.get()
    grown_mb = memory.grown_mb + heap_mb
    goodput = per_second(full, "ok", 1.0, seconds)
    sent = per_second(full, "sent", 1.0, seconds)
    say(
        f"{provider.language}: {sent:.0f} calls/s sent, {goodput:.0f} answered, {full['kinds']}, memory +{memory.grown_mb:.1f} MB, heap {heap_mb:+.1f} MB"
    )
    after = flood(caller, provider, peak / 2, after_seconds, most_open=1000)
    return {
        "pair": f"{caller.language}-{provider.language}",
        "peak_per_s": round(peak, 1),
        "sent_per_s": round(sent, 1),
        "goodput_ratio": round(goodput / peak, 3),
        "recovered_s": recovered(after),
        "memory_over_budget_mb": round(grown_mb - MEMORY_MB, 1),
        "kinds": full["kinds"],
        "hung": full["hung"] + best["hung"] + after["hung"],
    }


def run(seconds: float, say: Say, around: tuple[float, float] = (PEAK_SECONDS, AFTER_SECONDS)) -> dict[str, Any]:
    rows = []
    for caller, provider in (("python", "java"), ("java", "python")):
        with Touched() as agents:
            arena = Arena(agents, workers=WORKERS, max_threads=WORKERS, memory=MEMORY_MB * 2**20)
            joined = arena.join({"caller": caller}, {"provider": provider})
            rows.append(row(joined["caller"], joined["provider"], seconds, say, around))
        say(", ".join(f"{key} {value}" for key, value in rows[-1].items()))
    return {
        "goodput_ratio": min(row["goodput_ratio"] for row in rows),
        "recovered_s": max(row["recovered_s"] for row in rows),
        "memory_over_budget_mb": max(row["memory_over_budget_mb"] for row in rows),
        "peak_per_s": min(row["peak_per_s"] for row in rows),
        "rows": rows,
    }


def short_of(found: dict[str, Any], goodput: float = GOODPUT) -> Shortfalls:
    short = Shortfalls()
    for row in found["rows"]:
        pair = row["pair"]
        short.expect(row["sent_per_s"] >= 3 * row["peak_per_s"], f"{pair}: only {row['sent_per_s']} calls/s could be sent")
        short.expect(row["goodput_ratio"] >= goodput, f"{pair}: goodput is {row['goodput_ratio']} of the peak, less than {goodput}")
        short.expect(row["recovered_s"] <= RECOVERED_S, f"{pair}: normal again only after {row['recovered_s']} s")
        short.expect(row["memory_over_budget_mb"] <= 0, f"{pair}: {row['memory_over_budget_mb']} MB over the budget")
        short.expect(row["hung"] == 0, f"{pair}: {row['hung']} calls hung")
        short.expect(not row["kinds"].get("wrong"), f"{pair}: {row['kinds'].get('wrong')} wrong answers")
    return short


def main() -> int:
    parser = trial.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of overload, for each pair")
    ask = parser.parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        begun = time.monotonic()
        found = run(ask.seconds, say)
        return {**found, "seconds": round(time.monotonic() - begun, 1)}, short_of(found)

    return trial.run("overload", ask, work)


if __name__ == "__main__":
    sys.exit(main())
