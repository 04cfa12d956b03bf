"""`twinspan run --processes N`: one parent that starts the processes, passes signals on and starts again what died."""

from __future__ import annotations

import argparse
import logging
import queue
import signal
import subprocess
import sys
import threading
import time

_log = logging.getLogger("twinspan.run")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
MOST_DEATHS = 5
"""So many in a row, and the parent gives up."""
STEADY = 60.0
"""Seconds after which a process counts as one that works: its deaths before are forgotten."""
USAGE = 2


class Process:
    """One of the processes, whichever time it runs."""

    def __init__(self, chosen: argparse.Namespace, number: int) -> None:
        self.number = number
        self._command = command(chosen, number)
        self._child: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._deaths = 0
        self.due: float | None = None
        """When it is started again."""

    def start(self, ended: queue.SimpleQueue[tuple[Process, int]]) -> None:
        """Starts it; its exit code will come into `ended`."""
        self.due = None
        self._began = time.monotonic()
        # A session of its own: Ctrl-C in the terminal reaches it once, through the parent.
        child = self._child = subprocess.Popen(self._command, start_new_session=True)
        threading.Thread(target=lambda: ended.put((self, child.wait())), name=f"twinspan-process-{self.number}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process that was started last."""
        return 0 if self._child is None else self._child.pid

    def send(self, number: int) -> None:
        """Passes a signal on."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)

    def died(self) -> float | None:
        """It ended without being told to; gives the pause before it is started again, or None when it died too often."""
        self._deaths = 1 if time.monotonic() - self._began >= STEADY else self._deaths + 1
        if self._deaths >= MOST_DEATHS:
            return None
        pause: float = min(FIRST_PAUSE * 2 ** (self._deaths - 1), LONGEST_PAUSE)
        self.due = time.monotonic() + pause
        return pause


def serve_all(chosen: argparse.Namespace) -> int:
    """Runs the processes until a signal; ends with the worst of their exit codes, once all are gone."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    processes = [Process(chosen, number + 1) for number in range(chosen.processes)]
    ended: queue.SimpleQueue[tuple[Process, int]] = queue.SimpleQueue()
    told: list[int] = []
    running: set[Process] = set()
    worst = 0

    def forward(number: int, frame: object) -> None:
        told.append(number)
        for process in list(running):
            process.send(number)

    def start(process: Process) -> None:
        running.add(process)
        process.start(ended)
        if told:
            # It came while the process was being started, and has not reached this one.
            process.send(told[-1])

    def give_up() -> None:
        if not told:
            forward(signal.SIGTERM, None)

    before = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for process in processes:
            if not told:
                start(process)
        while running or (not told and any(process.due is not None for process in processes)):
            due = [] if told else [process for process in processes if process.due is not None]
            pause = min((process.due - time.monotonic() for process in due if process.due is not None), default=3600.0)
            try:
                process, code = ended.get(timeout=max(0.0, pause))
            except queue.Empty:
                for process in due:
                    if not told and process.due is not None and process.due <= time.monotonic():
                        start(process)
                continue
            running.discard(process)
            # A process that was told before it could listen to signals has nothing to finish.
            code = 0 if -code in told else code if code >= 0 else 128 - code
            if told:
                worst = max(worst, code)
                continue
            again = None if code == USAGE else process.died()
            if again is None:
                _log.error("process %d (pid %d) ended with %d and is not started again: all end", process.number, process.pid, code)
                worst = max(worst, code or 1)
                give_up()
            else:
                _log.warning("process %d (pid %d) ended with %d; started again in %.1f s", process.number, process.pid, code, again)
    finally:
        for process in running:
            process.send(signal.SIGTERM)
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
    return worst


def command(chosen: argparse.Namespace, number: int) -> list[str]:
    """The command of one process, made of what was parsed: it never starts processes itself."""
    words = [sys.executable, "-m", "twinspan", "run"]
    for option, value in vars(chosen).items():
        if option in ("app", "processes") or value is None or value is False:
            continue
        flag = "--" + option.replace("_", "-")
        if option == "name":
            value = f"{value}-{number}"
        elif option in ("listen", "advertise", "health"):
            value = _port(value, number)
        if value is True:
            words.append(flag)
        else:
            words += [f"{flag}={each}" for each in (value if isinstance(value, list) else [value])]
    return [*words, "--", chosen.app]


def _port(address: str, number: int) -> str:
    """The address of the process with this number: a fixed port counts up."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) == 0:
        return address  # the system chooses, or the core says what is wrong
    return f"{host}:{int(port) + number - 1}"
