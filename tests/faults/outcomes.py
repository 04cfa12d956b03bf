"""What callers recorded, held against what handlers noted: one outcome a call, and errors that tell the truth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One call and its outcome. `kind` is empty for an answer, and `hung` if the call never ended; times in nanoseconds."""

    key: str
    method: str
    kind: str
    executed: str
    begun: int
    ended: int
    attempt: int
    pid: int
    right: bool

    @property
    def ms(self) -> float:
        return (self.ended - self.begun) / 1e6

    @property
    def idempotent(self) -> bool:
        return self.method == "twice"

    @property
    def lied(self) -> str:
        return f"{self.key} {self.method}: {self.kind or 'answered'}, executed={self.executed or 'yes'}"


def read(logs: Iterable[Path]) -> list[Record]:
    return [Record(*json.loads(line)) for log in logs for line in log.read_text().splitlines()]


def untrue(record: Record, ran: int) -> bool:
    """Whether the outcome says other than what the handlers noted."""
    executed = record.executed if record.kind else "yes"
    return (executed == "no" and ran > 0) or (executed == "yes" and ran == 0)


def judged(records: Sequence[Record], ran: Counter[str]) -> dict[str, Any]:
    """The counts that every row has. `by_kind` counts errors only: `ok` and they sum up to `sent`."""
    keys = Counter(record.key for record in records)
    kinds = Counter(record.kind for record in records)
    ok = kinds.pop("", 0)
    plain = [record for record in records if not record.idempotent]
    idempotent = [record for record in records if record.idempotent]
    return {
        "sent": len(records),
        "ok": ok,
        "by_kind": dict(sorted(kinds.items())),
        "idempotent_sent": len(idempotent),
        "idempotent_lost": sum(record.kind != "" for record in idempotent),
        "hung": kinds["hung"],
        # A wrong answer, or two outcomes of one call.
        "wrong": sum(not record.right for record in records) + sum(count - 1 for count in keys.values()),
        "executed_wrong": sum(untrue(record, ran[record.key]) for record in records),
        "effects_per_key_max": max((ran[record.key] for record in plain), default=0),
    }


def lies(records: Sequence[Record], ran: Counter[str], most: int = 5) -> list[str]:
    """Some of those whose outcome is untrue, in words."""
    return [f"{record.lied}, ran {ran[record.key]} times" for record in records if untrue(record, ran[record.key])][:most]


def failovers(records: Sequence[Record], kills: Sequence[int]) -> list[float]:
    """Milliseconds that calls took to reach another provider: from the kill, or from their begin if that came later."""
    took = []
    for record in records:
        before = [kill for kill in kills if kill <= record.ended]
        if record.kind == "" and record.attempt > 1 and before:
            took.append((record.ended - max(record.begun, before[-1])) / 1e6)
    return took
