"""Tuples and Arrow tables through the stubs of live services, in both languages."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agents import places
from agents.driver import Agents, new_cluster
from cli.conftest import Command

from .conftest import ARROW, HERE, Provider, awaited, compiled, java, run, started
from .test_stubs import mypy, pyright

Ended = Callable[[subprocess.Popen[str]], subprocess.Popen[str]]
TUPLES = {"python": "def swap(self, pair: tuple[int, str]) -> tuple[str, int]:", "java": "def swap(self, pair: list[Any]) -> list[Any]:"}


@pytest.fixture(params=["python", "java"])
def shapes(request: pytest.FixtureRequest, agents: Agents, tmp_path: Path, ended: Ended) -> Provider:
    folder = tmp_path / "provider"
    folder.mkdir()
    command = Command(agents.environment(), new_cluster(), folder)
    if request.param == "python":
        return started(command, ended, "python")
    classes = compiled(HERE / "java/shapes/provider", folder / "classes", *ARROW, environment=command.environment)
    process = subprocess.Popen(
        java("provider.Provider", command.cluster, classes=[classes, *ARROW]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=command.environment,
    )
    ended(process)
    awaited(command, "shapes", process)
    return Provider("java", command, process)


def test_python_sends_tuples_and_tables(shapes: Provider, tmp_path: Path) -> None:
    folder, command = tmp_path / "caller", shapes.command
    told = command("stubs", "shapes", "--lang", "python", "--out", str(folder), "--package", "stubs")
    assert (told.code, told.err) == (0, ""), told
    (folder / "caller.py").write_text((HERE / "shapes_caller.py").read_text())
    environment = {**command.environment, "PYTHONPATH": places.python_path()}
    mypy(folder, environment, "stubs/shapes.py")
    pyright(folder, environment, "stubs/shapes.py")
    assert run(places.python(), "caller.py", command.cluster, folder=folder, environment=environment) == "all good\n"
    module = (folder / "stubs/shapes.py").read_text()
    for part in [TUPLES[shapes.language], "def keep(self, table: Any) -> Any:"]:
        assert part in module, module


def test_java_sends_tuples_and_tables(shapes: Provider, tmp_path: Path) -> None:
    folder, command = tmp_path / "caller", shapes.command
    told = command("stubs", "shapes", "--lang", "java", "--out", str(folder), "--package", "shapes.stubs")
    assert (told.code, told.err) == (0, ""), told
    # The stubs compile without Arrow: a table is an Object in them.
    stubs = compiled(folder, tmp_path / "stubs", environment=command.environment)
    caller = compiled(HERE / "java/shapes/caller", tmp_path / "classes", stubs, *ARROW, environment=command.environment)
    program = java("caller.ShapesCaller", command.cluster, classes=[stubs, caller, *ARROW])
    said = run(*program, folder=folder, environment=command.environment)
    assert said.startswith("all good\n"), said
    face = (folder / "shapes/stubs/Shapes.java").read_text()
    for part in [
        "List<Object> swap(List<Object> pair);",
        "List<Long> ends(List<Long> pair);",
        "@Nullable Object keep(@Nullable Object table);",
    ]:
        assert part in face, face
