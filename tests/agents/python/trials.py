"""What the suites of faults ask of the Python agent, beside what every test asks. Trials.java is its twin."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import catching
import faulty
import twinspan
from deeds import Deeds
from storm import Cancels, Flood, Storm

LONG = 3600.0  # the driver gives up sooner


class Trials:
    nodes: dict[str, twinspan.Node]
    _deeds: Deeds | None = None

    def awaited(self, coroutine: Any, within: float = 60) -> Any:
        raise NotImplementedError

    def offer(self, app: twinspan.App, ask: dict[str, Any]) -> None:
        """Serves `deeds` under the names that the request lists, and `faulty`."""
        if "deeds" in ask:
            self._deeds = Deeds(Path(ask["deeds"]))
            for name in ask["deeds_as"]:
                app.add_service(name, self._deeds)
        if "faulty" in ask:
            app.add_service(ask["faulty"], faulty.Faulty(lambda: self.nodes[ask["node"]]))

    def know(self, ask: dict[str, Any]) -> None:
        """The faulty service knows its node in any case; Java's is told by this."""

    def catch(self, ask: dict[str, Any]) -> Any:
        return catching.caught(self.nodes[ask["node"]], self.awaited, ask)

    def storm(self, ask: dict[str, Any]) -> Any:
        async def run() -> Any:
            return await Storm(self.nodes[ask["node"]], ask).run()

        return self.awaited(run(), LONG)

    def cancels(self, ask: dict[str, Any]) -> Any:
        async def run() -> Any:
            return await Cancels(self.nodes[ask["node"]], ask).run()

        return self.awaited(run(), LONG)

    def flood(self, ask: dict[str, Any]) -> Any:
        async def run() -> Any:
            return await Flood(self.nodes[ask["node"]], ask).run()

        return self.awaited(run(), LONG)

    def told(self, ask: dict[str, Any]) -> Any:
        assert self._deeds is not None
        return self._deeds._take()

    def stats(self, ask: dict[str, Any]) -> dict[str, Any]:
        gc.collect()
        return {**self.nodes[ask["node"]].stats, "threads": len(os.listdir("/proc/self/task"))}

    def heap(self, ask: dict[str, Any]) -> int:
        """Bytes in use within memory that the process holds in any case: none here."""
        return 0

    def workers(self, ask: dict[str, Any]) -> int:
        """Threads that run the handlers of a node."""
        name = re.compile(rf"twinspan-{self.nodes[ask['node']].name}-\d+")
        return sum(name.fullmatch(thread.name) is not None for thread in threading.enumerate())

    def hold_gil(self, ask: dict[str, Any]) -> None:
        """No other Python thread of this process runs meanwhile."""
        ctypes.PyDLL(None).sleep(int(ask["seconds"]))

    def timed(self, ask: dict[str, Any]) -> list[float]:
        """Milliseconds that each of `count` calls took, `at_once` at a time, each of them by a blocking thread."""
        call = self.nodes[ask["node"]].with_options(timeout=ask.get("timeout", 30)).client(ask["service"])[ask["method"]]

        def one(_: int) -> float:
            begun = time.monotonic()
            call(*ask.get("arguments", ()))
            return (time.monotonic() - begun) * 1000

        with ThreadPoolExecutor(ask["at_once"]) as pool:
            return list(pool.map(one, range(ask["count"])))

    def roots(self, ask: dict[str, Any]) -> dict[str, Any]:
        """`count` calls of `relay` along `path`, `at_once` at a time: how each ended."""
        call = self.nodes[ask["node"]].with_options(timeout=ask["timeout"]).client(f"{ask['path'][0]}")["relay"]
        ends: dict[str, int] = {}
        lock = threading.Lock()
        slowest = 0.0

        def one(_: int) -> None:
            nonlocal slowest
            begun = time.monotonic()
            try:
                hops = call(ask["path"][1:])
                end = "ok" if [f"work.{hop['name']}" for hop in hops] == ask["path"] else "wrong"
            except twinspan.Error as error:
                end = error.kind
            with lock:
                ends[end] = ends.get(end, 0) + 1
                slowest = max(slowest, (time.monotonic() - begun) * 1000)

        with ThreadPoolExecutor(ask["at_once"]) as pool:
            list(pool.map(one, range(ask["count"])))
        return {"ends": ends, "max_ms": slowest}

    def many(self, ask: dict[str, Any]) -> dict[str, int]:
        """`count` calls in every way that holds something in this process, and gives it back."""
        node = self.nodes[ask["node"]]
        ends: dict[str, int] = {}

        def end(name: str) -> None:
            ends[name] = ends.get(name, 0) + 1

        async def place(number: int, count: int) -> None:
            client = node.aio.client(ask["service"])
            for at in range(count):
                way = (number + at) % 50
                try:
                    if way == 0:
                        await node.aio.client(ask["service"])["add"](at, 1)
                        end("new client")
                    elif way == 1:
                        task = asyncio.ensure_future(client["later"](50))
                        await asyncio.sleep(0)
                        task.cancel()
                        await asyncio.wait([task])
                        end("cancelled" if task.cancelled() else "answered")
                    elif way == 2:
                        await client["value"]("raised on purpose")
                    elif way == 3:
                        await node.aio.with_options(timeout=0.001).call(f"{ask['service']}.later", 5)
                    else:
                        end("ok" if await client["add"](at, 1) == at + 1 else "wrong")
                except twinspan.Error as error:
                    end(error.kind)

        async def run() -> None:
            at_once = ask["at_once"]
            await asyncio.gather(*(place(number, ask["count"] // at_once) for number in range(at_once)))

        self.awaited(run(), LONG)
        return ends
