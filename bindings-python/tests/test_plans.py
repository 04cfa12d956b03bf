"""Typed decoding: exactly what the hint says, or an error at its path."""

from __future__ import annotations

import array
import collections.abc
import enum
import time as clock
from dataclasses import KW_ONLY, dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, Optional, Required, TypedDict, TypeVar, Union
from uuid import UUID

import attrs
import numpy as np
import pydantic
import pytest
from numpy.typing import NDArray
from twinspan import _native, _types
from twinspan._errors import BadArguments, Unserializable

T = TypeVar("T")


class Color(enum.Enum):
    RED = 1
    CRIMSON = 1
    BLUE = 2


@dataclass
class Item:
    sku: str
    quantity: int = 1


@dataclass
class Order:
    id: str
    items: list[Item]
    color: Color = Color.RED
    note: str | None = None
    tags: set[str] = field(default_factory=set)


@dataclass
class Tree:
    value: int
    left: Tree | None = None
    right: Optional[Tree] = None


@dataclass
class Box(Generic[T]):
    content: T
    more: list[T] = field(default_factory=list)


@dataclass
class Computed:
    a: int
    _: KW_ONLY
    b: int = 2
    total: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("a is below 0")
        self.total = self.a + self.b


@dataclass
class CamelCase:
    itemCount: int
    unit_price: Decimal


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Movie(TypedDict):
    title: Required[str]
    year: NotRequired[int]


@attrs.define
class Bolt:
    _size: int
    made_of: str = "steel"


class User(pydantic.BaseModel):
    name: str
    age: int = pydantic.Field(gt=0, alias="years")
    friends: list[User] = []


class Names(pydantic.RootModel[list[str]]):
    pass


@_types.record("plans.Cash")
@dataclass
class Cash:
    amount: int


@_types.record("plans.Transfer")
@dataclass
class Transfer:
    amount: int
    iban: str = ""


UserId = NewType("UserId", int)


def through(value: Any, hint: Any) -> Any:
    return _native.decode(_native.encode(value), _types.plan_for(hint))


