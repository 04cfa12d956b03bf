"""The measuring loops of the Python agents."""

from __future__ import annotations

import asyncio
import sys
from itertools import islice
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "agents"))

from crew import Crew
from order import Order
from pace import WINDOW, awaited, blocking, gaps
from samples import Samples


def order(face: str, pace: str, seconds: float = 0.05) -> Order:
    return Order.read(f"run face={face} pace={pace} transport=tcp to=python seconds={seconds} bytes=64")


def test_sparse_calls_are_1_to_5_ms_apart() -> None:
    first = list(islice(gaps(), 1000))
    assert 0.001 <= min(first) < 0.0011
    assert 0.0049 < max(first) < 0.005
    assert first[:3] == list(islice(gaps(), 3))


@pytest.mark.parametrize("pace", ["back_to_back", "sparse"])
def test_one_at_a_time(pace: str) -> None:
    sent: list[bytes] = []
    found = blocking(lambda payload: sent.append(payload) or payload, order("sync", pace))
    assert found.calls == len(sent) - 1  # the first one isn't measured
    assert {len(payload) for payload in sent} == {64}
    assert found.lasted >= 50e6
    assert found.calls < 50 or pace == "back_to_back"


def test_64_are_in_flight() -> None:
    flying = most = 0

    async def call(payload: bytes) -> bytes:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        flying -= 1
        return payload

    found = asyncio.run(awaited(call, order("async", "in_flight64")))
    assert most == WINDOW == len(found.lines)


def test_64_threads_call() -> None:
    found = Crew().run(lambda _: bytes, order("threads64", "in_flight64"))
    assert len(found.lines) == WINDOW
    assert all(found.lines)


def test_a_wrong_answer_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not what was sent"):
        blocking(lambda payload: payload[:-1], order("sync", "back_to_back"))
    with pytest.raises(RuntimeError, match="not what was sent"):
        Crew().run(lambda _: lambda payload: b"", order("threads64", "in_flight64"))


def test_percentiles_and_rate() -> None:
    line = [1000 * (n + 1) for n in range(100)]
    assert Samples([line, [4_000_000]], 1_000_000_000).report() == "report calls=101 p50_us=51.00 p99_us=100.00 rate=101.0 spread=78.43"
