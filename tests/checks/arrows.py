"""Dependencies inside the core point one way: reads the `use` lines and fails on an arrow that runs the other way."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "core" / "src"

# From top to bottom. A module may use what lies below its row; modules of one row meet only above it.
ROWS = [
    ["bridge", "cli", "bin"],
    ["admin"],
    ["node"],
    ["grpc"],
    ["call", "serve", "topic", "data", "task", "health"],
    ["directory", "contract", "membership", "store"],
    ["consensus"],
    ["stream"],
    ["link"],
    ["wire", "lane", "security", "observe", "value"],
    ["error", "config", "env"],
]
# Three rows have an order of their own: the command line uses the neck like a language, the directory is built from membership's
# records, and at the bottom everything may fail.
ALLOWED = {
    ("cli", "bridge"),
    ("directory", "membership"),
    ("config", "error"),
    ("config", "env"),
    ("env", "error"),
    ("membership", "security"),
}

LEVEL = {module: row for row, modules in enumerate(ROWS) for module in modules}
USE = re.compile(r"\bcrate::(?:\{([^;]*)\}|(\w+))")
NAME = re.compile(r"(?:^|[,{])\s*(\w+)")


def modules_used(text: str) -> set[str]:
    """Top-level modules of the core that a file names."""
    found: set[str] = set()
    for group, single in USE.findall(text):
        if single:
            found.add(single)
        else:
            flat = re.sub(r"\{[^{}]*\}", "", group)
            while "{" in flat:
                flat = re.sub(r"\{[^{}]*\}", "", flat)
            found.update(part.strip().split("::")[0] for part in flat.split(",") if part.strip())
    return found & LEVEL.keys()


def without_tests(text: str) -> str:
    """Tests may reach anywhere."""
    return re.split(r"#\[cfg\((?:all\()?test", text)[0]


def main() -> int:
    wrong = []
    for path in sorted(SOURCE.rglob("*.rs")):
        owner = path.relative_to(SOURCE).parts[0].removesuffix(".rs")
        if owner == "lib":
            continue
        if owner not in LEVEL:
            wrong.append(f"{path.relative_to(ROOT)}: module `{owner}` has no row in {Path(__file__).name}")
            continue
        for used in modules_used(without_tests(path.read_text())):
            if used != owner and LEVEL[used] <= LEVEL[owner] and (owner, used) not in ALLOWED:
                wrong.append(f"{path.relative_to(ROOT)}: `{owner}` must not use `{used}`")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