ORDER = Order("o-1", [Item("A1", 3), Item("B2")], Color.BLUE, None, {"x"})


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (1, int, 1),
        (2**70, int, 2**70),
        (1, float, 1.0),
        (2**53, float, 2.0**53),
        (1.5, complex, 1.5 + 0j),
        (3, Decimal, Decimal(3)),
        (Decimal("1.50"), Decimal, Decimal("1.50")),
        ("RED", Color, Color.RED),
        ("CRIMSON", Color, Color.RED),
        (None, None, None),
        (None, int | None, None),
        (5, int | None, 5),
        (1, Union[str, int], 1),
        (1, float | int, 1),
        (1.0, int | float, 1.0),
        (1, float | str, 1.0),
        ([1, 2], list[int], [1, 2]),
        ([1, 2], list, [1, 2]),
        ([1, 2], tuple[int, ...], (1, 2)),
        ([1, "a"], tuple[int, str], (1, "a")),
        ([], tuple[()], ()),
        ([[1, 2], [3, 4]], list[tuple[int, int]], [(1, 2), (3, 4)]),
        ([1], collections.abc.Sequence[int], [1]),
        ({1, 2}, frozenset[int], frozenset({1, 2})),
        ({(1, 2)}, set[tuple[int, int]], {(1, 2)}),
        ({"a": 1}, dict[str, float], {"a": 1.0}),
        ({1: "a"}, collections.abc.Mapping[int, str], {1: "a"}),
        ({(1, "a"): 1}, dict[tuple[int, str], int], {(1, "a"): 1}),
        ({"RED": 1}, dict[Color, int], {Color.RED: 1}),
        ({(1, (2,)): 1}, dict, {(1, (2,)): 1}),
        ("a", Literal["a", 1], "a"),
        (1, Literal["a", 1], 1),
        ("RED", Literal[Color.RED], Color.RED),
        (5, UserId, 5),
        (5, Annotated[int, "metres"], 5),
        (b"a", bytearray, bytearray(b"a")),
        (range(3), range, range(3)),
        (date(2026, 1, 1), date, date(2026, 1, 1)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime, datetime(2026, 1, 1, tzinfo=UTC)),
        (time(1), time, time(1)),
        (timedelta(1), timedelta, timedelta(1)),
        (UUID(int=5), UUID, UUID(int=5)),
        (ORDER, Order, ORDER),
        (
            ORDER,
            Any,
            {
                "id": "o-1",
                "items": [{"sku": "A1", "quantity": 3}, {"sku": "B2", "quantity": 1}],
                "color": "BLUE",
                "note": None,
                "tags": {"x"},
            },
        ),
        ({"id": "o", "items": []}, Order, Order("o", [])),
        ({"id": "o", "items": [], "color": "BLUE", "extra": [1]}, Order, Order("o", [], Color.BLUE)),
        ({"id": "o", "items": [], "note": "n"}, Order, Order("o", [], note="n")),
        (Tree(1, Tree(2), Tree(3, Tree(4))), Tree, Tree(1, Tree(2), Tree(3, Tree(4)))),
        (Box(1, [2]), Box[int], Box(1, [2])),
        (Box(Item("a")), Box[Item], Box(Item("a"))),
        (Box({"sku": "a"}), Box[Item], Box(Item("a"))),
        (Computed(1), Computed, Computed(1)),
        ({"a": 1, "b": 5, "total": 99}, Computed, Computed(1, b=5)),
        ({"item_count": 1, "unitPrice": 2}, CamelCase, CamelCase(1, Decimal(2))),
        (CamelCase(1, Decimal(2)), CamelCase, CamelCase(1, Decimal(2))),
        (Point(1, 2.0), Point, Point(1, 2.0)),
        ([1], Point, Point(1)),
        ({"x": 1}, Point, Point(1)),
        ({"title": "a", "what": 1}, Movie, {"title": "a"}),
        ({"title": "a", "year": 1}, Movie, {"title": "a", "year": 1}),
        (Bolt(3), Bolt, Bolt(3)),
        ({"made_of": "brass", "_size": 1}, Bolt, Bolt(1, "brass")),
        (User(name="a", years=3, friends=[User(name="b", years=4)]), User, User(name="a", years=3, friends=[User(name="b", years=4)])),
        (Names(["a"]), Names, Names(["a"])),
        (Names(["a"]), list[str], ["a"]),
        (Item("a"), dict[str, Any], {"sku": "a", "quantity": 1}),
        (Cash(1), Cash | Transfer, Cash(1)),
        (Transfer(1), Cash | Transfer, Transfer(1)),
        ([Transfer(1), Cash(2)], Any, [Transfer(1), Cash(2)]),
        (Transfer(1), Any, Transfer(1)),
        ({"x": 1, "y": 2}, Item | Point, Point(1, 2.0)),
        ({"sku": "a", "quantity": 1, "new": 2}, Point | Item, Item("a", 1)),
        (array.array("d", [1.0, 2.0]), list[float], [1.0, 2.0]),
        (array.array("i", [1, 2]), list[int], [1, 2]),
        (array.array("i", [1, 2]), array.array, array.array("i", [1, 2])),
        ([1, [2, {"a": [None]}]], list[int | list[Any]], [1, [2, {"a": [None]}]]),
    ],
)
def test_exactly_what_the_hint_says(value: Any, hint: Any, expected: Any) -> None:
    got = through(value, hint)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint", "path", "why"),
    [
        (2.9, int, "value", "2.9 where int belongs"),
        (3.0, int, "value", "3.0 where int belongs"),
        ("3", int, "value", '"3" where int belongs'),
        (None, int, "value", "null where int belongs"),
        (True, int, "value", "true where int belongs"),
        (1, bool, "value", "1 where bool belongs"),
        (True, float, "value", "true where float belongs"),
        (2**53 + 1, float, "value", "9007199254740993 where float belongs"),
        (2**70, float, "value", "an integer where float belongs"),
        (1.5, Decimal, "value", "1.5 where Decimal belongs"),
        (1, str, "value", "1 where str belongs"),
        (b"a", str, "value", "bytes where str belongs"),
        ("a", bytes, "value", '"a" where bytes belongs'),
        ([1], tuple[int, int], "value", "1 elements where tuple[int, int] belongs, which has 2"),
        ([1, 2, 3], Point, "value", "3 elements where Point belongs"),
        ([1, "a"], list[int], "value[1]", '"a" where int belongs'),
        ({1}, list[int], "value", "a set where list[int] belongs"),
        ({"a": [1, None]}, dict[str, list[int]], 'value["a"][1]', "null"),
        ({1: 2}, dict[str, int], "value", "1 where str belongs"),
        ("PURPLE", Color, "value", '"PURPLE", which is no member of Color'),
        (1, Color, "value", "1 where Color belongs"),
        (2, Literal["a", 1], "value", "2 where Literal['a', 1] belongs"),
        (True, Literal[1], "value", "true where Literal[1]"),
        (date(2026, 1, 1), datetime, "value", "a date where datetime belongs"),
        (datetime(2026, 1, 1), date, "value", "a local date-time where date belongs"),
        (Order("o", [Item("a", 1), Item("b", "3")]), Order, "value.items[1].quantity", '"3" where int belongs'),
        ({"id": "o"}, Order, "value", "the field `items` is missing, and Order has no default"),
        ({"id": "o", "items": [{}]}, Order, "value.items[0]", "the field `sku` is missing"),
        ({1: "o"}, Order, "value", "a map with an integer as key where Order belongs"),
        ({"item_count": 1, "itemCount": 1, "unit_price": 1}, CamelCase, "value.itemCount", "second value"),
        (None, Order, "value", "null where Order belongs"),
        ([], Order, "value", "an array where Order belongs"),
        ({"a": -1}, Computed, "value", "Computed refused it: ValueError: a is below 0"),
        ({"name": "a"}, User, "value", "the field `years` is missing"),
        (User.model_construct(name="a", age=-1, friends=[]), User, "value", "User refused it"),
        (Cash(1), Transfer, "value", 'a record "plans.Cash" where Transfer belongs'),
        (1.5, int | str, "value", "1.5 where int | str belongs"),
        ({"q": 1}, Item | Point, "value", "fits no member of Item | Point: the field `sku` is missing"),
        (np.zeros(2, "int32"), NDArray[np.float64], "value", "an array of int32 in 1 dimensions where"),
        (np.zeros((2, 2)), np.ndarray[tuple[int], np.dtype[np.float64]], "value", "2 dimensions"),
        (np.zeros(2), list[int], "value", "an array of numbers where list[int] belongs"),
        ([1.0], NDArray[np.float64], "value", "an array where"),
        ({(1, 2)}, set[list[int]], "value", "can't be an element of a set: TypeError"),
        ({(1,): 2}, dict[list[int], int], "value", "can't be the key of a dict: TypeError"),
    ],
)
def test_everything_else_is_told_with_its_path(value: Any, hint: Any, path: str, why: str) -> None:
    with pytest.raises(Unserializable) as caught:
        through(value, hint)
    assert caught.value.path == path
    assert why in str(caught.value)


