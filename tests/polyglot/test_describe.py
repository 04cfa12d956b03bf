"""One service written in both languages says the same of itself, and both languages read it alike."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents import places
from agents.driver import Agents, new_cluster

TWINS = Path(__file__).parent / "twins"
WAIT = 60.0

# All that a language can't know of the other's words.
MOMENTS = re.compile(r"\b(instant|offset_datetime|zoned_datetime|local_datetime)\b")
"""Java has a class for each kind of moment, Python one for all."""
UNIONS = {"Payment": "CardOrCash"}
"""A sealed interface has a name, `Card | Cash` gets one of its members'."""
DOCS = {"Payment": "How somebody pays."}
"""So it can have documentation."""


@pytest.fixture(scope="module")
def seen(agents: Agents, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a node of each language sees of both services."""
    classes = tmp_path_factory.mktemp("twins")
    processor = ["-processor", "io.twinspan.doc.JavadocProcessor"]
    options = ["--release", "17", "-parameters", "-Xlint:all,-processing,-path", "-Werror", *processor]
    compile_ = ["javac", *options, "-d", classes, "-cp", f"{places.jar()}", TWINS / "Twin.java"]
    made = subprocess.run(compile_, capture_output=True, text=True, timeout=WAIT, check=False)
    assert (made.returncode, made.stdout + made.stderr) == (0, "")
    classpath = os.pathsep.join([str(classes), str(places.jar()), str(places.jar().parent / "lib" / "*")])
    commands = {
        "python": [places.python(), str(TWINS / "twin.py")],
        "java": ["java", f"-Dtwinspan.library={places.library()}", "-cp", classpath, "twins.Twin"],
    }
    cluster = new_cluster()
    running = {
        language: subprocess.Popen(
            [*command, cluster], env=agents.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=classes
        )
        for language, command in commands.items()
    }
    try:
        python, java = running["python"].stdout, running["java"].stdout
        assert python is not None
        assert java is not None
        yield {"python": json.loads(python.readline()), "java": list(iter(java.readline, "told\n"))}
    finally:
        for one in running.values():
            one.kill()
            one.communicate(timeout=WAIT)


def snake(name: str) -> str:
    """A name in Python's spelling: each language writes names in its own."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "_" + found.group().lower(), name)


def in_pythons_words(kind: str) -> str:
    for java, python in UNIONS.items():
        kind = kind.replace(f"union {java}", f"union {python}")
    return MOMENTS.sub("datetime", kind)


def translated(service: dict[str, Any]) -> dict[str, Any]:
    """What Java's service says, but for what is listed above."""
    service = copy.deepcopy(service)
    for method in service["methods"]:
        method["returns"] = in_pythons_words(method["returns"])
    parameters = [p for method in service["methods"] for p in method["parameters"]]
    for one in [*parameters, *(f for kind in service["types"] for f in kind["fields"])]:
        one.update(name=snake(one["name"]), type=in_pythons_words(one["type"]))
    for kind in service["types"]:
        if kind["name"] in DOCS:
            assert kind["doc"] == DOCS[kind["name"]]
            kind["doc"] = ""
        kind["name"] = UNIONS.get(kind["name"], kind["name"])
    return service


def test_twins_say_the_same(seen: dict[str, Any]) -> None:
    python, java = (seen["python"][f"twin.{language}"] for language in ("python", "java"))
    java = translated(java)
    assert java["doc"] == python["doc"] == "Sells what there is."
    assert {m["name"]: m for m in java["methods"]} == {m["name"]: m for m in python["methods"]}
    assert {t["name"]: t for t in java["types"]} == {t["name"]: t for t in python["types"]}


def test_what_they_say(seen: dict[str, Any]) -> None:
    service = seen["python"]["twin.java"]
    types = {t["name"]: t for t in service["types"]}
    assert set(types) == {"Card", "Cash", "Color", "Line", "Order", "PageLine", "PageOptionalInt", "Payment"}
    assert types["Color"]["values"] == ["RED", "GREEN"]
    assert types["Payment"]["members"] == ["record Card", "record Cash"]
    assert types["Line"]["fields"] == [
        {"name": "sku", "type": "text", "optional": False, "default": None, "doc": "names the article"},
        {"name": "quantity", "type": "int", "optional": True, "default": "1", "doc": "how many"},
    ]
    buy = next(m for m in service["methods"] if m["name"] == "buy")
    assert buy["doc"].startswith("Takes an order.\n\nArgs:\n    order: what is wanted\n")
    assert [(p["type"], p["default"]) for p in buy["parameters"]] == [
        ("record Order", None),
        ("text", '"km"'),
        ("date", '"2026-01-02"'),
        ("int?", "null"),
    ]
    assert buy["raises"] == ["twins.SoldOut"]


def test_java_reads_both_alike(seen: dict[str, Any]) -> None:
    told: dict[str, set[str]] = {"twin.python": set(), "twin.java": set()}
    for line in seen["java"]:
        service, _, rest = line.strip().partition(" ")
        told[service].add(re.sub(r"\w+(?=: )", lambda found: snake(found.group()), in_pythons_words(rest)))
    java = {re.sub(r"name=Payment(.*)doc=How somebody pays\.", r"name=CardOrCash\1doc=", line) for line in told["twin.java"]}
    assert java == told["twin.python"]
    assert 'buy(order: record Order, unit: text = "km", day: date = "2026-01-02", limit: int? = null) -> union CardOrCash' in java


def test_contracts_are_compared_with_the_other_language(seen: dict[str, Any]) -> None:
    assert seen["python"]["fits"] == []
    (told,) = seen["python"]["breaks"]
    for what in ("buy.order takes `record Order`, took `text`", "sell is gone", "buy answers `union Payment`, answered `record Line`"):
        assert what in told
