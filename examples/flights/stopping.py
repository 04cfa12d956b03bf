"""Ctrl-C and SIGTERM, made an exception that never tears a clean-up apart."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal told the program to end. Raised once, in the main thread; further signals are ignored, for what follows takes seconds."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _State:
    held = 0
    number = 0
    raised = False


def watch() -> None:
    """From now on these signals raise `Stopped`."""
    for number in SIGNALS:
        signal.signal(number, _stop)


def _stop(number: int, frame: object) -> None:
    if not _State.number:
        _State.number = number
    _raise()


def _raise() -> None:
    if _State.number and not _State.held and not _State.raised:
        _State.raised = True
        raise Stopped(_State.number)


@contextmanager
def held() -> Iterator[None]:
    """A block that no signal interrupts; one that came meanwhile is raised at its end."""
    _State.held += 1
    try:
        yield
    finally:
        _State.held -= 1
        _raise()
