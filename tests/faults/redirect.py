"""A socket at one node's address behind which another node answers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field

from .tls import connect

ALERT_MOST = 96
"""Bytes after the ClientHello of a dialler who gives up over a certificate: a compatibility record and one encrypted alert."""
HELLO_MOST = 2048
"""The same where certificates carry no node id, so that only the `Hello` says who is meant: a certificate and the `Hello`."""


@dataclass
class Passed:
    """One connection."""

    first: int = 0
    after: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


class Redirect:
    """Passes bytes from a listening socket to `target`, and counts what the dialler says after its first words."""

    def __init__(self, listener: socket.socket, target: str) -> None:
        self.listener = listener
        self.target = target
        self.passed: list[Passed] = []
        self._open: list[socket.socket] = []
        listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            near.settimeout(None)
            try:
                far = connect(self.target)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            passed = Passed()
            self.passed.append(passed)
            self._open += [near, far]
            threading.Thread(target=self._forward, args=(near, far, passed), daemon=True).start()
            threading.Thread(target=self._back, args=(far, near), daemon=True).start()

    @staticmethod
    def _forward(near: socket.socket, far: socket.socket, passed: Passed) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(65536):
                if passed.first == 0:
                    passed.first = len(data)
                else:
                    passed.after += len(data)
                far.sendall(data)
        passed.ended.set()
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_WR)

    @staticmethod
    def _back(far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(65536):
                near.sendall(data)
        with contextlib.suppress(OSError):
            near.shutdown(socket.SHUT_WR)

    def outcome(self, most: int, within: float = 10.0) -> str:
        """Whether every dialler gave up after it saw whom it had reached, having said `most` bytes."""
        until = time.monotonic() + within
        while not self.passed and time.monotonic() < until:
            time.sleep(0.02)
        if not self.passed:
            return "answered: nobody dialled the address"
        for passed in list(self.passed):
            if not passed.ended.wait(max(0.0, until - time.monotonic())):
                return f"answered: the dialler went on, with {passed.after} bytes"
            if passed.after > most:
                return f"answered: the dialler sent {passed.after} bytes to the wrong node"
        return "refused"

    def close(self) -> None:
        # Without the shutdown a thread in accept() would keep the socket alive.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for sock in [self.listener, *self._open]:
            with contextlib.suppress(OSError):
                sock.close()


def at_path(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    return listener


def at_port() -> tuple[socket.socket, str]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    return listener, f"127.0.0.1:{listener.getsockname()[1]}"
