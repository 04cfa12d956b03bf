"""A Python node that answers each value as it got it, until its standard input ends."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import twinspan

from drift.kinds import Mirror


def main() -> None:
    app = twinspan.App("mirror")
    app.add_service("mirror.python", Mirror())
    with twinspan.join(app, cluster=sys.argv[1]):
        print("up", flush=True)
        sys.stdin.read()


main()
