"""How far the desks are: a bar that redraws itself on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

WIDTH = 30
REDRAW = 0.1
PLAIN = 5.0


class Progress:
    """Counts up to `total`. The rate is the mean since the start, and the time left follows from it."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self.total = total
        self._stream = stream
        self._terminal = stream.isatty()
        self._begun = time.monotonic()
        self._shown = self._begun

    def update(self, done: int) -> None:
        """Shows it, unless it was shown a moment ago."""
        now = time.monotonic()
        if now - self._shown < (REDRAW if self._terminal else PLAIN):
            return
        self._shown = now
        if self._terminal:
            room = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[K{self.line(done, now - self._begun)[:room]}")
        else:
            self._stream.write(f"{self.text(done, now - self._begun)}\n")
        self._stream.flush()

    def end(self) -> None:
        """Clears the bar, so that what follows stands alone."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def line(self, done: int, seconds: float) -> str:
        """With the bar."""
        filled = round(WIDTH * done / self.total)
        return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {self.text(done, seconds)}"

    def text(self, done: int, seconds: float) -> str:
        """Without the bar."""
        parts = [f"{100 * done / self.total:3.0f} %", f"{done:,} of {self.total:,} flights"]
        if done and seconds > 0:
            rate = done / seconds
            parts += [f"{rate:,.0f}/s", f"{clock((self.total - done) / rate)} left"]
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
