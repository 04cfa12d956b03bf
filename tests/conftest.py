"""Agents for all suites: the processes are shared, each test has a cluster of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from agents.driver import Agent, Agents, new_cluster


@pytest.fixture(scope="session")
def agents() -> Iterator[Agents]:
    """Starts processes, and ends them with the session."""
    with Agents() as started:
        yield started


@pytest.fixture
def take(agents: Agents) -> Iterator[Callable[..., list[Agent]]]:
    """Agents for one test: `python, java = take("python", "java")`."""
    taken: list[Agent] = []

    def take(*languages: str) -> list[Agent]:
        more = agents.take(*languages)
        taken.extend(more)
        return more

    yield take
    agents.give_back(taken)


@pytest.fixture
def cluster() -> str:
    """A name that no other test uses."""
    return new_cluster()
