"""What a fake node remembers of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class FakeCall(NamedTuple):
    """A call that reached a fake node, with arguments that fit its method.

    Attributes:
        target: `service.method`.
        args: positional arguments, as the handler got them.
        kwargs: keyword arguments, as the handler got them.
        timeout: seconds that its caller waited for the answer at most.
        baggage: what came along with it.
    """

    target: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    timeout: float
    baggage: Mapping[str, str]
