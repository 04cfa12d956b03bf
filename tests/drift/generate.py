"""The Python caller: hypothesis makes values, each is sent to both providers as its declared type, and what comes back is compared.

Each batch also goes there and back once without types, where at most that may be lost which the table of values says.
Prints one JSON object: for each provider how many values were sent, and those that drifted.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import twinspan
from hypothesis import HealthCheck, Phase, given, seed, settings

from drift.kinds import Face, same, without_type
from drift.strategies import batches

PROVIDERS = ("python", "java")
EXAMPLES = 500
"""Batches of one run of hypothesis."""
SHOWN = 2
"""Values of each kind that are told."""


class Caller:
    def __init__(self, node: twinspan.AsyncNode) -> None:
        self.node = node
        self.faces = {language: node.client(f"mirror.{language}", Face) for language in PROVIDERS}
        self.told: dict[str, Any] = {language: {"generated": 0, "untyped": 0, "drift": 0, "shown": []} for language in PROVIDERS}

    async def send(self, kind: str, values: list[Any]) -> None:
        await asyncio.gather(*(self._send(language, kind, values) for language in PROVIDERS))

    async def _send(self, language: str, kind: str, values: list[Any]) -> None:
        method, told = getattr(self.faces[language], kind), self.told[language]
        back = await asyncio.gather(*(method(value) for value in values), return_exceptions=True)
        told["generated"] += len(values)
        for value, got in zip(values, back, strict=True):
            if not same(value, got):
                self._drifted(told, kind, value, got)
        told["untyped"] += len(values)
        try:
            plain = await self.node.call(f"mirror.{language}.any", values)
        except twinspan.Error as error:
            self._drifted(told, f"{kind}, untyped", values, error)
            return
        expected = without_type(values)
        if not same(plain, expected):
            self._drifted(told, f"{kind}, untyped", expected, plain)

    def _drifted(self, told: dict[str, Any], kind: str, value: Any, got: Any) -> None:
        told["drift"] += 1
        if sum(line.startswith(f"{kind}:") for line in told["shown"]) < SHOWN:
            told["shown"].append(f"{kind}: {_cut(value)} came back as {_cut(got)}")


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 600 else text[:600] + "…"


def run(caller: Caller, loop: asyncio.AbstractEventLoop, count: int, start: int) -> None:
    """Runs hypothesis with one seed after another until enough was sent."""
    while min(told["generated"] for told in caller.told.values()) < count:

        @seed(start)
        @settings(max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(batches)
        def sent(batch: tuple[str, list[Any]]) -> None:
            if min(told["generated"] for told in caller.told.values()) < count:
                loop.run_until_complete(caller.send(*batch))

        sent()
        start += 1


async def joined(cluster: str) -> twinspan.AsyncNode:
    node = await twinspan.join_async(twinspan.App("generate"), cluster=cluster)
    for language in PROVIDERS:
        await node.wait_for(f"mirror.{language}", timeout=60)
    return node


def main() -> None:
    cluster, count, start = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    loop = asyncio.new_event_loop()
    node = loop.run_until_complete(joined(cluster))
    caller = Caller(node)
    run(caller, loop, count, start)
    loop.run_until_complete(node.close(drain=0))
    print(json.dumps(caller.told), flush=True)


main()
