"""Shows what comes of calls that fail: their kind, and whether the handler ran.

Run it:  python3 examples/python/errors.py --cluster examples
(with a provider: python3 examples/python/serve.py)
"""

import argparse
from collections.abc import Callable
from typing import Any, Protocol

import twinspan

parser = argparse.ArgumentParser(description="Shows what comes of calls that fail: their kind, and whether the handler ran.")
parser.add_argument("--cluster", default="examples", help="the cluster to join (default: examples)")
parser.add_argument("--timeout", type=float, default=0.3, help="seconds of the call that takes too long (default: 0.3)")
options = parser.parse_args()


@twinspan.error("examples.Rejected")
class Rejected(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Orders(Protocol):
    @twinspan.raises(Rejected)
    def order(self, article: str) -> None: ...


def tell(what: str, call: Callable[[], Any]) -> None:
    try:
        call()
    except twinspan.Error as error:
        more = ", a ValueError" if isinstance(error, twinspan.RemoteError) and error.is_("builtins.ValueError") else ""
        print(f"{what}: {error.kind}, executed: {error.executed}{more}")


with twinspan.join(cluster=options.cluster) as node:
    node.wait_for("examples")
    examples = node.client("examples")
    tell("a wrong argument", lambda: examples.greet("Ada", greting="Hi"))
    tell("a wrong type", lambda: examples.divide("six", 3))
    tell("a wrong method", lambda: node.call("examples.greed", "Ada"))
    tell("a wrong service", lambda: node.call("exmaples.greet", "Ada"))
    tell("a handler that raises", lambda: examples.divide(6, 0))
    tell("a handler that takes too long", lambda: node.with_options(timeout=options.timeout).call("examples.work", 60.0, "long"))
    try:
        node.client("examples", Orders).order("the last copy")
    except Rejected as rejected:
        print(f"a class of our own: {rejected.reason}")
