"""The demo of examples/flights on a slice: its result, its checker, and what it leaves behind."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "flights"
SLICE = 3_000
UNDER_FIRE = 24_000
SEED = 20
LONG = 180.0  # seconds for a run on a busy machine
GONE = 10.0  # seconds for processes that must not outlive their launcher


class Launched:
    """A launcher whose every trace can be found: its temporary files go to one folder, which its processes name too."""

    def __init__(self, out: Path, temporary: Path, flights: int | None, *options: str) -> None:
        self.out, self.temporary = out, temporary
        temporary.mkdir()
        environment = {**os.environ, "TMPDIR": str(temporary)}
        for name in ("FLIGHTS", "SEED"):
            environment.pop(name, None)
        if flights is not None:
            environment["FLIGHTS"] = str(flights)
        command = [sys.executable, str(FOLDER / "run.py"), "--out", str(out), *options]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def ready(self) -> dict[str, int]:
        """Waits until the four nodes are; their process ids by name."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("flights: ready: "):
                nodes = line.removeprefix("flights: ready: ").strip().split(", ")
                return {name: int(pid.removesuffix(")")) for name, pid in (node.split(" (pid ") for node in nodes)}
        pytest.fail("the launcher ended before its nodes were ready")

    def end(self) -> tuple[int, str, str]:
        """Exit code, output and errors."""
        out, err = self.process.communicate(timeout=LONG)
        return self.process.returncode, out, err

    def processes(self) -> list[str]:
        """Processes of this run that still live."""
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and os.fsencode(self.temporary) in (process / "environ").read_bytes():
                    found.append(f"{process.name}: {(process / 'cmdline').read_text()}")
            except OSError:
                continue  # ended meanwhile, or another user's
        return found

    def left(self) -> list[str]:
        """What is left of the run: processes and files."""
        return self.processes() + [str(path) for path in self.temporary.iterdir()]

    def kill(self) -> None:
        """For tests that fail: the launcher ends, and its children with it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=LONG)


Launch = Callable[[int | None], Launched]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    made: list[Launched] = []

    def start(flights: int | None) -> Launched:
        launched = Launched(tmp_path / "out", tmp_path / f"tmp{len(made)}", flights)
        made.append(launched)
        return launched

    yield start
    for launched in made:
        launched.kill()


@dataclass(frozen=True)
class Ran:
    """One whole run."""

    code: int
    table: str
    errors: str
    left: list[str]
    out: Path
    demo: dict[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Nobody is killed."""
    return whole(tmp_path_factory.mktemp("flights"), SLICE, "--no-kill")


