"""Arrow tables between the languages: typed and untyped, in one batch and in several, with and without dictionaries."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents import places
from agents.driver import Agents, new_cluster

HERE = Path(__file__).parent / "tables"
MODULE = places.ROOT / "bindings-java" / "twinspan-arrow" / "target"
WAIT = 60.0


def libraries() -> list[str]:
    jars = [str(places.jar()), str(MODULE / "twinspan-arrow.jar")]
    if not Path(jars[1]).exists():
        raise places.Missing(f"{jars[1]} is missing; run: make java")
    return [*jars, str(MODULE / "lib" / "*")]


class Desk:
    """A process that serves tables and sends them."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def heard(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def send(self, other: Desk, rows: int) -> str:
        assert self.process.stdin is not None
        print(other.name, rows, file=self.process.stdin, flush=True)
        return self.heard()


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory, agents: Agents) -> Iterator[dict[str, Desk]]:
    """Two of each language in one cluster."""
    classes = tmp_path_factory.mktemp("classes")
    path = os.pathsep.join(libraries())
    # Arrow's classes carry annotations of a checker that nobody needs to use them.
    lints = ["-Xlint:all", "-Xlint:-path", "-Xlint:-classfile", "-Werror"]
    subprocess.run(["javac", "-parameters", *lints, "-d", classes, "-cp", path, HERE / "desk" / "Tables.java"], check=True, timeout=WAIT)
    java = ["java", "-Xmx256m", "--add-opens=java.base/java.nio=ALL-UNNAMED", f"-Dtwinspan.library={places.library()}"]
    java = [*java, "-cp", os.pathsep.join([str(classes), path]), "desk.Tables"]
    python = [places.python() or sys.executable, "-u", str(HERE / "tables.py")]
    cluster = new_cluster()
    made = {}
    for language, command in (("python", python), ("java", java)):
        for number in "12":
            name = f"{language}{number}"
            made[name] = Desk(name, [*command, cluster, name], agents.environment())
    try:
        for desk in made.values():
            assert desk.heard() == "up"
        yield made
    finally:
        for desk in made.values():
            desk.process.kill()
            desk.process.communicate(timeout=WAIT)


def expected(rows: int) -> str:
    kept = [i for i in range(rows) if i % 5 != 4]
    return f"same {rows} {sum(i << 20 for i in kept)} {sum(len(f'ž{i}') for i in kept)}"


@pytest.mark.parametrize(("caller", "provider"), list(itertools.product(["python", "java"], repeat=2)))
@pytest.mark.parametrize("rows", [0, 1, 7, 200_000])
def test_tables(desks: dict[str, Desk], caller: str, provider: str, rows: int) -> None:
    assert desks[f"{caller}1"].send(desks[f"{provider}2"], rows) == expected(rows)
