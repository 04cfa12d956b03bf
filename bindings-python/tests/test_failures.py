"""What handlers raise, and what callers catch."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
import twinspan
from twinspan import _errors, _failure, _native

Joined = Callable[..., twinspan.Node]


@twinspan.error("shop.FraudRejected")
class FraudRejected(Exception):
    def __init__(self, order: str, score: float) -> None:
        super().__init__(f"{order} scored {score}")
        self.order = order
        self.score = score


def bad() -> twinspan.App:
    app = twinspan.App("bad")

    @app.service("bad")
    class Bad:
        def key(self, key: str) -> None:
            {}[key]

        def value(self) -> None:
            try:
                int("x")
            except ValueError as error:
                error.add_note("a note")
                raise RuntimeError("outer") from error

        @twinspan.raises(FraudRejected)
        def fraud(self) -> None:
            raise FraudRejected("o-1", 0.9)

        def leave(self, how: str) -> None:
            raise {"exit": SystemExit, "interrupt": KeyboardInterrupt, "stop": StopIteration, "generator": GeneratorExit}[how]("bye")

        def group(self) -> None:
            raise ExceptionGroup("both", [ValueError("one"), KeyError("two")])

        def result(self) -> Any:
            return object()

        def timeout(self) -> None:
            raise TimeoutError("of the handler")

        def cancelled(self) -> None:
            import asyncio

            raise asyncio.CancelledError

        def deep(self, depth: int) -> None:
            if depth == 0:
                raise ValueError("deep")
            self.deep(depth - 1)

        def surrogate(self) -> None:
            raise ValueError("\ud800")

        def fine(self) -> int:
            return 1

    return app


@pytest.fixture
def node(joined: Joined) -> twinspan.Node:
    return joined(bad(), workers=2)


def test_a_remote_bug_is_a_remote_error(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.key", "k")
    error = caught.value
    assert not isinstance(error, KeyError)
    assert error.type == "builtins.KeyError"
    for name in ("builtins.KeyError", "builtins.LookupError", "java.util.NoSuchElementException"):
        assert error.is_(name)
    assert not error.is_("builtins.ValueError")
    assert isinstance(error.as_(KeyError), KeyError)
    assert error.as_(KeyError).args == ("k",)  # type: ignore[union-attr]
    assert error.as_(ValueError) is None
    assert (error.executed, error.retryable, error.node, error.kind, error.language) == ("yes", False, node.name, "Remote", "python")


def test_remote_frames_are_ordinary_lines(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.key", "k")
    text = "".join(traceback.format_exception(caught.value))
    line = bad.__code__.co_firstlineno + 6
    assert f'File "{node.name}:{Path(__file__).name}", line {line}, in {__name__}.bad.<locals>.Bad.key' in text
    assert "{}[key]" not in text, "no local source for a remote path"
    assert "_workers.py" not in text.split(node.name)[-1]


def test_causes_and_notes(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.value")
    cause = caught.value.__cause__
    assert isinstance(cause, twinspan.RemoteError)
    assert cause.type == "builtins.ValueError"
    assert cause.__notes__ == ["a note"]
    assert "bad.value" in str(caught.value)


def test_frames_are_limited(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.deep", 300)
    assert len(caught.value.frames) == 64
    assert caught.value.frames[-1]["function"].endswith("Bad.deep")


class Contract(Protocol):
    @twinspan.raises(FraudRejected)
    def fraud(self) -> None: ...

    @twinspan.raises(ValueError)
    def key(self, key: str) -> None: ...

    @twinspan.raises(LookupError)
    def leave(self, how: str) -> None: ...


def test_declared_classes_are_raised(node: twinspan.Node) -> None:
    client = node.client("bad", Contract)
    with pytest.raises(FraudRejected) as caught:
        client.fraud()
    assert (caught.value.order, caught.value.score, str(caught.value)) == ("o-1", 0.9, "o-1 scored 0.9")
    cause = caught.value.__cause__
    assert isinstance(cause, twinspan.RemoteError)
    assert cause.details == {"order": "o-1", "score": 0.9}
    with pytest.raises(twinspan.RemoteError):
        client.key("k")


def test_an_undeclared_class_stays_remote(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.client("bad").fraud()
    assert caught.value.is_("shop.FraudRejected")
    rejected = caught.value.as_(FraudRejected)
    assert rejected is not None
    assert rejected.order == "o-1"


@pytest.mark.parametrize(
    ("how", "name"),
    [("exit", "SystemExit"), ("interrupt", "KeyboardInterrupt"), ("stop", "StopIteration"), ("generator", "GeneratorExit")],
)
def test_exits_of_a_handler_are_answers(node: twinspan.Node, how: str, name: str) -> None:
    for _ in range(5):
        with pytest.raises(twinspan.RemoteError) as caught:
            node.call("bad.leave", how)
        assert caught.value.type == f"builtins.{name}"
    assert node.call("bad.fine") == 1


def test_groups(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.group")
    assert [inner["type"] for inner in caught.value.failure["suppressed"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert any("builtins.KeyError" in note for note in caught.value.__notes__)


def test_a_result_that_can_not_cross(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.Unserializable) as caught:
        node.call("bad.result")
    assert caught.value.executed == "yes"
    assert caught.value.node == node.name


def test_an_argument_that_can_not_cross(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.Unserializable) as caught:
        node.call("bad.key", object())
    assert caught.value.executed == "no"


def test_a_handlers_timeout_is_not_the_callers(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.timeout")
    assert not isinstance(caught.value, TimeoutError)


def test_a_cancelled_handler(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteCancelled):
        node.call("bad.cancelled")


def test_hidden_errors_are_logged(joined: Joined, caplog: pytest.LogCaptureFixture) -> None:
    node = joined(bad(), hide_errors=True)
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.key", "secret")
    assert caught.value.is_("builtins.KeyError")
    assert "secret" not in f"{caught.value} {caught.value.parts()}"
    assert "KeyError: 'secret'" in caplog.text and "call bad.key raised" in caplog.text


def test_whatever_a_class_does_its_answer_comes(joined: Joined) -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise SystemExit("no text")

        @property
        def __notes__(self) -> list[str]:
            raise KeyboardInterrupt

    app = twinspan.App("odd")

    @app.function("odd.fail")
    def fail() -> None:
        raise Odd

    node = joined(app, workers=1)
    for _ in range(3):
        with pytest.raises(twinspan.RemoteError) as caught:
            node.call("odd.fail")
        assert caught.value.type.endswith("Odd")


def test_text_that_is_no_text(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError, match="ud800"):
        node.call("bad.surrogate")


def test_errors_are_copied_and_pickled(node: twinspan.Node) -> None:
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("bad.value")
    unavailable = twinspan.Unavailable("gone", operation="call a.b", node="n", advice="wait")
    for error in (caught.value, unavailable):
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(again) is type(error)
            assert str(again) == str(error)
            assert again.parts() == error.parts()


def test_every_kind_has_a_class() -> None:
    assert sorted(_errors.KINDS) == list(range(1, 24))
    for number, cls in _errors.KINDS.items():
        assert cls.number == number
        error = cls("what happened")
        assert str(error) == f"what happened\n{_native.explain_error(number)}"
        assert getattr(twinspan, cls.__name__) is cls
        assert _errors.from_encoded(error.parts()).parts() == error.parts()
    assert _errors.from_encoded({"kind": 999}).kind == "Internal"


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        ("DeadlineExceeded", TimeoutError),
        ("Unavailable", ConnectionError),
        ("PermissionDenied", PermissionError),
        ("NotFound", LookupError),
        ("NoSuchMethod", twinspan.NotFound),
        ("BadArguments", TypeError),
        ("Unserializable", TypeError),
        ("Misuse", RuntimeError),
        ("Unauthenticated", ConnectionError),
        ("BadConfig", ValueError),
        ("Protocol", ConnectionError),
    ],
)
def test_kinds_are_also_builtins(kind: str, builtin: type[BaseException]) -> None:
    assert issubclass(getattr(twinspan, kind), builtin)


def test_hostile_failures() -> None:
    frames = [{"file": "x" * 10, "line": 2**31, "function": "f"}] * 500
    failure: dict[str, Any] = {"type": "x.Y", "message": "m", "node": "n", "frames": frames}
    for _ in range(100):
        failure = {"type": "x.Y", "message": "m", "node": "n", "frames": frames, "cause": failure}
    error = _errors.from_encoded({"kind": 23, "message": "m", "failure": failure})
    assert len(list(traceback.walk_tb(error.__traceback__))) == 64
    depth = 0
    cause: BaseException | None = error
    while cause is not None:
        cause, depth = cause.__cause__, depth + 1
    assert depth <= _failure.MAX_CHAIN + 1
    assert all(line <= _failure.MAX_LINE for _, line in traceback.walk_tb(error.__traceback__))


def test_both_legs_of_a_nested_failure(joined: Joined) -> None:
    app = bad()
    place: list[twinspan.Node] = []

    @app.function("front.ask")
    def ask() -> None:
        place[0].call("bad.key", "k")

    node = joined(app)
    place.append(node)
    with pytest.raises(twinspan.RemoteError) as caught:
        node.call("front.ask")
    assert caught.value.type == "twinspan.RemoteError"
    assert caught.value.frames[-1]["function"].endswith("ask")
    cause = caught.value.__cause__
    assert isinstance(cause, twinspan.RemoteError)
    assert cause.type == "builtins.KeyError"
    assert cause.frames[-1]["function"].endswith("Bad.key")
