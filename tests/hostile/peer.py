"""A member of a cluster that speaks the protocol by hand: it answers calls, and makes them, with whatever bytes it wants.

It has the cluster's own certificate, dials one node, greets it, is listed among the members with a record of its own, gives signs of
life, and then says what no library of ours would.
"""

from __future__ import annotations

import hashlib
import itertools
import queue
import select
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.driver import Agents
from faults.certificates import Maker
from faults.hello import cluster_id, encode, hello, reception_and_more
from faults.sockets import listening
from faults.tls import Tls, connect

CALL, REPLY, FAIL, PING, PONG, GOSSIP, RECORD_GET, RECORD = 1, 2, 3, 9, 10, 13, 14, 15
HEADER = struct.Struct("<IBBHQ")
TARGET, DEADLINE = 0x81, 0x82
DETECTOR, MEMBERS = 1, 2
IDENTITY = 20
"""Bytes of a node id and its generation."""


@dataclass
class Answered:
    """What came back for a call."""

    kind: int
    body: bytes
    ms: float


class Peer:
    """`answer` makes the frame's kind and body from the method that was called."""

    def __init__(self, agents: Agents, cluster: str, node: dict[str, Any], pid: int, name: str, methods: list[str]) -> None:
        self.me = hashlib.sha256(name.encode() + node["id"].encode()).hexdigest()[:32]
        self.name = name
        self.service = name.replace("-", ".")
        self.answers: Callable[[str], tuple[int, bytes]] = lambda method: (REPLY, b"\xf6")
        (state,) = agents.home.glob(f"*/{cluster}")
        folder = agents.folder / f"peer-{name}"
        folder.mkdir()
        both = (state / "issuer.pem").read_text()
        issuer = folder / "issuer.pem"
        issuer.write_text(both)
        end = "-----END CERTIFICATE-----\n"
        maker = Maker(folder, issuer, issuer, both[: both.index(end)] + end)
        certificate = maker.leaf("peer", f"spiffe://{cluster}/role/worker/node/{self.me}/{name}")
        address = next(found for found in listening(pid) if found.startswith("unix:"))
        self._record = self._described(methods)
        self._sock = connect(address)
        self._tls = self._greeted(certificate, state / "ca.pem", cluster, node["id"])
        self._their = bytes.fromhex(node["id"]) + struct.pack("<I", 0)
        self._sending = threading.Lock()
        self._ids = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[tuple[int, bytes]]] = {}
        self._ended = False
        self.why = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._gossip(MEMBERS, self._identity() + struct.pack("<HBQB", 0, 0, 0, 0))

    def call(self, target: str, body: bytes, within: float = 10.0) -> Answered:
        """Calls a method of the node with these bytes as its arguments."""
        number = next(self._ids)
        answered: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._waiting[number] = answered
        name = target.encode()
        extensions = bytes([TARGET, len(name)]) + name + bytes([DEADLINE, 8]) + struct.pack("<Q", int(within * 1e6))
        begun = time.perf_counter()
        self._send(CALL, body, number, extensions)
        kind, came = answered.get(timeout=within)
        return Answered(kind, came, (time.perf_counter() - begun) * 1000)

    def close(self) -> None:
        self._ended = True
        self._sock.close()
        self._reader.join(5)

    def _greeted(self, certificate: tuple[Path, Path], root: Path, cluster: str, node: str) -> Tls:
        tls = Tls(self._sock, Tls.context(certificate, ca=root))
        tls.shake()
        tls.send(hello(cluster_id(root, cluster), self.me, self.name, node))
        told, self._early = reception_and_more(tls)
        assert told["what"] == "welcome", told
        return tls

    def _described(self, methods: list[str]) -> bytes:
        service = {"name": self.service, "methods": [{"name": method} for method in methods]}
        return encode({"id": self.me, "name": self.name, "version": 1, "ready": True, "services": [service]})

    def _identity(self) -> bytes:
        return bytes.fromhex(self.me) + struct.pack("<I", 0)

    def _gossip(self, kind: int, packet: bytes) -> None:
        self._send(GOSSIP, struct.pack("<BQ", kind, 1) + hashlib.sha256(self._record).digest()[:8] + packet)

    def _send(self, kind: int, body: bytes, number: int = 0, extensions: bytes = b"") -> None:
        length = HEADER.size - 4 + len(extensions) + len(body)
        with self._sending:
            self._tls.send(HEADER.pack(length, kind, 0, len(extensions), number) + extensions + body)

    def _read(self) -> None:
        """Takes frames one after the other until the connection ends."""
        heard = self._early
        try:
            while not self._ended:
                heard += self._taken()
                while len(heard) >= HEADER.size and len(heard) >= 4 + struct.unpack_from("<I", heard)[0]:
                    length, kind, _, more, number = HEADER.unpack_from(heard)
                    frame, heard = heard[HEADER.size : 4 + length], heard[4 + length :]
                    self._frame(kind, number, frame[:more], frame[more:])
        except Exception as error:
            if not self._ended:
                self.why = f"{type(error).__name__}: {error}"

    def _taken(self) -> bytes:
        """What comes next. A session is read and written by one thread at a time, and nobody waits for the other."""
        if not select.select([self._sock], [], [], 0.1)[0]:
            return b""
        with self._sending:
            return self._tls.hear(0.001)

    def _frame(self, kind: int, number: int, extensions: bytes, body: bytes) -> None:
        if kind == CALL:
            assert extensions[0] == TARGET
            target = extensions[2 : 2 + extensions[1]].decode()
            self._send(*self.answers(target.rpartition(".")[2]), number)
        elif kind in (REPLY, FAIL) and number in self._waiting:
            self._waiting.pop(number).put((kind, body))
        elif kind == PING:
            self._send(PONG, body)
        elif kind == RECORD_GET:
            self._send(RECORD, self._record)
        elif kind == GOSSIP and body[0] == DETECTOR and len(body) > 17:
            self._alive(body[17:])

    def _alive(self, packet: bytes) -> None:
        """Answers a probe of the failure detector."""
        source = packet[:IDENTITY]
        tag, number = packet[2 * IDENTITY + 2 : 2 * IDENTITY + 4]
        if tag == 1:
            self._gossip(DETECTOR, self._identity() + struct.pack("<H", 0) + source + bytes([2, number]))
