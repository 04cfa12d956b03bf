"""Twinspan in Python, by its public interface and with its defaults. `serve same_host|tcp`, `call same_host|tcp LANGUAGE...`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Protocol

import twinspan
from flow import Flow, pipelined, streamed
from order import Order
from pace import WINDOW, AsyncCall, Call
from samples import Samples
from speak import converse, ready, wait_for_the_end

APPEARS_WITHIN = 30.0


class Echo(Protocol):
    def call(self, payload: bytes) -> bytes: ...
    def items(self, payload: bytes) -> twinspan.Stream[bytes]: ...


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

    @app.function("echo_python.items")
    def items(payload: bytes) -> Iterator[bytes]:
        while True:
            yield payload

    with joined(where, app):
        ready()
        wait_for_the_end()


class Nodes:
    def __init__(self, node: twinspan.Node, providers: list[str]) -> None:
        self._node = node
        self._echoes: dict[str, Echo] = {}
        self._async_calls: dict[str, AsyncCall] = {}
        for provider in providers:
            node.wait_for(f"echo_{provider}", timeout=APPEARS_WITHIN)

    def caller(self, order: Order) -> Call:
        return self._echo(order).call

    def _echo(self, order: Order) -> Echo:
        echo = self._echoes.get(order.to)
        return echo or self._echoes.setdefault(order.to, self._node.client(f"echo_{order.to}", Echo))

    async def async_caller(self, order: Order) -> AsyncCall:
        if order.to not in self._async_calls:
            self._async_calls[order.to] = self._node.aio.client(f"echo_{order.to}", AsyncEcho).call
        return self._async_calls[order.to]

    def streamed(self, order: Order) -> Flow:
        return streamed(lambda order: self._echo(order).items(order.payload), order)

    def pipelined(self, order: Order) -> Samples:
        def many(payloads: Iterator[bytes]) -> Iterator[bytes]:
            return self._node.call_many(f"echo_{order.to}.call", ((payload,) for payload in payloads), window=WINDOW)

        return pipelined(many, order)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", where]:
            serve(where)
        case ["call", where, *providers]:
            with joined(where) as node:
                nodes = Nodes(node, providers)
                converse(nodes, streamed=nodes.streamed, call_many=nodes.pipelined)
