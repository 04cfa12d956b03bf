"""Which processes a run kills, and when: drawn from a seed, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

SPAN = (0.2, 0.75)  # of the work; what is under way meanwhile stays below 80 %
FEWEST = 10_000  # flights; with fewer all batches are under way at once

MODEL, LEDGER = "model", "ledger"


@dataclass(frozen=True)
class Aim:
    """A process to kill once so many flights are decided: a model node by its name, or whoever keeps the ledger then."""

    at: int
    role: str
    name: str | None = None


class Fire:
    """One model node and the desk that keeps the ledger are killed, each once."""

    def __init__(self, seed: int, total: int, models: Sequence[str]) -> None:
        dice = random.Random(seed)
        model = Aim(int(total * dice.uniform(*SPAN)), MODEL, dice.choice(models))
        self._aims = [model, Aim(int(total * dice.uniform(*SPAN)), LEDGER)]

    def due(self, decided: int) -> list[Aim]:
        """Whom to kill now; each is answered once."""
        now = [aim for aim in self._aims if decided >= aim.at]
        self._aims = [aim for aim in self._aims if decided < aim.at]
        return now

    @property
    def left(self) -> int:
        """How many are still to be killed."""
        return len(self._aims)
