"""Plays scenarios and keeps what came of them."""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .registry import FACES, LANGUAGES, Scenario
from .scene import Scene, Unsettled
from .stage import Stage

KINDS = ["work", "scene", "feed", "stand"]
"""What the providers serve."""


@dataclass(frozen=True)
class Cast:
    """Who calls whom, and how."""

    caller: str
    provider: str
    face: str

    def __str__(self) -> str:
        return f"{self.caller} -> {self.provider}, {self.face}"


CASTS = [Cast(*parts) for parts in itertools.product(LANGUAGES, LANGUAGES, FACES)]


@dataclass
class Played:
    """One row of the report, and why it failed."""

    scenario: str
    cast: Cast
    ms: float
    why: str = ""

    @property
    def passed(self) -> bool:
        return not self.why

    def row(self) -> dict[str, Any]:
        cast = self.cast
        status = "passed" if self.passed else "failed"
        return {
            "scenario": self.scenario,
            "caller": cast.caller,
            "provider": cast.provider,
            "face": cast.face,
            "status": status,
            "ms": round(self.ms, 1),
        }


class Player:
    """Plays one scenario after another with the same processes, and replaces them when a scenario broke them."""

    def __init__(self, open_stage: Callable[[], Stage] = lambda: Stage(KINDS)) -> None:
        self._open = open_stage
        self._stage: Stage | None = None

    def play(self, scenario: Scenario, cast: Cast) -> Played:
        if self._stage is None:
            self._stage = self._open()
        begun = time.monotonic()
        scene = None
        why = ""
        spoilt = False
        try:
            scene = Scene(self._stage, cast.caller, cast.provider, cast.face)
            scenario.play(scene)
            scene.settled()
        except Exception as error:
            why = explained(error, scene)
            spoilt = isinstance(error, Unsettled)
        ms = (time.monotonic() - begun) * 1000
        if scene is not None:
            scene.close()
        if why and (spoilt or not self._stage.whole()):
            why += "\nThe processes did not survive it; the next scenario gets new ones."
            self.close()
        return Played(scenario.name, cast, ms, why)

    def close(self) -> None:
        if self._stage is not None:
            self._stage.close()
            self._stage = None


def explained(error: Exception, scene: Scene | None) -> str:
    """What failed, where in the scenario, and what was asked and answered before."""
    frames = [f"  {frame.filename.rpartition('/')[2]}:{frame.lineno}: {frame.line}" for frame in traceback.extract_tb(error.__traceback__)]
    lines = [f"{type(error).__name__}: {error}", *frames]
    remote = getattr(error, "told", {}).get("trace")
    if remote:
        lines += ["what the agent saw:", *(f"  {line}" for line in remote.splitlines()[-30:])]
    if scene is not None:
        lines += ["the last steps:", *(f"  {step}" for step in scene.told)]
        for actor in (scene.caller, scene.provider):
            tail = actor.agent.tail().splitlines()[-12:]
            if tail:
                lines += [f"the end of {actor.name}'s log:", *(f"  {line}" for line in tail)]
    return "\n".join(lines)
