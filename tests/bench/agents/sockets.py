"""Plain Python sockets: frames of a fixed size, echoed. `serve FOLDER`, `serve-async FOLDER`, `call NAME=ADDRESS...`."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from order import Order, Words
from pace import AsyncCall, Call
from speak import converse, given, ready, wait_for_the_end

SIZE = struct.Struct("<I")


def exactly(sock: socket.socket, into: memoryview) -> None:
    while into:
        count = sock.recv_into(into)
        if count == 0:
            raise ConnectionError("the other side closed")
        into = into[count:]


def echo(sock: socket.socket) -> None:
    """One connection. Its first four bytes say how long each message is."""
    try:
        head = bytearray(SIZE.size)
        exactly(sock, memoryview(head))
        message = bytearray(SIZE.unpack(head)[0])
        view = memoryview(message)
        while True:
            exactly(sock, view)
            sock.sendall(message)
    except OSError:
        sock.close()


def accept(listener: socket.socket) -> None:
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=echo, args=(quick(sock),), daemon=True).start()


def quick(sock: socket.socket) -> socket.socket:
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def serve(folder: Path) -> None:
    tcp = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    path = str(folder / "sockets.sock")
    unix.bind(path)
    unix.listen()
    for listener in (tcp, unix):
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    ready(same_host=path, tcp=f"127.0.0.1:{tcp.getsockname()[1]}")
    wait_for_the_end()


class Framed(asyncio.Protocol):
    """Cuts what arrives into messages of one size."""

    def __init__(self, take: Callable[[Framed, bytes], None], size: int = 0) -> None:
        self._take = take
        self._size = size
        self._held = bytearray()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        held = self._held
        held += data
        if not self._size and len(held) >= SIZE.size:
            self._size = SIZE.unpack(held[: SIZE.size])[0]
            del held[: SIZE.size]
        size = self._size
        while size and len(held) >= size:
            message = bytes(held[:size])
            del held[:size]
            self._take(self, message)


async def serve_async(folder: Path) -> None:
    def made() -> Framed:
        return Framed(lambda connection, message: connection.transport.write(message))

    loop = asyncio.get_running_loop()
    path = str(folder / "sockets-async.sock")
    tcp = await loop.create_server(made, "127.0.0.1", 0)
    await loop.create_unix_server(made, path)
    ready(same_host=path, tcp=f"127.0.0.1:{tcp.sockets[0].getsockname()[1]}")
    await asyncio.to_thread(wait_for_the_end)


class Sockets:
    def __init__(self, addresses: Words) -> None:
        self._addresses = addresses
        self._mine = threading.local()
        self._calls: dict[tuple[str, int], AsyncCall] = {}

    def caller(self, order: Order) -> Call:
        """A connection a thread and size."""
        calls: dict[tuple[str, int], Call] = self._mine.__dict__.setdefault("calls", {})
        key = (order.transport, order.bytes)
        if key not in calls:
            calls[key] = self._connect(order)
        return calls[key]

    def _connect(self, order: Order) -> Call:
        address = self._addresses[f"{order.to}.{order.transport}"]
        if order.transport == "tcp":
            host, port = address.split(":")
            sock = quick(socket.create_connection((host, int(port))))
        else:
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(address)
        sock.sendall(SIZE.pack(order.bytes))
        size = order.bytes

        def call(payload: bytes) -> bytes:
            sock.sendall(payload)
            answer = bytearray(size)
            exactly(sock, memoryview(answer))
            return answer

        return call

    async def async_caller(self, order: Order) -> AsyncCall:
        """One connection; answers come in the order of the calls."""
        key = (order.transport, order.bytes)
        if key not in self._calls:
            self._calls[key] = await self._connect_async(order)
        return self._calls[key]

    async def _connect_async(self, order: Order) -> AsyncCall:
        loop = asyncio.get_running_loop()
        waiting: deque[asyncio.Future[bytes]] = deque()
        address = self._addresses[f"{order.to}.{order.transport}"]

        def made() -> Framed:
            return Framed(lambda _, message: waiting.popleft().set_result(message), order.bytes)

        if order.transport == "tcp":
            host, port = address.split(":")
            transport, _ = await loop.create_connection(made, host, int(port))
        else:
            transport, _ = await loop.create_unix_connection(made, address)
        transport.write(SIZE.pack(order.bytes))

        async def call(payload: bytes) -> bytes:
            answer: asyncio.Future[bytes] = loop.create_future()
            waiting.append(answer)
            transport.write(payload)
            return await answer

        return call


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder]:
            serve(Path(folder))
        case ["serve-async", folder]:
            asyncio.run(serve_async(Path(folder)))
        case ["call", *addresses]:
            converse(Sockets(given(addresses)))
