"""Streams among the arguments become client streams, answers that are streams server streams: item by item, ended by either side."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

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
    assert "rpc Total ( stream .feed.TotalRequest ) returns ( .feed.TotalResponse );" in defined
    assert "rpc Doubled ( stream .feed.DoubledRequest ) returns ( stream .feed.DoubledResponse );" in defined
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


def sent(messages: Iterable[dict[str, Any]]) -> str:
    return " ".join(json.dumps(message) for message in messages)


def test_a_stream_of_the_client_is_an_argument(feed: Feed) -> None:
    client, _, full = feed
    assert "optional int64 numbers = 1;" in client.ask("describe", "feed.SomeRequest")
    total = f"{full}/Total"
    for items, expected in (([1, 2, 3], "6"), ([0, 5], "5"), ([], "0"), (range(10_000), "49995000")):
        made = client.run(total, flags=("-d", "@"), stdin=sent({"numbers": item} for item in items))
        assert made.returncode == 0 and results(made.stdout) == [expected], made.stderr
    # The first message brings the other arguments, with an item or without one; what is not sent later is a zero.
    for first in ([{"most": 3, "numbers": 7}], [{"most": 3}, {"numbers": 7}]):
        made = client.run(f"{full}/Some", flags=("-d", "@"), stdin=sent([*first, {"numbers": 8}, {}]))
        assert made.returncode == 0 and json.loads(made.stdout)["result"] == ["7", "8", "0"], made.stderr


def test_both_ways_in_order(feed: Feed) -> None:
    client, provider, full = feed
    run = key()
    messages = [{"key": run}, *({"numbers": item} for item in range(10_000))]
    made = client.run(f"{full}/Doubled", flags=("-d", "@"), stdin=sent(messages))
    assert made.returncode == 0 and results(made.stdout) == [str(2 * item) for item in range(10_000)], made.stderr
    provider.event("closed", run, within=5)


def test_a_handler_that_ends_early_or_raises_ends_the_call(feed: Feed) -> None:
    client, _, full = feed
    many = [{"numbers": item} for item in range(10_000)]
    made = client.run(f"{full}/Some", flags=("-d", "@"), stdin=sent([{"most": 2}, *many]))
    assert made.returncode == 0 and json.loads(made.stdout)["result"] == ["0", "1"], made.stderr
    made = client.run(f"{full}/Refusing", flags=("-d", "@"), stdin=sent(many))
    assert made.returncode == 64 + 2 and "none of it" in made.stderr


def test_a_later_message_is_an_item_and_nothing_else(feed: Feed) -> None:
    client, _, full = feed
    made = client.run(f"{full}/Some", flags=("-d", "@"), stdin=sent([{"most": 9, "numbers": 1}, {"numbers": 2, "most": 9}]))
    assert made.returncode == 64 + 3 and "item 2: `most` is given after the first message" in made.stderr


def test_a_client_that_goes_away_ends_its_input(feed: Feed) -> None:
    client, provider, full = feed
    run = key()
    command = client.command(f"{full}/Doubled", flags=("-d", "@"))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(sent([{"key": run, "numbers": 1}]))
        process.stdin.flush()
        # It is answered while more may come.
        assert process.stdout.readline().startswith("{")
        process.kill()
    provider.event("closed", run, within=5)
