"""Captures the traces on the page about errors from programs that run; `python -m errors.page --write` puts them there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents import places
from agents.driver import START, Agents

HERE = Path(__file__).parent / "page"
PAGE = places.ROOT / "docs/errors.md"
BLOCK = re.compile(r"(<!-- captured: ([a-z]+-[a-z]+) -->\n```text\n)(.*?)(```\n)", re.S)
CALLERS = ("order", "checkout")
WAYS = ("one", "both", "declared")
LIMIT = 60
PYTHON_FRAME = re.compile(r'^  File "([^"]*)", line \d+')


def captured() -> dict[str, str]:
    """What each caller prints in each of its ways, by name: `order-one` and so on."""
    with Agents() as home:
        folder = home.folder / "shop"
        shutil.copytree(HERE, folder)
        environment = {**home.environment(), "TWINSPAN_CLUSTER": "shop"}
        classes = ["javac", "--release", "17", "-parameters", "-cp", str(places.jar()), "-d", str(folder)]
        subprocess.run([*classes, *map(str, folder.glob("*.java"))], check=True, timeout=LIMIT)
        java = ["java", "-XX:TieredStopAtLevel=1", f"-Dtwinspan.library={places.library()}", "-cp", f"{places.jar()}:{folder}"]
        commands = {"order": [places.python(), "order.py"], "checkout": [*java, "Checkout", "shop"]}
        providers = [
            subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for command in ([places.python(), "fraud.py"], [*java, "Pricing", "shop"])
        ]
        try:
            for provider in providers:
                assert provider.stdout is not None and provider.stdout.readline() == "ready\n", provider.args
            return {
                f"{caller}-{way}": plain(
                    subprocess.run(
                        [*commands[caller], way], cwd=folder, env=environment, capture_output=True, text=True, timeout=START, check=False
                    ).stderr,
                    folder,
                )
                for caller in CALLERS
                for way in WAYS
            }
        finally:
            for provider in providers:
                provider.kill()
                provider.communicate()


def plain(printed: str, folder: Path) -> str:
    """Without the folder in which it ran, and without the frames of our own Python library, which the next change to it would move."""
    kept: list[str] = []
    ours = False
    for line in printed.splitlines():
        if frame := PYTHON_FRAME.match(line):
            ours = Path(frame[1]).parent.name == "twinspan"
        elif not line.startswith("    "):
            ours = False
        if not ours:
            kept.append(line.replace(f"{folder}/", ""))
    return "\n".join(kept) + "\n"


def page(traces: dict[str, str]) -> str:
    """The page with these traces."""
    return BLOCK.sub(lambda block: block[1] + traces.get(block[2], "") + block[4], PAGE.read_text("utf-8"))


def main() -> int:
    traces = captured()
    if "--write" in sys.argv:
        PAGE.write_text(page(traces), "utf-8")
    else:
        for name, trace in traces.items():
            print(f"== {name}\n{trace}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
