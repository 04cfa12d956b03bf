"""The Python side of the shop on the page about errors."""

import twinspan

app = twinspan.App("fraud")


@twinspan.error("shop.FraudRejected")
class FraudRejected(Exception):
    def __init__(self, order: str, score: float) -> None:
        super().__init__(f"{order} scored {score}")
        self.order = order
        self.score = score


@app.service("fraud")
class Fraud:
    def score(self, order: str) -> float:
        try:
            return int(order.removeprefix("o-")) / 100
        except ValueError as error:
            error.add_note("orders look like o-7")
            raise LookupError(f"no order {order}") from error

    def check(self, order: str) -> None:
        raise FraudRejected(order, 0.9)

    def total(self, sku: str, quantity: int) -> float:
        return float(node.call("pricing.quote", sku, quantity))


with twinspan.join(app, name="fraud-1") as node:
    print("ready", flush=True)
    input()
