"""`python -m twinspan`, and the `twinspan` command of the wheel."""

from __future__ import annotations

import signal
import sys

from . import _native


def main(argv: list[str] | None = None) -> int:
    """`run module:app` serves an App; every other command is the core's."""
    args = sys.argv[1:] if argv is None else argv
    if args[:1] == ["run"]:
        from ._serve import serve

        return serve(args[1:])
    # Ctrl-C ends a command of the core as it ends any program: Python's own handler would wait for the command to return.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.main(["twinspan", *args])


if __name__ == "__main__":
    sys.exit(main())
