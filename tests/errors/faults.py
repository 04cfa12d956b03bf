"""A caller and a provider that fails, and what a test asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.driver import Agent

WORKERS = 2
SERVICE = "faulty"


def joined(agents: dict[str, Agent], cluster: str, **options: Any) -> dict[str, Agent]:
    """Joins each agent under its name; each serves `faulty.<name>`, and all see all."""
    asked = [
        agent.start("join", node="n", faulty=f"{SERVICE}.{name}", options={"cluster": cluster, "name": name, "workers": WORKERS, **options})
        for name, agent in agents.items()
    ]
    for one in asked:
        one.get()
    for agent in agents.values():
        agent.ask("know", node="n")
        for name in agents:
            agent.ask("wait_for", node="n", service=f"{SERVICE}.{name}")
    return agents


@dataclass
class Faults:
    nodes: dict[str, Agent]
    caller: str
    provider: str

    @property
    def languages(self) -> tuple[str, str]:
        """Of the caller, and of the provider."""
        return self.nodes[self.caller].language, self.nodes[self.provider].language

    @property
    def name(self) -> str:
        return "-".join(self.languages)

    def told(self, method: str, *args: Any, **more: Any) -> dict[str, Any]:
        """What came of a call: an error with all that it tells, or `value`."""
        told: dict[str, Any] = self.nodes[self.caller].ask(
            "catch", node="n", service=f"{SERVICE}.{self.provider}", method=method, args=list(args), **more
        )
        return told

    def error(self, method: str, *args: Any, **more: Any) -> dict[str, Any]:
        told = self.told(method, *args, **more)
        assert "class" in told, f"{method} answered {told} where an error was due"
        return told

    def goes_on(self) -> None:
        """The process that failed answers as often as it has workers, and once more."""
        for _ in range(WORKERS + 1):
            assert self.told("pid")["value"] == self.nodes[self.provider].pid
