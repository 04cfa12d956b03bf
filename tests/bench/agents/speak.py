"""The driver's side of the conversation is benchmark/agent.py; this is the Python agents' side."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable
from typing import Protocol

from crew import Crew
from flow import Flow
from order import Order, Words, pairs
from pace import AsyncCall, Call, awaited, blocking
from samples import Samples


class Client(Protocol):
    """A product, seen from a caller."""

    def caller(self, order: Order) -> Call:
        """A function that calls; asked in the thread that will use it."""

    async def async_caller(self, order: Order) -> AsyncCall:
        """A function to await; asked on the loop that will use it."""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ready(**addresses: str) -> None:
    say(" ".join(["ready", *(f"{name}={address}" for name, address in addresses.items())]))


def wait_for_the_end() -> None:
    """The driver ends an agent by closing its stdin; when the driver dies, so does the agent."""
    sys.stdin.read()


def given(arguments: list[str]) -> Words:
    return pairs(arguments)


def converse(client: Client, **others: Callable[[Order], Samples | Flow]) -> None:
    """Runs orders until stdin ends. `others` run those of a face or a pace that only some products have, by its name."""
    ready()
    crew: Crew | None = None
    last: Samples | Flow = Samples()
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            try:
                if not line.startswith("run"):
                    say(last.report())
                    continue
                order = Order.read(line)
                if other := others.get(order.face) or others.get(order.pace):
                    last = other(order)
                elif order.face == "async":
                    last = runner.run(_awaiting(client, order))
                elif order.face == "threads64":
                    crew = crew or Crew()
                    last = crew.run(client.caller, order)
                else:
                    last = blocking(client.caller(order), order)
                say(f"done calls={last.calls}")
            except Exception as error:
                traceback.print_exc()
                say(f"failed {type(error).__name__}: {error}".replace("\n", " | "))


async def _awaiting(client: Client, order: Order) -> Samples:
    return await awaited(await client.async_caller(order), order)
