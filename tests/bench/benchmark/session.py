"""The measurement itself: blocks of calls, the products taking turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from .agent import AgentFailed, Words
from .fleet import Fleet
from .plan import Condition, Series, conditions, products
from .spinners import Spinners

RUNS = 5
ANSWERS_WITHIN = 120.0  # 64 threads of a slow peer, 1 MiB each way
SECONDS = {"back_to_back": 0.5, "in_flight64": 0.5, "sparse": 0.8, "streamed": 0.5}
QUICK_SECONDS = {"back_to_back": 0.2, "in_flight64": 0.2, "sparse": 0.3, "streamed": 0.2}


@dataclass(frozen=True)
class Block:
    """One product's calls, or items, of one run under one condition. `None`: items of a stream are not timed one by one."""

    p50_us: float | None
    p99_us: float | None
    rate: float
    cpu_us: float
    spread: float | None

    @classmethod
    def read(cls, told: Words, cpu_us: float) -> Block:
        """What an agent reported."""
        p50, p99, spread = (float(told[key]) if key in told else None for key in ("p50_us", "p99_us", "spread"))
        return cls(p50, p99, float(told["rate"]), cpu_us, spread)


@dataclass
class Session:
    """Blocks by (condition, cores) and then by the product's key."""

    quick: bool
    chosen: frozenset[str] = frozenset()
    blocks: dict[tuple[Condition, str], dict[str, list[Block]]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def cores(self) -> Sequence[str]:
        return ("idle",) if self.quick else ("idle", "awake")

    def series(self) -> list[Series]:
        return [series for condition in conditions() for series in products(condition, self.chosen)]

    def run(self, fleet: Fleet) -> None:
        """One round that warms everything up and isn't kept, then `RUNS` that are."""
        started = time.monotonic()
        for number in range(RUNS + 1):
            for cores in self.cores:
                with Spinners(awake=cores == "awake"):
                    self._round(fleet, number, cores)
            print(f"round {number} of {RUNS} done after {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    def _round(self, fleet: Fleet, number: int, cores: str) -> None:
        for condition in conditions():
            taking_part = products(condition, self.chosen)
            turn = number * 5 % max(len(taking_part), 1)  # nobody always follows the same product
            for series in taking_part[turn:] + taking_part[:turn]:
                try:
                    block = self._block(fleet, condition, series)
                except AgentFailed as error:
                    self._failed(f"{condition} {series.key}: {error}")
                    continue
                if number > 0:
                    self.blocks.setdefault((condition, cores), {}).setdefault(series.key, []).append(block)

    def _block(self, fleet: Fleet, condition: Condition, series: Series) -> Block:
        client, server = fleet[series.client], fleet[series.server]
        seconds = (QUICK_SECONDS if self.quick else SECONDS)[condition.pace]
        before = client.cpu() + server.cpu()
        done = client.ask(condition.order(series, seconds), ANSWERS_WITHIN)
        used = client.cpu() + server.cpu() - before
        told = client.ask("report", ANSWERS_WITHIN)
        return Block.read(told, used / int(done["calls"]) * 1e6)

    def _failed(self, why: str) -> None:
        if why not in self.failures:
            self.failures.append(why)
            print(f"FAILED {why}", file=sys.stderr, flush=True)
