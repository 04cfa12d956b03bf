"""Providers of one service in both languages, each in a cluster of its own, and the tools that read stubs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents import places
from agents.driver import Agents, new_cluster
from cli.conftest import Command, ended

__all__ = ["ended"]

HERE = Path(__file__).resolve().parent
LIMIT = 120
_MODULE = places.ROOT / "bindings-java/twinspan-arrow/target"
ARROW = [_MODULE / "twinspan-arrow.jar", _MODULE / "lib/*"]
"""What tables need in Java beside the library."""


@dataclass
class Provider:
    """A process that serves `desk`, and the command in its cluster."""

    language: str
    command: Command
    process: subprocess.Popen[str]


def run(*command: str, folder: Path, environment: dict[str, str]) -> str:
    """Runs a tool that must end well; gives what it said."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def compiled(sources: Path, classes: Path, *more: Path, environment: dict[str, str]) -> Path:
    """Java's strictest compiler over all sources in a folder."""
    files = [str(path) for path in sorted(sources.rglob("*.java"))]
    classpath = ":".join(map(str, [places.jar(), *more]))
    # Arrow's classes carry annotations of a checker that nobody needs to use them.
    lints = ["-Xlint:all", *(["-Xlint:-path", "-Xlint:-classfile"] if ARROW[0] in more else [])]
    strict = ["--release", "17", "-parameters", *lints, "-Werror", "-encoding", "UTF-8"]
    run("javac", *strict, "-cp", classpath, "-d", str(classes), *files, folder=sources, environment=environment)
    return classes


def java(main: str, *arguments: str, classes: list[Path]) -> list[str]:
    """The command that runs a Java program."""
    classpath = ":".join(map(str, [places.jar(), *classes]))
    tuned = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"]
    if ARROW[0] in classes:
        tuned.append("--add-opens=java.base/java.nio=ALL-UNNAMED")
    return ["java", *tuned, f"-Dtwinspan.library={places.library()}", "-cp", classpath, main, *arguments]


def started(command: Command, ended: Callable[[subprocess.Popen[str]], subprocess.Popen[str]], language: str, **more: str) -> Provider:
    """A provider that takes calls."""
    environment = {**command.environment, "TWINSPAN_PYTHON": places.python(), **more}
    if language == "python":
        command.environment["PYTHONPATH"] = f"{places.python_path()}{os.pathsep}{HERE}"
        process = command.start(
            "run", "rich:app", "--cluster", command.cluster, "--name", "desk-1", **{**environment, **command.environment}
        )
    else:
        classes = compiled(HERE / "java/desk", command.folder / "classes", environment=environment)
        process = subprocess.Popen(
            java("desk.Desk", command.cluster, classes=[classes]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=command.folder,
            env=environment,
        )
    ended(process)
    awaited(command, "desk", process)
    return Provider(language, command, process)


def awaited(command: Command, service: str, process: subprocess.Popen[str]) -> None:
    """Waits until the process serves."""
    until = time.monotonic() + LIMIT
    while command("services", service).code != 0:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until


@pytest.fixture
def provider(
    request: pytest.FixtureRequest,
    agents: Agents,
    tmp_path: Path,
    ended: Callable[[subprocess.Popen[str]], subprocess.Popen[str]],
) -> Iterator[Provider]:
    """The language is the test's parameter."""
    folder = tmp_path / "provider"
    folder.mkdir()
    return started(Command(agents.environment(), new_cluster(), folder), ended, request.param)
