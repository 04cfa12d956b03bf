"""Answers that are streams become server streams: item by item, ended by the provider, by its error, or by the client."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.driver import Agent, Agents
from agents.pairs import join, key

from .grpcurl import PROVIDERS, Client, address_of, export, files

Feed = tuple[Client, Agent, str]


@pytest.fixture(params=PROVIDERS)
def feed(request: pytest.FixtureRequest, agents: Agents, take: Callable[..., list[Agent]], cluster: str, tmp_path: Path) -> Feed:
    """A client of a node that sees the service `feed` of another one, which has its methods in this language."""
    gate, provider = take("python", request.param)
    (joined,) = join([gate], ["gate"], cluster)
    options = {"cluster": cluster, "name": "feed"}
    provider.ask("step", do="join", node="feed", face="sync", serve=[["feed", "feed"]], options=options)
    joined.ask("wait_for", service="feed")
    assert export(agents, tmp_path / "client", cluster).returncode == 0
    return Client(files(tmp_path / "client"), address_of(joined)), provider, "feed.Feed"


def results(out: str) -> list[str]:
    """What each message holds; numbers of 64 bits are text in JSON, and 0 is not sent."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(out.rstrip()):
        message, at = decoder.raw_decode(out, at)
        found.append(message.get("result", "0"))
        at += len(out[at:]) - len(out[at:].lstrip())
    return found


def test_items_come_in_order_and_large_ones_too(feed: Feed) -> None:
    client, provider, full = feed
    defined = client.ask("describe", full)
    assert "rpc Numbers ( .feed.NumbersRequest ) returns ( stream .feed.NumbersResponse );" in defined
    # A stream among the arguments has no place in a definition.
    assert "Total" not in defined
    run = key()
    assert results(client.ask(f"{full}/Numbers", flags=("-d", json.dumps({"n": 500, "key": run})))) == [str(n) for n in range(500)]
    provider.event("closed", run, within=5)
    blobs = results(client.ask(f"{full}/Blobs", flags=("-d", json.dumps({"sizes": [10, 1 << 20, 0]}), "-max-msg-sz", str(8 << 20))))
    assert [len(blob) for blob in blobs[:2]] == [16, 1398104]


def test_an_error_comes_after_the_items_before_it(feed: Feed) -> None:
    client, _, full = feed
    made = client.run(f"{full}/Breaking", flags=("-d", json.dumps({"n": 3, "key": key()})))
    assert results(made.stdout) == ["0", "1", "2"]
    assert made.returncode == 64 + 2 and "it broke after 3" in made.stderr and "after 3 items" in made.stderr


def test_a_client_that_goes_away_ends_the_stream(feed: Feed) -> None:
    client, provider, full = feed
    run = key()
    command = client.command(f"{full}/Ticks", flags=("-d", json.dumps({"ms": 50, "n": 10_000, "key": run})))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # The first item is here long before the last exists.
        assert process.stdout.readline().startswith("{")
        process.kill()
    provider.event("closed", run, within=5)


def test_the_clients_deadline_ends_a_stream(feed: Feed) -> None:
    client, provider, full = feed
    run = key()
    made = client.run(f"{full}/Ticks", flags=("-max-time", "1.5", "-d", json.dumps({"ms": 100, "n": 1000, "key": run})))
    assert made.returncode == 64 + 4 and len(results(made.stdout)) >= 2
    provider.event("closed", run, within=5)
