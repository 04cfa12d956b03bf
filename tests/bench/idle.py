"""`make idle`: what a node that has joined and does nothing adds to a bare interpreter or JVM. docs/benchmarks.md explains it."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from benchmark.agent import Agent, AgentFailed
from benchmark.fleet import java, private, python
from benchmark.process import rss_bytes, threads

COPIES = 3  # of each process: the JVM's memory differs by a few megabytes from start to start
STARTS_WITHIN = 60.0
SETTLES = 5.0
ENDS_WITHIN = 15.0
BARE, NODE = "bare", "node"


@dataclass(frozen=True)
class Looked:
    """What one process used."""

    rss_mb: float
    cpu_percent: float
    threads: list[str]


def commands() -> dict[tuple[str, str, int], list[str]]:
    """Every node is alone in a cluster of its own."""
    starts = {"python": python("idle"), "java": java("Idle")}
    return {
        (language, kind, copy): [*start, kind, *([f"idle-{language}-{copy}"] if kind == NODE else [])]
        for language, start in starts.items()
        for kind in (BARE, NODE)
        for copy in range(COPIES)
    }


def look(folder: Path, seconds: float) -> dict[tuple[str, str, int], Looked]:
    """All processes idle at the same time, for as long."""
    environment = private(folder)
    agents: dict[tuple[str, str, int], Agent] = {}
    try:
        for key, command in commands().items():
            agents[key] = Agent("-".join(map(str, key)), command, folder, environment)
            agents[key].answer(STARTS_WITHIN)
        time.sleep(SETTLES)
        started = {key: (time.monotonic(), agent.cpu()) for key, agent in agents.items()}
        time.sleep(seconds)
        found = {}
        for key, agent in agents.items():
            since, used = started[key]
            percent = (agent.cpu() - used) / (time.monotonic() - since) * 100
            found[key] = Looked(rss_bytes(agent.pid) / 1e6, percent, threads(agent.pid))
        return found
    finally:
        for agent in agents.values():
            agent.close()
        deadline = time.monotonic() + ENDS_WITHIN
        for agent in agents.values():
            agent.end(deadline)


def added(found: dict[tuple[str, str, int], Looked], language: str) -> dict[str, object]:
    """Node minus bare: medians of memory and threads, means of CPU time."""
    bare, node = ([looked for key, looked in found.items() if key[:2] == (language, kind)] for kind in (BARE, NODE))
    names = Counter(node[0].threads)
    names.subtract(Counter(bare[0].threads))
    return {
        "rss_mb_over_bare": round(median(each.rss_mb for each in node) - median(each.rss_mb for each in bare), 2),
        "cpu_percent_60s": round(mean(each.cpu_percent for each in node) - mean(each.cpu_percent for each in bare), 3),
        "native_threads": int(median(len(each.threads) for each in node) - median(len(each.threads) for each in bare)),
        "bare_rss_mb": round(median(each.rss_mb for each in bare), 2),
        "bare_threads": int(median(len(each.threads) for each in bare)),
        "added_threads": sorted(names.elements()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for idle.json")
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="tsi-"))
    try:
        found = look(folder, chosen.seconds)
    except AgentFailed as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = {language: added(found, language) for language in ("python", "java")}
    chosen.out.mkdir(parents=True, exist_ok=True)
    written = chosen.out / "idle.json"
    written.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"what a node adds, medians of {COPIES} processes, {chosen.seconds:.0f} s, memory is Rss of smaps_rollup in 10^6 bytes")
    for language, figures in result.items():
        print(f"  {language}: " + ", ".join(f"{name} {figure}" for name, figure in figures.items()))
    print(f"written to {written}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
