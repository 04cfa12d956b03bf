"""`python -m twinspan`, and the `twinspan` command of the wheel."""

from __future__ import annotations

import sys
from typing import Any

from . import _native


def main(argv: list[str] | None = None) -> int:
    """`run module:app` serves an App; every other command is the core's."""
    args = sys.argv[1:] if argv is None else argv
    if args[:1] == ["run"]:
        from ._serve import serve

        return serve(args[1:])
    command: Any = getattr(_native, "main", None)
    if command is None:
        print("this build of twinspan has no command but `run`", file=sys.stderr)
        return 2
    return int(command(["twinspan", *args]))


if __name__ == "__main__":
    sys.exit(main())
