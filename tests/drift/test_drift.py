"""A short run of `make values`, and what keeps its parts honest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents import places
from drift import fuzz, rounds
from drift.inputs import Inputs, items
from drift.payload import Room, Tree, again
from vectors import run as golden

ROWS = json.loads(golden.VALUES.read_text(encoding="utf-8"))


def rust() -> Path:
    return places.built_example("vectors")


def test_vectors_are_the_same_bytes_in_every_language(tmp_path: Path) -> None:
    assert golden.check(tmp_path, rust()) == []


def test_a_changed_byte_of_a_vector_is_seen(tmp_path: Path) -> None:
    """A decimal's digit, the order of a set, and a path."""
    changed = json.loads(json.dumps(ROWS))
    by_name = {row["name"]: row for part in ("valid", "invalid") for row in changed[part]}
    by_name["decimal 273.15"]["cbor"] = "c48221196ab4"
    by_name["decimal 273.15"]["again"] = "c48221196ab3"
    by_name["set of integers"]["cbor"] = "d9010283010302"
    by_name["path through an integer key"]["path"] = "value[6]"
    values = tmp_path / "values.json"
    values.write_text(json.dumps(changed), encoding="utf-8")
    wrong = golden.check(tmp_path, rust(), values)
    for language in ("rust", "python", "java"):
        assert sum(line.startswith(f"{language}: ") for line in wrong) == 3, wrong


def test_decoders_agree() -> None:
    found = fuzz.run(50_000, 1)
    assert found.shown == []
    assert (found.disagreements, found.panics) == (0, 0)
    assert found.accepted > 5_000


def test_generated_values_do_not_drift() -> None:
    pairs, drifted = rounds.run(2_000, 1)
    assert drifted == []
    assert sorted(pairs) == ["java-java", "java-python", "python-java", "python-python"]
    assert all(counts["generated"] >= 2_000 and counts["drift"] == 0 for counts in pairs.values())


@pytest.mark.parametrize("row", [row for row in ROWS["valid"] if "type" not in row], ids=lambda row: row["name"])
def test_the_plain_reader_says_what_the_decoders_do(row: dict[str, str]) -> None:
    """The fuzzer's own idea of a payload, over the vectors that every language decodes."""
    tree = Tree(bytes.fromhex(row["cbor"]))
    assert again(tree.root, micros=False).hex() == row.get("again", row["cbor"])
    room = Room(tree.root)
    assert not room.python and not room.java


def test_inputs_are_the_same_for_a_seed() -> None:
    known = fuzz.vectors()
    first, second, other = Inputs(5, known), Inputs(5, known), Inputs(6, known)
    made = [first.next() for _ in range(500)]
    assert made == [second.next() for _ in range(500)]
    assert made != [other.next() for _ in range(500)]


def test_items_cover_a_payload() -> None:
    payload = bytes.fromhex("8201a26161f5616202")
    assert [(item.start, item.end) for item in items(payload)] == [(0, 9), (1, 2), (2, 9), (3, 5), (5, 6), (6, 8), (8, 9)]


ACCEPTED, REFUSED = fuzz.ACCEPTED, fuzz.REFUSED


@pytest.mark.parametrize(
    ("payload", "mine", "theirs", "sort"),
    [
        ("01", (ACCEPTED, b"\x01", ""), (ACCEPTED, b"\x02", ""), "Java makes something else of it"),
        ("01", (ACCEPTED, b"\x02", ""), (ACCEPTED, b"\x01", ""), "Python makes something else of it"),
        ("01", (ACCEPTED, b"\x01", ""), (REFUSED, b"value", "UNSERIALIZABLE no"), "Java refuses what the core accepts"),
        ("1800", (REFUSED, b"value", "UNSERIALIZABLE no"), (ACCEPTED, b"\x00", ""), "Java accepts what the core refuses"),
        ("1800", (ACCEPTED, b"\x00", ""), (REFUSED, b"value", "UNSERIALIZABLE no"), "Python accepts what the core refuses"),
        ("1800", (REFUSED, b"value", "UNSERIALIZABLE no"), (REFUSED, b"value[0]", "UNSERIALIZABLE no"), "other places"),
        ("1800", (REFUSED, b"value", "UNSERIALIZABLE no"), (REFUSED, b"value", "BAD_ARGUMENTS no"), "other kinds"),
        ("01", (ACCEPTED, b"\x01", ""), (fuzz.BROKEN, b"", "StackOverflowError"), "panic in Java"),
        ("01", (fuzz.BROKEN, b"", "PanicException"), (ACCEPTED, b"\x01", ""), "panic in Python"),
    ],
)
def test_every_sort_of_disagreement_is_seen(payload: str, mine: fuzz.Told, theirs: fuzz.Told, sort: str) -> None:
    found = fuzz.Findings()
    fuzz.compare(found, bytes.fromhex(payload), mine, theirs)
    assert dict(found.reasons) == {sort: 1}
    assert found.panics == sort.startswith("panic")
