"""Large bodies there and back: correct, and in little memory on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from agents.driver import Agents, new_cluster
from agents.pairs import Joined, Pair, join

SIZE = 100_000_000
PAIRS = [("python", "python"), ("python", "java"), ("java", "python"), ("java", "java")]
WARM = 4_000_000
# Beside the bodies: the pieces of a megabyte that are under way, and in Java what its collector and its compiler take meanwhile.
PIECES = {"python": 4_000_000, "java": 16_000_000}
# The Java heap has room for the arrays that the program itself has (and for what is small): not for one encoded copy more.
SMALL = 16
ARRAY = 98
HEAPS = {"array": (1, 0), "bytes": (1, 0), "doubles": (2, 1)}


def heap(arrays: int) -> dict[str, str]:
    """The environment of a Java agent whose heap holds so many arrays of a hundred megabytes."""
    return {"_JAVA_OPTIONS": f"-Xmn{SMALL}m -Xmx{SMALL + max(24, arrays * ARRAY)}m"}


@pytest.fixture
def alone(agents: Agents) -> Iterator[Callable[[tuple[str, str], str], Pair]]:
    """A caller and a provider that did nothing before."""
    begun = []

    def make(languages: tuple[str, str], kind: str) -> Pair:
        for language, arrays in zip(languages, HEAPS[kind], strict=True):
            begun.append(agents.launch(language, more=heap(arrays) if language == "java" else None))
        for agent in begun:
            agent.event("up", within=60)
        return Pair(*join(begun, ["caller", "provider"], new_cluster()))

    yield make
    for agent in begun:
        agent.end()


def carried(pair: Pair, kind: str) -> dict[str, int]:
    # Opens the second link, and fills the buffers of both.
    pair.caller.ask("carry", service=pair.provider.service, kind=kind, bytes=WARM)
    before = pair.provider.agent.ask("memory_mark")
    told = pair.caller.ask("carry", service=pair.provider.service, kind=kind, bytes=SIZE, within=60)
    grown = {"caller": told["grown"], "provider": pair.provider.agent.ask("memory_peak") - before}
    print(f"{kind}: {told['ms']:.0f} ms, {grown}")
    assert told["same"]
    assert told["looks"]
    return grown


def most(side: Joined) -> int:
    return 2 * SIZE + PIECES[side.language]


@pytest.mark.parametrize("languages", PAIRS, ids=["-".join(pair) for pair in PAIRS])
@pytest.mark.parametrize("kind", ["array", "bytes"])
def test_a_hundred_megabytes_there_and_back(alone: Callable[[tuple[str, str], str], Pair], languages: tuple[str, str], kind: str) -> None:
    pair = alone(languages, kind)
    for name, bytes_ in carried(pair, kind).items():
        assert bytes_ <= most(getattr(pair, name)), f"{name} grew by {bytes_ / 1e6:.1f} MB"


@pytest.mark.parametrize("provider", ["python", "java"])
def test_plain_java_arrays(alone: Callable[[tuple[str, str], str], Pair], provider: str) -> None:
    """A `double[]` is one copy of what came: it is there beside the body until the body is read."""
    pair = alone(("java", provider), "doubles")
    for name, bytes_ in carried(pair, "doubles").items():
        assert bytes_ <= most(getattr(pair, name)), f"{name} grew by {bytes_ / 1e6:.1f} MB"
