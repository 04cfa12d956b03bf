"""Files stay readable in one sitting, `unsafe` stays in its files, and the text speaks of the project only.

Files that git doesn't know yet are read too, so that a check before the commit sees what the one after it will see.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 600
SOURCES = {".rs", ".py", ".java"}
UNSAFE_FILES = {"core/src/env/fork.rs", "bindings-java/src/sys.rs", "bindings-python/src/body.rs"}
FORBIDDEN_NAMES = re.compile(r"(?:^|/)(?:utils?|common|helpers?|manager)\.(?:rs|py|java)$|Impl\.java$")
UNSAFE = re.compile(r"\bunsafe\s*(?:\{|fn|impl|extern)|allow\(unsafe_code\)")
TEST_MODULE = re.compile(r'#\[cfg\([^\]]*\btest\b[^\]]*\)\]\s*(?:#\[path = "(\w+)\.rs"\]\s*)?(?:pub(?:\(crate\))? )?mod (\w+);')
TESTS = re.compile(r"#\[cfg\((?:all\()?(?:test|twinspan_loom)\b")
FORBIDDEN_CALLS = re.compile(r"\.unwrap\(\)|\.expect\(|\btodo!|\bunimplemented!")

# What belongs to a workplace and not to the project. This file has to spell it out, the lock file names where packages came from.
WORKPLACE = [
    (re.compile(r"(?<![\w.$}~])/(?:work|root)/"), "a path of one machine"),
    (re.compile(r"\b(?:crates\.io|pypi\.org|pythonhosted|repo1?\.maven|npmjs\.(?:org|com)|deb\.debian\.org)"), "the host of a registry"),
    (re.compile(r"\bissues? #?\d", re.I), "the number of an issue: say what it was about"),
    (re.compile(r"\.\./shared/|\bseams\.md\b|\bthe integrator\b", re.I), "a note that isn't part of the project"),
]
WORKPLACE_IN_PROSE = (re.compile(r"\bsessions?\b", re.I), "who worked on it, or a word with too many meanings")
EXEMPT = {"Cargo.lock", "LICENSE", "tests/checks/files.py"}


def is_test(path: Path) -> bool:
    """Whether a module beside it declares the file as a module of tests."""
    beside = [path.parent / "mod.rs", path.parent / "lib.rs", path.parent.with_suffix(".rs"), *path.parent.glob("*.rs")]
    return any(path.stem in names for other in beside if other.exists() for names in TEST_MODULE.findall(other.read_text(encoding="utf-8")))


def problems(path: str) -> list[str]:
    found = []
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MOST_LINES:
        found.append(f"{path}: {lines} lines, {MOST_LINES} are allowed")
    if FORBIDDEN_NAMES.search(path):
        found.append(f"{path}: say what it is: this name says nothing")
    if path.endswith(".rs"):
        code = TESTS.split(text)[0]
        code = "\n".join(line.split("//")[0] for line in code.splitlines())
        if UNSAFE.search(code) and path not in UNSAFE_FILES:
            found.append(f"{path}: `unsafe` belongs in {', '.join(sorted(UNSAFE_FILES))}")
        inside = re.match(r"(core/src|bindings-\w+/src)/", path) and not is_test(ROOT / path)
        if inside and FORBIDDEN_CALLS.search(code):
            found.append(f"{path}: unwrap, expect, todo! and unimplemented! are for tests")
    return found


def workplace(path: str) -> list[str]:
    """Traces of where the project was written; nothing for what isn't text."""
    try:
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []
    rules = [*WORKPLACE, WORKPLACE_IN_PROSE] if path.endswith(".md") else WORKPLACE
    return [
        f"{path}:{number}: `{match[0]}`: {why}"
        for number, line in enumerate(lines, 1)
        for pattern, why in rules
        if (match := pattern.search(line))
    ]


def main() -> int:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [path for path in listed if path and (ROOT / path).is_file()]
    wrong = [problem for path in paths if Path(path).suffix in SOURCES for problem in problems(path)]
    wrong += [problem for path in paths if path not in EXEMPT for problem in workplace(path)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
