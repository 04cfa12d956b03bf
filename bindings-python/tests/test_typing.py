"""What a type checker makes of a program that uses twinspan."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import twinspan

USAGE = Path(__file__).with_name("typed_usage.py")


def test_mypy_strict_understands_a_typed_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path), "--config-file", os.devnull]
    environment = {**os.environ, "MYPYPATH": str(Path(twinspan.__file__).parent.parent)}
    found = subprocess.run([*command, str(USAGE)], capture_output=True, text=True, env=environment, timeout=300)
    told: dict[int, str] = {}
    for line in found.stdout.splitlines():
        if place := re.match(r".*typed_usage\.py:(\d+): (.*)", line):
            told.setdefault(int(place[1]), place[2])
    expected: dict[int, str] = {}
    for number, line in enumerate(USAGE.read_text(encoding="utf-8").splitlines(), 1):
        if revealed := re.search(r"reveal_type\(.*\)  # (.+)", line):
            expected[number] = rf'Revealed type is "{re.escape(revealed[1])}"'
        elif error := re.search(r"# error: ([\w-]+)", line):
            expected[number] = rf"\[{error[1]}\]"
    assert expected
    assert told.keys() == expected.keys(), found.stdout + found.stderr
    for number, pattern in expected.items():
        # Modules are left out.
        assert re.search(pattern, re.sub(r"(\w+\.)+", "", told[number])), told[number]
