"""The list of hostile inputs, which Rust, Python and Java read too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_ALL = json.loads(Path(__file__).with_name("inputs.json").read_text())
VALUES: list[dict[str, Any]] = _ALL["values"]
FAILURES: list[dict[str, Any]] = _ALL["failures"]
SHAPES = bytes.fromhex("da54570001")
"""How a payload with a shape table begins: that is outermost, so such a value can't stand among arguments."""


def payload(row: dict[str, Any]) -> bytes:
    """Pieces of hexadecimal text behind each other; `81*900` is 900 times 81."""
    pieces = (piece.partition("*") for piece in row["bytes"].split())
    return b"".join(bytes.fromhex(piece) * int(times or 1) for piece, _, times in pieces)
