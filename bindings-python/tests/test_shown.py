"""A live service in Python's words: what `help()`, `repr()`, `dir()` and `inspect.signature()` show of a client."""

import enum
import inspect
import pydoc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import twinspan
from twinspan import _look, _shown


class Color(enum.Enum):
    """Looks."""

    RED = 1
    GREEN = 2


@twinspan.record("shown.Card")
@dataclass
class Card:
    number: str


@twinspan.record("shown.Cash")
@dataclass
class Cash:
    amount: Decimal = Decimal("1.5")


@dataclass
class Order:
    """What somebody wants."""

    sku: str
    quantity: int = 1
    color: Color = Color.RED


def shop() -> twinspan.App:
    app = twinspan.App("shown")

    @app.service("shop")
    class Shop:
        """Sells."""

        def buy(
            self, order: Order, /, *more: Order, color: Color = Color.RED, tip: Decimal = Decimal(1), note: object = object()
        ) -> Card | Cash:
            """Buys.

            All of it.
            """
            return Card(order.sku)

        @twinspan.renamed_from("watch")
        def prices(self, sku: str = "A1", **extra: int) -> Iterator[Decimal | None]:
            yield None

    return app


@pytest.fixture
def node(joined: Callable[..., twinspan.Node]) -> twinspan.Node:
    return joined(shop())


@pytest.mark.parametrize(
    ("kind", "spelt"),
    [
        ("any", "Any"),
        ("any?", "Any"),
        ("null", "None"),
        ("text?", "str | None"),
        ("list<record Order?>?", "list[Order | None] | None"),
        ("map<text,service_ref?>", "dict[str, ServiceRef | None]"),
        ("map<text,tuple<int,set<uuid>>>", "dict[str, tuple[int, set[UUID]]]"),
        ("stream<enum Color>", "Stream[Color]"),
        ("array<f64>", "NdArray"),
        ("array", "NdArray"),
        ("zoned_datetime", "datetime"),
        ("duration", "timedelta"),
        ("union Payment", "Payment"),
        ("bytes", "bytes"),
        ("later<int>", "Any"),
        ("list<", "list<"),
        ("list<" * 100 + ">" * 100, "list[" * 17 + "Any" + "]" * 17),
    ],
)
def test_types_are_spelt_as_in_python(kind: str, spelt: str) -> None:
    assert _shown.spelt(kind) == spelt


def test_an_untyped_client_shows_the_live_service(node: twinspan.Node) -> None:
    client = node.client("shop")
    assert repr(client).endswith(": buy, prices, watch>")
    assert {"buy", "prices", "watch"} <= set(dir(client))
    buy = "(order: Order, /, *more: Order, color: Color = Color.RED, tip: Decimal = Decimal('1'), note=...) -> CardOrCash"
    assert str(inspect.signature(client.buy)) == buy
    assert str(inspect.signature(client.prices)) == "(sku: str = 'A1', **extra: int) -> Stream[Decimal | None]"
    assert inspect.signature(client.prices).parameters["sku"].default == "A1"
    assert client.buy.__doc__ == "Buys.\n\nAll of it."
    assert client.watch.__doc__ == "Deprecated."
    shown = pydoc.render_doc(client, renderer=pydoc.plaintext)
    for line in (
        "Sells.",
        f"buy{buy}".replace("note=...", "note = ..."),
        "Buys.",
        "Order(sku: str, quantity: int = 1, color: Color = Color.RED)",
        "What somebody wants.",
        "Color: RED, GREEN",
        "CardOrCash = Card | Cash",
        "Cash(amount: Decimal = Decimal('1.5'))",
        "Deprecated.",
    ):
        assert line in [one.strip() for one in shown.splitlines()], shown
    assert f"buy{buy}" in pydoc.render_doc(client.buy, renderer=pydoc.plaintext)


def test_a_method_is_found_in_the_other_languages_spelling(node: twinspan.Node) -> None:
    assert node.client("shop").buy.__doc__ == node.client("shop").Buy.__doc__


def test_a_client_without_a_provider_says_so(node: twinspan.Node) -> None:
    client = node.client("shops")
    assert repr(client).endswith(": no provider>")
    assert "nobody serves" in str(client.__doc__)
    assert client.anything.__doc__ is None
    assert "anything" not in dir(client)


def test_a_method_is_described_once_somebody_serves_it(joined: Callable[..., twinspan.Node]) -> None:
    caller = joined()
    client = caller.client("shop")
    assert client.buy.__doc__ is None
    joined(shop())
    caller.wait_for("shop", timeout=10)
    assert client.buy.__doc__ == "Buys.\n\nAll of it."


def method(**told: Any) -> _look.MethodInfo:
    (found,) = _look.service({"name": "s", "methods": [{"name": "f", **told}]}).methods
    return found


def test_what_a_peer_says_is_shown_whatever_it_is() -> None:
    for params in (
        [{"name": "not a name"}],
        [{"name": "class"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": "a", "optional": True}, {"name": "b"}],
        [{"name": "a", "kind": "unheard"}],
        [{"name": "a", "kind": "keyword"}, {"name": "b"}],
    ):
        odd = method(params=params, returns="int")
        assert str(inspect.signature(_bare(odd))) == "(*args, **kwargs) -> int"
        assert _shown.told(odd).startswith("f(")
    assert str(_shown.signature(method(params=[{"name": "a", "optional": True, "default": "{nonsense"}]))) == "(a=...)"
    assert str(_shown.signature(method(params=[{"name": "a", "type": "uuid", "optional": True, "default": "[1]"}]))) == "(a: UUID = ...)"
    assert _shown.document(method(doc="a\x1b[2Jb\nc")) == "a\ufffd[2Jb\nc"


def _bare(odd: _look.MethodInfo) -> Any:
    def call() -> None: ...

    call.__signature__ = _shown.signature(odd)  # type: ignore[attr-defined]
    return call


def test_older_nodes_say_less() -> None:
    told = {"name": "old", "methods": [{"name": "get", "params": [{"name": "key"}]}], "later": 1}
    service = _look.service(told)
    assert (service.types, service.doc, service.methods[0].returns) == ((), "", "any")
    assert _shown.page("old", service) == "Client of the service `old`.\n\nget(key)"


def test_services_are_typed(node: twinspan.Node) -> None:
    service = node.services["shop"]
    assert (service.doc, [one.name for one in service.types]) == ("Sells.", ["Order", "Color", "Card", "Cash", "CardOrCash"])
    buy = next(one for one in service.methods if one.name == "buy")
    assert (buy.returns, buy.doc) == ("union CardOrCash", "Buys.\n\nAll of it.")
    assert buy.parameters[2] == twinspan.ParameterInfo("color", "keyword", "enum Color", True, '"RED"', ())
    types = {one.name: one for one in service.types}
    assert types["Order"].fields[1] == twinspan.FieldInfo("quantity", "int", True, "1", "")
    assert types["CardOrCash"] == twinspan.TypeInfo("CardOrCash", "union", None, (), (), ("record Card", "record Cash"), "")
    assert types["Color"].values == ("RED", "GREEN")