@pytest.fixture(scope="module")
def under_fire(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A model node and the keeper of the ledger are killed."""
    return whole(tmp_path_factory.mktemp("fire"), UNDER_FIRE, "--seed", str(SEED))


def whole(folder: Path, flights: int, *options: str) -> Ran:
    launched = Launched(folder / "out", folder / "tmp", flights, *options)
    try:
        code, table, errors = launched.end()
        assert (launched.out / "demo.json").exists(), errors
        return Ran(code, table, errors, launched.left(), launched.out, json.loads((launched.out / "demo.json").read_text()))
    finally:
        launched.kill()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_flight_is_decided_once_and_as_by_one_process(ran: Ran) -> None:
    assert ran.code == 0, ran.errors
    demo = ran.demo
    assert demo["kills"] == []
    assert (demo["flights_in"], demo["decided"], demo["missing"], demo["duplicates"]) == (SLICE, SLICE, 0, 0)
    assert demo["pred_max_abs_diff"] == 0.0
    decisions, baseline = rows(ran.out / "decisions.csv"), rows(ran.out / "baseline.csv")
    assert list(decisions[0]) == ["flight", "probability", "action", "decided_by", "attempt"]
    assert list(baseline[0]) == ["flight", "probability", "action"]
    assert len(decisions) == len(baseline) == SLICE
    assert {row["decided_by"] for row in decisions} == {"desk-a", "desk-b"}
    assert all(int(row["attempt"]) >= 1 for row in decisions)
    assert "agree on every flight" in ran.table


def test_all_four_directions_carry_calls(ran: Ran) -> None:
    demo, calls = ran.demo, ran.demo["calls"]
    diverted = sum(row["action"] == "divert" for row in rows(ran.out / "decisions.csv"))
    assert demo["explained"] == diverted > 0
    assert calls["java_java"] >= 1
    # An explanation asks the other model node and the rule book, a batch is predicted by one call.
    assert min(calls["py_py"], calls["py_java"]) >= diverted
    assert calls["java_py"] >= diverted + SLICE // 500
    # Counted by the application's handlers and by the library.
    assert sum(calls.values()) == sum(node["served"] for node in demo["nodes"])
    assert 0 < demo["p50_us"] <= demo["p99_us"]


def test_four_processes_of_two_languages(ran: Ran) -> None:
    nodes = ran.demo["nodes"]
    assert [(node["name"], node["lang"]) for node in nodes] == [
        ("model-a", "python"),
        ("model-b", "python"),
        ("desk-a", "java"),
        ("desk-b", "java"),
    ]
    assert len({node["pid"] for node in nodes}) == 4
    assert all(node["served"] > 0 for node in nodes)


def test_nothing_is_left_behind(ran: Ran, under_fire: Ran) -> None:
    assert ran.left == []
    assert under_fire.left == []


def test_under_fire_every_flight_is_decided_once_and_as_by_one_process(under_fire: Ran) -> None:
    assert under_fire.code == 0, under_fire.errors
    demo = under_fire.demo
    assert (demo["flights_in"], demo["decided"], demo["missing"], demo["duplicates"]) == (UNDER_FIRE, UNDER_FIRE, 0, 0)
    assert (demo["different"], demo["pred_max_abs_diff"]) == (0, 0.0)
    assert len(rows(under_fire.out / "decisions.csv")) == UNDER_FIRE


def test_a_model_node_and_the_keeper_of_the_ledger_were_killed(under_fire: Ran) -> None:
    kills = {kill["role"]: kill for kill in under_fire.demo["kills"]}
    assert {role: kill["lang"] for role, kill in kills.items()} == {"model": "python", "ledger": "java"}
    for kill in kills.values():
        assert 0.2 * UNDER_FIRE <= kill["at_decided"] <= 0.8 * UNDER_FIRE
    # They were other processes than those that reported at the end, and the other desk took the ledger over.
    nodes = {node["pid"]: node["name"] for node in under_fire.demo["nodes"]}
    assert len(nodes) == 4
    assert not nodes.keys() & {kill["pid"] for kill in kills.values()}
    keepers = [line.split()[1] for line in under_fire.errors.splitlines() if " keeps the ledger" in line]
    assert sorted(keepers) == ["desk-a", "desk-b"]


def test_kills_need_work_to_interrupt(tmp_path: Path) -> None:
    launched = Launched(tmp_path / "out", tmp_path / "tmp", SLICE)
    code, _, errors = launched.end()
    assert code == 2
    assert "--no-kill" in errors


def test_the_baseline_knows_nothing_of_twinspan() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import baseline; sys.exit('twinspan' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, str(FOLDER)], timeout=60).returncode == 0


def missing(lines: list[str]) -> None:
    del lines[1234]


def duplicate(lines: list[str]) -> None:
    lines.append(lines[1234])


def other_probability(lines: list[str]) -> None:
    flight, probability, *rest = lines[1234].split(",")
    nearly = float.fromhex(probability) * (1 + 2**-50)
    lines[1234] = ",".join([flight, nearly.hex(), *rest])


def other_action(lines: list[str]) -> None:
    flight, probability, action, *rest = lines[1234].split(",")
    lines[1234] = ",".join([flight, probability, "hold" if action == "release" else "release", *rest])


def other_flight(lines: list[str]) -> None:
    lines.append("2013-01-01T10:00:00Z/XX/1,0x0.0p0,release,desk-a,1\n")


HARMS = [(missing, 10), (duplicate, 11), (other_probability, 12), (other_action, 12), (other_flight, 12)]


@pytest.mark.parametrize(("harm", "code"), HARMS)
def test_the_checker_notices(ran: Ran, tmp_path: Path, harm: Callable[[list[str]], None], code: int) -> None:
    lines = (ran.out / "decisions.csv").read_text().splitlines(keepends=True)
    harm(lines)
    harmed = tmp_path / "decisions.csv"
    harmed.write_text("".join(lines))
    command = [sys.executable, str(FOLDER / "check.py"), str(harmed), str(ran.out / "baseline.csv")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["missing"], found["duplicates"], found["different"]) == (code == 10, code == 11, code == 12)


def test_ctrl_c_ends_everything(launch: Launch) -> None:
    launched = launch(None)
    launched.ready()
    assert len(launched.processes()) == 5  # they can be found at all
    launched.process.send_signal(signal.SIGINT)
    code, _, errors = launched.end()
    assert code == 130, errors
    assert launched.left() == []


def test_a_node_that_dies_fails_the_run(launch: Launch) -> None:
    launched = launch(None)
    os.kill(launched.ready()["model-b"], signal.SIGKILL)
    code, _, errors = launched.end()
    assert code == 1
    assert "failed: " in errors
    assert launched.left() == []
    assert not (launched.out / "demo.json").exists()


def test_nodes_outlive_no_launcher(launch: Launch) -> None:
    launched = launch(None)
    launched.ready()
    launched.process.kill()
    launched.end()
    until = time.monotonic() + GONE
    while (alive := launched.processes()) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive == []
