"""A caller and a provider in one cluster, and what tests ask of them."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from .driver import Agent, Asked

NODE = "n"
"""The key under which an agent keeps the node that a test joined."""


@dataclass
class Joined:
    """An agent whose node serves the work under its own name and under a common one."""

    agent: Agent
    name: str
    told: dict[str, Any]

    @property
    def service(self) -> str:
        """Served by this node only."""
        return f"work.{self.name}"

    @property
    def language(self) -> str:
        return self.agent.language

    def start(self, service: str, method: str, *args: Any, style: str = "node", within: float = 30.0, **more: Any) -> Asked:
        return self.agent.start("call", within=within, node=NODE, service=service, method=method, args=list(args), style=style, **more)

    def call(self, service: str, method: str, *args: Any, **more: Any) -> Any:
        """The result as a literal."""
        return self.start(service, method, *args, **more).get()["value"]

    def ask(self, op: str, **more: Any) -> Any:
        return self.agent.ask(op, node=NODE, **more)

    def watch(self, within: float = 15.0, **what: Any) -> dict[str, Any]:
        return self.agent.ask("watch", within=within + 10, node=NODE, timeout=within, **what)


@dataclass
class Pair:
    caller: Joined
    provider: Joined

    def start(self, method: str, *args: Any, **more: Any) -> Asked:
        return self.caller.start(self.provider.service, method, *args, **more)

    def call(self, method: str, *args: Any, **more: Any) -> Any:
        return self.start(method, *args, **more).get()["value"]

    def error(self, method: str, *args: Any, **more: Any) -> dict[str, Any]:
        """What the call must raise."""
        return self.start(method, *args, **more).error()

    def told(self, value: Any) -> Any:
        """What the provider gets of a value."""
        return json.loads(self.call("tell", value))


def join(agents: list[Agent], names: list[str], cluster: str, wait: bool = True, **options: Any) -> list[Joined]:
    """Joins each agent under its name; when this returns all see all."""
    asked = [
        agent.start("join", node=NODE, serve=["work", f"work.{name}"], options={"cluster": cluster, "name": name, **options})
        for agent, name in zip(agents, names, strict=True)
    ]
    joined = [Joined(agent, name, one.get()) for agent, name, one in zip(agents, names, asked, strict=True)]
    if wait:
        complete(joined)
    return joined


def complete(joined: list[Joined], within: float = 15.0) -> None:
    """Waits until all see all of them as ready, and nobody else."""
    names = [one.name for one in joined]
    watched = [one.agent.start("watch", within=within + 10, node=NODE, ready=names, timeout=within) for one in joined]
    seen = {one.name: watch.get() for one, watch in zip(joined, watched, strict=True)}
    if not all(each["done"] for each in seen.values()):
        raise AssertionError(f"not all see {names}: { ({name: each['seen'] for name, each in seen.items()}) }")


def key() -> str:
    """Names one handler's run."""
    return uuid.uuid4().hex[:12]


def since(at: int) -> float:
    """Seconds since a moment of the monotonic clock."""
    return (time.monotonic_ns() - at) / 1e9
