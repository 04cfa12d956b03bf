"""What a stranger may try on a listening socket. Each probe answers "refused", or "answered: ..." with what came back."""

from __future__ import annotations

import contextlib
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .certificates import Maker
from .hello import cluster_id, hello, reception
from .tls import PATIENCE, Refused, Tls, connect

Certificate = tuple[Path, Path]
REFUSED = "refused"
ALERT = 21
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""What a client of HTTP/2 says first, with settings that change nothing."""
CLOSES_WITHIN = 6.0
"""Seconds after which a connection that said nothing of use must be closed: the handshake's own limit is 5."""


@dataclass
class Target:
    """A listening socket, whose it is, and how a member of its cluster would look."""

    address: str
    cluster: str
    node: str
    name: str
    maker: Maker
    root: Path
    other: str
    """Id of another live node of the cluster."""

    @property
    def cluster_id(self) -> bytes:
        return cluster_id(self.root, self.cluster)

    def uri(self, me: str, name: str = "probe", cluster: str | None = None) -> str:
        return f"spiffe://{cluster or self.cluster}/role/worker/node/{me}/{name}"

    def words(self, me: str, to: str | None = None, name: str = "probe", version: tuple[int, int] = (1, 1)) -> bytes:
        return hello(self.cluster_id, me, name, to or self.node, version)


class Wallet:
    """The certificates of the probes for one cluster, each made once."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.me = secrets.token_hex(16)
        foreign = Maker.foreign(folder, f"foreign-{self.me[:8]}")
        label, uri, maker = self.me[:8], target.uri(self.me), target.maker
        elsewhere = target.uri(self.me, cluster="elsewhere")
        self.right = maker.leaf(f"right-{label}", uri)
        self.expired = maker.leaf(f"expired-{label}", uri, ("-9d", "-1d"))
        self.early = maker.leaf(f"early-{label}", uri, ("+1d", "+9d"))
        self.renamed = maker.leaf(f"renamed-{label}", elsewhere)
        self.client = maker.leaf(f"client-{label}", f"spiffe://{target.cluster}/role/client/name/probe")
        self.nameless = maker.leaf(f"nameless-{label}", "https://example.org/")
        self.foreign = foreign.leaf(f"foreign-leaf-{label}", uri)
        self.elsewhere = foreign.leaf(f"elsewhere-{label}", elsewhere)


def raw(data: bytes) -> Callable[[Target, Wallet], str]:
    """Bytes that are no TLS. An alert is no answer; a connection that stays open is one."""

    def probe(target: Target, _: Wallet) -> str:
        with contextlib.closing(connect(target.address)) as sock:
            heard = b""
            until = time.monotonic() + CLOSES_WITHIN
            try:
                sock.sendall(data)
                while True:
                    sock.settimeout(max(0.1, until - time.monotonic()))
                    more = sock.recv(65536)
                    if not more:
                        break
                    heard += more
                    if not _begins_an_alert(heard):
                        return f"answered: {heard[:80]!r}"
            except TimeoutError:
                return "answered: it left the connection open"
            except OSError:
                pass  # Reset: refused as well.
        return REFUSED

    return probe


def _begins_an_alert(heard: bytes) -> bool:
    return heard[0] == ALERT and (len(heard) < 5 or len(heard) <= 5 + int.from_bytes(heard[3:5], "big"))


def handshake(
    certificate: Callable[[Wallet], Certificate | None],
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    alpn: str | None = "twinspan/1",
) -> Callable[[Target, Wallet], str]:
    """A handshake that must not lead to one application byte, not even a `Refuse`; right first words of the protocol follow it."""

    def probe(target: Target, wallet: Wallet) -> str:
        with contextlib.closing(connect(target.address)) as sock:
            try:
                tls = Tls(sock, Tls.context(certificate(wallet), version=version, alpn=alpn))
                tls.shake()
                tls.send(PREFACE if alpn == "h2" else target.words(wallet.me))
                heard = tls.hear(CLOSES_WITHIN)
            except Refused as refused:
                return REFUSED if "no answer" not in str(refused) else "answered: it left the connection open"
        return f"answered: {heard[:80]!r}" if heard else "answered: it left the connection open"

    return probe


def words(
    say: Callable[[Target, Wallet], bytes], certificate: Callable[[Wallet], Certificate] = lambda wallet: wallet.right
) -> Callable[[Target, Wallet], str]:
    """A right certificate with wrong first words: a `Refuse` is what should come."""

    def probe(target: Target, wallet: Wallet) -> str:
        told = greet(target, certificate(wallet), say(target, wallet))
        return REFUSED if told is None or told.get("what") == "refuse" else f"answered: {told}"

    return probe


def greet(target: Target, certificate: Certificate, said: bytes) -> dict[str, object] | None:
    """The reception of these words; None when the connection ended without one."""
    with contextlib.closing(connect(target.address)) as sock:
        tls = Tls(sock, Tls.context(certificate, ca=target.root))
        try:
            tls.shake()
            tls.send(said)
            return reception(tls)
        except Refused as refused:
            if "no answer" in str(refused):
                return {"what": "it left the connection open"}
            return None


def kept_back(target: Target, wallet: Wallet) -> str:
    """A right certificate that is not sent: after the server's handshake nothing may come, neither application bytes nor others."""
    with contextlib.closing(connect(target.address)) as sock:
        tls = Tls(sock, Tls.context(wallet.right, ca=target.root))
        try:
            tls.shake(hold=1.0)
        except Refused as refused:
            return REFUSED if not tls.early else f"answered: {tls.early} bytes, then {refused}"
    return REFUSED if not tls.early else f"answered: {tls.early} bytes"


