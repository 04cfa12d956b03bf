"""What the kernel tells of a process."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_the_driver() -> None:
    """Runs in a child before it becomes the agent, so that nothing outlives a driver that was killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, ended ones included, to the nanosecond (clock_getcpuclockid(3))."""
    return time.clock_gettime(((~pid) << 3) | 2)


def rss_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/{pid}/smaps_rollup has no Rss")


def threads(pid: int) -> list[str]:
    """The names of all threads."""
    return sorted(Path(f"/proc/{pid}/task/{task}/comm").read_text(encoding="utf-8").strip() for task in os.listdir(f"/proc/{pid}/task"))
