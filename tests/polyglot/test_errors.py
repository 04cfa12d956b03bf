"""What a handler raises, as its caller sees it in the other language."""

from __future__ import annotations

import pytest

from agents import literal as lit
from agents.pairs import Joined, Pair

NAMES = {
    "value": {"python": "builtins.ValueError", "java": "java.lang.IllegalArgumentException"},
    "chain": {"python": "builtins.RuntimeError", "java": "java.lang.IllegalStateException"},
    "key": {"python": "builtins.KeyError", "java": "java.util.NoSuchElementException"},
}
FILES = {"python": "work.py", "java": "Work.java"}
ROOTS = {"python": "RemoteError", "java": "RemoteCallException"}


@pytest.mark.parametrize("style", ["node", "typed_async", "node_async"])
def test_a_handlers_exception(pair: Pair, style: str) -> None:
    method = "value" if style != "typed_async" else "fraud"
    args = ["boom"] if method == "value" else ["o-7", lit.number(0.5)]
    error = pair.error(method, *args, style=style)
    if method == "fraud":
        assert error["class"].rpartition(".")[2].endswith("FraudRejected")
        return
    assert error["class"].endswith(ROOTS[pair.caller.language])
    assert (error["kind"], error["executed"], error["retryable"], error["node"]) == ("Remote", "yes", False, pair.provider.name)
    remote = error["remote"]
    assert remote["type"] == NAMES[method][pair.provider.language]
    assert remote["language"] == pair.provider.language
    # The standard pairs answer for both languages.
    assert (remote["is_value_error"], remote["is_illegal_argument"]) == (True, True)
    assert "boom" in error["text"]


def test_remote_frames_are_in_the_native_trace(pair: Pair) -> None:
    trace = pair.error("value", "boom")["trace"]
    line = next(line for line in trace.splitlines() if FILES[pair.provider.language] in line)
    if pair.caller.language == "python":
        # File "p2:/.../work.py", line 115, in work.Work.value
        assert line.strip().startswith(f'File "{pair.provider.name}:'), line
        assert ", line " in line
        assert line.rstrip().endswith("Work.value"), line
    else:
        # at work.Work.value(work.py:115)
        assert line.strip().startswith("at "), line
        assert "value(" in line, line
        assert line.rstrip(")").rpartition(":")[2].isdigit(), line
    # Innermost: the handler's frame comes last in Python, first in Java, with nothing of the library's own beyond it.
    frames = [line for line in trace.splitlines() if FILES[pair.provider.language] in line]
    assert frames, trace


def test_a_lookup_error(pair: Pair) -> None:
    error = pair.error("key", "nothing")
    assert error["remote"]["type"] == NAMES["key"][pair.provider.language]
    assert "KeyError" not in error["also"]


def test_causes(pair: Pair) -> None:
    error = pair.error("chain", "boom")
    assert error["remote"]["type"] == NAMES["chain"][pair.provider.language]
    assert "outer boom" in error["text"]
    cause = error["cause"]
    assert cause["remote"]["type"] == NAMES["value"][pair.provider.language]
    assert "boom" in cause["text"]
    trace = error["trace"]
    assert trace.count(FILES[pair.provider.language]) >= 2, trace


@pytest.mark.parametrize("style", ["typed", "typed_async"])
def test_a_declared_exception(pair: Pair, style: str) -> None:
    error = pair.error("fraud", "o-1", lit.number(0.9), style=style)
    assert error["class"].rpartition(".")[2].endswith("FraudRejected"), error["class"]
    assert (error["order"], error["score"], error["text"]) == ("o-1", 0.9, "o-1 scored 0.9")
    cause = error["cause"]
    assert cause["remote"]["type"] == "shop.FraudRejected"
    assert dict(cause["remote"]["details"]["v"]) == {"order": "o-1", "score": lit.number(0.9)}


def test_an_undeclared_exception(pair: Pair) -> None:
    error = pair.error("refuse", "o-2", lit.number(0.1), style="typed")
    assert error["class"].endswith(ROOTS[pair.caller.language])
    assert error["remote"]["type"] == "shop.FraudRejected"
    assert dict(error["remote"]["details"]["v"]) == {"order": "o-2", "score": lit.number(0.1)}


def test_both_legs_of_a_nested_failure(pair: Pair, four: dict[str, Joined]) -> None:
    """Caller -> provider -> innermost: one trace names the files of both."""
    for last in (four["p1"], four["j1"]):
        error = pair.error("ask", last.service, "value", "deep")
        assert FILES[pair.provider.language] in error["trace"]
        assert FILES[last.language] in error["trace"]
        assert "deep" in error["trace"]


def test_the_cause_of_a_nested_failure(pair: Pair, four: dict[str, Joined]) -> None:
    for last in (four["p1"], four["j1"]):
        cause = pair.error("ask", last.service, "value", "deep")["cause"]
        assert cause["remote"]["type"] == NAMES["value"][last.language]


def test_a_result_that_can_not_cross(pair: Pair) -> None:
    error = pair.error("uncrossable")
    assert (error["kind"], error["executed"], error["node"]) == ("Unserializable", "yes", pair.provider.name)
    assert len(error["text"].splitlines()) == 2


def test_the_worker_goes_on(pair: Pair) -> None:
    for at in range(40):
        assert pair.error("value", f"no {at}")["kind"] == "Remote"
    assert pair.call("add", 1, 1) == 2
