"""What a service says of itself: types in the neutral grammar, definitions of classes, defaults."""

import collections.abc
import enum
import ipaddress
import math
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, Optional, TypedDict, TypeVar
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt
import pydantic
import pytest
import twinspan
from twinspan import _defaults, _grammar
from twinspan._classes import doc_of
from twinspan._offer import built

T = TypeVar("T")
K = TypeVar("K", bound=int)
Sku = NewType("Sku", str)


class Color(enum.Enum):
    """What it looks like."""

    RED = 1
    GREEN = 2
    LIME = 2


class Loud(enum.Enum):
    YES = "yes"


class Doc:
    def __init__(self, documentation: str) -> None:
        self.documentation = documentation


@dataclass
class Line:
    sku: str
    quantity: int = 1


@dataclass
class Order:
    """What somebody wants.

    More of it.
    """

    id: Annotated[str, Doc("Unique in the shop.")]
    lines: list[Line]
    color: Color = Color.RED
    price: Decimal | None = None
    tags: dict[str, list[int]] = field(default_factory=dict)
    drawn: str = field(default_factory=lambda: str(uuid.uuid4()), metadata={"doc": "An id."})
    parent: Optional["Order"] = None
    total: float = field(default=0, init=False)


@dataclass
class Page(Generic[T]):
    items: list[T]
    next: "Page[T] | None" = None


@dataclass
class Grows(Generic[T]):
    more: "Grows[list[T]]"


@twinspan.record("told.Card")
@dataclass
class Card:
    number: str


@twinspan.record("told.Cash")
@dataclass
class Cash:
    amount: Decimal = Decimal("1.50")


class Point(NamedTuple):
    x: float
    y: int = 0


class Box(TypedDict):
    width: int
    height: NotRequired[int]


@attrs.define
class Crate:
    size: int
    labels: list[str] = attrs.field(factory=list)
    weight: float = attrs.field(default=2.5, metadata={"doc": "In kilograms."})


class Model(pydantic.BaseModel):
    name: str
    count: int = pydantic.Field(default=3, description="How many.")
    parts: list[int] = pydantic.Field(default_factory=list)
    order_id: int = pydantic.Field(default=7, alias="orderId")


class Tags(pydantic.RootModel[list[str]]): ...


def defined(hint: Any) -> dict[str, dict[str, Any]]:
    """The definitions that a hint leads to, by name."""
    grammar = _grammar.Grammar()
    grammar.text(hint)
    return {one["name"]: one for one in grammar.types()}


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (int, "int"),
        (str | None, "text?"),
        (int | str, "any"),
        (list[int | None], "list<int?>"),
        (tuple[int, ...], "list<int>"),
        (tuple[int, str | None], "tuple<int,text?>"),
        (tuple[()], "list<any>"),
        (tuple, "list<any>"),
        (Sequence, "list<any>"),
        (collections.abc.Mapping[str, set[int]], "map<text,set<int>>"),
        (Any, "any"),
        (None, "null"),
        (Callable[[], int], "any"),
        (ipaddress.IPv4Address, "any"),
        (datetime, "datetime"),
        (twinspan.DateTime, "datetime"),
        (date | None, "date?"),
        (Sku, "text"),
        (K, "int"),
        (T, "any"),
        (Annotated[list[Annotated[int, "x"]], 1], "list<int>"),
        (Literal["a", "b"], "text"),
        (Literal[Color.RED], "enum Color"),
        (Literal[1, "a"], "any"),
        (Iterator[Line], "stream<record Line>"),
        (AsyncIterator[int], "stream<int>"),
        (twinspan.Stream[int], "stream<int>"),
        (npt.NDArray[np.float64], "array<f64>"),
        (npt.NDArray[np.uint8], "array<u8>"),
        (npt.NDArray[np.floating], "array"),
        (np.ndarray, "array"),
        (twinspan.NdArray, "array"),
        (Color, "enum Color"),
        (Order, "record Order"),
        (Page[Line], "record PageLine"),
        (Page[list[str]], "record PageListText"),
        (Page[int | None], "record PageOptionalInt"),
        (Page, "record Page"),
        (Card | Cash, "union CardOrCash"),
        (Card | None, "record Card?"),
        (Card | Cash | None, "union CardOrCash?"),
        (Card | Line, "union CardOrLine"),
        (Card | int, "any"),
        (Card | Point, "any"),
        (Point, "tuple<float,int>"),
        (Box, "record Box"),
        (Crate, "record Crate"),
        (Model, "record Model"),
        (Tags, "list<text>"),
    ],
)
def test_grammar(hint: Any, text: str) -> None:
    assert _grammar.text(hint) == text


