"""The built `twinspan` command, driven against agents of both languages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents import places
from agents.driver import Agents, borrowed, new_cluster
from agents.pairs import Joined, join

LIMIT = 60
ERROR = {"kind", "executed", "retryable", "message", "advice", "node", "trace_id"}


@dataclass
class Told:
    """What a command said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)

    def error(self, code: int) -> dict[str, Any]:
        """The error on stderr, as --json writes it."""
        assert self.code == code, self
        error = json.loads(self.err)
        assert set(error) == ERROR, error
        return dict(error)


class Command:
    """Runs commands in one cluster's surroundings."""

    def __init__(self, environment: dict[str, str], cluster: str, folder: Path, command: list[str] | None = None) -> None:
        self.environment = environment
        self.cluster = cluster
        self.folder = folder
        self.command = command or [str(places.executable())]

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**self.environment, "TWINSPAN_CLUSTER": self.cluster, **environment},
        )

    def __call__(self, *arguments: str, given: str = "", **environment: str) -> Told:
        done = subprocess.run(
            [*self.command, *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            cwd=self.folder,
            env={**self.environment, "TWINSPAN_CLUSTER": self.cluster, **environment},
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def two(agents: Agents) -> Iterator[dict[str, Joined]]:
    """`p` in Python and `j` in Java, in one cluster for everything that harms neither."""
    with borrowed(agents, "python", "java") as taken:
        yield {one.name: one for one in join(taken, ["p", "j"], new_cluster())}


@pytest.fixture
def twinspan(agents: Agents, two: dict[str, Joined], tmp_path: Path) -> Command:
    """The command in the cluster of `two`."""
    return Command(agents.environment(), two["p"].told["cluster"], tmp_path)


@pytest.fixture
def alone(agents: Agents, cluster: str, tmp_path: Path) -> Command:
    """The command in a cluster of this test's own."""
    return Command(agents.environment(), cluster, tmp_path)


@pytest.fixture
def ended() -> Iterator[Callable[[subprocess.Popen[str]], subprocess.Popen[str]]]:
    """Processes that don't outlive the test: `ended(process)`."""
    processes: list[subprocess.Popen[str]] = []

    def ended(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
        processes.append(process)
        return process

    yield ended
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)


def state(environment: dict[str, str]) -> set[str]:
    """Everything in the state directory and the sockets' folder."""
    roots = [Path(environment["TWINSPAN_HOME"]), Path(environment["XDG_RUNTIME_DIR"])]
    return {os.path.join(folder, name) for root in roots for folder, folders, files in os.walk(root) for name in [*folders, *files]}
