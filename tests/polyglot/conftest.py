"""Two Python and two Java nodes in one cluster for everything that harms none of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.driver import Agents, borrowed, new_cluster
from agents.pairs import Joined, Pair, join

PAIRS = [("python", "python"), ("python", "java"), ("java", "python"), ("java", "java")]


@pytest.fixture(scope="session")
def four(agents: Agents) -> Iterator[dict[str, Joined]]:
    """`p1`, `p2`, `j1`, `j2`."""
    with borrowed(agents, "python", "python", "java", "java") as taken:
        yield {one.name: one for one in join(taken, ["p1", "p2", "j1", "j2"], new_cluster())}


@pytest.fixture(params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def pair(request: pytest.FixtureRequest, four: dict[str, Joined]) -> Pair:
    """Every (caller, provider) pair of languages."""
    caller, provider = request.param
    return Pair(four[f"{caller[0]}1"], four[f"{provider[0]}2"])


@pytest.fixture(params=["python", "java"])
def caller(request: pytest.FixtureRequest, four: dict[str, Joined]) -> Joined:
    """A caller of each language."""
    return four[f"{request.param[0]}1"]
