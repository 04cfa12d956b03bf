"""References: what clients and members are where they arrive, and what can be done with them there."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
import twinspan
from twinspan import NodeRef, ServiceRef, _native, _types
from twinspan.testing import FakeNode

Joined = Callable[..., twinspan.Node]
CATALOG = ServiceRef("shop", "catalog")


class Catalog:
    def size(self) -> int:
        return 7


class Sizes(Protocol):
    def size(self) -> int: ...


class Reader:
    def typed(self, catalog: ServiceRef) -> int:
        return twinspan.current_call().node.client(catalog, Sizes).size()

    async def awaited(self, catalog: ServiceRef) -> Any:
        return await twinspan.current_call().node.aio.client(catalog).size()

    def untyped(self, value: Any) -> Any:
        return value

    def named(self, who: NodeRef | None = None) -> str:
        return "nobody" if who is None else twinspan.current_call().node.member(who).name

    def made(self) -> twinspan.Client:
        return twinspan.current_call().node.client("catalog")

    def members(self) -> list[twinspan.Member]:
        return twinspan.current_call().node.members


@pytest.fixture
def nodes(joined: Joined) -> tuple[twinspan.Node, twinspan.Node]:
    """A caller, which serves the catalog, and a provider of the reader."""
    one, other = twinspan.App("one"), twinspan.App("other")
    one.add_service("catalog", Catalog())
    other.add_service("reader", Reader())
    caller, provider = joined(one), joined(other)
    caller.wait_for("reader")
    provider.wait_for("catalog")
    return caller, provider


def test_a_client_arrives_as_a_reference(nodes: tuple[twinspan.Node, twinspan.Node]) -> None:
    caller, _ = nodes
    reader, catalog = caller.client("reader"), caller.client("catalog")
    reference = ServiceRef(caller.cluster, "catalog")
    assert (reader.typed(catalog), reader.typed(reference), reader.awaited(catalog)) == (7, 7, 7)
    for sent in (catalog, reference, caller.client("catalog", Sizes), caller.aio.client("catalog")):
        assert reader.untyped([sent]) == [reference]
    assert reader.made() == reference == ServiceRef.of(catalog)
    assert caller.client(reader.made()).size() == 7


async def answered(node: twinspan.Node) -> Any:
    return await node.aio.client(await node.aio.client("reader").made()).size()


def test_a_reference_in_a_coroutine(nodes: tuple[twinspan.Node, twinspan.Node]) -> None:
    import asyncio

    assert asyncio.run(answered(nodes[0])) == 7


def test_a_member_arrives_as_a_reference(nodes: tuple[twinspan.Node, twinspan.Node]) -> None:
    caller, provider = nodes
    reader = caller.client("reader")
    mine = NodeRef(caller.cluster, caller.name)
    for sent in (caller, caller.aio, caller.member(caller.name), mine):
        assert reader.untyped(sent) == mine
        assert reader.named(sent) == caller.name
    assert reader.named() == "nobody"
    assert reader.members() == [NodeRef.of(member) for member in provider.members]
    assert [method.returns for method in caller.services["reader"].methods if method.name in ("made", "members")] == [
        "service_ref",
        "list<node_ref>",
    ]


def test_of_another_cluster_is_told_where_it_is_used(nodes: tuple[twinspan.Node, twinspan.Node]) -> None:
    caller, _ = nodes
    assert caller.client("reader").untyped(CATALOG) == CATALOG
    for use in (lambda: caller.client(CATALOG), lambda: caller.aio.client(CATALOG), lambda: caller.member(NodeRef("shop", "n0"))):
        with pytest.raises(twinspan.NotFound, match=f"belongs to the cluster shop, this node to {caller.cluster}") as told:
            use()
        assert told.value.executed == "no"
    with pytest.raises(twinspan.NotFound, match="no live node is called 'nobody'"):
        caller.member("nobody")


def test_the_wrong_kind_is_refused(nodes: tuple[twinspan.Node, twinspan.Node]) -> None:
    caller, _ = nodes
    reader = caller.client("reader")
    with pytest.raises(twinspan.Unserializable, match="catalog: a reference to a node where ServiceRef belongs"):
        reader.typed(caller)
    with pytest.raises(twinspan.Unserializable, match="who: a reference to a service where"):
        reader.named(caller.client("catalog"))
    with pytest.raises(twinspan.BadArguments, match="a service is named by a text or a ServiceRef, not by NodeRef"):
        caller.client(NodeRef.of(caller))  # type: ignore[call-overload]
    with pytest.raises(twinspan.BadArguments, match="a node is named by a text or a NodeRef, not by ServiceRef"):
        caller.member(CATALOG)  # type: ignore[arg-type]


def test_they_are_values() -> None:
    assert str(CATALOG) == CATALOG.uri == "twinspan://shop/service/catalog"
    assert repr(CATALOG) == "ServiceRef('shop', 'catalog')"
    assert (CATALOG.cluster, CATALOG.name) == ("shop", "catalog")
    assert ServiceRef.parse(CATALOG.uri) == CATALOG
    assert len({CATALOG, ServiceRef("shop", "catalog"), ServiceRef("shop", "other"), NodeRef("shop", "catalog")}) == 3
    assert NodeRef("shop", "catalog") != CATALOG
    assert copy.deepcopy(CATALOG) == pickle.loads(pickle.dumps(CATALOG)) == CATALOG
    with pytest.raises(AttributeError, match="can't change"):
        CATALOG.name = "other"
    with pytest.raises(AttributeError, match="can't change"):
        del CATALOG.uri
    assert ServiceRef("shop", "größe").uri == "twinspan://shop/service/gr%C3%B6%C3%9Fe"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: ServiceRef("Shop", "a"), "whose cluster has no legal name"),
        (lambda: ServiceRef("shop", "a b"), "that has no legal name"),
        (lambda: ServiceRef("shop", "\ud800"), "make no ServiceRef"),
        (lambda: ServiceRef("shop", 3), "make no ServiceRef"),  # type: ignore[arg-type]
        (lambda: NodeRef("shop", "-x"), "that has no legal name"),
        (lambda: ServiceRef.parse("twinspan://shop/node/a"), "is no ServiceRef: a reference to a node"),
        (lambda: NodeRef.parse("twinspan://shop/task/a"), "a kind that is not known here"),
        (lambda: NodeRef.parse("a"), "isn't twinspan://CLUSTER/KIND/NAME"),
    ],
)
def test_what_is_none(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(twinspan.BadConfig, match=told):
        make()


@pytest.mark.parametrize("value", [3, None, "catalog", NodeRef("shop", "a"), ServiceRef])
def test_only_clients_have_a_service(value: Any) -> None:
    with pytest.raises(twinspan.BadArguments, match=r"ServiceRef.of\(\) takes a client"):
        ServiceRef.of(value)
    assert ServiceRef.of(CATALOG) == CATALOG


@pytest.mark.parametrize("value", [{CATALOG: 1}, {CATALOG}, {(1, CATALOG): 1}])
def test_they_are_no_keys(value: Any) -> None:
    with pytest.raises(twinspan.Unserializable, match="a ServiceRef can't be a key"):
        _native.encode(value)


def test_a_client_of_no_legal_service_is_refused_with_its_path() -> None:
    with FakeNode() as fake, pytest.raises(twinspan.Unserializable, match=r"value\['x'\]|value\[\"x\"\]") as told:
        _native.encode({"x": fake.client("a b")})
    assert "no legal name" in str(told.value)


@dataclass
class Holder:
    catalog: ServiceRef
    where: NodeRef | None = None


def test_in_records_and_unions() -> None:
    payload = _native.encode(Holder(CATALOG))
    assert _native.decode(payload, _types.plan_for(Holder)) == Holder(CATALOG)
    assert _native.decode(payload) == {"catalog": CATALOG, "where": None}
    for value in (CATALOG, NodeRef("shop", "a"), "text"):
        assert _native.decode(_native.encode(value), _types.plan_for(ServiceRef | NodeRef | str)) == value


@pytest.mark.parametrize("hint", [twinspan.Member, twinspan.Client, twinspan.Node, list[twinspan.Member]])
def test_live_classes_are_no_hints(hint: Any) -> None:
    with pytest.raises(twinspan.Unserializable, match="declare a ServiceRef or a NodeRef"):
        _types.plan_for(hint)


def test_fakes_take_them() -> None:
    with FakeNode() as fake:
        app = twinspan.App("fake")
        app.add_service("reader", Reader())
        app.add_service("catalog", Catalog())
        fake.serve(app)
        assert fake.client("reader").typed(fake.client("catalog")) == 7
