"""The processes that scenarios are played with: in each language a caller and two providers, all in one cluster, and spare ones."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from agents import driver
from agents.driver import Agent, Agents, Asked, Gone, new_cluster

from .registry import FACES, LANGUAGES

PROVIDERS = ["a", "b"]


@dataclass
class Actor:
    """A node in an agent, under its key there."""

    agent: Agent
    key: str
    name: str
    language: str
    face: str = "sync"
    services: list[str] = field(default_factory=list)

    def start(self, do: str, within: float = 15.0, **ask: Any) -> Asked:
        return self.agent.start("step", within=within, do=do, node=self.key, **ask)

    def ask(self, do: str, within: float = 15.0, **ask: Any) -> Any:
        return self.start(do, within, **ask).get()

    def joining(self, cluster: str, kinds: dict[str, str], within: float = 30.0, **more: Any) -> Asked:
        """Joins; `kinds` says for each service what serves it."""
        self.services = list(kinds)
        options = {"cluster": cluster, "name": self.name, **more.pop("options", {})}
        serve = [[kind, service] for service, kind in kinds.items()]
        return self.start("join", within, face=self.face, serve=serve, options=options, **more)


class Stage:
    """Everything that lives for the whole run. Made anew when a scenario broke it."""

    def __init__(self, kinds: list[str]) -> None:
        self.agents = Agents()
        self.kinds = kinds
        self.cluster = new_cluster()
        self.callers: dict[tuple[str, str], Actor] = {}
        self.providers: dict[tuple[str, str], Actor] = {}
        self._spare: dict[str, list[Agent]] = {language: [] for language in LANGUAGES}
        self._extra = 0
        try:
            self._open()
        except BaseException:
            self.agents.close()
            raise

    def _open(self) -> None:
        launched = {
            (language, role): self.agents.launch(language, f"{language}-{role}")
            for language in LANGUAGES
            for role in ["caller", *PROVIDERS]
        }
        for agent in launched.values():
            agent.event("up", within=driver.START)
        for (language, role), agent in launched.items():
            if role == "caller":
                for face in FACES:
                    self.callers[language, face] = Actor(agent, face, f"{language}_{face}", language, face)
            else:
                self.providers[language, role] = Actor(agent, "provider", f"{language}_{role}", language)
        joins = [one.joining(self.cluster, self._served(one)) for one in self.providers.values()]
        joins += [one.joining(self.cluster, {}) for one in self.callers.values()]
        for join in joins:
            join.get()
        waits = [
            caller.start("wait_for", service=service)
            for caller in self.callers.values()
            for provider in self.providers.values()
            for service in provider.services
        ]
        for wait in waits:
            wait.get()

    def _served(self, one: Actor) -> dict[str, str]:
        """Under the node's name, and under that of its language together with the other provider."""
        names = [one.name, one.language]
        return {f"{kind}.{name}": kind for kind in self.kinds for name in names}

    def fresh(self) -> str:
        """A name that nobody has."""
        self._extra += 1
        return f"x{self._extra}"

    def spare(self, language: str) -> Agent:
        """A process that may be harmed. The next one is started at once, so that nobody waits for it."""
        waiting = self._spare[language]
        agent = waiting.pop() if waiting else self.agents.launch(language)
        waiting.append(self.agents.launch(language))
        agent.event("up", within=driver.START)
        return agent

    def whole(self) -> bool:
        """Whether all processes still answer."""
        actors = [*self.callers.values(), *self.providers.values()]
        with contextlib.suppress(Gone):
            for asked in [one.start("outside", within=5) for one in actors]:
                asked.get()
            return True
        return False

    def close(self) -> None:
        self.agents.close()
