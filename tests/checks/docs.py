"""The docs say what the code says: kinds of errors, keys of settings, values, targets of make, links that lead somewhere."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vectors import page

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "bindings-python/python/twinspan"
JAVA = ROOT / "bindings-java/twinspan/src/main/java/io/twinspan"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"^```\w*\n(.*?)^```|`(make [^`\n]*)`", re.M | re.S)
TARGET = re.compile(r"(?:^|[\s(])make ([a-z][a-z-]+)", re.M)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def table(path: str, columns: int) -> list[list[str]]:
    """Rows of the first table with so many columns, without its head."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in read(path).splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == columns and not set(row[0]) <= {"-"}][1:]


def kinds() -> dict[int, list[str]]:
    """The core's table: number → name, retry, advice."""
    rows = re.findall(r'^    (\d+) (\w+) (Yes|No) "(.*)";$', read("core/src/error/kind.rs"), re.M)
    return {int(number): [name, retry.lower(), advice] for number, name, retry, advice in rows}


def python_classes() -> dict[int, list[str]]:
    """Number → class, then the builtins that it also is; a base that is a kind of its own is left out."""
    found = {}
    for node in ast.parse((PYTHON / "_errors.py").read_text(encoding="utf-8")).body:
        for call in getattr(node, "decorator_list", []):
            if isinstance(node, ast.ClassDef) and isinstance(call, ast.Call) and ast.unparse(call.func) == "_kind":
                number = ast.literal_eval(call.args[0])
                retry = any(word.arg == "retryable" and ast.literal_eval(word.value) for word in call.keywords)
                found[number] = [
                    "yes" if retry else "no",
                    node.name,
                    *(ast.unparse(base) for base in node.bases if ast.unparse(base) != "Error"),
                ]
    return found


def java_classes() -> dict[int, list[str]]:
    """Number → name on the wire, class."""
    rows = re.findall(r'\((\d+), "(\w+)", (\w+)::new\)', (JAVA / "Kind.java").read_text(encoding="utf-8"))
    return {int(number): [name, exception] for number, name, exception in rows}


def errors() -> list[str]:
    wrong = []
    core, python, java = kinds(), python_classes(), java_classes()
    rows = {int(row[0]): row for row in table("docs/errors.md", 7)}
    public = read("bindings-python/python/twinspan/__init__.py")
    for number in sorted(core.keys() | python.keys() | java.keys() | rows.keys()):
        if not (number in core and number in python and number in java and number in rows):
            places = [name for name, known in (("core", core), ("Python", python), ("Java", java), ("docs", rows)) if number in known]
            wrong.append(f"kind {number} is only in: {', '.join(places)}")
            continue
        name, retry, advice = core[number]
        py_retry, py_class, *also = python[number]
        java_name, java_class = java[number]

        expected = [str(number), f"`{name}`", f"`{py_class}`" + (f", also a `{also[0]}`" if also else ""), f"`{java_class}`", retry, advice]
        row = rows[number]
        wrong += [
            f"docs/errors.md, kind {number}: `{found}` should be `{wanted}`"
            for found, wanted in zip([*row[:2], *row[3:]], expected, strict=True)
            if found != wanted
        ]
        if not row[2]:
            wrong.append(f"docs/errors.md, kind {number}: it has no meaning")
        if py_retry != retry:
            wrong.append(f"{py_class}: retryable differs from the core's table")
        if py_class not in (name, "RemoteError") or f'"{py_class}"' not in public:
            wrong.append(f"{py_class}: not the core's name `{name}`, or not public in twinspan")
        if java_name != name or not (JAVA / f"{java_class}.java").exists():
            wrong.append(f"{java_class}: not the core's name `{name}`, or no such file")
    return wrong


def settings() -> list[str]:
    """Every key of the core has its row, and both languages take it."""
    keys = re.findall(r'^    "(\w+)",$', read("core/src/config/layers.rs"), re.M)
    rows = [row[0].strip("`") for row in table("docs/settings.md", 5)]
    wrong = [f"docs/settings.md: key `{key}` has no row" for key in keys if key not in rows]
    wrong += [f"docs/settings.md: the core knows no key `{row}`" for row in rows if row not in keys]
    python, java = read("bindings-python/python/twinspan/_join.py"), (JAVA / "NodeConfig.java").read_text(encoding="utf-8")
    wrong += [f"twinspan.join takes no `{key}`" for key in keys if f"    {key}: " not in python]
    wrong += [f"NodeConfig takes no `{key}`" for key in keys if f'with("{key}"' not in java]
    return wrong if keys else ["core/src/config/layers.rs: no keys found"]


def links() -> list[str]:
    """Relative links lead to files, and what is told to be made can be made."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.M))
    wrong = []
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    for file in sorted(pages):
        text, name = file.read_text(encoding="utf-8"), file.relative_to(ROOT)
        for link in LINK.findall(text):
            if "://" not in link and not (file.parent / link).exists():
                wrong.append(f"{name}: the link {link} leads nowhere")
        code = "\n".join("".join(part) for part in CODE.findall(text))
        wrong += [f"{name}: there is no target `{target}`" for target in TARGET.findall(code) if target not in targets]
    return wrong


def main() -> int:
    wrong = [*errors(), *settings(), *page.stale(), *links()]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
