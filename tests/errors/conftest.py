"""Two Python and two Java nodes, each with a faulty service of its own, and few workers: one that a case ended would be missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.driver import Agent, Agents, borrowed, new_cluster

from .faults import Faults, joined

LANGUAGES = ("python", "java")
PAIRS = [(caller, provider) for caller in LANGUAGES for provider in LANGUAGES]


@pytest.fixture(scope="package")
def nodes(agents: Agents) -> Iterator[dict[str, Agent]]:
    """`p1`, `p2`, `j1`, `j2`."""
    with borrowed(agents, "python", "python", "java", "java") as taken:
        yield joined(dict(zip(("p1", "p2", "j1", "j2"), taken, strict=True)), new_cluster())


@pytest.fixture(params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def pair(request: pytest.FixtureRequest, nodes: dict[str, Agent]) -> Faults:
    """Every (caller, provider) pair of languages."""
    caller, provider = request.param
    return Faults(nodes, f"{caller[0]}1", f"{provider[0]}2")
