"""Failures of a provider that means harm: what is too long, too deep or too many is cut, and nothing local is shown for a remote frame."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from twinspan import _errors

from agents.driver import Agent

from .faults import Faults

sys.path.append(str(Path(__file__).parents[1] / "agents/python"))
from misfits import FAILURES

MAX_LINE = 1 << 24
HOSTNAME = Path("/etc/hostname")


def lines(trace: str) -> list[str]:
    """Of remote frames, in either language's print."""
    return [
        line.strip()
        for line in trace.splitlines()
        if line.strip().startswith(('File "n:', 'File "?:', 'File "_', 'File "..', "at <remote>"))
    ]


@pytest.fixture(params=["p1", "j1"])
def from_python(request: pytest.FixtureRequest, nodes: dict[str, Agent]) -> Faults:
    """The provider is a Python program that goes round its library."""
    return Faults(nodes, request.param, "p2")


@pytest.mark.parametrize("which", FAILURES)
def test_hostile(from_python: Faults, which: str) -> None:
    error = from_python.error("hostile", which, names=["x.Y"])
    assert (error["kind"], error["executed"]) == ("Remote", "yes"), error["text"]
    trace = error["trace"]
    assert len(trace) < 64 << 10
    assert "\x1b" not in trace and "\u202e" not in trace
    if which.startswith("local") and HOSTNAME.exists():
        assert HOSTNAME.read_text("utf-8").strip() not in trace
    if which.startswith("line"):
        caller = from_python.languages[0]
        wanted = {"line_negative": "line 1," if caller == "python" else "(a.py)"}.get(which, str(MAX_LINE))
        assert wanted in trace
    from_python.goes_on()


def test_a_long_message_is_cut_where_it_is_made(pair: Faults) -> None:
    """50 MB of text stay at the provider: its caller gets 16 KiB, soon, and needs no memory for more."""
    pair.error("long_message", 50 * 10**6)
    before = peak(pair)
    error = pair.error("long_message", 50 * 10**6)
    assert error["ms"] < 500
    assert 16_000 < len(error["text"]) < 17_500
    assert "…" in error["text"]
    assert peak(pair, reset=False) - before < 8 << 20
    pair.goes_on()


def peak(faults: Faults, reset: bool = True) -> int:
    """Most bytes that the caller had in memory since this was asked last."""
    process = Path("/proc") / str(faults.nodes[faults.caller].pid)
    if reset:
        (process / "clear_refs").write_text("5")
    kib = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(kib.split()[1]) << 10


def worst() -> dict[str, Any]:
    """The largest failure that the core lets through: it looks at 128 KiB, and keeps 32 failures and 64 + 64 + 64 + 64 + 4 + 4 … frames."""
    frames = [{"file": f"f{n}.py", "line": n, "function": f"g{n}"} for n in range(64)]
    failure: dict[str, Any] = {}
    for at in range(32):
        failure = {
            "type": "x.Y",
            "message": "\U0001f600" * 500,
            "node": "n",
            "frames": [{**frame, "file": f"{at}.py"} for frame in (frames if at > 27 else frames[:4])],
            **({"cause": failure} if failure else {}),
        }
    return {"kind": 23, "message": "m", "failure": failure}


def test_the_worst_is_quick_and_small() -> None:
    parts = worst()
    _errors.from_encoded(parts)
    took = []
    for _ in range(5):
        parts = worst()
        begun = time.perf_counter()
        _errors.from_encoded(parts)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.010
    tracemalloc.start()
    error = _errors.from_encoded(worst())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(error, _errors.RemoteError)
    assert peak < 1 << 20, peak


PROGRAM = """
import sys
from twinspan import _errors
frames = [{{"file": file, "line": 1, "function": "f"}} for file in {files!r}]
raise _errors.from_encoded({{"kind": 23, "message": "m", "failure": {{"type": "x.Y", "message": "m", "node": {node!r}, "frames": frames}}}})
"""


@pytest.mark.parametrize("printed", ["by the interpreter", "by the module traceback"])
@pytest.mark.parametrize("node", ["n", "", "..", "/", "{folder}/n", "n\0"])
def test_no_local_text_is_shown(tmp_path: Path, node: str, printed: str) -> None:
    """Neither of a path, nor of a file that happens to have the same name on this side, nor of one whose name looks like the remote one."""
    (tmp_path / "work.py").write_text("secret = 'local text'\n")
    for name in ("n:work.py", "n:other.py", "?:work.py", "..:work.py", "_:work.py"):
        (tmp_path / name).write_text("secret = 'local text'\n")
    files = [
        "work.py",
        "/srv/work.py",
        f"{tmp_path}/work.py",
        "other.py",
        str(HOSTNAME),
        "../work.py",
        "n:work.py",
        "",
        "a\0b",
        "..\\work.py",
    ]
    program = PROGRAM.format(files=files, node=node.format(folder=tmp_path))
    if printed == "by the module traceback":
        program = "import traceback, sys\nsys.excepthook = lambda *error: traceback.print_exception(*error)\n" + program
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join([*sys.path, str(tmp_path)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "x.Y" in ran.stderr or "RemoteError: m" in ran.stderr, ran.stderr
    assert ran.stderr.count(", line 1, in f") >= 3, ran.stderr
    assert "local text" not in ran.stderr
    if HOSTNAME.exists():
        assert HOSTNAME.read_text("utf-8").strip() not in ran.stderr
