"""The programs in the README and in the quick start are run the way these pages say, and print what they say."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 120
README = ("README.md", "Twelve lines each")
PAGES = [README, ("docs/quickstart.md", "Three programs")]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"^`(\w+\.(?:java|py))`[^\n]*\n+```\w+\n(.*?)^```$", re.M | re.S)


def section(page: str, title: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def block(text: str, language: str) -> str:
    """The first code block of a language; "" for plain output."""
    return next(code for found, code in BLOCK.findall(text) if found == language)


def settings() -> dict[str, str]:
    """What `eval "$(make env)"` makes of an environment that has nothing of ours."""
    ours = re.compile(r"TWINSPAN_(?!CACHE)|MAKE|MFLAGS|(?:PYTHONPATH|CLASSPATH|LD_LIBRARY_PATH)$")
    plain = {name: value for name, value in os.environ.items() if not ours.match(name)}
    script = f'eval "$(make -s -C "{ROOT}" env)" && env -0'
    told = subprocess.run(["bash", "-c", script], env=plain, check=True, capture_output=True, text=True, timeout=LIMIT).stdout
    return dict(pair.split("=", 1) for pair in told.split("\0") if pair)


def run(script: str, folder: Path) -> tuple[int, str, str]:
    """Runs a script in a folder with a state directory of its own; whatever it started is gone afterwards."""
    with open(folder / "out", "w+") as out, open(folder / "err", "w+") as err:
        shell = subprocess.Popen(
            ["bash", "-euc", script + "wait || true\n"],
            cwd=folder,
            env={**settings(), "TWINSPAN_HOME": str(folder / "home")},
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            code = shell.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            code = -1
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


@pytest.mark.parametrize(("page", "title"), PAGES, ids=[page for page, _ in PAGES])
def test_programs_run_as_told(page: str, title: str, tmp_path: Path) -> None:
    text = section(page, title)
    for name, code in FILE.findall(text):
        (tmp_path / name).write_text(code, encoding="utf-8")
    first, script = block(text, "sh").split("\n", 1)
    assert first == 'make build && eval "$(make env)"'  # the build is there already, and `settings` is the rest
    code, out, err = run(script, tmp_path)
    assert (code, out) == (0, block(text, "")), err
    assert not re.search(r"Traceback|^Exception|WARN", err, re.M), err
    records = [path for path in (tmp_path / "home").rglob("nodes/*") if path.is_file()]
    assert records == [], "a node left its record behind"


@pytest.mark.parametrize("language", ["java", "python"])
def test_twelve_lines_are_twelve_lines(language: str) -> None:
    code = [line for line in block(section(*README), language).splitlines() if line.strip()]
    assert len(code) <= 12
