"""What the scenarios let a caller do, by name, through a blocking node or an awaited one; agents/java/agents/Steps.java does the same."""

from __future__ import annotations

import asyncio
import gc
import queue
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any, Protocol

import scene
import twinspan
import work
from values import literal_of, value_of

Ask = dict[str, Any]
Emit = Callable[[dict[str, Any]], None]

KINDS: dict[str, Callable[[Emit], Any]] = {"work": work.Work, "scene": scene.Scene}
"""What a node can serve."""


class Face(Protocol):
    def who(self) -> str: ...
    def whole(self, value: int) -> int: ...
    def join_words(self, first_word: str, second_word: str = ...) -> str: ...
    @twinspan.raises(scene.Broken)
    def breaks(self, part: str, pieces: int) -> None: ...
    def noted(self, text: str) -> None: ...


class AsyncFace(Protocol):
    async def who(self) -> str: ...
    async def whole(self, value: int) -> int: ...
    async def join_words(self, first_word: str, second_word: str = ...) -> str: ...
    @twinspan.raises(scene.Broken)
    async def breaks(self, part: str, pieces: int) -> None: ...
    async def noted(self, text: str) -> None: ...


class MainThread:
    """Runs one job at a time on the main thread, where an interrupt arrives."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._inside = False

    def run(self) -> None:
        signal.signal(signal.SIGINT, self._arrived)
        while True:
            self._jobs.get()()

    def _arrived(self, *_: object) -> None:
        if self._inside:
            raise KeyboardInterrupt

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()

        def job() -> None:
            try:
                self._inside = True
                result = work()
                self._inside = False
            except BaseException as error:
                self._inside = False
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put(job)
        return future

    def interrupt(self) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def apart(work: Callable[[], Any]) -> Future[Any]:
    """Runs something on a thread of its own."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Steps:
    def __init__(self, loop: asyncio.AbstractEventLoop, emit: Emit) -> None:
        self.main = MainThread()
        self._loop = loop
        self._emit = emit
        self._nodes: dict[str, Any] = {}
        self._begun: dict[str, Future[Any]] = {}

    def run(self, ask: Ask) -> Any:
        return getattr(self, ask["do"])(ask)

    def forget(self) -> None:
        for key in list(self._nodes):
            self.close({"node": key, "drain": 0})
        self._begun.clear()

    def _awaited(self, coroutine: Any) -> Any:
        return self._later(coroutine).result(60)

    def _later(self, coroutine: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    # Nodes

    def join(self, ask: Ask) -> dict[str, Any]:
        """Joins as `node`; `serve` lists pairs of kind and name; `face` says whether the node blocks or is awaited."""
        hold = ask.get("hold")

        @asynccontextmanager
        async def lifespan(app: twinspan.App) -> Any:
            self._emit({"event": "starting", "key": hold})
            await asyncio.to_thread(work.gate(hold).wait, 20)
            yield {}
            self._emit({"event": "stopped", "key": hold})

        app = twinspan.App("scene", version=ask.get("version", "1"), **({"lifespan": lifespan} if hold else {}))
        made = []
        for kind, name in ask.get("serve", ()):
            made.append(KINDS[kind](self._emit))
            app.add_service(name, made[-1], balance=ask.get("balance"))
        if ask["face"] == "async":
            node: Any = self._awaited(_joined(app, ask.get("options", {})))
        else:
            node = twinspan.join(app, **ask.get("options", {}))
        for one in made:
            one._joined(node)
        self._nodes[ask["node"]] = node
        return {"id": node.id, "name": node.name, "cluster": node.cluster}

    def close(self, ask: Ask) -> float:
        node = self._nodes[ask["node"]]
        begun = time.monotonic()
        if isinstance(node, twinspan.AsyncNode):
            self._awaited(node.close(drain=ask.get("drain", 10)))
        else:
            node.close(drain=ask.get("drain", 10))
        if ask.get("gone"):
            del self._nodes[ask["node"]]
        return (time.monotonic() - begun) * 1000

    def drain(self, ask: Ask) -> None:
        node = self._nodes[ask["node"]]
        left = node.drain(timeout=ask.get("timeout", 10))
        if isinstance(node, twinspan.AsyncNode):
            self._awaited(left)

    def wait_for(self, ask: Ask) -> None:
        node = self._nodes[ask["node"]]
        waited = node.wait_for(ask["service"], count=ask.get("count", 1), timeout=ask.get("timeout", 10))
        if isinstance(node, twinspan.AsyncNode):
            self._awaited(waited)

    def look(self, ask: Ask) -> Any:
        """What the node knows of itself and of the others."""
        node = self._nodes[ask["node"]]
        if ask["at"] == "state":
            return {"ready": node.ready, "closed": node.closed, "name": node.name}
        if ask["at"] == "stats":
            return dict(node.stats)
        if ask["at"] == "members":
            return {m.name: {"state": m.state, "language": m.language, "me": m.me, "services": sorted(m.services)} for m in node.members}
        return {
            name: {
                "providers": sorted(p.name for p in service.providers if p.ready),
                "methods": {m["name"]: bool(m.get("deprecated")) for m in service.methods},
            }
            for name, service in node.services.items()
        }

    def outside(self, ask: Ask) -> bool:
        """Whether there is no call where no handler runs."""
        return twinspan.current_call() is None

    # Calls

    def call(self, ask: Ask) -> Any:
        """Calls and waits."""
        self.begin(ask)
        return self.result(ask)

    def begin(self, ask: Ask) -> None:
        """Starts a call under `key`; with `interruptible` where an interrupt arrives."""
        args = [value_of(part) for part in ask.get("args", ())]
        kwargs = {name: value_of(part) for name, part in ask.get("kwargs", {}).items()}
        made = self._method(ask)
        if self._awaits(ask):

            async def awaited() -> Any:
                return await made(*args, **kwargs)

            self._begun[ask["key"]] = self._later(awaited())
        elif ask.get("interruptible"):
            self._begun[ask["key"]] = self.main.submit(lambda: made(*args, **kwargs))
        else:
            self._begun[ask["key"]] = apart(lambda: made(*args, **kwargs))

    def _awaits(self, ask: Ask) -> bool:
        return isinstance(self._nodes[ask["node"]], twinspan.AsyncNode)

    def _method(self, ask: Ask) -> Callable[..., Any]:
        node = self._nodes[ask["node"]]
        options = ask.get("options", {})
        if ask.get("contract"):
            face = AsyncFace if self._awaits(ask) else Face
            return getattr(node.client(ask["service"], face, **options), ask["method"])  # type: ignore[no-any-return]
        if ask.get("by_name"):
            chosen = node.with_options(**options) if options else node
            return lambda *args, **kwargs: chosen.call(f"{ask['service']}.{ask['method']}", *args, **kwargs)
        return getattr(node.client(ask["service"], **options), ask["method"])  # type: ignore[no-any-return]

    def result(self, ask: Ask) -> Any:
        """What came of a call."""
        future = self._begun.pop(ask["key"])
        result = future.result(ask.get("within", 20))
        return literal_of(work.Work.digest(None, result) if ask.get("digest") else result)  # type: ignore[arg-type]

    def cancel(self, ask: Ask) -> None:
        """Gives a call up, as a program would."""
        if self._awaits(ask):
            self._begun[ask["key"]].cancel()
        else:
            self.main.interrupt()

    def burst(self, ask: Ask) -> dict[str, int]:
        """`count` calls one after another: how often each answer came."""
        made, args, awaits = self._method(ask), ask.get("args", ()), self._awaits(ask)
        answers: Counter[str] = Counter()

        async def awaited() -> None:
            for _ in range(ask["count"]):
                answers[str(await made(*args))] += 1

        if awaits:
            self._awaited(awaited())
        else:
            for _ in range(ask["count"]):
                answers[str(made(*args))] += 1
        return dict(answers)

    def collect(self, ask: Ask) -> None:
        """Lets the garbage collector find what nobody holds."""
        gc.collect()


async def _joined(app: twinspan.App, options: dict[str, Any]) -> twinspan.AsyncNode:
    return await twinspan.join_async(app, **options)
