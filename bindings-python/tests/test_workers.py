"""The threads that run handlers."""

from __future__ import annotations

import threading

from twinspan._workers import Workers


def test_a_node_closes_while_a_worker_is_being_started() -> None:
    workers = Workers.__new__(Workers)
    workers._lock = threading.Lock()
    event = threading.Event()
    running, listed = threading.Thread(target=lambda: event.wait(10)), threading.Thread(target=lambda: None)
    running.start()
    # Listed and not running yet: its starter stands between both.
    workers._threads = {running, listed, threading.current_thread()}
    workers.join(0.05)
    assert running.is_alive()
    event.set()
    workers.join(10)
    assert not running.is_alive()
