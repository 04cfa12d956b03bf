"""The pytest plugin: the fixtures `fake_node` and `twinspan_cluster`. Installing twinspan makes pytest load it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from twinspan import Node

    from ._fake_node import FakeNode


@pytest.fixture
def fake_node() -> Iterator[FakeNode]:
    """A `twinspan.testing.FakeNode` of the test's own."""
    # Only tests that ask for it load the library: the plugin is there in every run of pytest.
    from .._node import close_session
    from ._fake_node import FakeNode

    fake = FakeNode()
    yield fake
    fake.clock.release()
    close_session(fake._session, 0.0)


@pytest.fixture
def twinspan_cluster() -> Iterator[Callable[..., list[Node]]]:
    """`twinspan.testing.cluster` as a function: `nodes = twinspan_cluster(3, app)`. The nodes leave when the test ends."""
    from ._cluster import cluster

    with ExitStack() as left:

        def joined(n: int = 1, app: Any = None, /, **settings: Any) -> list[Node]:
            return left.enter_context(cluster(n, app, **settings))

        yield joined
