"""Every kind of type hint: what it takes, and that a wrong value is told at its path."""

# ruff: noqa: UP006
from __future__ import annotations

import collections.abc
import enum
import sys
import types
import typing
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    LiteralString,
    NamedTuple,
    Required,
    Self,
    TypedDict,
    TypeVar,
    Union,
)

import attrs
import numpy as np
import pandas
import pydantic
import pytest
import typing_extensions
from pydantic.alias_generators import to_camel
from twinspan import _native, _types
from twinspan._errors import Unserializable

T = TypeVar("T")
U = TypeVar("U")
Either = TypeVar("Either", int, str)


@dataclass
class Box(Generic[T]):
    content: T
    more: list[T] = field(default_factory=list)


@dataclass
class IntBox(Box[int]):
    note: str = ""


@dataclass
class Labelled(Box[U], Generic[U]):
    label: U | None = None


@dataclass
class IntLabelled(Labelled[int]):
    pass


@dataclass
class Chain(Generic[T]):
    value: T
    next: Chain[T] | None = None


@dataclass
class Endless(Generic[T]):
    value: T
    next: Endless[list[T]] | None = None


@dataclass
class Own:
    value: int
    next: Self | None = None


@attrs.define
class Wrapped(Generic[T]):
    v: T


@attrs.define(kw_only=True, frozen=True)
class Keyed:
    v: int
    kind: str = attrs.field(default="k", alias="type")
    n: int = attrs.field(init=False, default=3)


class Page(NamedTuple, Generic[T]):
    items: list[T]
    total: int = 0


class Sides(TypedDict, Generic[T]):
    left: T


class IntSides(Sides[int], total=False):
    right: int


class Loose(TypedDict, total=False):
    a: int
    b: Required[str]


@dataclass
class Scaled:
    a: int
    scale: InitVar[int]
    b: int = field(init=False, default=0)
    unit: ClassVar[str] = "m"

    def __post_init__(self, scale: int) -> None:
        self.b = self.a * scale


@dataclass
class Scalable:
    a: int
    scale: InitVar[int] = 2
    b: int = field(init=False, default=0)

    def __post_init__(self, scale: int) -> None:
        self.b = self.a * scale


@dataclass(slots=True, frozen=True, kw_only=True)
class Slotted:
    a: int
    b: str = "x"


@dataclass(slots=True, frozen=True)
class MoreSlots(Slotted):
    c: float


@dataclass
class Mixed:
    a: int
    _: KW_ONLY
    b: int


class Named(pydantic.BaseModel):
    name: str = pydantic.Field(alias="fullName")
    age: Annotated[int, pydantic.Field(gt=0)] = 1
    secret: str = pydantic.Field(default="s", exclude=True)


class Choices(pydantic.BaseModel):
    x: int = pydantic.Field(validation_alias=pydantic.AliasChoices("ex", "X"), serialization_alias="out")


class Camel(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel, populate_by_name=True)
    unit_price: int


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: int


class Paged(pydantic.BaseModel, Generic[T]):
    items: list[T]


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]
    good: bool = True


class Owner(pydantic.BaseModel):
    pet: Annotated[Union[Cat, Dog], pydantic.Field(discriminator="kind")]


@pydantic.dataclasses.dataclass
class Checked:
    a: int
    b: str = pydantic.Field(default="q", max_length=3)


@dataclass
class Card:
    kind: Literal["card"]
    number: str


@dataclass
class Cash:
    kind: Literal["cash"]
    amount: int


class Letters(enum.StrEnum):
    A = "a"


class Bits(enum.Flag):
    R = 1
    W = 2


Plain = collections.namedtuple("Plain", "a b")
Ints = typing_extensions.TypeAliasType("Ints", list[int])
Twice = typing_extensions.TypeAliasType("Twice", tuple[T, T], type_params=(T,))
Deep = typing_extensions.TypeAliasType("Deep", "int | list[Deep]")
Nest = typing_extensions.TypeAliasType("Nest", "T | list[Nest[T]]", type_params=(T,))


def through(value: Any, hint: Any) -> Any:
    return _native.decode(_native.encode(value), _types.plan_for(hint))


