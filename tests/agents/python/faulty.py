"""A service whose handlers fail in every way; agents/java/agents/Faulty.java fails in the same ways in Java."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import misfits
import twinspan
from twinspan import _native

STANDARD: dict[str, Callable[[str], BaseException]] = {
    "value": ValueError,
    "key": KeyError,
    "lookup": LookupError,
    "index": IndexError,
    "type": TypeError,
    "timeout": TimeoutError,
    "permission": PermissionError,
    "unsupported": NotImplementedError,
    "zero_division": ZeroDivisionError,
    "arithmetic": ArithmeticError,
    "no_file": FileNotFoundError,
    "io": OSError,
    "runtime": RuntimeError,
    "state": RuntimeError,
    "cancelled": asyncio.CancelledError,
}


@twinspan.error("faulty.Rejected")
class Rejected(Exception):
    """Crosses with its fields."""

    def __init__(self, order: str, score: float) -> None:
        super().__init__(f"{order} scored {score}")
        self.order = order
        self.score = score


class Plain(Exception):
    """Has fields, but no name that both sides know."""

    def __init__(self, order: str) -> None:
        super().__init__(f"plain {order}")
        self.order = order


@twinspan.error("faulty.TwoArguments")
class TwoArguments(ValueError):
    """Its constructor takes two arguments, and keeps neither under its name."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(f"not from {low} to {high}")
        self.bounds = [low, high]


@twinspan.error("faulty.Loaded")
class Loaded(Exception):
    """Has a field that can't cross."""

    def __init__(self, cargo: Any) -> None:
        super().__init__("loaded")
        self.cargo = cargo


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


class Fatal(Exception):
    def __str__(self) -> str:
        sys.exit("no text")


class Broken(Exception):
    """Everything that is asked of it raises."""

    @property
    def __notes__(self) -> list[str]:
        raise ValueError("no notes")


@dataclass
class Odd:
    """A record that raises while it is encoded."""

    size: int

    def __getattribute__(self, name: str) -> Any:
        if name == "size":
            raise ValueError("not measured")
        return super().__getattribute__(name)


def deep(depth: int) -> None:
    if depth == 0:
        raise ValueError("deep")
    deep(depth - 1)


class Faulty:
    def __init__(self, node: Callable[[], Any]) -> None:
        self._node = node

    def pid(self) -> int:
        return os.getpid()

    def standard(self, name: str) -> None:
        raise STANDARD[name]("boom")

    def no_text(self) -> None:
        raise ValueError

    def own(self) -> None:
        raise Rejected("o-1", 0.9)

    def plain(self) -> None:
        raise Plain("o-2")

    def two_arguments(self) -> None:
        raise TwoArguments(1, 9)

    def chain(self) -> None:
        try:
            deep(1)
        except ValueError as error:
            raise RuntimeError("outer") from error

    def context(self) -> None:
        try:
            raise ValueError("inner")
        except ValueError:
            raise RuntimeError("while that was handled")  # noqa: B904 (the context is what is tested)

    def hidden_context(self) -> None:
        try:
            raise ValueError("inner")
        except ValueError:
            raise RuntimeError("alone") from None

    def notes(self) -> None:
        error = ValueError("noted")
        error.add_note("a first note")
        error.add_note("a second note\nof two lines")
        raise error

    def several(self) -> None:
        """A group, or what was suppressed."""
        inner = ExceptionGroup("inner", [KeyError("two"), TypeError("three")])
        raise ExceptionGroup("several", [ValueError("one"), inner])

    def circle(self) -> None:
        one, two = ValueError("one"), RuntimeError("two")
        one.__cause__, two.__cause__ = two, one
        raise one

    def long_chain(self) -> None:
        error = ValueError("number 0")
        for at in range(1, 40):
            outer = ValueError(f"number {at}")
            outer.__cause__, error = error, outer
        raise error

    def wide(self) -> None:
        raise ExceptionGroup("wide", [ExceptionGroup(f"group {at}", [ValueError(str(n)) for n in range(100)]) for at in range(100)])

    def overflows(self) -> int:
        return self.overflows() + 1

    def memory(self) -> int:
        return len(bytearray(1 << 62))

    def asserts(self) -> None:
        raise AssertionError("not so")

    def interrupt(self) -> None:
        raise KeyboardInterrupt("by hand")

    def exits(self) -> None:
        """Something that ends a program when nobody catches it."""
        sys.exit("bye")

    def stops(self) -> None:
        raise StopIteration("at the end")

    def generator_exit(self) -> None:
        raise GeneratorExit("left")

    def long_message(self, length: int) -> None:
        raise ValueError("x" * length)

    def undeclared(self) -> None:
        """In Java a checked exception that no signature declares."""
        raise OSError("the disk is gone")

    def anonymous(self) -> None:
        raise type("", (ValueError,), {})("without a name")

    def local_class(self) -> None:
        class Local(RuntimeError):
            pass

        raise Local("of a method")

    def in_lambda(self) -> None:
        sorted([0], key=lambda at: deep(at))

    def loaded(self) -> None:
        raise Loaded(object())

    def mute(self) -> None:
        raise Mute

    def fatal(self) -> None:
        raise Fatal

    def broken(self) -> None:
        raise Broken("broken")

    def deep(self) -> None:
        deep(200)

    def half(self) -> None:
        raise ValueError("half \ud83d a character")

    def lines(self) -> None:
        raise ValueError('first\n  File "secret.py", line 1, in nobody\n\tat secret.Nobody(Nobody.java:1)')

    def odd_result(self) -> Any:
        return Odd(1)

    async def awaited(self) -> None:
        await asyncio.sleep(0)
        raise ValueError("awaited")

    async def awaited_cancelled(self) -> None:
        raise asyncio.CancelledError("by itself")

    async def awaited_exit(self) -> None:
        raise KeyboardInterrupt("on the loop")

    async def together(self) -> None:
        """Of several tasks one fails: a group, or an exception around the cause."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.awaited())

    def items(self) -> Iterator[int]:
        yield from (1, 2, 3)
        raise ValueError("after three")

    async def items_async(self) -> AsyncIterator[int]:
        for item in (1, 2, 3):
            yield item
        raise ValueError("after three")

    def take(self, numbers: Iterator[int]) -> int:
        """The sum of a stream that breaks."""
        return sum(numbers)

    def hostile(self, which: str) -> None:
        """Answers as a provider would that is no library of ours."""
        call: Any = twinspan.current_call()
        _native.fail(call.call, {"kind": 23, "executed": "yes", "message": "m", "failure": misfits.FAILURES[which]()})

    def relay(self, path: list[str], method: str, args: list[Any]) -> Any:
        """Calls on along the path; the last one calls the method."""
        here = self._node()
        return here.call(f"{path[0]}.relay", path[1:], method, args) if len(path) > 1 else here.call(f"{path[0]}.{method}", *args)

    def translate(self, path: list[str], method: str, args: list[Any]) -> Any:
        """Raises its own error for the one that it caught."""
        try:
            return self.relay(path, method, args)
        except twinspan.Error as error:
            raise RuntimeError("translated") from error
