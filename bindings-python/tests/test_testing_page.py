"""The tests that docs/testing.md shows are run. PageTest.java sees to those in Java."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/testing.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def test_examples(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    for number, code in enumerate(blocks):
        (tmp_path / f"test_{number}.py").write_text(code)
    plugins = ["-p", "twinspan.testing.plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins, "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0 and "5 passed" in run.stdout, run.stdout + run.stderr
    typed = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "mypy"), str(tmp_path)]
    checked = subprocess.run(typed, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
