"""The docs say what the code says: kinds of errors, keys of settings, values, targets of make, links that lead somewhere.

`--write` renews what is made from the core's table on the pages of the kinds.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vectors import page as value_page

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

        expected = [
            str(number),
            f"[`{name}`](errors/{name}.md)",
            f"`{py_class}`" + (f", also a `{also[0]}`" if also else ""),
            f"`{java_class}`",
            retry,
            advice,
        ]
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


def exit_codes() -> dict[str, str]:
    """Kind → exit code of the command line."""
    text = read("core/src/cli/exit.rs")
    numbers = dict(re.findall(r"const (\w+): u8 = (\d+);", text))
    arms = re.findall(r"^        ((?:Kind::\w+(?: \| )?)+) => (\w+),$", text, re.M)
    return {name: numbers.get(code, code) for kinds, code in arms for name in re.findall(r"Kind::(\w+)", kinds)}


def heads() -> dict[str, str]:
    """Kind → the beginning of its page, as the core's table and the classes of both languages say it."""
    python, java, exits = python_classes(), java_classes(), exit_codes()
    made = {}
    for number, (name, retry, advice) in kinds().items():
        _, py_class, *also = python[number]
        bases = f", also a `{also[0]}`" if also else ""
        made[name] = (
            "| Number | Python | Java | Retry | Exit code |\n|---|---|---|---|---|\n"
            f"| {number} | `twinspan.{py_class}`{bases} | `io.twinspan.{java[number][1]}` | {retry} | {exits[name]} |\n\n**{advice}**\n"
        )
    return made


HEAD = re.compile(r"(<!-- from the core's table -->\n)(.*?)(<!-- end -->\n)", re.S)
SECTIONS = ["When it arises", "Did the handler run?", "Does trying again help?", "What to do", "Example"]


def kind_pages() -> list[str]:
    """Each kind has a page, each page a kind; its head is the core's, its sections have text, its example names both classes."""
    folder = ROOT / "docs/errors"
    wrong = [f"docs/errors/{page.name}: the core knows no such kind" for page in folder.glob("*.md") if page.stem not in heads()]
    python, java = python_classes(), java_classes()
    for number, (name, _, _) in kinds().items():
        page = folder / f"{name}.md"
        if not page.exists():
            wrong.append(f"docs/errors/{name}.md is missing")
            continue
        text, at = page.read_text(encoding="utf-8"), f"docs/errors/{name}.md"
        head = HEAD.search(text)
        if head is None or head[2] != heads()[name]:
            wrong.append(f"{at}: its head differs from the core's table (`python tests/checks/docs.py --write`)")
        if not text.startswith(f"# {name}\n"):
            wrong.append(f"{at}: its title is not `{name}`")
        parts = re.split(r"^## (.*)\n", text, flags=re.M)
        if parts[1::2] != SECTIONS or not all(part.strip() for part in parts[2::2]):
            wrong.append(f"{at}: its sections are not: {', '.join(SECTIONS)}; or one is empty")
            continue
        examples = dict(re.findall(r"^```(\w+)\n(.*?)^```$", parts[-1], re.M | re.S))
        for language, cls in (("python", python[number][1]), ("java", java[number][1])):
            if cls not in examples.get(language, ""):
                wrong.append(f"{at}: its example in {language} has no {cls}")
        try:
            ast.parse(examples.get("python", ""))
        except SyntaxError as error:
            wrong.append(f"{at}: its example in python: {error}")
    return wrong


def write_heads() -> None:
    for name, head in heads().items():
        page = ROOT / f"docs/errors/{name}.md"
        if page.exists():
            page.write_text(
                HEAD.sub(lambda found, head=head: found[1] + head + found[3], page.read_text(encoding="utf-8")), encoding="utf-8"
            )


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
    if "--write" in sys.argv:
        write_heads()
    wrong = [*errors(), *kind_pages(), *settings(), *value_page.stale(), *links()]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
