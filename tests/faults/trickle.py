"""Streams that are read one item a second for minutes, far beyond the timeout of their call: in every pair and both faces at once.

One stream of each cast is made as fast as its reader lets it, another gets an item a second from its producer.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import Asked, Failed, Gone
from faults import trial
from faults.trial import Say, Shortfalls
from scenarios.playing import CASTS, KINDS, Cast
from scenarios.scene import fields, key
from scenarios.stage import Actor, Stage

TIMEOUT_S = 2.0
"""Of the calls; the gate of a slow producer opens by itself after 20 s, so nothing but the timeout could end a stream."""
ITEMS = 1_000_000


class Reader:
    """One cast's two streams, and what came of them."""

    def __init__(self, stage: Stage, cast: Cast) -> None:
        self.cast = cast
        self.caller: Actor = stage.callers[cast.caller, cast.face]
        self.provider: Actor = stage.providers[cast.provider, "a"]
        self.runs = {kind: key() for kind in ("numbers", "gated")}
        self.items = dict.fromkeys(self.runs, 0)
        self.why = ""

    def open(self) -> None:
        for kind, run in self.runs.items():
            method = kind if self.cast.face == "sync" else f"{kind}_async"
            ask = {"service": f"feed.{self.provider.name}", "method": method, "args": [ITEMS, run], "options": {"timeout": TIMEOUT_S}}
            self.caller.ask("open", key=run, **ask)

    def take(self, at: int) -> list[tuple[str, Asked]]:
        """Asks for one item of each stream."""
        self.provider.agent.ask("release", key=f"{self.runs['gated']}-{at}")
        return [(kind, self.caller.start("take", within=10, stream=run, most=1)) for kind, run in self.runs.items()]

    def took(self, asked: list[tuple[str, Asked]], at: int) -> None:
        for kind, take in asked:
            try:
                told = fields(take.get())
            except (Failed, Gone) as error:
                self.why = self.why or f"{kind}: {error}"
                continue
            if (told["items"], told["error"]) == ([at], None):
                self.items[kind] += 1
            else:
                self.why = self.why or f"{kind}: item {at} is {told}"[:300]

    def row(self, seconds: float, made: int) -> dict[str, Any]:
        cast = {"caller": self.cast.caller, "provider": self.cast.provider, "face": self.cast.face}
        read = {"read": self.items["numbers"], "made": made, "came": self.items["gated"]}
        return {**cast, "seconds": round(seconds), "timeout_s": TIMEOUT_S, **read, "why": self.why}


def run(seconds: int, say: Say) -> tuple[dict[str, Any], Shortfalls]:
    stage = Stage(KINDS)
    short = Shortfalls()
    try:
        readers = [Reader(stage, cast) for cast in CASTS]
        for reader in readers:
            reader.open()
        begun = time.monotonic()
        for at in range(seconds):
            asked = [reader.take(at) for reader in readers]
            for reader, takes in zip(readers, asked, strict=True):
                reader.took(takes, at)
            if at % 30 == 29:
                say(f"{at + 1} items of each, {sum(bool(reader.why) for reader in readers)} casts failed")
            time.sleep(max(0.0, begun + at + 1 - time.monotonic()))
        lasted = time.monotonic() - begun
        rows = []
        for reader in readers:
            made = int(reader.provider.agent.ask("count", key=reader.runs["numbers"]))
            rows.append(reader.row(lasted, made))
            for run in reader.runs.values():
                reader.caller.ask("leave", stream=run, how="close")
            short_of(rows[-1], seconds, short)
        return {"rows": rows}, short
    finally:
        stage.close()


def short_of(row: dict[str, Any], seconds: int, short: Shortfalls) -> None:
    what = f"{row['caller']} calls {row['provider']}, {row['face']}"
    short.expect(not row["why"], f"{what}: {row['why']}")
    short.expect(row["read"] == row["came"] == seconds, f"{what}: {row['read']} and {row['came']} of {seconds} items came")
    # A window is 1,024 items; what is granted again goes in halves of it.
    short.expect(row["made"] <= seconds + 4096, f"{what}: {row['made']} items were made for {row['read']} that were read")


def main() -> int:
    parser: argparse.ArgumentParser = trial.parser(__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    ask = parser.parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        return run(ask.seconds, say)

    return trial.run("trickle", ask, work)


if __name__ == "__main__":
    sys.exit(main())
