"""What the scenarios let a caller do, by name, through a blocking node or an awaited one; agents/java/agents/Steps.java does the same."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import queue
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol

import feeds
import scene
import stand
import twinspan
import work
from rush import Rush
from told import error_of
from values import literal_of, value_of

Ask = dict[str, Any]
Emit = Callable[[dict[str, Any]], None]

KINDS: dict[str, Callable[[Emit], Any]] = {"work": work.Work, "scene": scene.Scene, "feed": feeds.Feeds, "stand": stand.Stand}
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
        self._streams: dict[str, Any] = {}

    def run(self, ask: Ask) -> Any:
        return getattr(self, ask["do"])(ask)

    def forget(self) -> None:
        for key in list(self._nodes):
            self.close({"node": key, "drain": 0})
        self._begun.clear()
        self._streams.clear()

    def _awaited(self, coroutine: Any) -> Any:
        return self._later(coroutine).result(60)

    def _later(self, coroutine: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    # Nodes

    def join(self, ask: Ask) -> dict[str, Any]:
        """Joins as `node`; `serve` lists pairs of kind and name, `limits` some by name; `face` says whether the node blocks or is awaited."""
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
            limit = ask.get("limits", {}).get(name)
            app.add_service(name, made[-1], balance=ask.get("balance"), limit=limit and twinspan.Limit(**limit))
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
                "methods": {m.name: m.deprecated for m in service.methods},
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
        args, kwargs = self._arguments(ask)
        made = self._taking(ask) if "stream" in ask else self._method(ask)
        if self._awaits(ask):

            async def awaited() -> Any:
                with _carrying(ask):
                    return await made(*args, **kwargs)

            self._begun[ask["key"]] = self._later(awaited())
            return

        def blocking() -> Any:
            with _carrying(ask):
                return made(*args, **kwargs)

        self._begun[ask["key"]] = self.main.submit(blocking) if ask.get("interruptible") else apart(blocking)

    def _arguments(self, ask: Ask) -> tuple[list[Any], dict[str, Any]]:
        args = [self._argument(ask, part) for part in ask.get("args", ())]
        return args, {name: self._argument(ask, part) for name, part in ask.get("kwargs", {}).items()}

    def _argument(self, ask: Ask, literal: Any) -> Any:
        """A value, or a stream of what `feeds.Source` can make, also where it is not allowed."""
        if isinstance(literal, list):
            return [self._argument(ask, part) for part in literal]
        if not isinstance(literal, dict) or literal.get("t") != "stream":
            return value_of(literal)
        kind, n, key = literal["v"]
        return getattr(feeds.Source(self._emit), f"{kind}_async" if self._awaits(ask) else kind)(n, key)

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

    def peek(self, ask: Ask) -> bool:
        """Whether a call has ended within a moment; raises its error."""
        with suppress(TimeoutError):
            self._begun[ask["key"]].result(ask["seconds"])
            return True
        return False

    def cancel(self, ask: Ask) -> None:
        """Gives a call up, as a program would."""
        if self._awaits(ask):
            self._begun[ask["key"]].cancel()
        else:
            self.main.interrupt()

    def burst(self, ask: Ask) -> dict[str, int]:
        """`count` calls one after another: how often each answer came."""
        made, awaits = self._method(ask), self._awaits(ask)
        args, kwargs = self._arguments(ask)
        answers: Counter[str] = Counter()

        async def awaited() -> None:
            for _ in range(ask["count"]):
                answers[str(await made(*args, **kwargs))] += 1

        if awaits:
            self._awaited(awaited())
        else:
            for _ in range(ask["count"]):
                answers[str(made(*args, **kwargs))] += 1
        return dict(answers)

    def rush(self, ask: Ask) -> Any:
        """`at_once` callers for `seconds`: who answered how often, what failed where, and how long it took."""
        rush = Rush(self._method(ask), ask)
        return self._awaited(rush.run_async()) if self._awaits(ask) else rush.run()

    # Many calls at once

    def call_all(self, ask: Ask) -> Any:
        """Results and errors by name of the node."""
        args, kwargs = self._arguments(ask)
        told = self._chosen(ask).call_all(f"{ask['service']}.{ask['method']}", *args, **kwargs)
        if self._awaits(ask):
            told = self._awaited(told)
        return {name: _outcome(one) for name, one in told.items()}

    def call_many(self, ask: Ask) -> Any:
        """Results and errors in the order of `sets`."""
        sets = [tuple(value_of(part) for part in one) for one in ask["sets"]]
        more = {"window": ask["window"]} if "window" in ask else {}
        told = self._chosen(ask).call_many(f"{ask['service']}.{ask['method']}", sets, **more)

        async def awaited() -> list[Any]:
            return [one async for one in told]

        return [_outcome(one) for one in (self._awaited(awaited()) if self._awaits(ask) else told)]

    def first_of(self, ask: Ask) -> Any:
        """The first success of `n` providers."""
        args, kwargs = self._arguments(ask)
        told = self._chosen(ask).first_of(f"{ask['service']}.{ask['method']}", *args, n=ask["n"], **kwargs)
        return literal_of(self._awaited(told) if self._awaits(ask) else told)

    def _chosen(self, ask: Ask) -> Any:
        node, options = self._nodes[ask["node"]], ask.get("options", {})
        return node.with_options(**options) if options else node

    # Streams

    def open(self, ask: Ask) -> None:
        """Calls, and keeps the stream that is answered."""
        args, kwargs = self._arguments(ask)
        made = self._method(ask)

        async def awaited() -> Any:
            return await made(*args, **kwargs)

        self._streams[ask["key"]] = self._awaited(awaited()) if self._awaits(ask) else made(*args, **kwargs)

    def take(self, ask: Ask) -> Any:
        """The next `most` items, whether the stream ended before, and with what."""
        taking = self._taking(ask)
        return literal_of(self._awaited(taking()) if self._awaits(ask) else taking())

    def _taking(self, ask: Ask) -> Callable[[], Any]:
        stream, most = self._streams[ask["stream"]], ask["most"]
        told: dict[str, Any] = {"items": [], "ended": False, "error": None}

        def blocking() -> Any:
            try:
                while len(told["items"]) < most:
                    told["items"].append(next(stream))
            except StopIteration:
                told["ended"] = True
            except Exception as error:
                told["error"] = error_of(error)
            return told

        async def awaited() -> Any:
            try:
                while len(told["items"]) < most:
                    told["items"].append(await anext(stream))
            except StopAsyncIteration:
                told["ended"] = True
            except Exception as error:
                told["error"] = error_of(error)
            return told

        return awaited if self._awaits(ask) else blocking

    def batches(self, ask: Ask) -> Any:
        """All items in lists of at most `most`."""
        stream = self._streams[ask["stream"]]

        async def awaited() -> list[Any]:
            return [batch async for batch in stream.batches(ask["most"])]

        batches = self._awaited(awaited()) if self._awaits(ask) else list(stream.batches(ask["most"]))
        return literal_of({"lengths": [len(batch) for batch in batches], "items": [item for batch in batches for item in batch]})

    def consume(self, ask: Ask) -> Any:
        """All items: how many, and the digest of their bytes or their sum."""
        stream = self._streams[ask["stream"]]

        async def awaited() -> list[Any]:
            return [item async for item in stream]

        items = self._awaited(awaited()) if self._awaits(ask) else list(stream)
        if items and isinstance(items[0], bytes):
            return {"count": len(items), "digest": hashlib.sha256(b"".join(items)).hexdigest()}
        return {"count": len(items), "sum": sum(items)}

    def stats(self, ask: Ask) -> Any:
        told = self._streams[ask["stream"]].stats()
        return {"items": told.items, "bytes": told.bytes, "waiting": told.waiting, "ended": told.ended}

    def leave(self, ask: Ask) -> None:
        """Closes a stream: by its `with`, by `close`, or by letting the garbage collector find it."""
        stream = self._streams.pop(ask["stream"])
        if ask["how"] == "drop":
            del stream
            gc.collect()
        elif self._awaits(ask):
            self._awaited(_left(stream, ask["how"]))
        elif ask["how"] == "with":
            with stream:
                pass
        else:
            stream.close()


async def _left(stream: Any, how: str) -> None:
    if how == "close":
        stream.close()
        return
    async with stream:
        pass


def _outcome(told: Any) -> dict[str, Any]:
    """A result, or an error that is given and not raised."""
    return {"error": error_of(told)} if isinstance(told, BaseException) else {"value": literal_of(told)}


@contextmanager
def _carrying(ask: Ask) -> Iterator[None]:
    """What calls carry, and the options that they find around them."""
    with ExitStack() as around:
        if "baggage" in ask:
            around.enter_context(twinspan.baggage(**ask["baggage"]))
        if "traceparent" in ask:
            around.enter_context(twinspan.traceparent(ask["traceparent"]))
        if "ambient" in ask:
            around.enter_context(twinspan.call_options(**ask["ambient"]))
        yield


async def _joined(app: twinspan.App, options: dict[str, Any]) -> twinspan.AsyncNode:
    return await twinspan.join_async(app, **options)
