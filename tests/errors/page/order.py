"""A caller in Python; each way ends with an error that nobody catches."""

import sys
from typing import Protocol

import twinspan


@twinspan.error("shop.FraudRejected")
class FraudRejected(Exception):
    order: str
    score: float


class Fraud(Protocol):
    @twinspan.raises(FraudRejected)
    def check(self, order: str) -> None: ...


with twinspan.join(name="order-py") as node:
    node.wait_for("fraud")
    node.wait_for("pricing")
    if sys.argv[1] == "one":
        node.client("pricing").quote("A1", 0)
    elif sys.argv[1] == "both":
        node.client("pricing").review("o-x")
    else:
        node.client("fraud", Fraud).check("o-7")
