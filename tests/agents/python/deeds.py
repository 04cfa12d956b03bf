"""The service on which faults are tried: every execution leaves a line in a file before anything else happens. Deeds.java is its twin."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from typing import Any

import twinspan

PATIENCE = 10.0  # seconds after which a handler that is never told of its cancel gives up


class Deeds:
    def __init__(self, file: Path) -> None:
        # One write with O_APPEND a line: a kill leaves it whole or not at all.
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._started: list[list[Any]] = []
        self._told: list[list[Any]] = []

    def once(self, key: str, ms: float) -> list[Any]:
        """May not run twice."""
        return self._done(key, ms)

    @twinspan.idempotent
    def twice(self, key: str, ms: float) -> list[Any]:
        """May run twice."""
        return self._done(key, ms)

    def _done(self, key: str, ms: float) -> list[Any]:
        call = twinspan.current_call()
        assert call is not None
        os.write(self._file, f"{key} {call.attempt}\n".encode())
        if ms:
            time.sleep(ms / 1000)
        return [key, call.attempt, os.getpid()]

    def busy(self, key: str, ms: float, blob: bytes) -> str:
        """Holds a worker, and was given something to carry."""
        time.sleep(ms / 1000)
        return key if len(blob) else ""

    def wait(self, key: str) -> str:
        """Looks whether its call was cancelled, and ends then."""
        call = twinspan.current_call()
        assert call is not None
        self._note(self._started, key)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if call.cancelled():
                self._note(self._told, key)
                return "told"
            time.sleep(0.002)
        return "never told"

    async def wait_async(self, key: str) -> str:
        """A coroutine that is cancelled with its call."""
        self._note(self._started, key)
        try:
            await asyncio.sleep(PATIENCE)
        except asyncio.CancelledError:
            self._note(self._told, key)
            raise
        return "never told"

    def _note(self, where: list[list[Any]], key: str) -> None:
        at = time.monotonic_ns()
        with self._lock:
            where.append([key, at])

    def _take(self) -> dict[str, list[list[Any]]]:
        """What the handlers noted since the last time."""
        with self._lock:
            taken = {"started": self._started, "told": self._told}
            self._started, self._told = [], []
        return taken
