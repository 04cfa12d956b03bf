"""The list of all scenarios."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .scene import Scene

FAMILIES = [
    "calls",
    "errors",
    "deadlines",
    "cancelling",
    "context",
    "options",
    "balancing",
    "admission",
    "readiness",
    "lifecycle",
    "scatter",
    "streams",
    "examples",
]
"""Modules of this package that hold scenarios."""

LANGUAGES = ["python", "java"]
FACES = ["sync", "async"]


@dataclass(frozen=True)
class Scenario:
    """What must hold, and how it is tried."""

    name: str
    about: str
    play: Callable[[Scene], None]
    faces: tuple[str, ...]


ALL: dict[str, Scenario] = {}


Play = Callable[["Scene"], None]


def scenario(play: Play | None = None, *, faces: list[str] = FACES) -> Any:
    """Enters a function as the scenario `family.function`; its doc string says what must hold. Programs of their own have one face."""

    def enter(play: Play) -> Play:
        name = f"{play.__module__.rpartition('.')[2]}.{play.__name__}"
        if not play.__doc__ or name in ALL:
            raise ValueError(f"the scenario {name} needs a doc string and a name of its own")
        ALL[name] = Scenario(name, play.__doc__, play, tuple(faces))
        return play

    return enter if play is None else enter(play)


def load() -> None:
    """Reads all families."""
    for family in FAMILIES:
        import_module(f"{__package__}.{family}")


def chosen(pattern: str = "") -> list[Scenario]:
    """The scenarios whose name holds the pattern, which may be a glob; all without one."""
    load()
    globbed = pattern if any(c in pattern for c in "*?[") else f"*{pattern}*"
    return [one for one in ALL.values() if fnmatch.fnmatchcase(one.name, globbed)]
