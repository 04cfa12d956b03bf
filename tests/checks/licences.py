"""Licences, sources, duplicates and forbidden crates of everything that is linked in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

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
    "lazy_static": "std has LazyLock",
}
ONE_OF_EACH = {"tokio", "rustls", "hyper", "tonic", "prost", "bytes", "minicbor", "aws-lc-rs", "foca", "pyo3", "jni"}
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def linked(metadata: dict[str, Any]) -> set[str]:
    """Ids of the packages that reach a product: normal dependencies only."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen: set[str] = set()
    todo = list(metadata["workspace_members"])
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        todo += [d["pkg"] for d in nodes[at]["deps"] if any(k["kind"] is None for k in d["dep_kinds"])]
    return seen


def allowed(expression: str) -> bool:
    """Whether a licence expression can be met with the licences above."""
    words = re.sub(r"[()]", " ", expression.replace("/", " OR "))
    return any(all(part.strip() in ALLOWED for part in choice.split(" AND ")) for choice in words.split(" OR "))


def main() -> int:
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    wrong = []
    versions: dict[str, set[str]] = defaultdict(set)
    reached = linked(metadata)
    for package in metadata["packages"]:
        if package["id"] not in reached:
            continue
        name = f"{package['name']} {package['version']}"
        versions[package["name"]].add(package["version"])
        if package["source"] not in (None, REGISTRY):
            wrong.append(f"{name}: comes from {package['source']}")
        if not allowed(package["license"] or ""):
            wrong.append(f"{name}: licence {package['license']}")
        if package["name"] in FORBIDDEN:
            wrong.append(f"{name}: {FORBIDDEN[package['name']]}")
    wrong += [f"{name}: {len(found)} versions ({', '.join(sorted(found))})" for name, found in versions.items() if name in ONE_OF_EACH and len(found) > 1]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
