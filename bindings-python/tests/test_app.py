"""Apps: what is offered, and mistakes that show before the node joins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import twinspan
from twinspan._offer import built

Joined = Callable[..., twinspan.Node]


def test_services_of_all_shapes(joined: Joined) -> None:
    app = twinspan.App("shapes")
    other = twinspan.App("other")

    class Audit:
        def __init__(self, lines: list[str]) -> None:
            self.lines = lines

        def log(self, line: str) -> int:
            self.lines.append(line)
            return len(self.lines)

        @staticmethod
        def static() -> str:
            return "static"

        @classmethod
        def of_class(cls) -> str:
            return cls.__name__

        @property
        def size(self) -> int:
            raise AssertionError("properties are not called")

        def _private(self) -> None: ...

    @other.function("math.add")
    def add(a: int, b: int) -> int:
        return a + b

    @app.function("math.sub")
    def sub(a: int, b: int) -> int:
        return a - b

    lines: list[str] = []
    app.add_service("audit", Audit(lines))
    app.include(other)
    node = joined(app)
    assert node.call("audit.log", "x") == 1
    assert lines == ["x"]
    assert (node.call("audit.static"), node.call("audit.of_class")) == ("static", "Audit")
    assert (node.call("math.add", 1, 2), node.call("math.sub", a=1, b=2)) == (3, -1)
    for name in ("size", "_private"):
        with pytest.raises(twinspan.Error):
            node.call(f"audit.{name}")


def test_names_are_taken_once() -> None:
    app = twinspan.App("x")
    app.add_service("a", object())
    for again in (lambda: app.add_service("a", object()), lambda: app.function("a.b")(lambda: None)):
        with pytest.raises(twinspan.AlreadyExists):
            again()
    with pytest.raises(twinspan.BadConfig):
        app.function("nodot")


def test_old_names(joined: Joined) -> None:
    app = twinspan.App("old")

    @app.function("old.quote")
    @twinspan.renamed_from("price", quantity="qty")
    def quote(sku: str, quantity: int) -> str:
        return f"{sku} {quantity}"

    node = joined(app)
    assert node.call("old.quote", "a", qty=2) == "a 2"
    assert node.call("old.price", sku="a", quantity=2) == "a 2"


def test_records_of_methods() -> None:
    app = twinspan.App("records")

    @app.service("records", balance="round_robin")
    class Records:
        """What it is."""

        @twinspan.idempotent
        @twinspan.deprecated("use other")
        @twinspan.raises(ValueError)
        def get(self, a: int, /, b: str | None, *c: float, d: dict[str, list[int]], e: Any = 1, **f: bytes) -> set[int]:
            """Gets."""
            raise AssertionError

    (service,) = built(app, {})
    assert (service.offered.balance, service.doc) == ("round_robin", "What it is.")
    record = service.methods[0].record(7)
    assert record == {
        "name": "get",
        "lane": 7,
        "params": [
            {"name": "a", "kind": "positional", "type": "int", "optional": False},
            {"name": "b", "kind": "both", "type": "text?", "optional": False},
            {"name": "c", "kind": "rest", "type": "float", "optional": True},
            {"name": "d", "kind": "keyword", "type": "map<text,list<int>>", "optional": False},
            {"name": "e", "kind": "keyword", "type": "any", "optional": True, "default": "1"},
            {"name": "f", "kind": "extra", "type": "bytes", "optional": True},
        ],
        "returns": "set<int>",
        "raises": ["builtins.ValueError"],
        "in_stream": False,
        "out_stream": False,
        "idempotent": True,
        "deprecated": True,
        "doc": "Gets.",
    }


def test_mistakes_of_a_signature() -> None:
    app = twinspan.App("bad")

    @app.function("bad.hint")
    def hint(a: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(twinspan.Unserializable, match=r"bad\.hint.*Missing"):
        built(app, {})

    streams = twinspan.App("streams")

    @streams.function("streams.blocks")
    async def blocks(xs: Iterator[int]) -> None: ...

    with pytest.raises(twinspan.BadConfig, match=r"`xs` of streams\.blocks\(\): Iterator\[int\] is blocking"):
        built(streams, {})

    empty = twinspan.App("empty")
    empty.add_service("empty", object())
    with pytest.raises(twinspan.BadConfig, match="no public method"):
        built(empty, {})


def test_constructor_arguments() -> None:
    app = twinspan.App("x")

    @app.service("x")
    class X:
        def __init__(self, database: str) -> None: ...

        def get(self) -> None: ...

    with pytest.raises(twinspan.BadConfig, match="Did you mean `databse`"):
        built(app, {"databse": 1})


def test_settings_are_checked() -> None:
    for settings in ({"seeds": "a:1"}, {"workers": 0}, {"workers": True}, {"data_dir": "/x"}, {"token_file": "x"}, {"cluster": 3}):
        with pytest.raises(twinspan.BadConfig):
            twinspan.join(**settings)  # type: ignore[arg-type]
    with pytest.raises(twinspan.BadConfig, match="takes an App"):
        twinspan.join("shop")  # type: ignore[arg-type]
