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

from drift import jvm
from vectors.made import made

VALUES = Path(__file__).resolve().parent / "values.json"


def rows(values: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """Each vector with what is due."""
    due = [(row, {"cbor": row.get("again", row["cbor"]), "name": row["name"], "status": "valid"}) for row in values["valid"]]
    for row in values["invalid"]:
        due.append((row, {"kind": row["kind"], "name": row["name"], "path": row["path"], "status": "invalid"}))
    return due


def written(told: list[dict[str, str]]) -> str:
    lines = [json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for one in told]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def check(out: Path, rust: Path, values: Path = VALUES) -> list[str]:
    """Writes the three files; answers what is wrong with them."""
    out.mkdir(parents=True, exist_ok=True)
    files = {language: out / f"vectors.{language}.json" for language in ("rust", "python", "java")}
    subprocess.run([rust, values, files["rust"]], check=True, timeout=120)
    subprocess.run(jvm.command("Vectors", str(values), str(files["java"])), check=True, timeout=120)
    due = rows(json.loads(values.read_text(encoding="utf-8")))
    files["python"].write_text(written([made(row) for row, _ in due]), encoding="utf-8")

    wrong = []
    expected = [one for _, one in due]
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
