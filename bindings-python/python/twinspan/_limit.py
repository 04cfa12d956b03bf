"""How much of a service or of a method one node takes on."""

from __future__ import annotations

from typing import Any

from ._errors import BadConfig

_LEAST = {"running": 1, "waiting": 0, "bytes": 1}
_MOST = 2**63 - 1


class Limit:
    """How much of a service or of a method one node takes on; what isn't given is not limited here.

    A call beyond it is refused at once with `Overloaded`, and did not run.

    Args:
        running: handlers at once, at least 1. One that waits in a nested call doesn't count meanwhile.
        waiting: calls that wait for a handler; 0: none waits. A service without one has 1,024.
        bytes: of the arguments that wait. A single call may have more when no other waits.

    Raises:
        BadConfig: at once, for a number that is out of range.

    Example:
        @app.service("reports", limit=twinspan.Limit(running=4, waiting=100))
        class Reports: ...
    """

    __slots__ = ("bytes", "running", "waiting")

    running: int | None
    waiting: int | None
    bytes: int | None

    def __init__(self, *, running: int | None = None, waiting: int | None = None, bytes: int | None = None) -> None:
        for name, value in (("running", running), ("waiting", waiting), ("bytes", bytes)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not _LEAST[name] <= value <= _MOST):
                raise BadConfig(
                    f"limit: {name} is a whole number from {_LEAST[name]}, not {value!r}",
                    advice=f"Leave `{name}` out if it is not limited.",
                )
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"Limit({', '.join(f'{name}={value}' for name, value in self.record().items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limit) and self.record() == other.record()

    def __hash__(self) -> int:
        return hash((self.running, self.waiting, self.bytes))

    def record(self) -> dict[str, int]:
        """Its encoded form."""
        values = {"running": self.running, "waiting": self.waiting, "bytes": self.bytes}
        return {name: value for name, value in values.items() if value is not None}


def checked(limit: Any, of: str) -> Limit | None:
    """Refuses what is no limit where it was written."""
    if limit is not None and not isinstance(limit, Limit):
        raise BadConfig(f"limit of `{of}` is a twinspan.Limit, not {limit!r}", advice="Write limit=twinspan.Limit(running=4).")
    return limit
