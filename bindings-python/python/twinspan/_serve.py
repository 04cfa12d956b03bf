"""`twinspan run module:app`: serve an App until SIGTERM."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from typing import Any

from ._app import App
from ._errors import BadConfig, Error
from ._run import run

EXIT = {
    "Unavailable": 3,
    "NotFound": 3,
    "DeadlineExceeded": 4,
    "Remote": 5,
    "PermissionDenied": 6,
    "Overloaded": 7,
    "VersionMismatch": 9,
    "Internal": 70,
}
USAGE = 2


def serve(args: list[str]) -> int:
    """Runs the command; gives its exit code."""
    chosen = _parser().parse_args(args)
    if chosen.processes > 1:
        from ._processes import serve_all

        return serve_all(chosen)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    names = ("cluster", "name", "listen", "advertise", "identity", "workers", "max_threads", "transport", "health")
    settings: dict[str, Any] = {name: value for name in names if (value := getattr(chosen, name)) is not None}
    if chosen.seeds:
        settings["seeds"] = [seed for text in chosen.seeds for seed in text.split(",")]
    if chosen.local:
        settings["local"] = True
    if chosen.hide_errors:
        settings["hide_errors"] = True
    try:
        run(loaded(chosen.app), drain=chosen.drain, **settings)
    except Error as error:
        print(error, file=sys.stderr)
        return USAGE if isinstance(error, BadConfig) else EXIT.get(error.kind, 1)
    return 0


def loaded(target: str) -> App:
    """The App of `module:app`."""
    module_name, colon, path = target.partition(":")
    if not colon or not module_name or not path:
        raise BadConfig(f"`{target}` names no App", advice="Write it as module:app, such as shop.main:app.")
    # As `python -m` does: modules of the working directory come first.
    if sys.path[:1] != [os.getcwd()]:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not (module_name + ".").startswith(missing.name + "."):
            raise
        raise BadConfig(f"no module `{module_name}` in {os.getcwd()} or on the path") from missing
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            apps = [key for key, value in vars(found).items() if isinstance(value, App)] if hasattr(found, "__dict__") else []
            advice = f"It has: {', '.join(apps)}." if apps else "Make one: app = twinspan.App(...)."
            raise BadConfig(f"`{module_name}` has no `{path}`", advice=advice) from None
    if not isinstance(found, App):
        raise BadConfig(f"`{target}` is a {type(found).__name__}, not a twinspan.App")
    return found


_EXAMPLES = """
The App is the variable `app` of the module; modules of the working directory are found first.

  python -m twinspan run shop.main:app
  python -m twinspan run shop.main:app --cluster shop --processes 4
  python -m twinspan run shop.main:app --identity certs/web-1 --listen 0.0.0.0:7700 --health 127.0.0.1:8080

SIGTERM or Ctrl-C: no new calls, what runs finishes (--drain), the node leaves, exit code 0. A second signal ends it at once.

With --processes each process is a node of its own. A process that dies is started again after a pause that doubles each time, up to
30 s; after 5 deaths in a row all end. A fixed port counts up from process to process, and a name gets -1, -2 and so on.
The exit code is the worst of theirs.

Settings that are not given here come from TWINSPAN_* variables and twinspan.toml.

Exit codes: 0 ok, 2 usage or a wrong setting, 3 unavailable or not found, 4 deadline, 6 permission denied, 7 overloaded,
9 version mismatch, 70 internal.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twinspan run",
        description="Serves an App until SIGTERM or Ctrl-C.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("app", help="module:app")
    joining = parser.add_argument_group("joining")
    joining.add_argument("--cluster", help="name of the cluster")
    joining.add_argument("--name", help="name of the node; the default is <program>-<pid>")
    joining.add_argument("--seeds", action="append", help="host:port of nodes to ask first, separated by commas")
    joining.add_argument("--listen", help="host:port to listen on")
    joining.add_argument("--advertise", help="host:port that others dial")
    joining.add_argument("--identity", help="folder with cert.pem, key.pem and ca.pem")
    joining.add_argument("--local", action="store_true", help="a cluster of this host only")
    joining.add_argument("--transport", choices=["tcp"], help="never the Unix socket")
    serving = parser.add_argument_group("serving")
    serving.add_argument("--workers", type=_count, help="handlers at once")
    serving.add_argument("--max-threads", type=_count, help="handlers at once, waiting ones included")
    serving.add_argument("--health", help="host:port on which plain HTTP answers /livez and /readyz; off without it")
    serving.add_argument(
        "--hide-errors", action="store_true", help="callers learn only the type of what handlers raise; the log has the rest"
    )
    serving.add_argument("--processes", type=_count, default=1, help="how many processes serve the App, a node each")
    serving.add_argument("--drain", type=float, default=10.0, help="seconds that running handlers get at the end (10)")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


_count.__name__ = "positive number"  # argparse says it in its error
