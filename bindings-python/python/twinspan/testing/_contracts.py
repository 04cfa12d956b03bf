"""Contract files: what callers of a service rely on, kept beside their tests or its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .. import _native
from .._app import App, Offered
from .._errors import BadArguments, BadConfig
from .._names import near
from .._offer import Service, _service
from .._session import Session


def verify_contract(app: App, file: str | os.PathLike[str], /) -> None:
    """Holds an App against a contract file, as `twinspan contract record SERVICE` writes it. No instance of a service is made.

    Raises:
        AssertionError: the service no longer fits those who rely on the contract; it lists what breaks them.
        BadConfig: there is no such file, or it is no contract file.
    """
    if not isinstance(app, App):
        raise BadArguments(f"verify_contract() takes an App, not {type(app).__name__}")
    path = Path(file)
    wanted, name = _read(path)
    offered = app._services.get(name)
    if offered is None:
        hint = near(name, list(app._services))
        raise AssertionError(
            f"the contract {path.name} is broken: the App serves no `{name}`" + (f"; did it become `{hint}`?" if hint else "")
        )
    changes: list[dict[str, Any]] = _native.decode(_native.compare(wanted, _native.encode(_described(app, offered))))
    breaking = [change for change in changes if change["breaking"]]
    if breaking:
        lines = "".join(f"\n  {change['where']}: {change['what']}" for change in breaking)
        raise AssertionError(f"the contract {path.name} is broken, callers of `{name}` rely on it:{lines}")


def _read(path: Path) -> tuple[bytes, str]:
    """The text of a contract file, and the service that it is about."""
    try:
        text = path.read_bytes()
    except OSError as missing:
        raise BadConfig(
            f"the contract file {path} can't be read: {missing.strerror}", advice="Make it with `twinspan contract record SERVICE`."
        ) from missing
    try:
        name = json.loads(text)["service"]["name"]
    except (ValueError, TypeError, KeyError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise BadConfig(f"{path} is no contract file", advice="Make it with `twinspan contract record SERVICE`.")
    return text.lstrip(), name


def _described(app: App, offered: Offered) -> dict[str, Any]:
    """A service in its encoded form. What constructors need is not there, so methods are looked up on an object that was not initialised."""
    if offered.factory is not None:
        offered = offered._replace(factory=None, instance=object.__new__(offered.factory))
    service: Service = _service(offered, {})
    described: dict[str, Any] = Session(app, [service], 0).request({})["app"]["services"][0]
    return described