def test_a_class_that_refuses_is_the_cause() -> None:
    with pytest.raises(Unserializable) as caught:
        through({"a": -1}, Computed)
    assert isinstance(caught.value.__cause__, ValueError)


def test_nanoseconds_are_kept_where_the_hint_asks() -> None:
    moment = _types.DateTime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC, nanosecond=789)
    assert through(moment, _types.DateTime) == moment
    assert through(moment, datetime) == datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    local = _types.DateTime(1969, 1, 2, nanosecond=1)
    assert through(local, _types.DateTime).nanosecond == 1
    clocks = _types.Time(23, 59, 59, 999_999, nanosecond=999)
    assert through(clocks, _types.Time) == clocks
    for delta in [_types.TimeDelta(nanoseconds=1), _types.TimeDelta(microseconds=-1, nanoseconds=999), _types.TimeDelta(days=-3)]:
        assert through(delta, _types.TimeDelta) == delta
    assert type(through(datetime(2026, 1, 1), _types.DateTime)) is _types.DateTime


def test_arithmetic_of_nanoseconds() -> None:
    moment = _types.DateTime(2026, 1, 1, tzinfo=UTC, nanosecond=999)
    step = _types.TimeDelta(nanoseconds=2)
    later = moment + step
    assert (later.microsecond, later.nanosecond) == (1, 1)
    assert later - moment == step and later - step == moment and later > moment >= moment
    assert moment - later == -step and (-step).total_nanoseconds() == -2
    assert moment.replace(nanosecond=0) == moment.plain() != moment
    assert moment.astimezone(timezone(timedelta(hours=1))) == moment
    assert repr(later).endswith("nanosecond=1)") and len({moment, later, moment}) == 2
    import copy
    import pickle

    for value in (moment, step, _types.Time(1, nanosecond=5)):
        assert pickle.loads(pickle.dumps(value)) == value == copy.deepcopy(value)


