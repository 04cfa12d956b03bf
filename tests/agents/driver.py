"""Starts agents, speaks to them, and ends exactly those that it started."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from . import places

START = 60.0
"""Seconds for a process to come up, on a machine that is busy compiling something else."""


class Failed(Exception):
    """An agent answered with an error; `told` is what it said."""

    def __init__(self, agent: str, told: dict[str, Any]) -> None:
        super().__init__(f"{agent}: {told.get('class')}: {told.get('text')}")
        self.told = told


class Gone(Exception):
    """An agent ended, or did not answer in time."""


class Agent:
    """One process."""

    def __init__(
        self,
        label: str,
        language: str,
        environment: dict[str, str],
        log: Path,
        prefix: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.label = label
        self.language = language
        self.log = log
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._events: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._ended = False
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                [*prefix, *places.command(language)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                encoding="utf-8",
                cwd=folder or environment["TWINSPAN_HOME"],
                start_new_session=True,  # a Ctrl-C is for the driver, which then ends its agents
            )
        threading.Thread(target=self._read, daemon=True, name=f"agent-{label}").start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def _read(self) -> None:
        for line in self.process.stdout:  # type: ignore[union-attr]
            try:
                told = json.loads(line)
            except ValueError:
                told = {"event": "noise", "line": line}
            with self._changed:
                if "event" in told:
                    self._events.append({**told, "heard": time.monotonic_ns()})
                    self._changed.notify_all()
                    continue
                answered = self._waiting.pop(told["id"], None)
            if answered is not None:
                answered.put(told)
        with self._changed:
            self._ended = True
            waiting, self._waiting = list(self._waiting.values()), {}
            self._changed.notify_all()
        for answered in waiting:
            answered.put({"gone": True})

    def event(self, name: str, key: str | None = None, within: float = 10.0) -> dict[str, Any]:
        """Waits for an event, past ones included."""

        def found() -> dict[str, Any] | None:
            return next((e for e in self._events if e["event"] == name and (key is None or e.get("key") == key)), None)

        until = time.monotonic() + within
        with self._changed:
            while (event := found()) is None:
                left = until - time.monotonic()
                if self._ended or left <= 0:
                    raise Gone(f"{self.label}: no event {name} {key or ''} within {within} s\n{self.tail()}")
                self._changed.wait(left)
        return event

    def has(self, name: str, key: str) -> bool:
        with self._changed:
            return any(e["event"] == name and e.get("key") == key for e in self._events)

    def start(self, op: str, within: float = 30.0, **ask: Any) -> Asked:
        """Sends a request; `.get()` waits for its answer."""
        answered: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        number = next(self._numbers)
        with self._changed:
            if self._ended:
                raise Gone(f"{self.label} has ended\n{self.tail()}")
            self._waiting[number] = answered
        line = json.dumps({"id": number, "op": op, **ask}) + "\n"
        try:
            with self._changed:
                self.process.stdin.write(line)  # type: ignore[union-attr]
                self.process.stdin.flush()  # type: ignore[union-attr]
        except OSError as error:
            raise Gone(f"{self.label} has ended: {error}\n{self.tail()}") from error
        return Asked(self, op, answered, time.monotonic() + within)

    def ask(self, op: str, within: float = 30.0, **ask: Any) -> Any:
        """Sends a request and waits for its answer."""
        return self.start(op, within, **ask).get()

    def tail(self) -> str:
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-2000:]
        return ""

    def signal(self, number: signal.Signals) -> int:
        """Sends a signal; answers when, on the monotonic clock."""
        at = time.monotonic_ns()
        self.process.send_signal(number)
        return at

    def kill(self) -> int:
        at = self.signal(signal.SIGKILL)
        self.process.wait(10)
        return at

    def end(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(10)


class Asked:
    """A request that was sent."""

    def __init__(self, agent: Agent, op: str, answered: queue.SimpleQueue[dict[str, Any]], until: float) -> None:
        self._agent, self._op, self._answered, self._until = agent, op, answered, until

    def get(self) -> Any:
        try:
            told = self._answered.get(timeout=max(0.0, self._until - time.monotonic()))
        except queue.Empty:
            raise Gone(f"{self._agent.label} did not answer `{self._op}` in time\n{self._agent.tail()}") from None
        if "gone" in told:
            raise Gone(f"{self._agent.label} ended before it answered `{self._op}`\n{self._agent.tail()}")
        if "error" in told:
            raise Failed(self._agent.label, told["error"])
        return told["ok"]

    def error(self) -> dict[str, Any]:
        """The error that the request must end with."""
        try:
            value = self.get()
        except Failed as failed:
            return failed.told
        raise AssertionError(f"{self._agent.label}: `{self._op}` answered {str(value)[:500]} where an error was due")


class Agents:
    """Agents with a state folder of their own, below /tmp so that socket paths stay short."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ts-", dir="/tmp"))
        self.home = self.folder / "home"
        self.runtime = self.folder / "run"
        for folder in (self.home, self.runtime):
            folder.mkdir(mode=0o700)
        self.all: list[Agent] = []
        self._spare: list[Agent] = []

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TWINSPAN_") and key != "KUBERNETES_SERVICE_HOST"}
        own = {"TWINSPAN_HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime), "PYTHONPATH": places.python_path()}
        return {**kept, **own, "PYTHONDONTWRITEBYTECODE": "1"}

    def launch(self, language: str, label: str = "", more: dict[str, str] | None = None) -> Agent:
        """Starts a process without waiting for it; `up` waits. `more` goes into its environment."""
        label = label or f"{language[0]}{len(self.all)}"
        log = self.folder / f"{label}-{len(self.all)}.log"
        agent = Agent(label, language, {**self.environment(), **(more or {})}, log)
        self.all.append(agent)
        return agent

    def take(self, *languages: str) -> list[Agent]:
        """Agents that are up and in no cluster: spare ones, else new ones."""
        taken = []
        for language in languages:
            spare = next((a for a in self._spare if a.language == language and a.process.poll() is None), None)
            if spare is not None:
                self._spare.remove(spare)
            taken.append(spare or self.launch(language))
        for agent in taken:
            agent.event("up", within=START)
        return taken

    def give_back(self, agents: list[Agent]) -> None:
        """Agents that still answer leave their clusters and serve another test; the others end."""
        leaving = []
        for agent in agents:
            try:
                leaving.append((agent, agent.start("forget", within=15)))
            except Gone:
                agent.end()
        for agent, left in leaving:
            try:
                left.get()
                self._spare.append(agent)
            except (Gone, Failed):
                agent.end()

    def close(self) -> None:
        for agent in self.all:
            agent.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Agents:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def new_cluster() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"


@contextlib.contextmanager
def borrowed(agents: Agents, *languages: str) -> Iterator[list[Agent]]:
    """Agents for one test."""
    taken = agents.take(*languages)
    try:
        yield taken
    finally:
        agents.give_back(taken)
