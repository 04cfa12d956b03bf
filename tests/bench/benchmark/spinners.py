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
SETTLES = 0.1


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
            time.sleep(SETTLES)
        return self

    def __exit__(self, *_: object) -> None:
        for spinner in self._running:
            spinner.kill()
            spinner.wait()
        self._running.clear()
