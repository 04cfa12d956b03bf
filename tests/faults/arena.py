"""Processes of one cluster on which faults are tried. Each notes in a file what its handlers did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.driver import START, Agent, Agents, Asked, new_cluster
from agents.pairs import NODE


@dataclass
class Fighter:
    """One process with its node."""

    agent: Agent
    name: str
    language: str

    @property
    def pid(self) -> int:
        return self.agent.pid

    def start(self, op: str, within: float = 30.0, **ask: Any) -> Asked:
        return self.agent.start(op, within=within, node=NODE, **ask)

    def ask(self, op: str, within: float = 30.0, **ask: Any) -> Any:
        return self.start(op, within, **ask).get()


class Arena:
    """A cluster of its own. `options` are those of every join."""

    def __init__(self, agents: Agents, **options: Any) -> None:
        self.agents = agents
        self.options = {"cluster": new_cluster(), **options}
        self.files: list[Path] = []
        self._logs = 0

    def join(self, callers: dict[str, str], providers: dict[str, str]) -> dict[str, Fighter]:
        """Starts a process for each name and joins it: names and languages. All see all when this returns."""
        wanted = {**callers, **providers}
        agents = self.take(wanted)
        asked = [self.enter(agent, name, serves=name in providers) for agent, name in zip(agents, wanted, strict=True)]
        for each in asked:
            each.get()
        joined = {name: Fighter(agent, name, agent.language) for agent, name in zip(agents, wanted, strict=True)}
        self.complete(list(joined.values()))
        return joined

    def take(self, wanted: dict[str, str]) -> list[Agent]:
        return self.agents.take(*wanted.values())

    def options_of(self, name: str) -> dict[str, Any]:
        return {**self.options, "name": name}

    def enter(self, agent: Agent, name: str, serves: bool = True) -> Asked:
        """Joins a process that is up. A provider serves `deeds` and `work` under those names and under its own, and
        `deeds` under that of its language."""
        offer: dict[str, Any] = {}
        if serves:
            file = self.agents.folder / f"deeds-{len(self.files)}"
            self.files.append(file)
            offer = {
                "serve": ["work", f"work.{name}"],
                "deeds": str(file),
                "deeds_as": ["deeds", f"deeds.{name}", f"deeds.{agent.language}"],
            }
        return agent.start("join", within=START, node=NODE, options=self.options_of(name), **offer)

    def complete(self, fighters: list[Fighter], within: float = 20.0) -> float:
        """Waits until all see exactly these as ready; the moment of the last, on the monotonic clock in nanoseconds."""
        names = [one.name for one in fighters]
        watched = [one.start("watch", within=within + 10, ready=names, timeout=within) for one in fighters]
        seen = [watch.get() for watch in watched]
        for one, look in zip(fighters, seen, strict=True):
            if not look["done"]:
                raise AssertionError(f"{one.name} sees {look['seen']}, not {names}")
        return float(max(look["at"] for look in seen))

    def log(self, name: str) -> Path:
        """A new file for the records of one storm."""
        self._logs += 1
        return self.agents.folder / f"storm-{self._logs}-{name}"

    def storm(self, caller: Fighter, seconds: float, log: Path, **ask: Any) -> Asked:
        """Starts calls of `caller`; their outcomes are in `log` once the answer is there."""
        timeout = ask.get("timeout", 10.0)
        defaults = {"service": "deeds", "ms": 10, "in_flight": 32, "prefix": f"{caller.name}-{log.name}-"}
        within = seconds + timeout + 40
        return caller.start("storm", within=within, **{**defaults, **ask}, seconds=seconds, log=str(log))

    def executions(self) -> Counter[str]:
        """How often each key was executed, by any process that ever joined."""
        ran: Counter[str] = Counter()
        for file in self.files:
            if file.exists():
                ran.update(line.split(" ")[0] for line in file.read_text().splitlines())
        return ran
