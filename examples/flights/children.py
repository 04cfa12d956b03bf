"""The launcher's processes: started apart from the terminal, listened to, ended and reaped. No other process is ever touched."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from stopping import held

LAST_LINES = 30
GRACE = 5.0  # seconds after SIGTERM, then SIGKILL
EVENTS = 10_000


class ChildFailed(Exception):
    """A child ended early, said something wrong, or said nothing for too long."""


class Child:
    """One process that writes JSON lines on its standard output and ends when its standard input does."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], inbox: queue.Queue[tuple[Child, Any]]) -> None:
        self.name = name
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self.killed = False
        self._inbox = inbox
        # A session of its own: Ctrl-C reaches the launcher alone, which then ends its children in order.
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=dict(environment),
            start_new_session=True,
        )
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._remember)]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                self.last.append(line.rstrip())  # a library that prints
                continue
            self._inbox.put((self, event))
        self._inbox.put((self, None))

    def _remember(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.last.append(line.rstrip())

    def say(self, line: str) -> None:
        """Writes a line to its input."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()

    def kill(self) -> None:
        """Ends it in the middle of whatever it does. From now on its end is no surprise."""
        self.killed = True
        self.process.kill()

    def finish(self) -> None:
        """Closes its input: it reports and ends."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()

    def failed(self, what: str) -> ChildFailed:
        """The error that says what went wrong, with the child's last lines."""
        # Its last words may still be on their way.
        if self.process.poll() is not None:
            for thread in self._threads:
                thread.join(2.0)
        return ChildFailed("\n".join([f"{self.name} (pid {self.process.pid}) {what}", *(f"  | {line}" for line in self.last)]))


class Children:
    """All children of one run, and what they say."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.all: list[Child] = []
        self._environment = environment
        self._inbox: queue.Queue[tuple[Child, Any]] = queue.Queue(EVENTS)

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Starts one more."""
        with held():
            child = Child(name, command, self._environment, self._inbox)
            self.all.append(child)
        return child

    def next(self, wait: float) -> tuple[Child, dict[str, Any]] | None:
        """The next event of any child, None if none comes within `wait` seconds. Raises when one ended that should not have."""
        until = time.monotonic() + wait
        while True:
            try:
                child, event = self._inbox.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return None
            if event is not None:
                return child, event
            code = reaped(child.process, GRACE)
            if not child.killed:
                raise child.failed(f"ended early with {code}")

    def collect(
        self, event: str, children: Sequence[Child], within: float, heard: Callable[[Child, Mapping[str, Any]], bool]
    ) -> dict[str, dict[str, Any]]:
        """Waits until each of these children said `event`, which must be its next word, but for what `heard` takes."""
        until = time.monotonic() + within
        said: dict[str, dict[str, Any]] = {}
        while len(said) < len(children):
            got = self.next(max(0.0, until - time.monotonic()))
            if got is None:
                silent = next(child for child in children if child.name not in said)
                raise silent.failed(f"did not say `{event}` within {within:.0f} s")
            child, what = got
            if heard(child, what):
                continue
            if child not in children or what.get("event") != event:
                raise child.failed(f"said {what} instead of `{event}`")
            said[child.name] = what
        return said

    def last_words(self, event: str, children: Sequence[Child], within: float) -> dict[str, dict[str, Any]]:
        """Closes the input of these children; each says `event` and ends with success."""
        until = time.monotonic() + within
        for child in children:
            child.finish()
        said: dict[str, dict[str, Any]] = {}
        left = set(children)
        while left:
            try:
                child, what = self._inbox.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise left.pop().failed(f"did not end within {within:.0f} s") from None
            if child.killed:
                continue
            if what is not None and what.get("event") == event and child in left:
                said[child.name] = what
                continue
            code = reaped(child.process, GRACE) if what is None else None
            if code != 0 or child not in left or child.name not in said:
                raise child.failed(f"said {what} at its end" if what else f"ended with {code}, {event} said: {child.name in said}")
            left.discard(child)
        return said


@contextmanager
def children(environment: Mapping[str, str]) -> Iterator[Children]:
    """Children that are gone when the block ends, whatever ended it."""
    made = Children(environment)
    try:
        yield made
    finally:
        with held():
            end([child.process for child in made.all])


def end(processes: Sequence[subprocess.Popen[str]]) -> None:
    """SIGTERM, a little patience, SIGKILL; then they are reaped."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + GRACE
    for process in processes:
        if reaped(process, until - time.monotonic()) is None:
            # Its session too: a child might have children.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def reaped(process: subprocess.Popen[str], within: float) -> int | None:
    """The exit code, None if it still runs after `within` seconds."""
    try:
        return process.wait(max(0.0, within))
    except subprocess.TimeoutExpired:
        return None


def run(what: str, command: Sequence[object], environment: Mapping[str, str], within: float) -> subprocess.CompletedProcess[str]:
    """Runs a process to its end, at most `within` seconds."""
    process: subprocess.Popen[str] | None = None
    try:
        with held():
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=dict(environment),
                start_new_session=True,
            )
        out, err = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        raise ChildFailed(f"{what} took more than {within:.0f} s") from None
    finally:
        if process is not None:
            with held():
                end([process])
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
