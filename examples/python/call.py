"""Calls one method in several ways: by a client, by name, typed, and without waiting.

Run it:  python3 examples/python/call.py --cluster examples
(with a provider: python3 examples/python/serve.py)
"""

import argparse
import asyncio
from typing import Protocol

import twinspan

parser = argparse.ArgumentParser(description="Calls one method in several ways: by a client, by name, typed, and without waiting.")
parser.add_argument("--cluster", default="examples", help="the cluster to join (default: examples)")
parser.add_argument("--who", default="World", help="who is greeted (default: World)")
options = parser.parse_args()


class Greeter(Protocol):
    def greet(self, name: str, greeting: str = ...) -> str: ...


async def two_at_once() -> None:
    async with twinspan.join_async(cluster=options.cluster) as node:
        examples = node.client("examples")
        for greeting in await asyncio.gather(examples.greet("Ada"), examples.greet("Grace")):
            print(f"at once:   {greeting}")


with twinspan.join(cluster=options.cluster) as node:
    node.wait_for("examples")
    print(f"by name:   {node.call('examples.greet', options.who)}")
    print(f"keyword:   {node.call('examples.greet', options.who, greeting='Good day')}")
    greeter = node.client("examples", Greeter, timeout=5)
    print(f"typed:     {greeter.greet(options.who, 'Welcome')}")
asyncio.run(two_at_once())
