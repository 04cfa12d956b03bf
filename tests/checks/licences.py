"""Licences, sources, duplicates and forbidden packages of everything that reaches a product, in all three languages."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

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
# What the jar needs at run time, and what the wheel may: both ask for little, and each addition is a decision.
JAVA_RUNTIME = {"org.slf4j:slf4j-api": "MIT", "io.twinspan:twinspan-native": "Apache-2.0"}
# What each jar beside it needs; whoever takes none of them gets none of this.
JAVA_MODULES = {
    "twinspan-arrow": {"org.apache.arrow:arrow-vector": "Apache-2.0", "org.apache.arrow:arrow-memory-unsafe": "Apache-2.0"},
    "twinspan-jackson": {"tools.jackson.core:jackson-databind": "Apache-2.0"},
}
PYTHON_RUNTIME = {"numpy": "BSD-3-Clause", "pyarrow": "Apache-2.0"}
POM = "{http://maven.apache.org/POM/4.0.0}"
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


def java_runtime(module: str) -> set[str]:
    """Artifacts of a Java module that are neither for tests nor for compiling only."""
    found = set()
    for dependency in ElementTree.parse(ROOT / f"bindings-java/{module}/pom.xml").getroot().findall(f"{POM}dependencies/{POM}dependency"):
        if dependency.findtext(f"{POM}scope", "compile") in {"compile", "runtime"}:
            found.add(f"{dependency.findtext(f'{POM}groupId')}:{dependency.findtext(f'{POM}artifactId')}")
    return found


def python_runtime() -> set[str]:
    """Packages that the wheel asks for, extras included."""
    project = tomllib.loads((ROOT / "bindings-python/pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project.get("dependencies", []), *(name for extra in project.get("optional-dependencies", {}).values() for name in extra)]
    return {re.split(r"[\s<>=!~;\[]", name)[0] for name in wanted}


def main() -> int:
    wrong = [f"{name}: not in the list of what the jar may need" for name in java_runtime("twinspan") - JAVA_RUNTIME.keys()]
    for module, needed in JAVA_MODULES.items():
        asked = java_runtime(module) - {"io.twinspan:twinspan"}
        wrong += [f"{name}: not in the list of what {module} may need" for name in asked - needed.keys()]
        wrong += [f"{name}: licence {licence!r}" for name, licence in needed.items() if not allowed(licence)]
    wrong += [f"{name}: not in the list of what the wheel may need" for name in python_runtime() - PYTHON_RUNTIME.keys()]
    wrong += [f"{name}: licence {licence!r}" for name, licence in {**JAVA_RUNTIME, **PYTHON_RUNTIME}.items() if not allowed(licence)]
    versions: dict[str, set[str]] = defaultdict(set)
    for name, version, source, licence in linked():
        versions[name].add(version)
        if source:
            wrong.append(f"{name} {version}: comes from {source}")
        if not allowed(licence):
            wrong.append(f"{name} {version}: licence {licence!r}")
        if name in FORBIDDEN:
            wrong.append(f"{name} {version}: {FORBIDDEN[name]}")
    wrong += [
        f"{name}: {len(found)} versions ({', '.join(sorted(found))})"
        for name, found in versions.items()
        if name in ONE_OF_EACH and len(found) > 1
    ]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