def test_types_of_the_libraries_for_tables() -> None:
    for module, name in [("pyarrow.lib", "Table"), ("pandas.core.frame", "DataFrame"), ("polars.dataframe.frame", "DataFrame")]:
        assert _grammar.text(type(name, (), {"__module__": module})) == "table"


def test_records_are_defined_with_all_that_they_lead_to() -> None:
    types = defined(list[Order])
    assert list(types) == ["Order", "Line", "Color"]
    assert types["Order"] == {
        "name": "Order",
        "kind": "record",
        "doc": "What somebody wants.\n\nMore of it.",
        "fields": [
            {"name": "id", "type": "text", "doc": "Unique in the shop."},
            {"name": "lines", "type": "list<record Line>"},
            {"name": "color", "type": "enum Color", "optional": True, "default": '"RED"'},
            {"name": "price", "type": "decimal?", "optional": True, "default": "null"},
            {"name": "tags", "type": "map<text,list<int>>", "optional": True, "default": "{}"},
            {"name": "drawn", "type": "text", "optional": True, "doc": "An id."},
            {"name": "parent", "type": "record Order?", "optional": True, "default": "null"},
            {"name": "total", "type": "float", "optional": True, "default": "0.0"},
        ],
    }
    # What `dataclass` writes as documentation isn't any.
    assert types["Line"].keys() == {"name", "kind", "fields"}
    assert types["Color"] == {"name": "Color", "kind": "enum", "values": ["RED", "GREEN"], "doc": "What it looks like."}
    assert defined(Loud) == {"Loud": {"name": "Loud", "kind": "enum", "values": ["YES"]}}


def test_generic_records_are_defined_for_what_they_hold() -> None:
    types = defined(tuple[Page[Line], Page[int], Page])
    assert {name: [f["type"] for f in one["fields"]] for name, one in types.items() if "fields" in one} == {
        "PageLine": ["list<record Line>", "record PageLine?"],
        "PageInt": ["list<int>", "record PageInt?"],
        "Page": ["list<any>", "record Page?"],
        "Line": ["text", "int"],
    }


def test_unions_of_records() -> None:
    types = defined(Card | Cash)
    assert types["CardOrCash"] == {"name": "CardOrCash", "kind": "union", "members": ["record Card", "record Cash"]}
    assert (types["Card"]["registered"], types["Cash"]["registered"]) == ("told.Card", "told.Cash")
    assert types["Cash"]["fields"] == [{"name": "amount", "type": "decimal", "optional": True, "default": '"1.50"'}]


def test_classes_of_every_library() -> None:
    assert defined(Box)["Box"]["fields"] == [{"name": "width", "type": "int"}, {"name": "height", "type": "int", "optional": True}]
    assert defined(Crate)["Crate"]["fields"] == [
        {"name": "size", "type": "int"},
        {"name": "labels", "type": "list<text>", "optional": True, "default": "[]"},
        {"name": "weight", "type": "float", "optional": True, "default": "2.5", "doc": "In kilograms."},
    ]
    assert defined(Model)["Model"]["fields"] == [
        {"name": "name", "type": "text"},
        {"name": "count", "type": "int", "optional": True, "default": "3", "doc": "How many."},
        {"name": "parts", "type": "list<int>", "optional": True, "default": "[]"},
        {"name": "orderId", "type": "int", "optional": True, "default": "7"},
    ]


def test_documentation_may_begin_with_the_name() -> None:
    @dataclass
    class Item:
        """Item(s) of an order."""

        sku: str

    @dataclass
    class Silent:
        sku: str

    assert doc_of(Item) == "Item(s) of an order."
    assert Silent.__doc__ and doc_of(Silent) == ""


def test_classes_of_one_name_are_told_apart() -> None:
    other = dataclass(type("Line", (), {"__annotations__": {"length": int}}))
    third = enum.Enum("Line", ["A"])  # type: ignore[misc]
    grammar = _grammar.Grammar()
    assert [grammar.text(hint) for hint in (Line, other, third, other, Line)] == [
        "record Line",
        "record Line2",
        "enum Line3",
        "record Line2",
        "record Line",
    ]
    assert [one["name"] for one in grammar.types()] == ["Line", "Line2", "Line3"]


