"""Threads that call at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import perf_counter_ns as now

from order import Order
from pace import WINDOW, Call, checked, until
from samples import Samples

WITHIN = 60.0


@dataclass
class Shift:
    """One run of all threads. What a late thread says of an earlier run is nobody's."""

    caller: Callable[[Order], Call]
    order: Order
    gate: threading.Barrier = field(default_factory=lambda: threading.Barrier(WINDOW + 1))
    lines: SimpleQueue[list[int] | BaseException] = field(default_factory=SimpleQueue)


class Crew:
    """`WINDOW` threads that outlive a run, so that what a thread has opened stays open."""

    def __init__(self) -> None:
        self._shifts: list[SimpleQueue[Shift]] = [SimpleQueue() for _ in range(WINDOW)]
        for shifts in self._shifts:
            threading.Thread(target=work, args=(shifts,), daemon=True).start()

    def run(self, caller: Callable[[Order], Call], order: Order) -> Samples:
        """`caller` is asked inside each thread."""
        shift = Shift(caller, order)
        for shifts in self._shifts:
            shifts.put(shift)
        with suppress(threading.BrokenBarrierError):  # who broke it says why below
            shift.gate.wait(WITHIN)
        start = now()
        lines: list[list[int]] = []
        errors: list[BaseException] = []
        for _ in self._shifts:
            line = shift.lines.get(timeout=order.seconds + WITHIN)
            (errors if isinstance(line, BaseException) else lines).append(line)
        if errors:
            raise min(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError))
        return Samples(lines, now() - start)


def work(shifts: SimpleQueue[Shift]) -> None:
    while True:
        shift = shifts.get()
        payload = shift.order.payload
        try:
            call = shift.caller(shift.order)
            checked(call(payload), payload)
            shift.gate.wait(WITHIN)
            shift.lines.put(until(call, shift.order, now() + int(shift.order.seconds * 1e9)))
        except BaseException as error:
            shift.gate.abort()
            shift.lines.put(error)
