"""Failures that no library of ours would send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Failure = dict[str, Any]


def _with(**parts: Any) -> Failure:
    return {"type": "x.Y", "message": "m", "language": "java", "node": "n", **parts}


def _frame(file: str = "a.py", line: int = 7, function: str = "f") -> dict[str, Any]:
    return {"file": file, "line": line, "function": function}


def _causes(depth: int) -> Failure:
    failure = _with()
    for _ in range(depth):
        failure = _with(cause=failure)
    return failure


def _tree(depth: int) -> Failure:
    return _with(suppressed=[_tree(depth - 1) for _ in range(20)] if depth else [])


FAILURES: dict[str, Callable[[], Failure]] = {
    "line_2_31": lambda: _with(frames=[_frame(line=2**31)]),
    "line_2_63": lambda: _with(frames=[_frame(line=2**63)]),
    "line_negative": lambda: _with(frames=[_frame(line=-5)]),
    "local_file": lambda: _with(frames=[_frame(file="/etc/hostname", line=1)], node=""),
    "local_file_by_node": lambda: _with(node="/etc/hostname", frames=[_frame(file="", line=1)]),
    "parent_folders": lambda: _with(node="../../etc", frames=[_frame(file="../../etc/hostname", line=1)]),
    "many_frames": lambda: _with(frames=[_frame()] * 1_000_000),
    "many_causes": lambda: _causes(60),
    "tree": lambda: _tree(3),
    "no_class": lambda: _with(type=""),
    "odd_class": lambda: _with(type="../../a b\n\x1b[2J\u202e.C", also=["\n"] * 100),
    "huge_names": lambda: _with(type="t" * 2**20, node="n" * 2**20, language="l" * 2**20, frames=[_frame("f" * 2**20, 1, "g" * 2**20)]),
    "huge_message": lambda: _with(message="m" * 50 * 2**20),
    "huge_notes": lambda: _with(notes=["n" * 2**20] * 50),
    "huge_details": lambda: _with(details=b"\x00" * 50 * 2**20),
    "odd_details": lambda: _with(details=b"\xff\xff"),
    "empty": dict,
}
