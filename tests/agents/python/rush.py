"""Many callers at once for a while, and who answered how; agents/java/agents/Rush.java does the same."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import twinspan


class Rush:
    """`at_once` callers call `made` one after the other for `seconds`."""

    def __init__(self, made: Callable[[], Any], ask: dict[str, Any]) -> None:
        self._made = made
        self._at_once: int = ask["at_once"]
        self._seconds: float = ask["seconds"]
        self._lock = threading.Lock()
        self._answers: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._took: list[float] = []

    def run(self) -> dict[str, Any]:
        threads = [threading.Thread(target=self._blocking, daemon=True) for _ in range(self._at_once)]
        self._until = time.monotonic() + self._seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(self._seconds + 30)
        return self._told()

    async def run_async(self) -> dict[str, Any]:
        self._until = time.monotonic() + self._seconds
        await asyncio.gather(*(self._awaited() for _ in range(self._at_once)))
        return self._told()

    def _blocking(self) -> None:
        while (at := time.monotonic()) < self._until:
            try:
                self._answered(at, self._made())
            except twinspan.Error as error:
                self._failed(error)

    async def _awaited(self) -> None:
        while (at := time.monotonic()) < self._until:
            try:
                self._answered(at, await self._made())
            except twinspan.Error as error:
                self._failed(error)

    def _answered(self, at: float, who: str) -> None:
        took = (time.monotonic() - at) * 1000
        with self._lock:
            self._answers[who] = self._answers.get(who, 0) + 1
            self._took.append(took)

    def _failed(self, error: twinspan.Error) -> None:
        with self._lock:
            where = f"{error.node or ''} {error.kind}"
            self._errors[where] = self._errors.get(where, 0) + 1

    def _told(self) -> dict[str, Any]:
        took = sorted(self._took) or [0.0]
        at = {"p50_ms": took[len(took) // 2], "p99_ms": took[len(took) * 99 // 100]}
        return {"answers": self._answers, "errors": self._errors, "calls": len(self._took) + sum(self._errors.values()), **at}
