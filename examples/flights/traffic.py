"""What a node of the demo counts: calls that it served, by the caller's language, and how long its own calls took."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import twinspan


class Traffic:
    """Shared by all worker threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._served: Counter[str] = Counter()
        self._latencies: list[int] = []

    def served(self) -> None:
        """A handler was entered. Called inside it: who calls is what the library says of the current call."""
        call = twinspan.current_call()
        if call is None:
            raise RuntimeError("served() is for handlers")
        with self._lock:
            self._served[call.language] += 1

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Around a call of this node; one that fails is not counted."""
        begun = time.perf_counter_ns()
        yield
        taken = (time.perf_counter_ns() - begun) // 1000
        with self._lock:
            self._latencies.append(taken)

    def report(self) -> dict[str, object]:
        """The counts for the launcher."""
        with self._lock:
            return {"calls": dict(self._served), "latencies_us": list(self._latencies)}
