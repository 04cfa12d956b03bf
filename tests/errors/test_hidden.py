"""A node that hides its errors tells their type, and keeps the rest for its log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.driver import Agent, Agents, borrowed, new_cluster

from .cases import VALUE
from .conftest import PAIRS
from .faults import Faults, joined


@pytest.fixture(scope="module")
def hiding(agents: Agents) -> Iterator[dict[str, Agent]]:
    with borrowed(agents, "python", "python", "java", "java") as taken:
        yield joined(dict(zip(("p1", "p2", "j1", "j2"), taken, strict=True)), new_cluster(), hide_errors=True)


@pytest.mark.parametrize("languages", PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_only_the_type_is_told(hiding: dict[str, Agent], languages: tuple[str, str]) -> None:
    caller, provider = languages
    pair = Faults(hiding, f"{caller[0]}1", f"{provider[0]}2")
    error = pair.error("standard", "value", names=list(VALUE.values()))
    assert (error["kind"], error["executed"], error["node"], error["remote"]["type"]) == ("Remote", "yes", pair.provider, VALUE[provider])
    assert error["is"] == dict.fromkeys(VALUE.values(), True)
    assert "boom" not in error["trace"] and "aulty." not in error["trace"].replace("call faulty.", ""), error["trace"]
    assert f"The log of node `{pair.provider}` has the rest." in error["text"]
    if provider == "java":  # Python's logger is silent until a program sets it up
        assert "boom" in hiding[pair.provider].log.read_text("utf-8", "replace")
    for method in ("chain", "several", "notes", "own"):
        error = pair.error(method)
        assert "cause" not in error and error["suppressed"] == [] and error["notes"] == []
        assert not any(word in error["trace"] for word in ("outer", "a first note", "o-1", "inner")), error["trace"]
    pair.goes_on()
