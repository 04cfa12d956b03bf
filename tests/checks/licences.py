"""Licences, sources, duplicates and forbidden crates of everything that is linked in."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unicode-3.0",
    "CC0-1.0", "0BSD", "BSL-1.0", "Unlicense", "MPL-2.0", "BlueOak-1.0.0", "CDLA-Permissive-2.0", "OpenSSL",
}  # fmt: skip
FORBIDDEN = {
    "ring": "one cipher library: aws-lc-rs",
    "openssl": "one cipher library: aws-lc-rs",
    "native-tls": "one TLS library: rustls",
    "chrono": "one time library",
    "ciborium": "stale",
    "fred": "abandoned",
}
ONE_OF_EACH = {"tokio", "rustls", "hyper", "tonic", "prost", "bytes", "minicbor", "aws-lc-rs", "foca", "pyo3", "jni"}
TREE = ["cargo", "tree", "--workspace", "--locked", "--target", "x86_64-unknown-linux-gnu", "--edges", "normal", "--prefix", "none"]


def linked() -> list[tuple[str, str, str, str]]:
    """Name, version, source and licence of every package that reaches a product; the registry and this workspace have no source."""
    lines = subprocess.run([*TREE, "--format", "{p}|{l}"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = set()
    for line in filter(None, lines):
        package, licence = line.removesuffix(" (*)").split("|")
        name, version, *rest = package.split(" ", 2)
        rest = [part for part in rest if part != "(proc-macro)" and not part.startswith(f"({ROOT}")]
        found.add((name, version.removeprefix("v"), "".join(rest), licence.removesuffix(" (*)")))
    return sorted(found)


def allowed(expression: str) -> bool:
    """Whether a licence expression can be met with the licences above."""
    words = re.sub(r"[()]", " ", expression.replace("/", " OR "))
    return any(all(part.strip() in ALLOWED for part in choice.split(" AND ")) for choice in words.split(" OR "))


def main() -> int:
    wrong = []
    versions: dict[str, set[str]] = defaultdict(set)
    for name, version, source, licence in linked():
        versions[name].add(version)
        if source:
            wrong.append(f"{name} {version}: comes from {source}")
        if not allowed(licence):
            wrong.append(f"{name} {version}: licence {licence!r}")
        if name in FORBIDDEN:
            wrong.append(f"{name} {version}: {FORBIDDEN[name]}")
    wrong += [f"{name}: {len(found)} versions ({', '.join(sorted(found))})" for name, found in versions.items() if name in ONE_OF_EACH and len(found) > 1]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
