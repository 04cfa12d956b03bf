"""Every golden vector through the decoder and the encoder of each language: one file a language, byte for byte the same.

A valid row is told with the bytes that the language sends again after it has decoded them into its own values; an invalid one with the
kind and the path of the error.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents import places
from drift import jvm

VALUES = Path(__file__).resolve().parent / "values.json"


def due(values: dict[str, Any]) -> list[dict[str, str]]:
    """What each vector must become."""
    valid = [{"cbor": row.get("again", row["cbor"]), "name": row["name"], "status": "valid"} for row in values["valid"]]
    return valid + [{"kind": row["kind"], "name": row["name"], "path": row["path"], "status": "invalid"} for row in values["invalid"]]


def check(out: Path, rust: Path, values: Path = VALUES) -> list[str]:
    """Writes the three files; answers what is wrong with them."""
    out.mkdir(parents=True, exist_ok=True)
    files = {language: out / f"vectors.{language}.json" for language in ("rust", "python", "java")}
    programs = {
        "rust": [str(rust)],
        "python": [places.python(), str(VALUES.parent / "made.py")],
        "java": jvm.command("Vectors"),
    }
    for language, program in programs.items():
        subprocess.run([*program, str(values), str(files[language])], check=True, timeout=120)

    wrong = []
    expected = due(json.loads(values.read_text(encoding="utf-8")))
    for language, file in files.items():
        told = json.loads(file.read_text(encoding="utf-8"))
        wrong += [f"{language}: {found}, due: {wanted}" for found, wanted in zip(told, expected, strict=False) if found != wanted]
        if len(told) != len(expected):
            wrong.append(f"{language}: {len(told)} rows, {len(expected)} vectors")
    if len({file.read_bytes() for file in files.values()}) != 1:
        wrong.append("the files of the languages differ")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rust", type=Path, required=True, help="the built example `vectors` of the core")
    asked = parser.parse_args()
    wrong = check(asked.out, asked.rust)
    print("\n".join(wrong) or f"vectors: the same bytes in Rust, Python and Java: {asked.out}/vectors.*.json")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
