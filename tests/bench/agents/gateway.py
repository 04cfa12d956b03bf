"""Py4J: Python's side, which calls the JVM and is called back by it. `call java.tcp=PORT`."""

from __future__ import annotations

import sys

from order import Order, Words
from pace import AsyncCall, Call
from py4j.java_gateway import CallbackServerParameters, GatewayParameters, JavaGateway
from speak import converse, given


class Called:
    """What the JVM calls."""

    def call(self, payload: bytes) -> bytes:
        return payload

    class Java:
        implements = ["io.twinspan.bench.Echo"]  # noqa: RUF012 (Py4J reads a plain list)


class Gateway:
    def __init__(self, addresses: Words) -> None:
        gateway = JavaGateway(
            gateway_parameters=GatewayParameters(port=int(addresses["java.tcp"])),
            callback_server_parameters=CallbackServerParameters(port=0, daemonize=True, daemonize_connections=True),
        )
        server = gateway.java_gateway_server
        server.resetCallbackClient(server.getCallbackClient().getAddress(), gateway.get_callback_server().get_listening_port())
        self._echo = gateway.entry_point
        self._echo.register(Called())

    def caller(self, order: Order) -> Call:
        return self._echo.call  # type: ignore[no-any-return]

    async def async_caller(self, order: Order) -> AsyncCall:
        raise NotImplementedError("Py4J has no asyncio face")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["call", *addresses]:
            converse(Gateway(given(addresses)))
