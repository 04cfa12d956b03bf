"""What Python makes of the golden vectors: `made.py VALUES.json OUT.json` decodes each payload and encodes what it got."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from twinspan import Unserializable, _native, _types
from vector_classes import TYPES


def made(row: dict[str, Any]) -> dict[str, str]:
    """The row's name and status, then the bytes again, or kind and path."""
    try:
        plan = _types.plan_for(TYPES[row["type"]]) if "type" in row else None
        again = bytes(_native.encode(_native.decode(bytes.fromhex(row["cbor"]), plan)))
    except Unserializable as error:
        return {"kind": type(error).__name__, "name": row["name"], "path": error.path, "status": "invalid"}
    return {"cbor": again.hex(), "name": row["name"], "status": "valid"}


def main() -> None:
    values = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    told = [made(row) for part in ("valid", "invalid") for row in values[part]]
    lines = [json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for one in told]
    Path(sys.argv[2]).write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


main()