TAKEN: list[tuple[Any, Any, Any]] = [
    # value, hint, what becomes of it
    ([1], typing.List, [1]),
    ([1], typing.List[int], [1]),
    ({1: 2}, typing.Dict, {1: 2}),
    ({1: 2}, typing.Dict[int, int], {1: 2}),
    ({1}, typing.Set, {1}),
    ({1}, typing.FrozenSet, frozenset({1})),
    ([1, "a"], typing.Tuple, (1, "a")),
    ([1, "a"], typing.Tuple[int, str], (1, "a")),
    ([1], typing.Sequence, [1]),
    ([1], typing.Iterable, [1]),
    ({1: 2}, typing.Mapping, {1: 2}),
    (1, typing.Union[str, int], 1),
    (None, typing.Optional[Annotated[int, "metres"]], None),
    ([], tuple[()], ()),
    ([1], collections.abc.Collection[int], [1]),
    ("x", LiteralString, "x"),
    ("x", Either, "x"),
    (b"x", Literal[b"x", None], b"x"),
    (None, Literal[b"x", None], None),
    (IntBox(1, [2], "n"), IntBox, IntBox(1, [2], "n")),
    (IntLabelled(1, [2], 3), IntLabelled, IntLabelled(1, [2], 3)),
    (Labelled("a", label="b"), Labelled[str], Labelled("a", label="b")),
    (Box(Box(1)), Box[Box[int]], Box(Box(1))),
    (Chain(1, Chain(2)), Chain[int], Chain(1, Chain(2))),
    (Chain("a", Chain("b")), Chain[str] | Chain[int], Chain("a", Chain("b"))),
    (Own(1, Own(2)), Own, Own(1, Own(2))),
    (Wrapped(1), Wrapped[int], Wrapped(1)),
    (Keyed(v=1, type="z"), Keyed, Keyed(v=1, type="z")),
    ({"v": 1, "type": "z"}, Keyed, Keyed(v=1, type="z")),
    (Page([1], 2), Page[int], Page([1], 2)),
    ({"left": 1}, Sides[int], {"left": 1}),
    ({"left": 1}, IntSides, {"left": 1}),
    ({"b": "x"}, Loose, {"b": "x"}),
    ({"a": 1, "scale": 3}, Scaled, Scaled(1, 3)),
    (Scalable(1), Scalable, Scalable(1)),
    (Slotted(a=1), Slotted, Slotted(a=1)),
    (MoreSlots(1.5, a=1), MoreSlots, MoreSlots(1.5, a=1)),
    (Mixed(1, b=2), Mixed, Mixed(1, b=2)),
    (Named(fullName="a", secret="t"), Any, {"fullName": "a", "age": 1}),
    (Named(fullName="a"), Named, Named(fullName="a")),
    ({"name": "a", "age": 2}, Named, Named(fullName="a", age=2)),
    ({"full_name": "a"}, Named, Named(fullName="a")),
    (Choices(ex=1), Any, {"out": 1}),
    (Choices(ex=1), Choices, Choices(ex=1)),
    ({"X": 1}, Choices, Choices(ex=1)),
    (Camel(unit_price=1), Any, {"unitPrice": 1}),
    (Camel(unit_price=1), Camel, Camel(unit_price=1)),
    (Open(a=1), Open, Open(a=1)),
    (Paged[int](items=[1]), Paged[int], Paged[int](items=[1])),
    (Owner(pet=Dog(kind="dog")), Owner, Owner(pet=Dog(kind="dog"))),
    (Checked(1), Checked, Checked(1)),
    (Cash("cash", 1), Card | Cash, Cash("cash", 1)),
    ([1], Ints, [1]),
    ([1, 2], Twice[int], (1, 2)),
    ([1, [2, [3]]], Deep, [1, [2, [3]]]),
    (Letters.A, Letters, Letters.A),
    (Bits.W, Bits, Bits.W),
    (Plain(1, "b"), Plain, Plain(1, "b")),
    ({(1, 2): 1}, dict[Plain, int], {Plain(1, 2): 1}),
    (pandas.Timestamp("2026-01-01T00:00:00.123456789Z"), _types.DateTime, _types.DateTime(2026, 1, 1, 0, 0, 0, 123456, __import__("datetime").UTC, nanosecond=789)),
    (np.float32(1.5), float, 1.5),
]  # fmt: skip


@pytest.mark.parametrize(("value", "hint", "expected"), TAKEN)
def test_what_a_hint_takes(value: Any, hint: Any, expected: Any) -> None:
    got = through(value, hint)
    assert got == expected
    assert type(got) is type(expected)


