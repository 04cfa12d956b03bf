"""Calls without pause, and what came of them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import twinspan
from values import value_of


class Load:
    def __init__(self, node: twinspan.Node, ask: dict[str, Any], error_of: Callable[[BaseException], dict[str, Any]]) -> None:
        self._call = node.with_options(**ask.get("options", {})).client(ask["service"])[ask["method"]]
        self._args = [value_of(part) for part in ask.get("args", ())]
        self._error_of = error_of
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._errors: list[dict[str, Any]] = []
        self._failed = 0
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(ask.get("threads", 2))]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                answer = str(self._call(*self._args))
            except Exception as error:
                with self._lock:
                    self._failed += 1
                    if len(self._errors) < 10:
                        self._errors.append({"at": time.monotonic_ns(), **self._error_of(error)})
                continue
            with self._lock:
                self._answers[answer] += 1

    def stop(self) -> dict[str, Any]:
        self._stopped.set()
        for thread in self._threads:
            thread.join(30)
        hung = sum(thread.is_alive() for thread in self._threads)
        return {"answers": dict(self._answers), "failed": self._failed, "errors": self._errors, "hung": hung}
