"""`twinspan.run`: serve until told to stop."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from ._app import App
from ._errors import Misuse
from ._join import join
from ._options import Seconds


def run(app: App, /, *, drain: Seconds = 10, **settings: Any) -> None:
    """Joins with the settings of `join` and serves until SIGTERM or SIGINT.

    Then: not ready, nothing new, finish, leave. A second signal ends the process at once.
    """
    if threading.current_thread() is not threading.main_thread():
        raise Misuse("twinspan.run waits for signals, which only the main thread gets", advice="Use twinspan.join in other threads.")
    told = threading.Event()

    def stop(number: int, frame: object) -> None:
        if told.is_set():
            os._exit(128 + number)
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        node = join(app, **settings)
        try:
            told.wait()
        finally:
            node.close(drain=drain)
    finally:
        for number, handler in before.items():
            # None: a handler that Python did not install.
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
