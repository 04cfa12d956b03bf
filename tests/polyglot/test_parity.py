"""Python's side of tests/parity.json: what the list names exists, and what exists is listed. ParityTest.java is Java's side."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import twinspan
from twinspan import _errors, _node, testing

LIST: dict[str, Any] = json.loads((Path(__file__).parents[1] / "parity.json").read_text("utf-8"))

NOT_YET = {"token_file", "data_dir"}
"""Options that Python names only to refuse them."""


def keywords(function: Any) -> set[str]:
    return {p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY} - NOT_YET


def public(*classes: type) -> set[str]:
    return {name for cls in classes for name in vars(cls) if not name.startswith("_")}


FOUND: dict[str, Iterable[str]] = {
    "join_options": keywords(twinspan.join),
    "call_options": keywords(twinspan.options),
    "node": public(_node.Node, _node.Seen) - {"aio", "with_options"},
    "call_context": public(twinspan.CallContext) - {"call", "deadline", "end", "streams"},
    "member": twinspan.Member._fields,
    "service": twinspan.ServiceInfo._fields,
    "provider": twinspan.Provider._fields,
    "method": twinspan.MethodInfo._fields,
    "parameter": twinspan.ParameterInfo._fields,
    "type": twinspan.TypeInfo._fields,
    "field": twinspan.FieldInfo._fields,
    "testing": testing.__all__,
    # In a fake node an attribute; coroutines are Python's own.
    "fake_node": public(testing.FakeNode) | {"clock"},
    "fake_clock": public(testing.FakeClock) - {"sleep_async"},
    "fake_call": testing.FakeCall._fields,
    "failing": public(testing.Failing),
}


@pytest.mark.parametrize("group", FOUND)
def test_names(group: str) -> None:
    assert {python for python, _ in LIST[group]} == set(FOUND[group])


def test_kinds() -> None:
    listed = {int(number): (kind, cls) for number, kind, cls, _ in LIST["kinds"]}
    assert listed == {number: (cls.kind, cls.__name__) for number, cls in _errors.KINDS.items()}
    assert {cls for _, cls in listed.values()} <= set(twinspan.__all__)


def test_every_public_name_is_listed() -> None:
    both = {python for python, _ in LIST["nouns"]} | {cls for _, _, cls, _ in LIST["kinds"]}
    assert both | set(LIST["only"]["python"]) == set(twinspan.__all__)


def test_errors() -> None:
    error = twinspan.RemoteError("x", failure={"type": "t"})
    for group in ("error", "remote_error"):
        assert [python for python, _ in LIST[group] if not hasattr(error, python)] == []


def test_apps() -> None:
    given = public(twinspan.App) | keywords(twinspan.App) | keywords(twinspan.App.service)
    assert {python for python, _ in LIST["app"]} <= given


def test_async_options_are_the_same() -> None:
    assert keywords(twinspan.join_async) == keywords(twinspan.join)
    assert keywords(twinspan.call_options) == keywords(twinspan.options)
