"""Joining: settings, checked where they were written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import _native
from ._app import App
from ._errors import BadConfig
from ._node import Node, close_session, refuse
from ._session import Session

if TYPE_CHECKING:
    from ._aio import Joining


def join(
    app: App | None = None,
    /,
    *,
    cluster: str | None = None,
    name: str | None = None,
    seeds: Sequence[str] | None = None,
    listen: str | None = None,
    advertise: str | None = None,
    identity: str | os.PathLike[str] | None = None,
    token_file: str | os.PathLike[str] | None = None,
    local: bool | None = None,
    workers: int | None = None,
    max_threads: int | None = None,
    max_payload: int | None = None,
    memory: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    transport: str | None = None,
    health: str | None = None,
    hide_errors: bool | None = None,
) -> Node:
    """Joins a cluster; with an App, its services get calls when this returns.

    Args:
        app: what this process offers; None to call only.
        cluster: name of the cluster; else `TWINSPAN_CLUSTER`, else `cluster =` in `twinspan.toml`.
        name: of the node; the default is `<program>-<pid>`, with `-2` and so on for further nodes of one process.
        seeds: `host:port` of nodes to ask first; without any, this host's cluster of that name.
        listen: `host:port` to listen on.
        advertise: `host:port` that others dial.
        identity: folder with `cert.pem`, `key.pem` and `ca.pem`.
        local: a cluster of this host only is wanted even under Kubernetes.
        workers: handlers at once.
        max_threads: handlers at once, those that wait in nested calls included.
        max_payload: largest body in bytes.
        memory: bytes of all queued and received bodies.
        transport: "tcp" never uses the Unix socket.
        health: `host:port` on which plain HTTP answers `/livez` and `/readyz`; off without it.
        hide_errors: callers learn only the type of what handlers raise; the rest goes to the log.

    Example:
        with twinspan.join(app, cluster="shop") as node:
            node.client("pricing").quote(sku="A1")
    """
    settings = locals()  # first of all: the parameters by their names
    refuse("twinspan.join")
    return _join(_app(settings.pop("app")), _settings(settings))


def join_async(
    app: App | None = None,
    /,
    *,
    cluster: str | None = None,
    name: str | None = None,
    seeds: Sequence[str] | None = None,
    listen: str | None = None,
    advertise: str | None = None,
    identity: str | os.PathLike[str] | None = None,
    token_file: str | os.PathLike[str] | None = None,
    local: bool | None = None,
    workers: int | None = None,
    max_threads: int | None = None,
    max_payload: int | None = None,
    memory: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    transport: str | None = None,
    health: str | None = None,
    hide_errors: bool | None = None,
) -> Joining:
    """`join` for asyncio: `async with twinspan.join_async(app) as node`, or `node = await twinspan.join_async(app)`."""
    settings = locals()  # first of all: the parameters by their names
    from ._aio import Joining

    return Joining(_app(settings.pop("app")), _settings(settings))


def _app(app: App | None) -> App:
    if app is not None and not isinstance(app, App):
        raise BadConfig(f"join takes an App, not {type(app).__name__}", advice='Write twinspan.join(app, cluster="...").')
    return app if app is not None else App("")


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given. What is absent, the core takes from the environment, `twinspan.toml` and the defaults."""
    settings = {key: value for key, value in given.items() if value is not None}
    for key in ("token_file", "data_dir"):
        if key in settings:
            raise BadConfig(f"`{key}` is not supported yet", advice="Leave it out; use `identity` to join over TCP.")
    seeds = settings.get("seeds")
    if isinstance(seeds, str):
        raise BadConfig("`seeds` is a list of addresses, not one text", advice=f"Write seeds=[{seeds!r}].")
    for key in ("workers", "max_threads", "max_payload", "memory"):
        number = settings.get(key, 1)
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise BadConfig(f"`{key}` is a positive whole number, not {number!r}")
    for key in ("cluster", "name", "listen", "advertise", "transport", "health"):
        if not isinstance(text := settings.get(key, ""), str):
            raise BadConfig(f"`{key}` is text, not {text!r}")
    if seeds is not None:
        settings["seeds"] = list(seeds)
    if "identity" in settings:
        settings["identity"] = os.fspath(settings["identity"])
    return settings


def _join(app: App, settings: dict[str, Any]) -> Node:
    loop = resources = None
    yielded: Any = {}
    lane = 0
    try:
        if app.lifespan is not None:
            from ._loop import LoopThread, opened

            loop = LoopThread(f"twinspan-loop-{app.name}")
            resources, yielded = loop.run(opened(app))
        from ._offer import built

        services = built(app, yielded)
        lane = _native.lane_open("workers")
        session = Session(app, services, lane)
        if loop is None and any(m.is_async for m in session.methods_in_order):
            from ._loop import LoopThread

            loop = LoopThread(f"twinspan-loop-{app.name}")
        session.resources, session.loop_thread = resources, loop
        session.loop_lane = None if loop is None else loop.lane
        session.joined(_native.operate("join", 0, session.request(settings)))
    except BaseException:
        if lane:
            _native.lane_close(lane)
        if loop is not None:
            if resources is not None:
                loop.run(resources.close())
            loop.stop(5.0)
        raise
    try:
        _native.operate("serve", session.handle, {})
    except BaseException:
        close_session(session, 0.0)
        raise
    session.ready = True
    return Node(session)
