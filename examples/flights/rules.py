"""The rule book of the operations desk: from a probability to an action."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

BOOK = Path(__file__).with_name("rules.json")


@dataclass(frozen=True)
class Rule:
    """Applies to flights from `origin` (`*`: all) that leave from hour `from_hour` on and before `to_hour`."""

    action: str
    above: float
    origin: str
    from_hour: int
    to_hour: int


def load(path: Path = BOOK) -> list[Rule]:
    """Rules in order; the first that applies decides."""
    return [Rule(**rule) for rule in json.loads(path.read_text(encoding="utf-8"))]


def applied(book: list[Rule], probability: float, origin: str, hour: int) -> Rule | None:
    """The first rule that applies to a flight."""
    for rule in book:
        if probability > rule.above and rule.origin in ("*", origin) and rule.from_hour <= hour < rule.to_hour:
            return rule
    return None


def decide(book: list[Rule], probability: float, origin: str, hour: int) -> str:
    """The action for one flight."""
    rule = applied(book, probability, origin, hour)
    return "release" if rule is None else rule.action
