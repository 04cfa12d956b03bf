"""What the long checks share: options, progress, the JSON file, what falls short, and an orderly end after Ctrl-C."""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from agents import places

Say = Callable[[str], None]


class Shortfalls:
    """What was asked for and not reached."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def expect(self, holds: bool, what: str) -> None:
        """Notes `what` unless it holds."""
        if not holds:
            self.all.append(what)


def parser(description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--out", type=Path, required=True, help="folder for the JSON file")
    made.add_argument("--seed", type=int, default=None, help="a new one by default")
    return made


def run(name: str, ask: argparse.Namespace, work: Callable[[random.Random, Say], tuple[dict[str, Any], Shortfalls]]) -> int:
    """Runs the check and writes `name`.json; the exit code is 0, 1 if it falls short, 130 after Ctrl-C."""
    seed = ask.seed if ask.seed is not None else random.SystemRandom().randrange(2**32)
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{name} {time.monotonic() - begun:6.1f} s: {text}", flush=True)

    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        places.java_classes()
        say(f"seed {seed}")
        found, short = work(random.Random(seed), say)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    ask.out.mkdir(parents=True, exist_ok=True)
    (ask.out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    for what in short.all:
        say(f"FALLS SHORT: {what}")
    say(f"{'falls short' if short.all else 'good'}; {ask.out / name}.json")
    return 1 if short.all else 0


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed; 0 without values."""
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)], 2) if ordered else 0.0


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"p50": percentile(values, 50), "p99": percentile(values, 99), "max": percentile(values, 100)}


PAIRS = [("python", "python"), ("python", "java"), ("java", "python"), ("java", "java")]


def main(entry: Callable[[], int]) -> None:
    sys.exit(entry())
