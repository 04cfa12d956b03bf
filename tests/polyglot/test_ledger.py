"""The ledger of examples/flights as a file: one process keeps it at a time, and what a killed one left is mended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents import places
from agents.driver import Agents, new_cluster

DESK = places.ROOT / "examples" / "flights" / "desk"
TOOL = Path(__file__).parent / "ledger" / "desk"
HEADER = "flight,probability,action,decided_by,attempt\n"
LINE = "{},0x1.0p-1,release,tool,1\n"
WAIT = 60.0


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    sources = [*DESK.glob("*.java"), *TOOL.glob("*.java")]
    command = ["javac", "-parameters", "-Xlint:all", "-Xlint:-path", "-Werror", "-d", folder, "-cp", f"{places.jar()}", *sources]
    subprocess.run(command, check=True, timeout=WAIT)
    return folder


class Tools:
    """Processes that take one ledger."""

    def __init__(self, classes: Path, ledger: Path, agents: Agents) -> None:
        self.ledger = ledger
        self._classes, self._agents, self._cluster = classes, agents, new_cluster()
        self._all: list[subprocess.Popen[str]] = []

    def start(self, how: str, *flights: str) -> subprocess.Popen[str]:
        classpath = os.pathsep.join([str(self._classes), str(places.jar()), str(places.jar().parent / "lib" / "*")])
        command = ["java", f"-Dtwinspan.library={places.library()}", "-cp", classpath, "desk.LedgerTool"]
        tool = subprocess.Popen(
            [*command, str(self.ledger), self._cluster, how, *flights],
            env=self._agents.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._all.append(tool)
        return tool

    def run(self, *flights: str) -> str:
        """What it found and wrote."""
        out, _ = self.start("once", *flights).communicate(timeout=WAIT)
        return out.strip()

    def end(self) -> None:
        for tool in self._all:
            tool.kill()
            tool.communicate(timeout=WAIT)


@pytest.fixture
def tools(classes: Path, tmp_path: Path, agents: Agents) -> Iterator[Tools]:
    made = Tools(classes, tmp_path / "decisions.csv", agents)
    yield made
    made.end()


def test_a_flight_is_written_once(tools: Tools) -> None:
    assert tools.run("a", "b", "a") == "0 2"
    assert tools.run("b", "c") == "2 1"
    assert tools.ledger.read_text() == HEADER + "".join(map(LINE.format, "abc"))


@pytest.mark.parametrize("cut", ["c", "c,0x1.0p-1,release,to", "c,0x1.0p-1,release,tool,1"])
def test_a_line_that_was_cut_off_is_mended(tools: Tools, cut: str) -> None:
    tools.ledger.write_text(HEADER + LINE.format("a") + LINE.format("b") + cut)
    assert tools.run("b", "c") == "2 1"
    assert tools.ledger.read_text() == HEADER + "".join(map(LINE.format, "abc"))


def test_a_header_that_was_cut_off_is_mended(tools: Tools) -> None:
    tools.ledger.write_text(HEADER[:9])
    assert tools.run("a") == "0 1"
    assert tools.ledger.read_text() == HEADER + LINE.format("a")


def test_one_keeps_it_until_it_is_killed(tools: Tools) -> None:
    first = tools.start("hold", "a")
    assert first.stdout is not None
    assert first.stdout.readline().strip() == "0 1"
    second = tools.start("once", "b")
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(2)  # it is up by then, and waits
    first.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    out, _ = second.communicate(timeout=WAIT)
    assert out.strip() == "1 1"
    assert time.monotonic() - killed < 10
