"""`twinspan run module:app`: serve an App until SIGTERM."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import subprocess
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
        return _processes(chosen)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    names = ("cluster", "name", "listen", "advertise", "identity", "workers", "max_threads", "transport")
    settings: dict[str, Any] = {name: value for name in names if (value := getattr(chosen, name)) is not None}
    if chosen.seeds:
        settings["seeds"] = [seed for text in chosen.seeds for seed in text.split(",")]
    if chosen.local:
        settings["local"] = True
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twinspan run", description="Serves an App until SIGTERM.", allow_abbrev=False)
    parser.add_argument("app", help="module:app")
    parser.add_argument("--cluster", help="name of the cluster")
    parser.add_argument("--name", help="name of the node")
    parser.add_argument("--seeds", action="append", help="host:port of nodes to ask first, separated by commas")
    parser.add_argument("--listen", help="host:port to listen on")
    parser.add_argument("--advertise", help="host:port that others dial")
    parser.add_argument("--identity", help="folder with cert.pem, key.pem and ca.pem")
    parser.add_argument("--local", action="store_true", help="a cluster of this host only")
    parser.add_argument("--workers", type=_count, help="handlers at once")
    parser.add_argument("--max-threads", type=_count, help="handlers at once, waiting ones included")
    parser.add_argument("--transport", choices=["tcp"], help="never the Unix socket")
    parser.add_argument("--processes", type=_count, default=1, help="how many processes serve the App, a node each")
    parser.add_argument("--drain", type=float, default=10.0, help="seconds that running handlers get at the end")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


_count.__name__ = "positive number"  # argparse says it in its error


def _processes(chosen: argparse.Namespace) -> int:
    """Starts that many nodes and passes signals on. Ends with the worst exit code, once all are gone."""
    children: list[subprocess.Popen[bytes]] = []
    told: list[int] = []

    def forward(number: int, frame: object) -> None:
        told.append(number)
        for child in children:
            if child.poll() is None:
                child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for at in range(chosen.processes):
            if told:
                break
            # A session of their own: Ctrl-C in the terminal reaches them once, through this process.
            children.append(subprocess.Popen(_child(chosen, at + 1), start_new_session=True))
            if told and children[-1].poll() is None:
                # It came while the child was being started, and has not reached that one.
                children[-1].send_signal(told[-1])
        codes = [child.wait() for child in children]
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
    return max((code if code >= 0 else 128 - code for code in codes), default=0)


def _child(chosen: argparse.Namespace, number: int) -> list[str]:
    """The command of one process, made of what was parsed: it never starts processes itself."""
    command = [sys.executable, "-m", "twinspan", "run"]
    for option, value in vars(chosen).items():
        if option in ("app", "processes") or value is None or value is False:
            continue
        flag = "--" + option.replace("_", "-")
        if option == "name":
            value = f"{value}-{number}"
        if value is True:
            command.append(flag)
        else:
            command += [f"{flag}={each}" for each in (value if isinstance(value, list) else [value])]
    return [*command, "--", chosen.app]
