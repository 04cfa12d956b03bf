"""Zenoh: a queryable that answers with the payload of the query, and `Session.get`. `serve FOLDER`, `call NAME=ADDRESS...`."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import zenoh
from order import Order, Words
from pace import AsyncCall, Call
from speak import converse, given, ready, wait_for_the_end

KEY = "twinspan/bench/echo"


def session(**endpoints: list[str]) -> zenoh.Session:
    """A session that meets nobody but whom it is told."""
    config = zenoh.Config()
    config.insert_json5("mode", json.dumps("peer"))
    config.insert_json5("scouting/multicast/enabled", "false")
    config.insert_json5("listen/endpoints", json.dumps(endpoints.get("listen", [])))
    config.insert_json5("connect/endpoints", json.dumps(endpoints.get("connect", [])))
    return zenoh.open(config)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def serve(folder: Path) -> None:
    addresses = {"same_host": f"unixsock-stream/{folder / 'zenoh.sock'}", "tcp": f"tcp/127.0.0.1:{free_port()}"}

    def echo(query: zenoh.Query) -> None:
        with query:
            query.reply(KEY, query.payload or b"")

    with session(listen=list(addresses.values())) as serving:
        serving.declare_queryable(KEY, echo)
        ready(**addresses)
        wait_for_the_end()


class Zenoh:
    """One session a transport, for all threads."""

    def __init__(self, addresses: Words) -> None:
        self._addresses = addresses
        self._sessions: dict[str, zenoh.Session] = {}

    def caller(self, order: Order) -> Call:
        key = f"{order.to}.{order.transport}"
        if key not in self._sessions:
            self._sessions[key] = session(connect=[self._addresses[key]])
        asking = self._sessions[key]

        def call(payload: bytes) -> bytes:
            for reply in asking.get(KEY, payload=payload, timeout=30.0):
                if reply.ok is None:
                    raise RuntimeError("the queryable answered an error")
                return reply.ok.payload.to_bytes()
            raise RuntimeError("nobody answered the query")

        return call

    async def async_caller(self, order: Order) -> AsyncCall:
        raise NotImplementedError("Zenoh's Python binding has no asyncio face")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder]:
            serve(Path(folder))
        case ["call", *addresses]:
            converse(Zenoh(given(addresses)))
