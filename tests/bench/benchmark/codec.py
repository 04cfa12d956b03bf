"""The codec rows of bench.json: one process for each language measures its libraries, which take turns."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from .fleet import java, python
from .process import die_with_the_driver
from .rows import RUNS
from .table import aligned, number

LIBRARIES = {"python": ("twinspan", "msgspec", "orjson", "cbor2"), "java": ("twinspan", "jackson-json", "jackson-cbor")}
"""What is measured in each language."""
WORKS = ("encode", "decode")
VALUES = ("record", "records1000")
WITHIN = 300.0

Row = dict[str, Any]


def commands(quick: bool) -> dict[str, list[str]]:
    """How each language's program is started; its argument is how long one run takes."""
    seconds = "0.05" if quick else "0.2"
    return {"python": [*python("codec"), seconds], "java": [*java("Values"), seconds]}


def codec_rows(quick: bool) -> tuple[list[Row], list[str]]:
    """The rows of all languages, and what went wrong."""
    rows: list[Row] = []
    failures: list[str] = []
    for language, command in commands(quick).items():
        try:
            run = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=WITHIN,
                check=True,
                preexec_fn=die_with_the_driver,
            )
            rows += [json.loads(line) for line in run.stdout.splitlines()]
        except (subprocess.SubprocessError, ValueError) as error:
            told = getattr(error, "stderr", None) or ""
            failures.append(f"codec of {language}: {error}\n{told[-2000:]}")
    return rows, failures


def missing(rows: list[Row]) -> list[str]:
    """What a whole run has and this one lacks."""
    have = {(row["lang"], row["library"], row["work"], row["what"]): row for row in rows}
    lacking = []
    for language, libraries in LIBRARIES.items():
        for key in ((language, library, work, what) for library in libraries for work in WORKS for what in VALUES):
            if key not in have:
                lacking.append(f"no codec row {' '.join(key)}")
            elif len(have[key]["runs"]) < RUNS:
                lacking.append(f"codec row {' '.join(key)} lacks runs")
    return lacking


def codec_table(rows: list[Row]) -> str:
    """The rows for people, in microseconds: Twinspan first, the others with how many times longer they take."""
    lines = []
    for language, libraries in LIBRARIES.items():
        for what in VALUES:
            found = {(row["library"], row["work"]): row for row in rows if (row["lang"], row["what"]) == (language, what)}
            if not found:
                continue
            cells = [["library", *(f"{work} us" for work in WORKS), "bytes"]]
            cells += [[library, *(figure(found, library, work) for work in WORKS), size(found, library)] for library in libraries]
            lines += ["", f"codec · {language} · {what}", *aligned(cells)]
    return "\n".join(lines)


def figure(found: dict[tuple[str, str], Row], library: str, work: str) -> str:
    row, ours = found.get((library, work)), found.get(("twinspan", work))
    if row is None:
        return "-"
    shown = f"{row['ns'] / 1000:.2f}" if row["ns"] < 1e6 else number(row["ns"] / 1000)
    return shown if ours is None or library == "twinspan" else f"{shown} (x{row['ns'] / ours['ns']:.1f})"


def size(found: dict[tuple[str, str], Row], library: str) -> str:
    row = found.get((library, "encode"))
    return "-" if row is None else f"{row['bytes']:,}"
