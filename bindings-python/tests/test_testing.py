"""Clusters for tests, contract files, and the pytest plugin."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import twinspan
from twinspan import _native
from twinspan.testing import cluster, verify_contract
from twinspan.testing._contracts import _described

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Order:
    sku: str
    quantity: int = 1


def pricing() -> twinspan.App:
    app = twinspan.App("pricing")

    @app.service("pricing")
    class Pricing:
        def __init__(self, db: str) -> None:
            raise AssertionError("a comparison makes no instance")

        def quote(self, order: Order, currency: str = "EUR") -> float: ...
        def stock(self, sku: str) -> int: ...

    return app


def test_a_cluster_of_its_own() -> None:
    app = twinspan.App("names")

    @app.function("names.me")
    def me() -> str:
        return "me"

    with cluster(3, app) as nodes:
        assert nodes[0].call_all("names.me") == {"node-1": "me", "node-2": "me", "node-3": "me"}
        assert [len(node.members) for node in nodes] == [3, 3, 3]
        assert len({node.cluster for node in nodes}) == 1
        home = Path(os.environ["TWINSPAN_HOME"])
        assert list(home.glob(f"*/{nodes[0].cluster}"))
        assert asyncio.run(ask(nodes[1])) == "me"
    assert [node.closed for node in nodes] == [True] * 3
    assert not list(home.glob(f"*/{nodes[0].cluster}")), "its folder stays behind"
    with cluster(2, [app, None], workers=2) as (one, other):
        assert other.call("names.me") == "me" and one.services.keys() == {"names"}


async def ask(node: twinspan.Node) -> str:
    answer: str = await node.aio.call("names.me")
    return answer


def test_what_a_cluster_refuses() -> None:
    for wrong in ((0,), (65,), (True,), (2, [None])):
        with pytest.raises(twinspan.BadArguments), cluster(*wrong):  # type: ignore[arg-type]
            pass
    with pytest.raises(twinspan.BadArguments), cluster(1, name="mine"):
        pass


def recorded(app: twinspan.App, folder: Path, change: str = "", by: str = "") -> Path:
    """A contract file of the App's service."""
    described = _described(app, app._services["pricing"])
    methods = [{key: value for key, value in method.items() if key != "lane"} for method in described["methods"]]
    service = {"name": described["name"], "methods": methods, "types": described.get("types", [])}
    text = json.dumps({"contract": 1, "service": service})
    assert change in text
    file = folder / "pricing.contract.json"
    file.write_text(text.replace(change, by) if change else text)
    return file


def test_a_contract_that_is_kept(tmp_path: Path) -> None:
    verify_contract(pricing(), recorded(pricing(), tmp_path))
    # What is new breaks nobody.
    verify_contract(pricing(), str(recorded(pricing(), tmp_path, '"optional": true', '"optional": false')))


def test_a_contract_that_is_broken(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"pricing\.contract\.json is broken.*:\n  shelf: is gone"):
        verify_contract(pricing(), recorded(pricing(), tmp_path, '"stock"', '"shelf"'))
    with pytest.raises(AssertionError, match="stock"):
        verify_contract(pricing(), recorded(pricing(), tmp_path, '"returns": "int"', '"returns": "text"'))
    other = twinspan.App("other")
    other.add_service("prices", Order("A1"))
    with pytest.raises(AssertionError, match="serves no `pricing`"):
        verify_contract(other, recorded(pricing(), tmp_path))


def test_a_file_that_is_no_contract(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(twinspan.BadConfig, match="can't be read"):
        verify_contract(pricing(), file)
    for text in ("", "[]", "{", '{"service": {"name": 1}}', "[" * 100_000):
        file.write_text(text)
        with pytest.raises(twinspan.BadConfig, match="no contract file"):
            verify_contract(pricing(), file)
    file.write_text('{"contract": 9, "service": {"name": "pricing"}}')
    with pytest.raises(twinspan.VersionMismatch):
        verify_contract(pricing(), file)


TESTS = """
import pytest, twinspan

def test_fake(fake_node: twinspan.Node) -> None:
    fake_node.on("pricing.quote", returns=12.5)
    assert fake_node.client("pricing").quote(sku="A1") == 12.5

def test_another_one(fake_node):
    with pytest.raises(twinspan.NotFound):
        fake_node.call("pricing.quote")

def test_cluster(twinspan_cluster):
    one, other = twinspan_cluster(2)
    assert {member.name for member in one.members} == {"node-1", "node-2"}
"""


def test_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        entry_point(),
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0 and "3 passed" in run.stdout, run.stdout + run.stderr


def entry_point() -> str:
    """Where an installed package tells pytest to look."""
    project = tomllib.loads((ROOT / "bindings-python/pyproject.toml").read_text())["project"]
    return str(project["entry-points"]["pytest11"]["twinspan"])


def test_testing_needs_no_pytest() -> None:
    code = "import sys, twinspan, twinspan.testing as t; t.FakeNode().close(); assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_plugin_loads_little() -> None:
    code = f"import sys, {entry_point()}; assert not {{'asyncio', 'twinspan.testing._fake_node'}} & sys.modules.keys()"
    blocked = f"import sys; sys.modules['pytest'] = type(sys)('pytest'); sys.modules['pytest'].fixture = lambda f: f; {code}"
    subprocess.run([sys.executable, "-c", blocked], check=True, timeout=60)
    assert _native.VERSION


def test_nodes_that_serve_nothing_see_each_other_too() -> None:
    with cluster(3) as nodes:
        assert [len(node.members) for node in nodes] == [3, 3, 3]


def test_all_nodes_leave_though_one_fails() -> None:
    def app(number: int) -> twinspan.App:
        @asynccontextmanager
        async def lifespan(app: twinspan.App) -> AsyncIterator[None]:
            yield
            if number == 1:
                raise RuntimeError("it hangs")

        made = twinspan.App("shop", lifespan=lifespan)
        made.function("shop.run")(lambda: number)
        return made

    with pytest.raises(RuntimeError, match="it hangs"), cluster(3, [app(0), app(1), app(2)]) as nodes:
        pass
    assert all(node.closed for node in nodes)
    assert not list(Path(os.environ["TWINSPAN_HOME"]).glob(f"*/{nodes[0].cluster}"))
