"""Every scenario in one of its casts, in turn; `make scenarios` plays all of them in all casts. And the driver itself: it must report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .playing import CASTS, Cast, Player
from .registry import ALL, FACES, LANGUAGES, Scenario, load
from .run import FEWEST, judged, main, play
from .scene import Scene

load()


def turns() -> list[tuple[Scenario, Cast]]:
    """A cast for each scenario, so that each cast has its share."""
    return [(one, [cast for cast in CASTS if cast.face in one.faces][at % (4 * len(one.faces))]) for at, one in enumerate(ALL.values())]


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    player = Player()
    yield player
    player.close()


@pytest.mark.parametrize(("one", "cast"), turns(), ids=[f"{one.name}-{cast}".replace(" ", "") for one, cast in turns()])
def test_scenario(player: Player, one: Scenario, cast: Cast) -> None:
    played = player.play(one, cast)
    assert played.passed, played.why


def test_there_are_enough() -> None:
    assert len(ALL) >= FEWEST
    assert {(cast.caller, cast.provider, cast.face) for cast in CASTS} == {
        (a, b, face) for a in LANGUAGES for b in LANGUAGES for face in FACES
    }


def wrong(s: Scene) -> None:
    s.same(s.call("work.add", 1, 1), 3)


def broken(s: Scene) -> None:
    s.call("work.value", "this is not caught")


def right(s: Scene) -> None:
    s.same(s.call("work.add", 1, 1), 2)


def test_the_driver_reports_what_fails(capsys: pytest.CaptureFixture[str]) -> None:
    cast = Cast("python", "java", "sync")
    given = [Scenario(f"made_up.{one.__name__}", "made up", one, ("sync",)) for one in (wrong, broken, right)]
    all_played = play(given, [cast])
    assert [one.row()["status"] for one in all_played] == ["failed", "failed", "passed"]
    said = capsys.readouterr().out
    assert "it is 2, not 3" in said
    assert "this is not caught" in said
    assert "test_scenarios.py" in said  # where in the scenario
    assert "-> 2 (" in said  # the step before
    assert judged(all_played, 3, 3, 0.0, whole=False) == 1
    assert judged(all_played[2:], 1, 1, 0.0, whole=False) == 0
    assert judged(all_played[2:], 1, 2, 0.0, whole=False) == 1, "a row is missing"
    assert judged(all_played[2:], 1, 1, 0.0, whole=True) == 1, "too few scenarios"


def test_the_command_writes_a_row_for_each_cast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "--out", str(tmp_path), "--scenario", "calls.no_result"])
    assert main() == 0
    rows = json.loads((tmp_path / "scenarios.json").read_text("utf-8"))["rows"]
    assert {tuple(row) for row in rows} == {("scenario", "caller", "provider", "face", "status", "ms")}
    assert [(row["caller"], row["provider"], row["face"]) for row in rows] == [(c.caller, c.provider, c.face) for c in CASTS]
    assert {(row["scenario"], row["status"]) for row in rows} == {("calls.no_result", "passed")}


def test_a_name_that_nothing_has() -> None:
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "--scenario", "nothing_like_it"]
    assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 2
