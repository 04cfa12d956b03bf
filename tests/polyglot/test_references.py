"""Clients and members that are sent as arguments and results: whoever gets one calls the same service, in whichever language."""

from __future__ import annotations

from typing import Any

import pytest

from agents import literal as lit
from agents.pairs import Joined, Pair

LANGUAGES = ["python", "java"]


def cluster(joined: Joined) -> str:
    return str(joined.told["cluster"])


@pytest.fixture(params=LANGUAGES)
def target(request: pytest.FixtureRequest, four: dict[str, Joined]) -> Joined:
    """Serves what the reference means, and is neither the caller nor the provider."""
    return four["p1" if request.param == "python" else "j1"]


@pytest.mark.parametrize("style", ["node", "untyped", "node_async", "untyped_async", "typed"])
def test_a_client_is_called_where_it_arrives(pair: Pair, target: Joined, style: str) -> None:
    assert pair.call("through", lit.client(target.service), 7, style=style) == 7


def test_a_client_is_called_by_a_handler_that_does_not_wait(pair: Pair, target: Joined) -> None:
    assert pair.call("through_later", lit.client(target.service), 7) == 7


def test_a_handler_without_a_type_loses_nothing(pair: Pair, target: Joined) -> None:
    reference = lit.service(cluster(target), target.service)
    assert pair.call("through_any", lit.client(target.service), 7) == [reference["v"], target.name, 7]
    assert pair.told([reference]) == [reference]


def test_a_reference_is_handed_on(pair: Pair, target: Joined) -> None:
    """The provider gives the second service to the first, which calls it."""
    first = pair.caller.service
    assert pair.call("hand_on", lit.client(first), lit.client(target.service), 9) == 9


@pytest.mark.parametrize("style", ["node", "typed"])
def test_a_client_that_is_answered(pair: Pair, style: str) -> None:
    answered = pair.call("given", style=style)
    assert answered == lit.service(cluster(pair.caller), pair.provider.service)
    # The caller makes a client of it, and sends that on.
    assert pair.call("through_any", lit.client(answered["v"]), 1) == [answered["v"], pair.provider.name, 1]


@pytest.mark.parametrize("style", ["node", "typed"])
@pytest.mark.parametrize("who", ["member", "node"])
def test_a_member_is_found_where_it_arrives(pair: Pair, who: str, style: str) -> None:
    sent = lit.member(pair.provider.name if who == "member" else "")
    meant = pair.provider if who == "member" else pair.caller
    assert pair.call("where", sent, style=style) == meant.language
    assert pair.told(lit.node(cluster(meant), meant.name)) == lit.node(cluster(meant), meant.name)


@pytest.mark.parametrize(("method", "sent"), [("through", lit.service("elsewhere", "work")), ("where", lit.node("elsewhere", "p1"))])
def test_another_cluster_is_told_where_the_reference_is_used(pair: Pair, method: str, sent: Any) -> None:
    """It arrives: the handler ran."""
    assert pair.told(sent) == sent
    error = pair.error(method, sent, *([7] if method == "through" else []))
    assert error["kind"] == "Remote"
    assert "belongs to the cluster elsewhere" in error["text"], error["text"]


def test_kinds_are_told_apart(pair: Pair, target: Joined) -> None:
    for method, sent, found in [
        ("through", lit.member(""), "reference to a node"),
        ("where", lit.client("work"), "reference to a service"),
    ]:
        error = pair.error(method, sent, *([7] if method == "through" else []))
        assert error["kind"] in ("Unserializable", "BadArguments"), error
        assert error["executed"] == "no"
        assert found in error["text"], error["text"]


def test_a_name_that_nobody_has(pair: Pair) -> None:
    error = pair.error("where", lit.node(cluster(pair.caller), "nobody"))
    assert "no live node is called" in error["text"], error["text"]


def test_a_text_is_no_reference(pair: Pair) -> None:
    error = pair.error("where", lit.node(cluster(pair.caller), "p1")["v"])
    assert error["kind"] in ("Unserializable", "BadArguments"), error
    assert error["executed"] == "no"
