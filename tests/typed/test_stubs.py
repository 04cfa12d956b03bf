"""Stubs that live services give: they compile, checkers read them, and calls go through them; then the service moves on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agents import places
from agents.driver import Agents, new_cluster
from cli.conftest import Command

from .conftest import HERE, Provider, compiled, java, run, started

Ended = Callable[[subprocess.Popen[str]], subprocess.Popen[str]]
both = pytest.mark.parametrize("provider", ["python", "java"], indirect=True)


def pyright(folder: Path, environment: dict[str, str], *files: str) -> None:
    config = {"extraPaths": [str(places.ROOT / "bindings-python/python")], "typeCheckingMode": "strict", "include": list(files)}
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    run(str(places.pyright()), "--pythonpath", places.python(), folder=folder, environment=environment)


def mypy(folder: Path, environment: dict[str, str], *files: str) -> None:
    paths = {**environment, "MYPYPATH": str(places.ROOT / "bindings-python/python")}
    cache = places.ROOT / "target/mypy-stubs"
    run(
        places.python(),
        "-m",
        "mypy",
        "--strict",
        "--explicit-package-bases",
        "--cache-dir",
        str(cache),
        *files,
        folder=folder,
        environment=paths,
    )


@both
def test_python_calls_through_stubs(provider: Provider, tmp_path: Path) -> None:
    folder, command = tmp_path / "caller", provider.command
    told = command("stubs", "desk", "--lang", "python", "--out", str(folder), "--package", "stubs")
    assert (told.code, told.err) == (0, ""), told
    assert sorted(Path(line).name for line in told.out.splitlines()) == ["desk.contract.json", "desk.py"]
    (folder / "caller.py").write_text((HERE / "caller.py").read_text())
    environment = {**command.environment, "PYTHONPATH": places.python_path()}
    mypy(folder, environment, "caller.py", "stubs/desk.py")
    pyright(folder, environment, "caller.py", "stubs/desk.py")
    assert run(places.python(), "caller.py", command.cluster, folder=folder, environment=environment) == "all good\n"
    module = (folder / "stubs/desk.py").read_text()
    for part in [
        '"""Takes orders."""',
        '"""What a thing looks like."""',
        "Lines cost 1.25 a piece.",
        'discount: Decimal = Decimal("0.00")',
    ]:
        assert part in module, module
    checked = command("check", str(folder))
    assert (checked.code, checked.out) == (0, "desk: fits, nothing changed\n"), checked


@both
def test_java_calls_through_stubs(provider: Provider, tmp_path: Path) -> None:
    folder, command = tmp_path / "caller", provider.command
    told = command("stubs", "desk", "--lang", "java", "--out", str(folder), "--package", "desk.stubs", "--json")
    assert told.err == "" and told.json()["left_out"] == [], told
    stubs = compiled(folder, tmp_path / "stubs", environment=command.environment)
    caller = compiled(HERE / "java/caller", tmp_path / "classes", stubs, environment=command.environment)
    program = java("caller.Caller", command.cluster, classes=[stubs, caller])
    assert run(*program, folder=folder, environment=command.environment) == "all good\n"
    face = (folder / "desk/stubs/Desk.java").read_text()
    for part in [
        "/** Takes orders. */",
        "* <p>Lines cost 1.25 a piece.",
        '@Default("0.00") BigDecimal discount',
        "throws Refused, IllegalArgumentException",
    ]:
        assert part in face, face
    assert "@NullMarked" in (folder / "desk/stubs/package-info.java").read_text()


@pytest.mark.parametrize("provider", ["python"], indirect=True)
def test_check_says_what_broke(provider: Provider, agents: Agents, tmp_path: Path, ended: Ended) -> None:
    folder, command = tmp_path / "kept", provider.command
    recorded = command("contract", "record", "desk", "--out", str(tmp_path / "desk.json"))
    assert recorded.code == 0, recorded
    assert command("stubs", "desk", "--lang", "java", "--out", str(folder)).code == 0
    assert (folder / "desk.contract.json").read_text() == (tmp_path / "desk.json").read_text()
    assert command("check", str(tmp_path / "desk.json"), "--json").json()["ok"] is True
    moved = tmp_path / "moved"
    moved.mkdir()
    changed = started(Command({**agents.environment(), "CHANGED": "1"}, new_cluster(), moved), ended, "python").command
    told = changed("check", str(folder), "--against", changed.cluster)
    assert told.code == 9, told
    assert told.out.splitlines() == [
        "desk: 6 changes, 5 break callers",
        "  breaks  find.day is new, and must be given",
        "  breaks  order_total.discount is gone by this name: `reduction` stands in its place",
        "  breaks  order_total.rounded is gone",
        "  breaks  order_total answers `record Total`, answered `decimal`",
        "  breaks  watch is gone",
        "  fits    added is new",
    ]


@pytest.mark.parametrize("provider", ["python"], indirect=True)
def test_what_a_language_cannot_say_is_told(provider: Provider, tmp_path: Path) -> None:
    command = provider.command
    for language, expected in [
        ("python", ["class: Python can't spell it"]),
        ("java", []),
    ]:
        folder = tmp_path / language
        told = command("stubs", "odd", "--lang", language, "--out", str(folder))
        lines = told.err.splitlines()
        assert told.code == 0 and len(lines) == len(expected), told
        assert all(line.startswith(f"left out: {what}") for line, what in zip(lines, expected, strict=True)), told
    compiled(tmp_path / "java", tmp_path / "classes", environment=command.environment)
    environment = {**command.environment, "PYTHONPATH": places.python_path()}
    mypy(tmp_path / "python", environment, "odd.py")
    pyright(tmp_path / "python", environment, "odd.py")


@pytest.mark.parametrize("provider", ["python"], indirect=True)
def test_java_gives_arguments_by_name(provider: Provider, tmp_path: Path) -> None:
    folder, command = tmp_path / "caller", provider.command
    told = command("stubs", "odd", "--lang", "java", "--out", str(folder), "--package", "odd.stubs", "--json")
    assert told.err == "" and told.json()["left_out"] == [], told
    stubs = compiled(folder, tmp_path / "stubs", environment=command.environment)
    caller = compiled(HERE / "java/named", tmp_path / "classes", stubs, environment=command.environment)
    program = java("named.Named", command.cluster, classes=[stubs, caller])
    assert run(*program, folder=folder, environment=command.environment) == "all good\n"
    face = (folder / "odd/stubs/Odd.java").read_text()
    for part in [
        'long only(@ByName("key") long key);',
        "members of <code>NearOrFar</code>, have the same fields",
        "@Nullable Object walk(",
    ]:
        assert part in face, face


@pytest.mark.parametrize("provider", ["java"], indirect=True)
def test_files_of_others_are_kept(provider: Provider, tmp_path: Path) -> None:
    mine = tmp_path / "desk.py"
    mine.write_text("print()\n")
    told = provider.command("stubs", "desk", "--lang", "python", "--out", str(tmp_path), "--json")
    assert told.error(2)["kind"] == "AlreadyExists"
    assert mine.read_text() == "print()\n" and not (tmp_path / "desk.contract.json").exists()
    mine.unlink()
    for _ in range(2):
        assert provider.command("stubs", "desk", "--lang", "python", "--out", str(tmp_path)).code == 0


@both
def test_describe(provider: Provider) -> None:
    told = provider.command("describe", "desk.order_total")
    assert told.code == 0, told
    name = {"python": "order_total", "java": "orderTotal"}[provider.language]
    order = {"python": "order_id", "java": "orderId"}[provider.language]
    for line in [
        "desk",
        "  Takes orders.",
        f"  providers: desk-1 ({provider.language})",
        f'  {name}(order: record Order, discount: decimal = "0.00", rounded: bool = false) -> decimal',
        "      Lines cost 1.25 a piece.",
        "  record Order",
        "      What somebody wants.",
        f"      {order}: text",
        "  enum Color: RED, BLUE",
    ]:
        assert line in told.out.splitlines(), told.out
    known = provider.command("describe", "desk", "--json").json()
    assert {"Order", "Line", "Card", "Cash", "Color", "Everything"} <= {one["name"] for one in known["types"]}
    assert provider.command("describe", "desk.ordertotl", "--json").error(3)["kind"] == "NoSuchMethod"
