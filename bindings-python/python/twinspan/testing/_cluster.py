"""Real nodes for tests, in a cluster that nobody else has."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .._app import App
from .._errors import BadArguments
from .._join import join
from .._node import Node, close_session

MOST_NODES = 64


@contextmanager
def cluster(n: int = 1, app: App | Sequence[App | None] | None = None, /, **settings: Any) -> Iterator[list[Node]]:
    """Joins `n` real nodes of this process under a random cluster name, which all see each other; they leave at the end of the block.

    Args:
        n: how many nodes.
        app: what each of them serves, or a list with the App of each.
        settings: those of `twinspan.join`, for each node; names and cluster are given.

    Example:
        with cluster(3, app) as nodes:
            nodes[0].call_all("cache.clear")
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_NODES:
        raise BadArguments(f"a cluster for tests has 1 to {MOST_NODES} nodes, not {n!r}")
    apps: list[App | None] = [app] * n if app is None or isinstance(app, App) else list(app)
    if len(apps) != n:
        raise BadArguments(f"{len(apps)} Apps for {n} nodes", advice="Give one App for each node, None for one that serves nothing.")
    for key in ("cluster", "name"):
        if key in settings:
            raise BadArguments(f"`{key}` is given by the cluster for tests", advice=f"Leave `{key}` out.")
    name = f"test-{uuid.uuid4().hex[:12]}"
    settings.setdefault("local", True)
    nodes: list[Node] = []
    with ExitStack() as leaving:  # all of them leave, though one fails
        leaving.callback(_forget, name)
        for number, each in enumerate(apps, 1):
            node = join(each, cluster=name, name=f"node-{number}", **settings)
            leaving.callback(close_session, node._session, 0.0)
            nodes.append(node)
        _meet(nodes)
        yield nodes


def _forget(name: str) -> None:
    """Removes what this host keeps of the cluster: nobody joins one of this name again."""
    home = os.environ.get("TWINSPAN_HOME")
    root = Path(home) if home else Path.home() / ".local/state/twinspan"
    for folder in root.glob(f"*/{name}"):
        shutil.rmtree(folder, ignore_errors=True)


def _meet(nodes: list[Node]) -> None:
    """Each sees all others with what they serve."""
    offered: dict[str, int] = {}
    for node in nodes:
        for service in node._session.services:
            offered[service.offered.name] = offered.get(service.offered.name, 0) + 1
    for node in nodes:
        for service_name, count in offered.items():
            node.wait_for(service_name, count=count)
