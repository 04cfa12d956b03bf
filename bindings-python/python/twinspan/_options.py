"""How a call is made: timeout, attempts and the like. The innermost choice wins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from ._errors import BadConfig, Misuse

T = TypeVar("T")

Seconds = float | timedelta

_BALANCES = ("least_loaded", "round_robin", "hash", "local_first")


class Options(NamedTuple):
    """What a caller chose; None leaves it to whoever chose before, then to the provider, then to the default."""

    timeout: float | None = None
    attempts: int | None = None
    balance: str | None = None
    idempotent: bool | None = None
    affinity: str | None = None
    hedge: float | None = None
    node: str | None = None

    def over(self, weaker: Options) -> Options:
        """These options, completed by weaker ones."""
        # An affinity is a choice of the balance too: what was chosen last takes the other's place.
        if self.affinity is not None and self.balance is None:
            weaker = weaker._replace(balance=None)
        elif self.balance not in (None, "hash") and self.affinity is None:
            weaker = weaker._replace(affinity=None)
        pairs = zip(self, weaker, strict=True)
        return Options._make(mine if mine is not None else theirs for mine, theirs in pairs)

    def request(self) -> dict[str, Any]:
        """Their encoded form; the timeout travels with each call."""
        chosen = self._asdict()
        del chosen["timeout"]
        return {key: value for key, value in chosen.items() if value is not None}


NONE = Options()


def chosen(
    *,
    timeout: Seconds | None = None,
    attempts: int | None = None,
    balance: str | None = None,
    affinity: str | None = None,
    hedge: float | None = None,
    assume_idempotent: bool | None = None,
) -> Options:
    """Checks options at the place where they were written."""
    if attempts is not None and (isinstance(attempts, bool) or not isinstance(attempts, int) or not 1 <= attempts <= 16):
        raise BadConfig(f"attempts is a number from 1 to 16, not {attempts!r}")
    if balance is not None and balance not in _BALANCES:
        raise BadConfig(f"balance is one of {', '.join(_BALANCES)}, not {balance!r}")
    if affinity is not None and not (isinstance(affinity, str) and affinity):
        raise BadConfig(
            f"affinity is a text that is not empty, not {affinity!r}", advice="Give a key: calls with the same key go together."
        )
    if affinity is not None and balance not in (None, "hash"):
        raise BadConfig(f"affinity implies balance `hash`, not `{balance}`", advice="Give one of the two.")
    if hedge is not None and (isinstance(hedge, bool) or not isinstance(hedge, (int, float)) or not 0 < hedge <= 0.5):
        raise BadConfig(f"hedge is a share of the calls above 0 and at most 0.5, not {hedge!r}", advice="Write 0.02 for the slowest 2 %.")
    if hedge is not None and assume_idempotent is False:
        raise BadConfig("hedge runs a method twice now and then", advice="Leave out `hedge` or `assume_idempotent=False`.")
    limit = None if timeout is None else seconds("timeout", timeout)
    if limit == 0:
        raise BadConfig("timeout is above zero: nothing can be answered in no time")
    return Options(limit, attempts, balance, assume_idempotent, affinity, None if hedge is None else float(hedge))


def seconds(name: str, value: Seconds) -> float:
    """Seconds, zero or more."""
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise BadConfig(f"{name} is seconds or a timedelta, not {value!r}")
    if not 0 <= number <= 1e9:  # NaN fails as well
        raise BadConfig(f"{name} of {value!r} is out of range")
    return float(number)


ambient: ContextVar[Options | None] = ContextVar("twinspan_options", default=None)


@contextmanager
def call_options(
    *,
    timeout: Seconds | None = None,
    attempts: int | None = None,
    balance: str | None = None,
    affinity: str | None = None,
    hedge: float | None = None,
    assume_idempotent: bool | None = None,
) -> Iterator[None]:
    """Options for every call made inside, those that a library makes included."""
    options = chosen(
        timeout=timeout, attempts=attempts, balance=balance, affinity=affinity, hedge=hedge, assume_idempotent=assume_idempotent
    )
    token = ambient.set(options.over(ambient.get() or NONE))
    try:
        yield
    finally:
        ambient.reset(token)


def options(
    proxy: T,
    /,
    *,
    timeout: Seconds | None = None,
    attempts: int | None = None,
    balance: str | None = None,
    affinity: str | None = None,
    hedge: float | None = None,
    assume_idempotent: bool | None = None,
) -> T:
    """The same client with other options; the one given stays as it is."""
    from ._client import with_options

    chosen_ = chosen(
        timeout=timeout, attempts=attempts, balance=balance, affinity=affinity, hedge=hedge, assume_idempotent=assume_idempotent
    )
    copy: T | None = with_options(proxy, chosen_)
    if copy is None:
        raise Misuse(f"twinspan.options takes a client, not {type(proxy).__name__}", advice="Give it what node.client() returned.")
    return copy
