"""Nodes that are not like this host: of another version, of another protocol, of another time."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from agents import places
from faults.hello import refusal
from faults.tls import ALPN

SHIFTED = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    const char *ahead = getenv("CLOCK_AHEAD");
    if (!failed && clock == CLOCK_REALTIME && ahead) now->tv_sec += atol(ahead);
    return failed;
}
"""


def another_version(folder: Path) -> tuple[str, str]:
    """The command as a package of another version would bring it, and that version."""
    own = subprocess.run([str(places.executable()), "--version"], capture_output=True, text=True, timeout=30, check=True).stdout.split()[1]
    version = f"{own[:-1]}{(int(own[-1]) + 1) % 10}"
    made = folder / f"twinspan-{version}"
    made.write_bytes(places.executable().read_bytes().replace(own.encode(), version.encode()))
    made.chmod(0o755)
    return str(made), version


def clock_ahead(seconds: int, folder: Path) -> dict[str, str]:
    """The environment of a process whose clock is that much ahead."""
    source, library = folder / "shifted.c", folder / "shifted.so"
    source.write_text(SHIFTED)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], timeout=60, check=True)
    return {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(seconds)}


@contextmanager
def refusing(identity: Path, kind: int, text: str) -> Iterator[str]:
    """A node that refuses every link with these words; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(identity / "cert.pem", identity / "key.pem")
    context.load_verify_locations(identity / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols([ALPN])

    def answer(plain: socket.socket) -> None:
        plain.settimeout(10)
        with suppress(OSError, struct.error), closing(context.wrap_socket(plain, server_side=True)) as tls:
            (length,) = struct.unpack("<I", tls.recv(4))
            while length > 0:
                length -= len(tls.recv(length))
            tls.sendall(refusal(kind, text))
            tls.recv(1)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            # Wakes who accepts.
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