def test_a_service_defines_64_kib_at_most() -> None:
    def size(types: list[dict[str, Any]]) -> int:
        return len(repr(types))

    many = [dataclass(type(f"C{i}", (), {"__annotations__": {f"f{n}": int for n in range(100)}})) for i in range(100)]
    grammar = _grammar.Grammar()
    texts = [grammar.text(cls) for cls in many]
    types = grammar.types()
    assert texts[0] == "record C0" and texts[-1] == "any"
    assert len(types) == texts.index("any") and 20_000 < size(types) < 200_000
    # A class that is too large by itself leaves room for the others.
    grammar = _grammar.Grammar()
    huge = dataclass(type("Huge", (), {"__annotations__": {f"f{n}": int for n in range(10_000)}}))
    assert (grammar.text(huge), grammar.text(Line)) == ("any", "record Line")
    # One that grows with each step ends as well.
    grammar = _grammar.Grammar()
    assert grammar.text(Grows[int]) == "record GrowsInt"
    assert 1 < len(grammar.types()) < 100


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (None, "int?", "null"),
        (True, "bool", "true"),
        (1, "int", "1"),
        (2**70, "int", str(2**70)),
        (1, "float", "1.0"),
        (0.1, "float?", "0.1"),
        (1e-7, "float", "1e-07"),
        (1e16, "float", "1e+16"),
        (-0.0, "float", "-0.0"),
        (math.nan, "float", None),
        ('ä"\n', "text", '"ä\\"\\n"'),
        ("\ud800", "text", None),
        ("x", "decimal", None),
        ("x", "any", '"x"'),
        ("x" * 2000, "text", None),
        (Color.LIME, "enum Color", '"GREEN"'),
        (Color.RED, "any", None),
        (Decimal("1.50"), "decimal", '"1.50"'),
        (Decimal("NaN"), "decimal", None),
        (Decimal(1), "any", None),
        (b"\x00\xff", "bytes", '"AP8="'),
        (twinspan.ServiceRef("shop", "a"), "service_ref", '"twinspan://shop/service/a"'),
        (twinspan.NodeRef("shop", "a"), "node_ref", '"twinspan://shop/node/a"'),
        (uuid.UUID(int=1), "uuid", '"00000000-0000-0000-0000-000000000001"'),
        (date(2026, 1, 2), "date", '"2026-01-02"'),
        (time(1, 2, 3, 500_000), "time", '"01:02:03.5"'),
        (datetime(2026, 1, 2, 3, 0, 0), "datetime", '"2026-01-02T03:00:00"'),
        (datetime(2026, 1, 2, tzinfo=UTC), "datetime", '"2026-01-02T00:00:00Z"'),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "datetime", '"2026-01-02T00:00:00-03:30"'),
        (datetime(2026, 7, 2, tzinfo=ZoneInfo("Europe/Berlin")), "datetime", '"2026-07-02T00:00:00+02:00[Europe/Berlin]"'),
        (timedelta(0), "duration", '"PT0S"'),
        (timedelta(days=1, minutes=5, milliseconds=1500), "duration", '"PT24H5M1.5S"'),
        (timedelta(seconds=-61), "duration", '"PT-1M-1S"'),
        ([1, 2], "list<int>", "[1, 2]"),
        ([1], "list<float>", "[1.0]"),
        (("a", 1.0), "tuple<text,float>", '["a", 1.0]'),
        ({"b", "a"}, "set<text>", '["a", "b"]'),
        ({"a": [Decimal(1)]}, "map<text,list<decimal>>", '{"a": ["1"]}'),
        ({1: 2}, "map<int,int>", None),
        ([object()], "list<any>", None),
        (Line("a"), "record Line", None),
        (object(), "any", None),
    ],
)
def test_defaults_are_json_as_the_command_reads_it(value: Any, kind: str, said: str | None) -> None:
    assert _defaults.json_of(value, kind) == said


def test_a_service_says_its_types_and_defaults() -> None:
    app = twinspan.App("shop")

    @app.service("shop")
    class Shop:
        """Sells."""

        @twinspan.renamed_from(order="basket")
        def buy(self, order: Order, *, unit: str = "km", since: date = date(2026, 1, 1)) -> Card | Cash:
            """Buys."""
            raise AssertionError

    @app.function("geo.distance")
    def distance(a: Box, b: object = object()) -> None: ...

    shop, geo = built(app, {})
    assert shop.methods[0].record(0)["params"] == [
        {"name": "order", "kind": "both", "type": "record Order", "optional": False, "former": ["basket"]},
        {"name": "unit", "kind": "keyword", "type": "text", "optional": True, "default": '"km"'},
        {"name": "since", "kind": "keyword", "type": "date", "optional": True, "default": '"2026-01-01"'},
    ]
    assert (shop.doc, shop.methods[0].record(0)["returns"]) == ("Sells.", "union CardOrCash")
    assert [one["name"] for one in shop.types] == ["Order", "Card", "Cash", "CardOrCash", "Line", "Color"]
    assert [one["name"] for one in geo.types] == ["Box"]
    assert "default" not in geo.methods[0].record(0)["params"][1]
