"""Twinspan in Python, by its public interface and with its defaults. `serve same_host|tcp`, `call same_host|tcp LANGUAGE...`."""

from __future__ import annotations

import sys
from typing import Protocol

import twinspan
from order import Order
from pace import AsyncCall, Call
from speak import converse, ready, wait_for_the_end

APPEARS_WITHIN = 30.0


class Echo(Protocol):
    def call(self, payload: bytes) -> bytes: ...


class AsyncEcho(Protocol):
    async def call(self, payload: bytes) -> bytes: ...


def joined(where: str, app: twinspan.App | None = None) -> twinspan.Node:
    """A cluster for each transport, so that nobody takes the other's link."""
    if where == "tcp":
        return twinspan.join(app, cluster="bench-tcp", transport="tcp")
    return twinspan.join(app, cluster="bench-host")


def serve(where: str) -> None:
    app = twinspan.App("bench-python")

    @app.function("echo_python.call")
    def call(payload: bytes) -> bytes:
        return payload

    with joined(where, app):
        ready()
        wait_for_the_end()


class Nodes:
    def __init__(self, node: twinspan.Node, providers: list[str]) -> None:
        self._node = node
        self._calls: dict[str, Call] = {}
        self._async_calls: dict[str, AsyncCall] = {}
        for provider in providers:
            node.wait_for(f"echo_{provider}", timeout=APPEARS_WITHIN)

    def caller(self, order: Order) -> Call:
        call = self._calls.get(order.to)
        return call or self._calls.setdefault(order.to, self._node.client(f"echo_{order.to}", Echo).call)

    async def async_caller(self, order: Order) -> AsyncCall:
        if order.to not in self._async_calls:
            self._async_calls[order.to] = self._node.aio.client(f"echo_{order.to}", AsyncEcho).call
        return self._async_calls[order.to]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", where]:
            serve(where)
        case ["call", where, *providers]:
            with joined(where) as node:
                converse(Nodes(node, providers))
