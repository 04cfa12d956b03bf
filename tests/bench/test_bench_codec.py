"""The codec rows of bench.json and the gate on them."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from benchmark import codec
from benchmark.rows import RUNS


def whole() -> list[dict[str, Any]]:
    return [
        {"lang": lang, "library": library, "work": work, "what": what, "ns": 1000.0 * (at + 1), "bytes": 100 + at, "runs": [1.0] * RUNS}
        for lang, libraries in codec.LIBRARIES.items()
        for at, library in enumerate(libraries)
        for work in codec.WORKS
        for what in codec.VALUES
    ]


def test_a_whole_run_lacks_nothing() -> None:
    assert codec.missing(whole()) == []


def test_what_is_missing_is_named() -> None:
    rows = whole()
    gone = rows.pop(3)
    rows[5]["runs"].pop()
    lacking = codec.missing(rows)
    assert len(lacking) == 2
    assert lacking[0] == f"no codec row {gone['lang']} {gone['library']} {gone['work']} {gone['what']}"


def test_the_table_compares_with_ours() -> None:
    shown = codec.codec_table(whole())
    assert "codec · python · record" in shown
    assert "orjson" in shown
    assert "3.00 (x3.0)" in shown


def test_a_program_that_fails_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.dumps(row) for row in whole()[:2]]
    ends = ["sh", "-c", "echo broken >&2; exit 3"]
    monkeypatch.setattr(codec, "commands", lambda quick: {"python": ["printf", "%s\\n", *rows], "java": ends})
    made, failures = codec.codec_rows(quick=True)
    assert made == whole()[:2]
    assert len(failures) == 1
    assert failures[0].startswith("codec of java: ")
    assert "broken" in failures[0]


def test_a_program_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "commands", lambda quick: {"python": ["sleep", "60"]})
    monkeypatch.setattr(codec, "WITHIN", 0.2)
    made, failures = codec.codec_rows(quick=True)
    assert made == []
    assert "timed out" in failures[0]
    assert isinstance(subprocess.TimeoutExpired("x", 1), subprocess.SubprocessError)
