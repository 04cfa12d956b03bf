"""The service of the scenarios; agents/java/agents/Scene.java is the same in Java. A method and its `_async` twin do the same."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

import twinspan
import work

Emit = Callable[[dict[str, Any]], None]


@twinspan.error("scene.Broken")
class Broken(Exception):
    def __init__(self, part: str, pieces: int) -> None:
        super().__init__(f"{part} broke into {pieces}")
        self.part = part
        self.pieces = pieces


class Scene:
    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._node: Any = None

    def _joined(self, node: Any) -> None:
        self._node = node

    def _tell(self, event: str, key: str) -> None:
        self._emit({"event": event, "key": key, "node": self.who()})

    def who(self) -> str:
        return self._node.name if self._node is not None else ""

    def nothing(self) -> None:
        """Answers nothing."""

    def touch(self, key: str) -> str:
        """Counts that it ran."""
        work.COUNTS[key] += 1
        return self.who()

    @twinspan.idempotent
    def touch_again(self, key: str) -> str:
        """May run twice."""
        return self.touch(key)

    def whole(self, value: int) -> int:
        return value

    def join_words(self, first_word: str, second_word: str = "world") -> str:
        """Its names are spelt differently in the other language."""
        return f"{first_word} {second_word}"

    @twinspan.deprecated("use join_words")
    def glue(self, a: str, b: str) -> str:
        return a + b

    def _secret(self) -> str:
        return "nobody may know"

    # What a handler knows of its call

    def place(self) -> dict[str, Any]:
        return self._here()

    async def place_async(self) -> dict[str, Any]:
        return self._here()

    def _here(self) -> dict[str, Any]:
        context = twinspan.current_call()
        return {
            "name": self.who(),
            "language": "python",
            "caller": context.caller,
            "caller_language": context.language,
            "service": context.service,
            "method": context.method,
            "attempt": context.attempt,
            "depth": context.depth,
            "remaining_ms": int(context.remaining() * 1000),
            "cancelled": context.cancelled(),
            "baggage": context.baggage,
            "traceparent": getattr(context, "traceparent", ""),
        }

    def relay(self, path: list[str]) -> list[Any]:
        """Calls on along the path; every hop tells its place."""
        here = self._here()
        return [here, *(self._node.call(f"{path[0]}.relay", path[1:]) if path else [])]

    async def relay_async(self, path: list[str]) -> list[Any]:
        here = self._here()
        return [here, *(await self._node.aio.call(f"{path[0]}.relay_async", path[1:]) if path else [])]

    @twinspan.idempotent
    def attempts(self, key: str) -> str:
        """Holds, and tells who it is and the number of its attempt."""
        attempt = twinspan.current_call().attempt
        work.COUNTS[key] += 1
        work.gate(key).wait(20)
        return f"{self.who()} {attempt}"

    def hurry(self, service: str, ms: int) -> int:
        """What the callee of a call with a timeout of its own has left, in ms."""
        return int(self._node.with_options(timeout=ms / 1000).call(f"{service}.place")["remaining_ms"])

    # Some of several providers

    def fails_at(self, name: str) -> str:
        """Answers everywhere but at one node."""
        if self.who() == name:
            raise ValueError(f"not at {name}")
        return self.who()

    def slow_at(self, name: str, key: str) -> str:
        """Pauses at one node."""
        return self.pause(key) if self.who() == name else self.who()

    async def slow_at_async(self, name: str, key: str) -> str:
        return await self.pause_async(key) if self.who() == name else self.who()

    # Time

    def pause(self, key: str, ms: int = 30_000) -> str:
        """Waits, and tells when it is told that nobody waits any more."""
        context = twinspan.current_call()
        work.COUNTS[key] += 1
        self._tell("entered", key)
        until = time.monotonic() + ms / 1000
        while time.monotonic() < until:
            if context.cancelled():
                self._tell("told", key)
                raise RuntimeError("told")
            time.sleep(0.002)
        self._tell("ended", key)
        return self.who()

    async def pause_async(self, key: str, ms: int = 30_000) -> str:
        work.COUNTS[key] += 1
        self._tell("entered", key)
        try:
            await asyncio.sleep(ms / 1000)
        except asyncio.CancelledError:
            self._tell("told", key)
            raise
        self._tell("ended", key)
        return self.who()

    def deaf(self, key: str, ms: int) -> str:
        """Answers late, whoever gave up."""
        self._tell("entered", key)
        time.sleep(ms / 1000)
        self._tell("ended", key)
        return "late"

    def chain(self, path: list[str], key: str) -> str:
        """Calls on along the path; the last one pauses."""
        if not path:
            return self.pause(key)
        self._tell("passed", key)
        return str(self._node.call(f"{path[0]}.chain", path[1:], key))

    async def chain_async(self, path: list[str], key: str) -> str:
        if not path:
            return await self.pause_async(key)
        self._tell("passed", key)
        return str(await self._node.aio.call(f"{path[0]}.chain_async", path[1:], key))

    # Errors

    def breaks(self, part: str, pieces: int) -> None:
        raise Broken(part, pieces)

    def noted(self, text: str) -> None:
        """With a note, or with something suppressed."""
        error = ValueError(text)
        error.add_note("a note beside it")
        raise error

    def exits(self) -> None:
        """Something that ends a program when nobody catches it."""
        sys.exit(3)

    def overflows(self) -> int:
        return self.overflows() + 1

    def cancels(self) -> None:
        """As if a part of it had been cancelled."""
        raise asyncio.CancelledError("by itself")

    def times_out(self) -> None:
        """Its own time-out, which is none of the call."""
        raise TimeoutError("the till does not answer")

    def long_message(self, length: int) -> None:
        raise ValueError("x" * length)

    async def value_async(self, text: str) -> None:
        raise ValueError(text)

    def ask(self, service: str, method: str, argument: Any) -> Any:
        return self._node.call(f"{service}.{method}", argument)

    async def ask_async(self, service: str, method: str, argument: Any) -> Any:
        return await self._node.aio.call(f"{service}.{method}", argument)
