"""Tests of programs that use Twinspan.

`FakeNode` stands in for a node: calls end in the test's own handlers, and no other process is met. `cluster` joins real nodes under a name
that nobody else has. `verify_contract` compares an App with a contract file. With pytest the fixtures `fake_node` and `twinspan_cluster`
are there without an import.

    def test_a_price_is_asked_for(fake_node):
        fake_node.on("pricing.quote", returns=12.5)
        assert Shop(fake_node).total("A1", 2) == 25.0
        assert fake_node.calls("pricing.quote")[0].kwargs == {"sku": "A1"}
"""

from ._clock import FakeClock
from ._cluster import cluster
from ._contracts import verify_contract
from ._fake_node import FakeNode
from ._faults import Failing
from ._record import FakeCall

__all__ = ["Failing", "FakeCall", "FakeClock", "FakeNode", "cluster", "verify_contract"]
