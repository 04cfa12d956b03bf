"""Calls of one node under a fault, each with exactly one recorded outcome. Storm.java is its twin."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import twinspan

GRACE = 15.0  # seconds after its deadline until an unanswered call counts as hung


class Storm:
    """`in_flight` calls at a time, one after another in each place, until `seconds` have passed; every second of them is idempotent.

    A record is [key, method, kind or "", executed or "", begun, ended, attempt, pid, right]; kind is "hung" for a call that never ended.
    """

    def __init__(self, node: twinspan.Node, ask: dict[str, Any]) -> None:
        timeout = ask.get("timeout", 10.0)
        self._calls = {method: node.aio.with_options(timeout=timeout).client(ask["service"])[method] for method in ("once", "twice")}
        self._ask = ask
        self._timeout = timeout
        self._records: list[list[Any]] = []
        self._number = 0

    async def run(self) -> dict[str, Any]:
        """All of it; the records go to the file `log`."""
        until = time.monotonic() + self._ask["seconds"]
        await asyncio.gather(*(self._place(until) for _ in range(self._ask["in_flight"])))
        Path(self._ask["log"]).write_text("\n".join(map(json.dumps, self._records)))
        return {"sent": len(self._records)}

    async def _place(self, until: float) -> None:
        while time.monotonic() < until:
            self._number += 1
            await self._one(f"{self._ask['prefix']}{self._number}", ("once", "twice")[self._number % 2])
            if pause := self._ask.get("pause_ms", 0):
                await asyncio.sleep(pause / 1000)

    async def _one(self, key: str, method: str) -> None:
        begun = time.monotonic_ns()
        kind, executed, answer = "", "", ["", 0, 0]
        try:
            answer = await asyncio.wait_for(self._calls[method](key, self._ask["ms"]), self._timeout + GRACE)
        except twinspan.Error as error:
            kind, executed = error.kind, error.executed
        except TimeoutError:
            kind = "hung"
        except Exception as error:
            kind = f"{type(error).__module__}.{type(error).__qualname__}"
        right = kind != "" or answer[0] == key
        self._records.append([key, method, kind, executed, begun, time.monotonic_ns(), answer[1], answer[2], right])


class Cancels:
    """`count` calls, each cancelled at a random moment within `most_ms` after it began; the answer is [key, when] of each."""

    def __init__(self, node: twinspan.Node, ask: dict[str, Any]) -> None:
        client = node.aio.with_options(timeout=30).client(ask["service"])
        self._calls = [client[method] for method in ask["methods"]]
        self._ask = ask
        self._dice = random.Random(ask["seed"])
        self._room = asyncio.Semaphore(ask["in_flight"])
        self._cancelled: list[list[Any]] = []
        self._others: Counter[str] = Counter()

    async def run(self) -> dict[str, Any]:
        await asyncio.gather(*(self._one(number) for number in range(self._ask["count"])))
        return {"cancelled": self._cancelled, "others": dict(self._others)}

    async def _one(self, number: int) -> None:
        async with self._room:
            key = f"{self._ask['prefix']}{number}"
            task = asyncio.ensure_future(self._calls[number % len(self._calls)](key))
            await asyncio.sleep(self._dice.uniform(0, self._ask["most_ms"]) / 1000)
            at = time.monotonic_ns()
            task.cancel()
            try:
                self._others[str(await task)] += 1
            except asyncio.CancelledError:
                self._cancelled.append([key, at])
            except Exception as error:
                self._others[type(error).__name__] += 1


class Flood:
    """Calls at a steady rate, whatever comes of them: `rate` a second for `seconds`. Answers counts for every tenth of a second."""

    def __init__(self, node: twinspan.Node, ask: dict[str, Any]) -> None:
        self._call = node.aio.with_options(timeout=ask["timeout"], attempts=1).client(ask["service"])["busy"]
        self._ask = ask
        self._open: set[asyncio.Task[None]] = set()
        self._slots: dict[int, dict[str, Any]] = {}
        self._kinds: Counter[str] = Counter()
        self._blob = bytes(ask["bytes"])

    async def run(self) -> dict[str, Any]:
        begun = time.monotonic()
        rate, sent = self._ask["rate"], 0
        while (passed := time.monotonic() - begun) < self._ask["seconds"]:
            due = int(passed * rate)
            # What can't be sent in time is not made up for: the machine is the limit then, and the driver sees how much was sent.
            for _ in range(min(due - sent, self._ask["burst"])):
                if len(self._open) < self._ask["most_open"]:
                    task = asyncio.ensure_future(self._one(begun))
                    self._open.add(task)
                    task.add_done_callback(self._open.discard)
            sent = due
            await asyncio.sleep(0.002)
        if self._open:
            await asyncio.wait(self._open, timeout=self._ask["timeout"] + GRACE)
        return {
            "slots": [{"at": at / 10, **slot} for at, slot in sorted(self._slots.items())],
            "kinds": dict(self._kinds),
            "hung": len(self._open),
        }

    async def _one(self, begun: float) -> None:
        at = time.monotonic()
        sent = self._slot(at - begun)
        sent["sent"] += 1
        try:
            right = await self._call("k", self._ask["ms"], self._blob) == "k"
            self._kinds["ok" if right else "wrong"] += 1
            now = time.monotonic()
            sent["slowest_ms"] = max(sent["slowest_ms"], (now - at) * 1000)
            self._slot(now - begun)["ok"] += 1
        except twinspan.Error as error:
            sent["failed"] += 1
            self._kinds[error.kind] += 1

    def _slot(self, passed: float) -> dict[str, Any]:
        return self._slots.setdefault(int(passed * 10), {"sent": 0, "ok": 0, "failed": 0, "slowest_ms": 0.0})
