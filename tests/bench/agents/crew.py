"""Threads that call at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter_ns as now
from typing import Any

from order import Order
from pace import WINDOW, Call, checked, until
from samples import Samples

STARTS_WITHIN = 60.0


class Crew:
    """`WINDOW` threads that outlive a run, so that what a thread has opened stays open."""

    def __init__(self) -> None:
        self._orders: list[SimpleQueue[tuple[Callable[[Order], Call], Order, threading.Barrier]]] = [SimpleQueue() for _ in range(WINDOW)]
        self._lines: SimpleQueue[Any] = SimpleQueue()
        for orders in self._orders:
            threading.Thread(target=self._work, args=(orders,), daemon=True).start()

    def run(self, caller: Callable[[Order], Call], order: Order) -> Samples:
        """`caller` is asked inside each thread."""
        gate = threading.Barrier(WINDOW + 1)
        for orders in self._orders:
            orders.put((caller, order, gate))
        gate.wait(STARTS_WITHIN)
        start = now()
        lines = [self._lines.get(timeout=order.seconds + STARTS_WITHIN) for _ in self._orders]
        lasted = now() - start
        for line in lines:
            if isinstance(line, BaseException):
                raise line
        return Samples(lines, lasted)

    def _work(self, orders: SimpleQueue[tuple[Callable[[Order], Call], Order, threading.Barrier]]) -> None:
        while True:
            caller, order, gate = orders.get()
            try:
                call = caller(order)
                checked(call(order.payload), order.payload)
                gate.wait(STARTS_WITHIN)
                self._lines.put(until(call, order, now() + int(order.seconds * 1e9)))
            except BaseException as error:
                gate.abort()
                self._lines.put(error)
