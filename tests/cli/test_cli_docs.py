"""The examples of docs/cli.md do what the page says."""

from __future__ import annotations

import re
import signal
import subprocess

from agents import places

from .conftest import Command
from .test_cli_node import Ended

PAGE = (places.ROOT / "docs/cli.md").read_text(encoding="utf-8")


def test_every_example(alone: Command, ended: Ended) -> None:
    program = re.search(r"^```python\n# shop\.py\n(.*?)^```$", PAGE, re.M | re.S)
    assert program is not None
    (alone.folder / "shop.py").write_text("# shop.py\n" + program[1])
    binary = alone.folder / "bin"
    binary.mkdir()
    (binary / "twinspan").symlink_to(places.executable())
    shop = ended(alone.start("run", "shop:app", "--cluster", "shop", "--name", "shop-1", TWINSPAN_PYTHON=places.python()))
    while alone("members", "--cluster", "shop").code != 0:
        assert shop.poll() is None, shop.communicate()
    examples = [
        (command, expected)
        for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.M | re.S)
        for command, expected in re.findall(r"^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", block, re.M | re.S)
    ]
    assert len(examples) >= 9
    for command, expected in examples:
        environment = {**alone.environment, "PATH": f"{binary}:{alone.environment['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", command], env=environment, cwd=alone.folder, capture_output=True, text=True, timeout=30, check=False
        )
        # An ellipsis stands for anything on its line, three dots for further lines.
        wanted = re.escape(expected.rstrip("\n")).replace("…", ".*").replace(r"\.\.\.", r"[\s\S]*")
        assert re.fullmatch(wanted, (done.stdout + done.stderr).rstrip("\n")), f"$ {command}\n{done.stdout}{done.stderr}\n--\n{expected}"
    shop.send_signal(signal.SIGTERM)
    assert shop.wait(20) == 0


def test_every_command_and_code_has_its_line(alone: Command) -> None:
    commands = re.findall(r"^  ([a-z][a-z-]+) ", alone("--help").out, re.M)
    for command in commands:
        assert command == "help" or f"`twinspan {command}" in PAGE, command