def test_numpy_hints() -> None:
    square = np.arange(6.0).reshape(2, 3)
    for hint in [np.ndarray, NDArray[np.float64], NDArray[Any], NDArray[np.floating], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
        assert (through(square, hint) == square).all()
    with pytest.raises(Unserializable, match="Use an array of uint8"):
        _types.plan_for(NDArray[np.complex128])


JSON = Union[None, bool, int, float, str, "list[JSON]", "dict[str, JSON]"]


@dataclass
class Doc:
    body: JSON


def test_recursive_aliases() -> None:
    doc = Doc({"a": [1, 2.5, None, {"b": True}]})
    assert through(doc, Doc) == doc
    with pytest.raises(Unserializable) as caught:
        through(Doc([1, {"a": b"x"}]), Doc)
    assert caught.value.path.startswith("value.body")


@dataclass
class A:
    x: A | B | int


@dataclass
class B:
    x: B | A | int
    y: int = 0


def test_nested_unions_cannot_be_made_to_try_forever() -> None:
    value: Any = "no"
    for _ in range(30):
        value = {"x": value}
    payload = _native.encode(value)
    plan = _types.plan_for(A | B)
    began = clock.perf_counter()
    with pytest.raises(Unserializable):
        _native.decode(payload, plan)
    assert clock.perf_counter() - began < 0.1


# Hints that can't be plans


def unknown_name(a: int, b: Missing) -> None: ...  # noqa: F821


def nested_unknown(a: list[Optional[Missing]]) -> None: ...  # noqa: F821


def stranger(a: int, when: clock.struct_time) -> None: ...


def streams(a: list[collections.abc.Iterator[int]]) -> None: ...


def returns_unknown() -> Missing: ...  # noqa: F821


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (unknown_name, "parameter `b` of unknown_name(): the hint 'Missing' can't be resolved"),
        (nested_unknown, "parameter `a` of nested_unknown(): the hint"),
        (streams, "parameter `a` of streams(): values of Iterator[int] can't cross"),
        (returns_unknown, "the result of returns_unknown()"),
    ],
)
def test_a_bad_hint_names_its_parameter(function: Any, why: str) -> None:
    with pytest.raises(Unserializable) as caught:
        _types.signature_plan(function)
    assert why in str(caught.value)


def test_a_bad_hint_of_a_field_names_class_and_field() -> None:
    @dataclass
    class Holder:
        log: Any
        file: BinaryFile  # noqa: F821

    def take(holder: Holder) -> None: ...

    take.__annotations__["holder"] = Holder
    with pytest.raises(Unserializable, match=r"parameter `holder` of take\(\): Holder: the hint can't be resolved: name 'BinaryFile'"):
        _types.signature_plan(take)


# Signatures


def quote(sku: str, quantity: int = 1, /, *rest: float, currency: str, max_price: Decimal | None = None, **extra: int) -> Item:
    raise NotImplementedError


def plain(sku: str, quantity: int = 1, *, unit_price: float = 0.0) -> None: ...


def taken(function: Any, *args: Any, **kwargs: Any) -> Any:
    return _native.decode_arguments(_native.encode_arguments(args, kwargs), _types.signature_plan(function))


