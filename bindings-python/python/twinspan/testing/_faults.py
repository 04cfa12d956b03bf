"""Errors that a test puts in the place of answers."""

from __future__ import annotations

import threading
from types import TracebackType

from .._errors import BadArguments, DeadlineExceeded, Error, Executed, MaybeExecuted, RemoteError


class Failing:
    """A service or method that fails, until `end()`, the end of its `with` block, or as often as was said."""

    def __init__(self, name: str, error: Error, times: int | None) -> None:
        self.name = name
        self.error = error
        self._left = times
        self._lock = threading.Lock()

    @property
    def ended(self) -> bool:
        """Whether calls are answered again."""
        return self._left == 0

    def end(self) -> None:
        """Calls are answered again."""
        with self._lock:
            self._left = 0

    def _take(self, target: str) -> Error | None:
        """The error for a call of this method, if it has one left."""
        if self.name not in (target, target.rpartition(".")[0]):
            return None
        with self._lock:
            if self._left == 0:
                return None
            if self._left is not None:
                self._left -= 1
        return self.error

    def __enter__(self) -> Failing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.end()


def failing(name: str, error: Error | type[Error], times: int | None) -> Failing:
    """Checks what a test asked for."""
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise BadArguments(f"times is how many calls fail, at least 1, not {times!r}", advice="Leave it out: every call fails then.")
    if isinstance(error, type) and issubclass(error, Error):
        executed: Executed = "maybe" if issubclass(error, (DeadlineExceeded, MaybeExecuted)) else "no"
        error = error(f"a test lets `{name}` fail", executed=executed)
    if not isinstance(error, Error) or isinstance(error, RemoteError):
        raise BadArguments(
            f"fail() takes one of Twinspan's own errors, not {error!r}",
            advice="What a handler raises is said by on(..., raises=...).",
        )
    return Failing(name, error, times)
