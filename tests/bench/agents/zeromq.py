"""pyzmq: REQ and REP, DEALER and ROUTER under asyncio. `serve FOLDER`, `serve-async FOLDER`, `call NAME=ADDRESS...`."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import zmq
import zmq.asyncio
from order import Order, Words
from pace import AsyncCall, Call
from speak import converse, given, ready, wait_for_the_end


def bound(sock: zmq.Socket[bytes] | zmq.asyncio.Socket, folder: Path, name: str) -> None:
    path = f"ipc://{folder / name}"
    sock.bind(path)
    sock.bind("tcp://127.0.0.1:*")
    address = sock.getsockopt_string(zmq.LAST_ENDPOINT)
    ready(same_host=path, tcp=address)


def serve(folder: Path) -> None:
    def echo() -> None:
        with zmq.Context() as context, context.socket(zmq.REP) as sock:
            bound(sock, folder, "zeromq.sock")
            while True:
                sock.send(sock.recv())

    threading.Thread(target=echo, daemon=True).start()
    wait_for_the_end()


async def serve_async(folder: Path) -> None:
    async def echo() -> None:
        sock = zmq.asyncio.Context().socket(zmq.ROUTER)
        bound(sock, folder, "zeromq-async.sock")
        while True:
            await sock.send_multipart(await sock.recv_multipart())

    echoing = asyncio.create_task(echo())
    await asyncio.to_thread(wait_for_the_end)
    echoing.cancel()


class ZeroMq:
    def __init__(self, addresses: Words) -> None:
        self._addresses = addresses
        self._context = zmq.Context()
        self._mine = threading.local()
        self._calls: dict[str, AsyncCall] = {}

    def caller(self, order: Order) -> Call:
        """A REQ socket a thread."""
        calls: dict[str, Call] = self._mine.__dict__.setdefault("calls", {})
        if order.transport not in calls:
            sock = self._context.socket(zmq.REQ)
            sock.connect(self._addresses[f"{order.to}.{order.transport}"])

            def call(payload: bytes) -> bytes:
                sock.send(payload)
                return sock.recv()

            calls[order.transport] = call
        return calls[order.transport]

    async def async_caller(self, order: Order) -> AsyncCall:
        """One DEALER whose answers find their call by number."""
        if order.transport not in self._calls:
            self._calls[order.transport] = self._dealer(self._addresses[f"{order.to}.{order.transport}"])
        return self._calls[order.transport]

    def _dealer(self, address: str) -> AsyncCall:
        loop = asyncio.get_running_loop()
        sock = zmq.asyncio.Context.shadow(self._context.underlying).socket(zmq.DEALER)
        sock.connect(address)
        waiting: dict[bytes, asyncio.Future[bytes]] = {}
        number = 0

        async def read() -> None:
            while True:
                key, answer = await sock.recv_multipart()
                waiting.pop(key).set_result(answer)

        reading = loop.create_task(read())

        async def call(payload: bytes) -> bytes:
            nonlocal number
            if reading.done():
                reading.result()
            number += 1
            key = number.to_bytes(8, "little")
            answer = waiting[key] = loop.create_future()
            await sock.send_multipart([key, payload])
            return await answer

        return call


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder]:
            serve(Path(folder))
        case ["serve-async", folder]:
            asyncio.run(serve_async(Path(folder)))
        case ["call", *addresses]:
            converse(ZeroMq(given(addresses)))
