"""The first words of a link, written and read by hand: what no library of ours would say can be said here."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

from .certificates import public_key
from .tls import Refused, Tls


def cluster_id(root: Path, cluster: str) -> bytes:
    """What a `Hello` names the cluster by."""
    return hashlib.sha256(public_key(root) + cluster.encode()).digest()[:16]


def hello(cluster: bytes, me: str, name: str, to: str | None, version: tuple[int, int] = (1, 1), purpose: str = "pair") -> bytes:
    """A whole `Hello` with its length; node ids are 32 hexadecimal digits."""
    words: dict[str, Any] = {"what": "hello", "min": version[0], "max": version[1], "cluster": cluster, "incarnation": 0}
    if to is not None:
        words["to"] = to
    words |= {"purpose": purpose, "from": me, "name": name, "language": "python", "features": 0, "record_version": 0}
    value = encode(words)
    return struct.pack("<I", len(value)) + value


def refusal(kind: int, text: str) -> bytes:
    """A whole `Refuse` with its length; the number is that of an error's kind."""
    value = encode({"what": "refuse", "kind": kind, "text": text})
    return struct.pack("<I", len(value)) + value


def reception(tls: Tls) -> dict[str, Any]:
    """The acceptor's first word: a map whose `what` is `welcome` or `refuse`."""
    return reception_and_more(tls)[0]


def reception_and_more(tls: Tls) -> tuple[dict[str, Any], bytes]:
    """The same, and what came behind it already."""
    heard = b""
    while len(heard) < 4 or len(heard) < 4 + struct.unpack_from("<I", heard)[0]:
        more = tls.hear()
        if not more:
            raise Refused("no answer")
        heard += more
    value, end = decode(heard, 4)
    return dict(value), heard[end:]


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for code, (form, most) in enumerate((("B", 2**8), ("H", 2**16), ("I", 2**32), ("Q", 2**64))):
        if number < most:
            return bytes([major << 5 | (24 + code)]) + struct.pack(f">{form}", number)
    raise ValueError(number)


def encode(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    return _head(5, len(value)) + b"".join(encode(key) + encode(part) for key, part in value.items())


def decode(data: bytes, at: int) -> tuple[Any, int]:
    major, short = data[at] >> 5, data[at] & 31
    at += 1
    number = short
    if 24 <= short <= 27:
        size = 1 << (short - 24)
        number = int.from_bytes(data[at : at + size], "big")
        at += size
    if major == 0:
        return number, at
    if major in (2, 3):
        part = data[at : at + number]
        return (part if major == 2 else part.decode()), at + number
    if major == 4:
        items = []
        for _ in range(number):
            item, at = decode(data, at)
            items.append(item)
        return items, at
    if major == 5:
        out: dict[Any, Any] = {}
        while data[at] != 0xFF if short == 31 else len(out) < number:
            key, at = decode(data, at)
            out[key], at = decode(data, at)
        return out, at + (short == 31)
    return {20: False, 21: True}.get(short), at
