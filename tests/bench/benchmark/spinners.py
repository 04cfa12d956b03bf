"""Keeps the cores awake without taking time from anybody."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from .process import die_with_the_driver

SPIN = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True:
    pass
"""
STARTS_WITHIN = 10.0


class Spinners:
    """One SCHED_IDLE process a core: it yields to every other thread at once, and the core never halts."""

    def __init__(self, *, awake: bool = True) -> None:
        self._awake = awake
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Spinners:
        if self._awake:
            for core in sorted(os.sched_getaffinity(0)):
                self._running.append(
                    subprocess.Popen(
                        [sys.executable, "-S", "-E", "-c", SPIN, str(core)], start_new_session=True, preexec_fn=die_with_the_driver
                    )
                )
            self._wait_until_they_spin()
        return self

    def _wait_until_they_spin(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        for spinner in self._running:
            while os.sched_getscheduler(spinner.pid) != os.SCHED_IDLE:
                if time.monotonic() > deadline:
                    self.__exit__()
                    raise TimeoutError("a spinner did not start")
                time.sleep(0.01)

    def __exit__(self, *_: object) -> None:
        for spinner in self._running:
            spinner.kill()
            spinner.wait()
        self._running.clear()
