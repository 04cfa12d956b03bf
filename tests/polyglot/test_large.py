"""Large bodies there and back: correct, and in little memory on both sides."""

from __future__ import annotations

import pytest

from agents.driver import Agents, borrowed, new_cluster
from agents.pairs import Pair, join

SIZE = 100_000_000
PAIRS = [("python", "python")]
WARM = 4_000_000
# Beside the bodies: the pieces of a megabyte that are under way.
PIECES = 4_000_000


@pytest.fixture(params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def alone(request: pytest.FixtureRequest, agents: Agents) -> Pair:
    """A caller and a provider that did nothing before."""
    with borrowed(agents, *request.param) as taken:
        yield Pair(*join(taken, ["caller", "provider"], new_cluster()))


@pytest.mark.parametrize("kind", ["array", "bytes"])
def test_a_hundred_megabytes_there_and_back(alone: Pair, kind: str) -> None:
    # Opens the second link, and fills the buffers of both.
    alone.caller.ask("carry", service=alone.provider.service, kind=kind, bytes=WARM)
    before = alone.provider.agent.ask("memory_mark")
    told = alone.caller.ask("carry", service=alone.provider.service, kind=kind, bytes=SIZE, within=60)
    grown = {"caller": told["grown"], "provider": alone.provider.agent.ask("memory_peak") - before}
    print(f"{kind}: {told['ms']:.0f} ms, {grown}")
    assert told["same"]
    assert told["looks"]
    for side, bytes_ in grown.items():
        assert bytes_ <= 2 * SIZE + PIECES, f"{side} grew by {bytes_ / 1e6:.1f} MB"
