"""Tests of programs that use Twinspan.

`FakeNode` stands in for a node: calls end in the test's own handlers, and no other process is met. `cluster` joins real nodes under a name
that nobody else has. `verify_contract` compares an App with a contract file. With pytest the fixtures `fake_node` and `twinspan_cluster`
are there without an import.

    def test_a_price_is_asked_for(fake_node):
        fake_node.on("pricing.quote", returns=12.5)
        assert Shop(fake_node).total("A1", 2) == 25.0
        assert fake_node.calls("pricing.quote")[0].kwargs == {"sku": "A1"}
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from ._clock import FakeClock
    from ._cluster import cluster
    from ._contracts import verify_contract
    from ._fake_node import FakeNode
    from ._faults import Failing
    from ._record import FakeCall

__all__ = ["Failing", "FakeCall", "FakeClock", "FakeNode", "cluster", "verify_contract"]

_PLACES = {
    "Failing": "_faults",
    "FakeCall": "_record",
    "FakeClock": "_clock",
    "FakeNode": "_fake_node",
    "cluster": "_cluster",
    "verify_contract": "_contracts",
}


def __getattr__(name: str) -> _Any:
    # Every run of pytest imports this package for its plugin: what it holds is loaded on first use.
    module = _PLACES.get(name)
    if module is None:
        raise AttributeError(f"module 'twinspan.testing' has no attribute {name!r}", name=name)
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value
