"""Contract files: what callers of a service rely on, kept beside their tests or its own."""

from __future__ import annotations

import os
from pathlib import Path

from .. import _native
from .._app import App


def verify_contract(app: App, file: str | os.PathLike[str], /) -> None:
    raise NotImplementedError(app, Path(file), _native)
