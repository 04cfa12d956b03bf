"""Traces as they are printed, without what differs between machines and between versions of the languages, and the files that keep them."""

from __future__ import annotations

import os
import re
from pathlib import Path

GOLDEN = Path(__file__).with_name("golden")
REWRITE = os.environ.get("REWRITE") == "1"

OURS = ("faulty.py", "Faulty.java", "Faults.java")
"""Files whose lines are kept: those of the handlers."""

PYTHON_FRAME = re.compile(r'^(?P<indent>\s*)File "(?P<file>[^"]*)", line (?P<line>\d+), in (?P<function>.*)$')
JAVA_FRAME = re.compile(r"^(?P<indent>\s*)at (?P<function>[^(]*)\((?P<file>[^():]*)(?::(?P<line>\d+))?\)$")
REMOTE = re.compile(r"^(remote |[pj]\d:|\?:)")


def normal(trace: str, language: str) -> str:
    """A trace in the print of its language: local frames are left out, lines of foreign files are `N`, repeated lines are counted."""
    lines = _python(trace) if language == "python" else _java(trace)
    return "\n".join(_counted(lines)) + "\n"


def _python(trace: str) -> list[str]:
    kept: list[str] = []
    local = False
    for line in trace.splitlines():
        frame = PYTHON_FRAME.match(line)
        if frame is None:
            # The source of a local frame, and the marks below it, belong to the frame.
            if not (local and line.startswith("    ")):
                local = False
                kept.append(line)
            continue
        local = not REMOTE.match(frame["file"])
        if not local:
            number = frame["line"] if frame["file"].endswith(OURS) else "N"
            kept.append(f'{frame["indent"]}File "{frame["file"]}", line {number}, in {frame["function"]}')
    return kept


def _java(trace: str) -> list[str]:
    kept: list[str] = []
    for line in trace.splitlines():
        frame = JAVA_FRAME.match(line)
        if frame is None:
            kept.append(re.sub(r"^(\s*)\.\.\. \d+ more$", r"\1... N more", line))
            continue
        file, function = frame["file"], frame["function"]
        if file in OURS or file.endswith(".py"):
            number = frame["line"] if file in OURS else "N"
            kept.append(f"{frame['indent']}at {function}({file}:{number})")
        elif not function.startswith(("agents.", "java.base/")):
            kept.append(f"{frame['indent']}at {function}({file}:N)")
    return kept


def _counted(lines: list[str]) -> list[str]:
    """Lines that come again and again, once with their number."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end] == lines[at]:
            end += 1
        kept += lines[at:end] if end - at < 4 else [lines[at], f"  [{end - at - 1} more of this line]"]
        at = end
    return kept


def kept(name: str) -> dict[str, str]:
    """The sections of a golden file, by pair of languages."""
    file = GOLDEN / f"{name}.txt"
    if not file.exists():
        return {}
    parts = re.split(r"^=== (\S+)\n", file.read_text("utf-8"), flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def keep(name: str, pair: str, trace: str) -> None:
    """Replaces one section."""
    sections = {**kept(name), pair: trace}
    text = "".join(f"=== {pair}\n{sections[pair]}" for pair in sorted(sections))
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / f"{name}.txt").write_text(text, "utf-8")


def check(name: str, pair: str, language: str, trace: str) -> str:
    """Compares a trace with the golden one, or makes it the golden one; answers it in its normal form."""
    found = normal(trace, language)
    if REWRITE:
        keep(name, pair, found)
    wanted = kept(name).get(pair, "")
    assert found == wanted, (
        f"golden/{name}.txt, {pair}: the trace differs (`make errors REWRITE=1` keeps the new one)\n{found}\n--- wanted\n{wanted}"
    )
    return found
