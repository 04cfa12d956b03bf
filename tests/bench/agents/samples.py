"""What a run measured."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Samples:
    """Nanoseconds of each call, one list a thread of calls, and how long all of them took together."""

    lines: list[list[int]] = field(default_factory=list)
    lasted: int = 1

    @property
    def calls(self) -> int:
        return sum(map(len, self.lines))

    def report(self) -> str:
        everything = sorted(nanos for line in self.lines for nanos in line)
        medians = [percentile(sorted(line), 50) for line in self.lines if line]
        spread = max(medians) / min(medians) if medians else 1.0
        return (
            f"report calls={len(everything)} p50_us={percentile(everything, 50) / 1e3:.2f} p99_us={percentile(everything, 99) / 1e3:.2f} "
            f"rate={len(everything) / self.lasted * 1e9:.1f} spread={spread:.2f}"
        )


def percentile(ordered: list[int], share: int) -> int:
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)] if ordered else 0
