"""A service whose providers can be made slow, failing or full; agents/java/agents/Stand.java is the same in Java."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import twinspan
import work

Emit = Callable[[dict[str, Any]], None]


TUNED: dict[str, tuple[float, bool]] = {}
"""How long a job takes at a node, in ms, and whether it fails, under each name that it serves."""


class Stand:
    def __init__(self, emit: Emit) -> None:
        self._node: Any = None

    def _joined(self, node: Any) -> None:
        self._node = node

    def who(self) -> str:
        return self._node.name if self._node is not None else ""

    def tune(self, ms: float, fails: bool) -> None:
        """How `job` goes from now on."""
        TUNED[self.who()] = ms, fails

    def job(self) -> str:
        """Takes a while, or fails at once."""
        ms, fails = TUNED.get(self.who(), (0.0, False))
        if fails:
            raise ValueError(f"{self.who()} is broken")
        time.sleep(ms / 1000)
        return self.who()

    def wide(self, key: str) -> str:
        """Waits until the driver releases it."""
        work.COUNTS[key] += 1
        work.gate(key).wait(30)
        return self.who()

    @twinspan.limit(running=1, waiting=1)
    def narrow(self, key: str) -> str:
        """`wide`, one at a time."""
        return self.wide(key)

    @twinspan.limit(running=1, bytes=1000)
    def light(self, key: str, load: bytes) -> str:
        """`wide`, for those that wait with little."""
        return self.wide(key)
