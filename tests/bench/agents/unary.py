"""grpcio: unary calls of bytes, and streams of a server, plaintext. `serve FOLDER`, `serve-async FOLDER`, `call NAME=ADDRESS...`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import grpc.aio
from flow import streamed
from order import Order, Words
from pace import AsyncCall, Call
from speak import converse, given, ready, wait_for_the_end

SERVICE, METHOD, STREAM = "twinspan.bench.Echo", "Call", "Items"
SERVER_THREADS = 10  # as in gRPC's own Python examples


def listening(server: grpc.Server | grpc.aio.Server, folder: Path, name: str) -> dict[str, str]:
    path = f"unix:{folder / name}"
    server.add_insecure_port(path)
    return {"same_host": path, "tcp": f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"}


def serve(folder: Path) -> None:
    def echo(request: bytes, context: grpc.ServicerContext) -> bytes:
        return request

    def items(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        while True:
            yield request

    server = grpc.server(ThreadPoolExecutor(SERVER_THREADS))
    methods = {METHOD: grpc.unary_unary_rpc_method_handler(echo), STREAM: grpc.unary_stream_rpc_method_handler(items)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    addresses = listening(server, folder, "grpcio.sock")
    server.start()
    ready(**addresses)
    wait_for_the_end()
    server.stop(0)


async def serve_async(folder: Path) -> None:
    async def echo(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        return request

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: grpc.unary_unary_rpc_method_handler(echo)}),))
    addresses = listening(server, folder, "grpcio-async.sock")
    await server.start()
    ready(**addresses)
    await asyncio.to_thread(wait_for_the_end)
    await server.stop(0)


class Unary:
    def __init__(self, addresses: Words) -> None:
        self._addresses = addresses
        self._calls: dict[str, Call] = {}
        self._async_calls: dict[str, AsyncCall] = {}
        self._streams: dict[str, grpc.UnaryStreamMultiCallable[bytes, bytes]] = {}

    def caller(self, order: Order) -> Call:
        """One channel for all threads."""
        key = f"{order.to}.{order.transport}"
        call = self._calls.get(key)
        if call is None:
            stub = grpc.insecure_channel(self._addresses[key]).unary_unary(f"/{SERVICE}/{METHOD}")
            call = self._calls.setdefault(key, lambda payload: stub(payload, wait_for_ready=True))
        return call

    @contextmanager
    def stream(self, order: Order) -> Iterator[Iterator[bytes]]:
        key = f"{order.to}.{order.transport}"
        if key not in self._streams:
            self._streams[key] = grpc.insecure_channel(self._addresses[key]).unary_stream(f"/{SERVICE}/{STREAM}")
        items = self._streams[key](order.payload, wait_for_ready=True)
        try:
            yield items
        finally:
            items.cancel()

    async def async_caller(self, order: Order) -> AsyncCall:
        key = f"{order.to}.{order.transport}"
        if key not in self._async_calls:
            stub = grpc.aio.insecure_channel(self._addresses[key]).unary_unary(f"/{SERVICE}/{METHOD}")
            self._async_calls[key] = lambda payload: stub(payload, wait_for_ready=True)
        return self._async_calls[key]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder]:
            serve(Path(folder))
        case ["serve-async", folder]:
            asyncio.run(serve_async(Path(folder)))
        case ["call", *addresses]:
            client = Unary(given(addresses))
            converse(client, streamed=lambda order: streamed(client.stream, order))
