"""A process that is told what to do line by line."""

from __future__ import annotations

import os
import select
import subprocess
import time
from pathlib import Path

from .process import cpu_seconds, die_with_the_driver

Words = dict[str, str]
ENDS_WITHIN = 5.0


class AgentFailed(Exception):
    """An agent ended, said that it failed, or kept silent for too long."""


class Agent:
    """Orders go to its stdin, answers come from its stdout; its stderr is a file in `folder`."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.failed: str | None = None
        self._log = folder / f"{name}.log"
        self._held = b""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=folder,
                start_new_session=True,  # Ctrl-C is for the driver, which ends everybody in order
                preexec_fn=die_with_the_driver,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of CPU time so far."""
        if self.failed is not None:
            raise AgentFailed(self.failed)
        if self._process.poll() is not None:
            raise self._fail(f"ended with {self._process.returncode}")
        return cpu_seconds(self.pid)

    def ask(self, line: str, within: float) -> Words:
        """Sends an order and waits for its answer."""
        if self.failed is not None:
            raise AgentFailed(self.failed)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._fail(f"takes no orders: {error}") from error
        return self.answer(within)

    def answer(self, within: float) -> Words:
        """The next line that it says, as words such as `a=1`."""
        line = self._line(time.monotonic() + within)
        verb, *words = line.split()
        if verb == "failed":
            # It lives on: the next order may work.
            raise AgentFailed(f"{self.name} {line}")
        return dict(word.split("=", 1) for word in words)

    def _line(self, deadline: float) -> str:
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        while b"\n" not in self._held:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise self._fail("kept silent until its deadline")
            heard = os.read(out, 65536)
            if not heard:
                raise self._fail(f"ended with {self._process.wait(ENDS_WITHIN)}")
            self._held += heard
        line, self._held = self._held.split(b"\n", 1)
        return line.decode() or "failed without a word"

    def _fail(self, why: str) -> AgentFailed:
        """An agent that failed once is out: a late answer must never pass for the next one's."""
        if self._process.poll() is None:
            self._process.kill()
        tail = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        self.failed = "\n    ".join([f"{self.name} {why}", *tail])
        return AgentFailed(self.failed)

    def close(self) -> None:
        """Closing its stdin is the signal to end."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                return

    def end(self, deadline: float) -> None:
        self.close()
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(ENDS_WITHIN)
        if self._process.stdout is not None:
            self._process.stdout.close()
