"""Nodes for tests: each test has a cluster and a state folder of its own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import twinspan
from streaming import Joined, Pair


@pytest.fixture(autouse=True, scope="session")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home: Path = tmp_path_factory.mktemp("twinspan")
    home.chmod(0o700)
    before = os.environ.get("TWINSPAN_HOME")
    os.environ["TWINSPAN_HOME"] = str(home)
    yield
    if before is None:
        del os.environ["TWINSPAN_HOME"]
    else:
        os.environ["TWINSPAN_HOME"] = before


@pytest.fixture
def cluster() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def joined(cluster: str) -> Iterator[Callable[..., twinspan.Node]]:
    """Joins the test's cluster; every node is closed at the end."""
    nodes: list[twinspan.Node] = []

    def join(app: twinspan.App | None = None, **settings: Any) -> twinspan.Node:
        settings.setdefault("name", f"n{len(nodes)}")
        node = twinspan.join(app, cluster=cluster, **settings)
        nodes.append(node)
        return node

    yield join
    for node in reversed(nodes):
        node.close(drain=0)


@pytest.fixture(params=["own", "link"])
def pair(joined: Joined, request: pytest.FixtureRequest) -> Iterator[Pair]:
    pair = Pair(joined, request.param)
    yield pair
    pair.service.go.set()