def test_arguments_arrive_as_their_parameters_say() -> None:
    assert taken(plain, "a") == (("a",), {})
    assert taken(plain, "a", 2, unit_price=1) == (("a", 2), {"unit_price": 1.0})
    assert taken(plain, sku="a", unitPrice=1.5) == ((), {"sku": "a", "unit_price": 1.5})
    assert taken(quote, "a", 1, 2, 3, currency="EUR", maxPrice=3, other=5) == (
        ("a", 1, 2.0, 3.0),
        {"currency": "EUR", "max_price": Decimal(3), "other": 5},
    )


def test_methods_and_skipped_parameters() -> None:
    class Service:
        def score(self, order: Order, context: object, depth: int = 1) -> float:
            raise NotImplementedError

    plan = _types.signature_plan(Service().score, name="fraud.score", skip={"context"})
    assert repr(plan) == "<SignaturePlan fraud.score(order: Order, depth: int = 1) -> float>"
    assert _native.decode_arguments(_native.encode_arguments((ORDER, 2)), plan) == ((ORDER, 2), {})
    assert _native.decode(_native.encode(1), _types.return_plan(Service().score)) == 1.0


@pytest.mark.parametrize(
    ("args", "kwargs", "why"),
    [
        ((), {}, "missing argument `sku`"),
        (("a",), {"quantty": 1}, "no parameter `quantty`; did you mean `quantity`?"),
        (("a",), {"zzz": 1}, "no parameter `zzz`\n"),
        (("a", 1, 2), {}, "3 positional arguments, but at most 2 are taken"),
        (("a",), {"sku": "b"}, "`sku` is given twice"),
        (("a",), {"unit_price": 1, "unitPrice": 1}, "`unit_price` is given twice"),
    ],
)
def test_bad_arguments_name_the_nearest_and_the_signature(args: Any, kwargs: Any, why: str) -> None:
    with pytest.raises(BadArguments) as caught:
        taken(plain, *args, **kwargs)
    assert why in str(caught.value)
    assert "plain(sku: str, quantity: int = 1, *, unit_price: float = 0.0) -> None" in str(caught.value)


def test_arguments_that_cannot_be_taken_begin_with_the_parameter() -> None:
    def take(order: Order, *more: int, **extra: int) -> None: ...

    for args, kwargs, path in [
        ((Order("o", [Item("a", "3")]),), {}, "order.items[0].quantity"),
        ((ORDER, 1, "x"), {}, "more[1]"),
        ((ORDER,), {"other": "x"}, 'extra["other"]'),
    ]:
        with pytest.raises(Unserializable) as caught:
            taken(take, *args, **kwargs)
        assert caught.value.path == path


@pytest.mark.parametrize("text", ["f6", "80", "8180", "8280", "8280a0a0", "82a0a0", "828080", "8280a10102", "8381a0a0"])
def test_payloads_that_are_no_arguments(text: str) -> None:
    with pytest.raises(Unserializable):
        _native.decode_arguments(bytes.fromhex(text), _types.signature_plan(plain))


# Registered names


def test_a_name_belongs_to_one_class() -> None:
    with pytest.raises(ValueError, match="belongs to"):
        _types.record("plans.Cash")(Item)
    with pytest.raises(TypeError, match="no record"):
        _types.record("plans.Int")(int)


def test_whoever_declares_nothing_gets_the_class_or_else_a_dict() -> None:
    value = {"all": [Cash(1), Item("a")]}
    assert through(value, Any) == {"all": [Cash(1), {f.name: getattr(Item("a"), f.name) for f in fields(Item)}]}
    payload = _native.encode(Cash(1))
    assert _native.decode(payload, _types.plan_for(Any)) == Cash(1)
    assert b"plans.Cash" in payload
    unknown = payload.replace(b"plans.Cash", b"plans.None")
    assert _native.decode(unknown, _types.plan_for(Any)) == {"amount": 1}


def test_a_subclass_isnt_registered() -> None:
    @dataclass
    class Coins(Cash):
        count: int = 0

    assert through(Coins(1, 2), Any) == {"amount": 1, "count": 2}
