"""The listening sockets of processes, from the kernel's tables: what is there, not what a program says."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from pathlib import Path

LISTENING_TCP = "0A"
ACCEPTS_UNIX = 0x10000


def listening(pid: int) -> list[str]:
    """Addresses like `unix:/run/x.sock`, `unix:@name` (abstract) and `tcp:127.0.0.1:7700`."""
    own = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = os.readlink(entry)
            if target.startswith("socket:["):
                own.add(int(target[8:-1]))
    # The tables of the process: it may be in another network namespace.
    tables = Path(f"/proc/{pid}/net")
    return sorted({*_unix(tables, own), *_tcp(tables, own)})


def _unix(tables: Path, own: set[int]) -> list[str]:
    found = []
    for line in (tables / "unix").read_text().splitlines()[1:]:
        parts = line.split(maxsplit=7)
        if int(parts[6]) in own and int(parts[3], 16) & ACCEPTS_UNIX:
            found.append(f"unix:{parts[7] if len(parts) > 7 else ''}")
    return found


def _tcp(tables: Path, own: set[int]) -> list[str]:
    found = []
    for family, name in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        table = tables / name
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            parts = line.split()
            if parts[3] == LISTENING_TCP and int(parts[9]) in own:
                host, port = parts[1].split(":")
                words = [int(host[i : i + 8], 16) for i in range(0, len(host), 8)]
                packed = b"".join(struct.pack("=I", word) for word in words)
                address = socket.inet_ntop(family, packed)
                found.append(f"tcp:[{address}]:{int(port, 16)}" if family == socket.AF_INET6 else f"tcp:{address}:{int(port, 16)}")
    return found
