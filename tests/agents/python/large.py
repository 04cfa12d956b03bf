"""What large bodies cost the Python agent: the peak of its memory around a call. The Java agent's is its twin."""

from __future__ import annotations

import gc
import re
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import twinspan

KINDS: dict[str, Any] = {
    "array": lambda size: np.arange(size // 8, dtype="float64"),
    "bytes": lambda size: np.arange(size // 8, dtype="float64").tobytes(),
}


class Carrier(Protocol):
    """What the caller knows of the work: an array, or bytes that it looks at."""

    def numbers(self, value: np.ndarray) -> np.ndarray: ...
    def view(self, value: memoryview) -> memoryview: ...


METHODS = {"array": "numbers", "bytes": "view"}


def resident(name: str) -> int:
    """Bytes of a row of this process's status."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def owner(value: Any) -> Any:
    """Whose memory an array or a view looks at."""
    while isinstance(value, (np.ndarray, memoryview)):
        value = value.base if isinstance(value, np.ndarray) else value.obj
    return value


class Large:
    nodes: dict[str, twinspan.Node]

    def memory_mark(self, ask: dict[str, Any]) -> int:
        """Forgets the peak of the memory; what is resident now."""
        gc.collect()
        # "5" sets the peak to what is resident.
        Path("/proc/self/clear_refs").write_text("5")
        return resident("VmRSS")

    def memory_peak(self, ask: dict[str, Any]) -> int:
        """The peak of the memory since the mark."""
        return resident("VmHWM")

    def carry(self, ask: dict[str, Any]) -> dict[str, Any]:
        """Sends `bytes` of a `kind` there and back; whether they came back the same, the growth of the peak above what the caller
        had with them in its hands, milliseconds, and whether the answer lies in the received body."""
        client = self.nodes[ask["node"]].client(ask["service"], Carrier)
        method = getattr(client, METHODS[ask["kind"]])
        method(KINDS[ask["kind"]](8))
        sent = KINDS[ask["kind"]](ask["bytes"])
        before = self.memory_mark(ask)
        begun = time.monotonic()
        back = method(sent)
        taken = (time.monotonic() - begun) * 1000
        grown = self.memory_peak(ask) - before
        same = np.array_equal(back, sent) if ask["kind"] == "array" else back == sent
        return {"same": bool(same), "grown": grown, "ms": taken, "looks": type(owner(back)).__name__ == "Body"}
