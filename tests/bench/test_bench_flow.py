"""The loops over the items of a stream, and over the answers of `call_many`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "agents"))

from flow import STRIDE, pipelined, streamed
from order import Order


def order(pace: str, size: int = 64) -> Order:
    return Order.read(f"run face=sync pace={pace} transport=tcp to=python seconds=0.05 bytes={size}")


class Source:
    """A stream of given items that knows how many were taken, and whether its reader left."""

    def __init__(self, items: Iterable[bytes]) -> None:
        self._items = items
        self.taken = 0
        self.left = False

    @contextmanager
    def __call__(self, order: Order) -> Iterator[Iterator[bytes]]:
        yield self._count()
        self.left = True

    def _count(self) -> Iterator[bytes]:
        for item in self._items:
            self.taken += 1
            yield item


@pytest.mark.parametrize("size", [64, 2 * STRIDE])
def test_items_are_counted_until_the_time_is_over(size: int) -> None:
    source = Source(repeat(b"\x07" * size))
    found = streamed(source, order("streamed", size))
    assert found.calls == source.taken - 1  # the first one isn't measured
    assert found.calls % max(1, STRIDE // size) == 0
    assert found.lasted >= 50e6
    assert found.report() == f"report calls={found.calls} rate={found.calls / found.lasted * 1e9:.1f}"
    assert source.left


def test_a_stream_that_ends_is_refused() -> None:
    with pytest.raises(RuntimeError, match="ended after 99 items"):
        streamed(Source([b"\x07" * 64] * 100), order("streamed"))


def test_a_wrong_item_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not what was sent"):
        streamed(Source([*[b"\x07" * 64] * 100, b"\x07" * 63]), order("streamed"))


def test_calls_are_timed_until_their_answer() -> None:
    sent = 0

    def echoed(payloads: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal sent
        held: list[bytes] = []
        for payload in payloads:
            sent += 1
            held.append(payload)
            if len(held) == 8:
                yield held.pop(0)
        yield from held

    found = pipelined(echoed, order("in_flight64"))
    assert found.calls == sent > 8
    assert min(found.lines[0]) > 0
    with pytest.raises(RuntimeError, match="not what was sent"):
        pipelined(lambda payloads: (payload[:-1] for payload in payloads), order("in_flight64"))
