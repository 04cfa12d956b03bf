"""What keeps the cores awake."""

from __future__ import annotations

import os
from pathlib import Path

from benchmark.spinners import Spinners


def children() -> list[int]:
    me = os.getpid()
    return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text(encoding="ascii").split()]


def test_one_idle_class_spinner_a_core_and_none_afterwards() -> None:
    before = set(children())
    with Spinners():
        spinners = set(children()) - before
        assert {os.sched_getscheduler(pid) for pid in spinners} == {os.SCHED_IDLE}
        assert sorted(core for pid in spinners for core in os.sched_getaffinity(pid)) == sorted(os.sched_getaffinity(0))
    assert set(children()) == before


def test_idle_cores_are_left_alone() -> None:
    before = set(children())
    with Spinners(awake=False):
        assert set(children()) == before
