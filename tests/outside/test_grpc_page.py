"""What docs/grpc.md shows is run as it stands there, and prints what it says."""

from __future__ import annotations

import os
from pathlib import Path

from agents import places
from test_readme import block, run, section


def test_the_commands_of_the_page(tmp_path: Path) -> None:
    text = section("docs/grpc.md", "Try it")
    (tmp_path / "prices.py").write_text(block(text, "python"), encoding="utf-8")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "grpcurl").symlink_to(places.grpcurl())
    first, script = block(text, "sh").split("\n", 1)
    assert first == 'make build && eval "$(make env)"'  # the build is there already
    code, out, err = run(f'export PATH="{tools}:$PATH"\n{script}', tmp_path)
    assert (code, out) == (0, block(text, "")), err
    assert os.stat(tmp_path / "client/key.pem").st_mode & 0o077 == 0
