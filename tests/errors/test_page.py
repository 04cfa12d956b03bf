"""The traces on the page about errors are what programs print today."""

from __future__ import annotations

from .page import BLOCK, CALLERS, PAGE, WAYS, captured


def test_the_page_is_not_stale() -> None:
    told = {name: trace for _, name, trace, _ in BLOCK.findall(PAGE.read_text("utf-8"))}
    assert set(told) == {f"{caller}-{way}" for caller in CALLERS for way in WAYS}
    found = captured()
    for name, trace in found.items():
        assert trace == told[name], f"docs/errors.md, {name} is stale: `make errors REWRITE=1`\n{trace}"