def control(target: Target, wallet: Wallet) -> str:
    """A right certificate with right words must be welcomed by the socket's owner: the probes reach what they probe."""
    told = greet(target, wallet.right, target.words(wallet.me))
    welcomed = told is not None and told.get("what") == "welcome" and told.get("from") == target.node
    return "welcomed" if welcomed else f"not welcomed: {told}"


def outside_control(target: Target, certificate: Certificate) -> str:
    """A client of HTTP/2 with a certificate of the cluster must get the server's settings."""
    with contextlib.closing(connect(target.address)) as sock:
        tls = Tls(sock, Tls.context(certificate, ca=target.root, alpn="h2"))
        try:
            tls.shake()
            tls.send(PREFACE)
            heard = tls.hear()
        except Refused as refused:
            return f"not welcomed: {refused}"
    # Length, then the kind of frame: settings.
    return "welcomed" if len(heard) >= 9 and heard[3] == 4 else f"not welcomed: {heard[:80]!r}"


PROBES: dict[str, Callable[[Target, Wallet], str]] = {
    "plaintext frames": raw(hello(bytes(16), "0" * 32, "probe", None)),
    "plaintext text": raw(b"hello, is there anybody\r\n\r\n"),
    "http": raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "http/2 preface": raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "tls without a certificate": handshake(lambda wallet: None),
    "tls with a foreign certificate": handshake(lambda wallet: wallet.foreign),
    "tls with an expired certificate": handshake(lambda wallet: wallet.expired),
    "tls with a certificate of tomorrow": handshake(lambda wallet: wallet.early),
    "tls 1.2 with the right certificate": handshake(lambda wallet: wallet.right, version=ssl.TLSVersion.TLSv1_2),
    "tls with another cluster's certificate": handshake(lambda wallet: wallet.elsewhere),
    "tls with another cluster's name under the same CA": handshake(lambda wallet: wallet.renamed),
    "tls with a certificate that names no node": handshake(lambda wallet: wallet.nameless),
    "tls without twinspan/1": handshake(lambda wallet: wallet.right, alpn=None),
    "tls for http/1.1": handshake(lambda wallet: wallet.right, alpn="http/1.1"),
    "tls for h2 without a certificate": handshake(lambda wallet: None, alpn="h2"),
    "tls for h2 with a foreign certificate": handshake(lambda wallet: wallet.foreign, alpn="h2"),
    "tls for h2 with an expired certificate": handshake(lambda wallet: wallet.expired, alpn="h2"),
    "tls for h2 with another cluster's name under the same CA": handshake(lambda wallet: wallet.renamed, alpn="h2"),
    "tls 1.2 for h2 with the right certificate": handshake(lambda wallet: wallet.right, version=ssl.TLSVersion.TLSv1_2, alpn="h2"),
    "a client's certificate in the place of a node's": words(lambda target, wallet: target.words(wallet.me), lambda wallet: wallet.client),
    "application bytes before the client's certificate": kept_back,
    "hello that names another live node": words(lambda target, wallet: target.words(wallet.me, to=target.other)),
    "hello that names a node that never was": words(lambda target, wallet: target.words(wallet.me, to="f" * 32)),
    "hello in another node's name": words(lambda target, wallet: target.words("e" * 32)),
    "hello with another name than the certificate's": words(lambda target, wallet: target.words(wallet.me, name="somebody")),
    "hello of another cluster": words(lambda target, wallet: hello(bytes(16), wallet.me, "probe", target.node)),
    "hello of protocol version 99": words(lambda target, wallet: target.words(wallet.me, version=(99, 99))),
    "bulk link without a pair link": words(
        lambda target, wallet: hello(target.cluster_id, wallet.me, "probe", target.node, purpose="bulk")
    ),
}

assert PATIENCE < CLOSES_WITHIN
