"""Serves the service `examples` that the other examples call, until SIGTERM.

Run it:  python3 examples/python/serve.py --cluster examples --name one
"""

import argparse
import os
import time
from collections.abc import Iterator

import twinspan

parser = argparse.ArgumentParser(description="Serves the service `examples` until SIGTERM.")
parser.add_argument("--cluster", default="examples", help="the cluster to join (default: examples)")
parser.add_argument("--name", default="one", help="the name of this node (default: one)")
options = parser.parse_args()

app = twinspan.App("examples")
ended: set[str] = set()
"""The jobs whose handlers were told that nobody waits any more."""


@twinspan.error("examples.Rejected")
class Rejected(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@app.service("examples")
class Examples:
    @twinspan.idempotent
    def ping(self) -> str:
        return options.name

    def greet(self, name: str, greeting: str = "Hello") -> str:
        return f"{greeting}, {name}!"

    def divide(self, a: int, b: int) -> int:
        if b == 0:
            raise ValueError("b must not be 0")
        return a // b

    @twinspan.raises(Rejected)
    def order(self, article: str) -> None:
        raise Rejected(f"{article} is sold out")

    def work(self, seconds: float, job: str) -> str:
        """Works on a job until it is done or nobody wants it any more."""
        call = twinspan.current_call()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if call is not None and call.cancelled():
                ended.add(job)
                raise InterruptedError(job)
            time.sleep(0.005)
        return f"{job} is done"

    def count(self, to: int, job: str) -> Iterator[int]:
        """A stream of numbers."""
        try:
            yield from range(to)
        finally:
            ended.add(job)

    def total(self, numbers: Iterator[int]) -> int:
        """Takes a stream of numbers."""
        return sum(numbers)

    def ended(self, job: str) -> bool:
        return job in ended

    def crash(self) -> None:
        os._exit(1)


if __name__ == "__main__":
    twinspan.run(app, cluster=options.cluster, name=options.name)
