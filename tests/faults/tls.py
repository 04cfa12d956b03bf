"""TLS by hand on any stream socket: what is sent, what comes back, and when."""

from __future__ import annotations

import select
import socket
import ssl
import time
import warnings
from pathlib import Path

ALPN = "twinspan/1"
PATIENCE = 3.0
"""Seconds to wait for an answer."""


class Refused(Exception):
    """The other side ended the connection, or said that it won't go on."""


def connect(address: str) -> socket.socket:
    """Connects to `unix:PATH`, `tcp:HOST:PORT` or `HOST:PORT`."""
    kind, _, rest = address.partition(":")
    if kind == "unix":
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(PATIENCE)
        sock.connect(rest)
        return sock
    host, _, port = (rest if kind == "tcp" else address).rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)


class Tls:
    """A client's session on a socket, with the records in our hands."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.sock = sock
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_side=False)
        self.early = 0
        """Bytes that came after the server's handshake while our certificate was kept back."""

    @staticmethod
    def context(
        certificate: tuple[Path, Path] | None = None,
        ca: Path | None = None,
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        alpn: str | None = ALPN,
    ) -> ssl.SSLContext:
        """A client's context; with `ca` it verifies the server, never its host name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if ca is not None:
            context.load_verify_locations(ca)
            context.verify_mode = ssl.CERT_REQUIRED
        if certificate is not None:
            context.load_cert_chain(*certificate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.2 is asked for in order to be refused
            context.minimum_version = context.maximum_version = version
        if alpn is not None:
            context.set_alpn_protocols([alpn])
        return context

    def flush(self) -> None:
        data = self.outgoing.read()
        if data:
            try:
                self.sock.sendall(data)
            except OSError as error:
                raise Refused(f"the connection ended: {error}") from error

    def fill(self, patience: float = PATIENCE) -> int:
        """Takes what comes next: how many bytes, 0 when nothing came in time."""
        if not select.select([self.sock], [], [], patience)[0]:
            return 0
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            raise Refused(f"the connection ended: {error}") from error
        if not data:
            raise Refused("the connection ended")
        self.incoming.write(data)
        return len(data)

    def shake(self, hold: float = 0.0) -> bool:
        """Handshakes. With `hold`, our certificate is kept back for that long, and what comes meanwhile is taken."""
        while True:
            try:
                self.session.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                if not self.fill():
                    raise Refused("no answer") from None
            except ssl.SSLError as error:
                self.flush()
                raise Refused(f"TLS: {error.reason or error}") from error
        if hold:
            self.early = self.incoming.pending
            until = time.monotonic() + hold
            while (left := until - time.monotonic()) > 0:
                self.early += self.fill(left)
        else:
            self.flush()
        return True

    def send(self, data: bytes) -> None:
        self.session.write(data)
        self.flush()

    def hear(self, patience: float = PATIENCE) -> bytes:
        """Application bytes of the peer; empty when none came in time. Raises when the connection ended instead."""
        until = time.monotonic() + patience
        while True:
            try:
                data = self.session.read(65536)
            except ssl.SSLWantReadError:
                left = until - time.monotonic()
                if left <= 0 or not self.fill(left):
                    return b""
                continue
            except ssl.SSLZeroReturnError as error:
                raise Refused("the peer closed the session") from error
            except ssl.SSLError as error:
                raise Refused(f"TLS: {error.reason or error}") from error
            if not data:
                raise Refused("the peer closed the session")
            return data