REFUSED: list[tuple[Any, Any, str, str]] = [
    # value, hint, path, what is told
    ({"content": "x"}, IntBox, "value.content", '"x" where int belongs'),
    ({"content": 1, "more": ["x"]}, IntLabelled, "value.more[0]", '"x" where int belongs'),
    ({"content": 1, "label": "x"}, IntLabelled, "value.label", "int"),
    ({"content": "a"}, Labelled[int], "value.content", '"a" where int belongs'),
    (Box(Box("x")), Box[Box[int]], "value.content.content", '"x" where int belongs'),
    (Chain(1, Chain("x")), Chain[int], "value.next.value", '"x" where int belongs'),
    (Own(1, Own(2, Own("x"))), Own, "value.next.next.value", '"x" where int belongs'),  # type: ignore[arg-type]
    (Wrapped("x"), Wrapped[int], "value.v", '"x" where int belongs'),
    (Page(["x"]), Page[int], "value[0][0]", '"x" where int belongs'),
    ({"left": "x"}, Sides[int], "value.left", '"x" where int belongs'),
    ({"left": "x"}, IntSides, "value.left", '"x" where int belongs'),
    ({"a": 1}, Loose, "value", "the field `b` is missing, and Loose has no default"),
    (Scaled(1, 2), Scaled, "value", "the field `scale` is missing, and Scaled has no default"),
    ({"a": 1, "scale": "q"}, Scaled, "value.scale", '"q" where int belongs'),
    ({"b": "x"}, Slotted, "value", "the field `a` is missing"),
    ({"age": 1}, Named, "value", "the field `fullName` is missing"),
    ({"fullName": "a", "age": 0}, Named, "value", "Named refused it: ValidationError"),
    ({"fullName": "a", "age": "1"}, Named, "value.age", '"1" where int belongs'),
    ({"items": [1, "2"]}, Paged[int], "value.items[1]", '"2" where int belongs'),
    ({"pet": {"kind": "dog", "good": 1}}, Owner, "value.pet.good", "1 where bool belongs"),
    ({"pet": {"kind": "cow", "good": True}}, Owner, "value.pet", "fits no member of Cat | Dog"),
    ({"a": 1, "b": "long"}, Checked, "value", "Checked refused it: ValidationError"),
    ({"kind": "cash", "amount": "1"}, Card | Cash, "value.amount", '"1" where int belongs'),
    (["x"], Ints, "value[0]", '"x" where int belongs'),
    ([1, "x"], Twice[int], "value[1]", '"x" where int belongs'),
    ([1, ["x"]], Deep, "value[1][0]", '"x" where Deep belongs'),
    ("a", Letters, "value", '"a", which is no member of Letters'),
    (1, Bits, "value", "1 where Bits belongs"),
    (1.5, Either, "value", "1.5 where int | str belongs"),
]


@pytest.mark.parametrize(("value", "hint", "path", "why"), REFUSED)
def test_what_a_hint_refuses(value: Any, hint: Any, path: str, why: str) -> None:
    with pytest.raises(Unserializable) as raised:
        through(value, hint)
    assert raised.value.path == path
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("hint", "why"),
    [
        (type[int], r"values of type\[int\] can't cross"),
        (collections.abc.Callable[[int], str], r"values of Callable\[\[int\], str\] can't cross"),
        (tuple[int, *tuple[str, ...]], "a tuple of a fixed length, or"),
        (Endless[int], "It nests in itself without an end"),
        (list["Nowhere"], "the hint 'Nowhere' can't be resolved"),  # type: ignore[name-defined]  # noqa: F821
        (typing.Hashable, "values of Hashable can't cross"),
    ],
)
def test_hints_that_are_no_plans(hint: Any, why: str) -> None:
    with pytest.raises(Unserializable, match=why) as raised:
        _types.plan_for(hint, where="parameter `order` of sell()")
    assert str(raised.value).startswith("parameter `order` of sell(): ")


def test_what_only_an_instance_knows_is_not_lost() -> None:
    with pytest.raises(Unserializable, match="doesn't declare") as raised:
        _native.encode([Open(a=1, b=2)])
    assert raised.value.path == "value[0].b"
    with pytest.raises(Unserializable, match="a combination of flags; send a set of them"):
        _native.encode(Bits.R | Bits.W)
    with pytest.raises(Unserializable, match="NaT is no moment; send None"):
        _native.encode(pandas.NaT)


def test_a_self_that_is_nobody_is_refused() -> None:
    with pytest.raises(Unserializable, match="values of Self can't cross"):
        _types.plan_for(Self)


if sys.version_info >= (3, 12):
    SOURCE = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Shelf[T]:
    content: T
    more: list[T] | None = None

@dataclass
class IntShelf(Shelf[int]): ...

type Couple[T] = tuple[T, T]
type Tree[T] = T | list[Tree[T]]

def take[T: int](shelf: Shelf[T], couple: Couple[str], tree: Tree[int]) -> None: ...
"""

    def test_type_parameters_in_brackets() -> None:
        module = types.ModuleType("brackets")
        sys.modules["brackets"] = module
        exec(SOURCE, module.__dict__)
        plan = _types.signature_plan(module.take)
        good = (module.Shelf(1, [2]), ["a", "b"], [1, [2]])
        got = _native.decode_arguments(_native.encode_arguments(good), plan)
        assert got == ((module.Shelf(1, [2]), ("a", "b"), [1, [2]]), {})
        for bad, path in (
            ((module.Shelf("x"), *good[1:]), "shelf.content"),
            ((good[0], ["a", 2], 1), "couple[1]"),
            ((*good[:2], ["x"]), "tree[0]"),
        ):
            with pytest.raises(Unserializable) as raised:
                _native.decode_arguments(_native.encode_arguments(bad), plan)
            assert raised.value.path == path
        assert through({"content": 1}, module.IntShelf) == module.IntShelf(1)
        with pytest.raises(Unserializable, match=r"value\.content"):
            through({"content": "x"}, module.IntShelf)
