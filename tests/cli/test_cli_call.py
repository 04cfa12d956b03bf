"""`call`: arguments, values, errors with their exit codes, streams, Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable

import pytest

from agents.driver import Agent, Agents
from agents.pairs import Joined, join, key

from .conftest import Command

Ended = Callable[[subprocess.Popen[str]], subprocess.Popen[str]]
LANGUAGES = ["p", "j"]


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (['{"a": 1}'], 2),
        (['{"a": 1, "b": 2, "scale": 10}'], 30),
        (["[1, 2]"], 3),
        (["1", "2", "--named", "scale=3"], 9),
        (["-1"], 0),
        (["--named", "a=5"], 6),
        (["-"], 8),
    ],
)
def test_ways_to_give_arguments(twinspan: Command, arguments: list[str], result: int) -> None:
    assert twinspan("call", "work.p.add", *arguments, given='{"a": 7}').json() == result


@pytest.mark.parametrize("provider", LANGUAGES)
@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("echo", '{"a":[1,-2,2.5,null,true,"ä\\n"],"b":{}}'),
        ("echo", "1180591620717411303424"),
        ("blob", '"AAEC/w=="'),
        ("instant", '"2013-03-21T20:04:00.000000001Z"'),
        ("zoned", '"2013-03-21T21:04:00+01:00[Europe/Berlin]"'),
        ("local", '"2026-11-23T09:30:00"'),
        ("time", '"09:30:15"'),
        ("duration", '"PT1H1.500S"'),
        ("color", '"RED"'),
    ],
)
def test_values_come_back_as_they_were_given(twinspan: Command, provider: str, method: str, given: str) -> None:
    told = twinspan("call", f"work.{provider}.{method}", f"[{given}]" if given[0] in "[{" else given, "--json")
    assert told.out == given + "\n", told


@pytest.mark.parametrize("provider", LANGUAGES)
def test_references_are_their_uris(twinspan: Command, provider: str) -> None:
    service, node = (f"twinspan://{twinspan.cluster}/{kind}" for kind in (f"service/work.{provider}", "node/j"))
    assert twinspan("call", f"work.{provider}.through", json.dumps([service, 7])).json() == 7
    assert twinspan("call", f"work.{provider}.where", f'"{node}"').json() == "java"
    assert twinspan("call", f"work.{provider}.given").json() == service
    assert twinspan("call", f"work.{provider}.echo", json.dumps([{"@node_ref": node}])).json() == node
    told = json.loads(twinspan("call", f"work.{provider}.tell", json.dumps([{"@service_ref": service}])).json())
    assert told == {"t": "service", "v": service}
    refused = twinspan("call", f"work.{provider}.where", f'"{service}"', "--json").error(8)
    assert 'write "twinspan://CLUSTER/node/NAME"' in refused["message"], refused


@pytest.mark.parametrize("provider", LANGUAGES)
def test_arrays_records_and_types_that_the_value_says(twinspan: Command, provider: str) -> None:
    assert twinspan("call", f"work.{provider}.doubles", "[[0.5, 2]]").json() == [1.0, 4.0]
    order = {
        "id": {"@uuid": "01234567-89ab-cdef-0123-456789abcdef"},
        "lines": [{"sku": "a", "quantity": 2, "price": {"@decimal": "1.50"}}],
        "color": "GREEN",
        "due": {"@date": "2026-11-23"},
        "placed": {"@datetime": "2013-03-21T20:04:00Z"},
        "took": {"@duration": 1.5},
        "tags": {"@set<text>": ["x"]},
        "weights": {"@array": [0.5]},
        "extra": {"@map<int,text>": [[1, "i"]]},
        "note": None,
    }
    back = twinspan("call", f"work.{provider}.order", json.dumps([order])).json()
    assert (back["id"], back["due"], back["took"], back["tags"]) == (
        "01234567-89ab-cdef-0123-456789abcdef",
        "2026-11-23",
        "PT1.500S",
        ["x"],
    )
    assert back["lines"] == [{"sku": "a", "quantity": 2, "price": "1.50"}] and back["weights"] == [0.5]


@pytest.mark.parametrize("provider", LANGUAGES)
@pytest.mark.parametrize(
    ("method", "arguments", "code", "kind", "executed"),
    [
        ("value", ['"no"'], 5, "Remote", "yes"),
        ("instant", ['"soon"'], 8, "Unserializable", "no"),
        ("small", ['"x"'], 8, None, "no"),
        ("add", ["1", "2", "3", "4"], 8, "BadArguments", "no"),
        ("qoute", [], 3, "NoSuchMethod", "no"),
        ("slow", ["20000", '"{key}"', "--timeout", "300ms"], 4, "DeadlineExceeded", "maybe"),
        ("add", ["Berlin"], 2, "BadConfig", "no"),
        ("add", ["1", "--attempts", "99"], 2, "BadConfig", "no"),
        ("add", ["1", "--balance", "luck"], 2, "BadConfig", "no"),
    ],
)
def test_errors_have_their_codes(
    twinspan: Command, provider: str, method: str, arguments: list[str], code: int, kind: str | None, executed: str
) -> None:
    arguments = [argument.replace("{key}", key()) for argument in arguments]
    error = twinspan("call", f"work.{provider}.{method}", *arguments, "--json").error(code)
    assert error["executed"] == executed and kind in (None, error["kind"]), error
    plain = twinspan("call", f"work.{provider}.{method}", *arguments)
    assert (plain.code, plain.out, len(plain.err.splitlines())) == (code, "", 2), plain
    if code in (4, 5):
        assert error["node"] == provider and len(error["trace_id"]) == 32


def test_a_name_without_service_is_usage(twinspan: Command) -> None:
    assert twinspan("call", "add", "--json").error(2)["kind"] == "BadConfig"
    assert twinspan("call", "nosuch.add", "--json").error(3)["kind"] == "NotFound"
    assert twinspan("call", "--json").error(2)["kind"] == "BadConfig"


def test_overloaded_is_7(alone: Command, take: Callable[..., list[Agent]], ended: Ended) -> None:
    (agent,) = take("python")
    (one,) = join([agent], ["small"], alone.cluster, workers=1, memory=65536, max_payload=65536)
    held = key()
    holding = one.start("work", "hold", held)
    agent.event("entered", held)

    # One waits for the worker, and with it most of the memory is taken.
    def wait() -> subprocess.Popen[str]:
        return ended(alone.start("call", "work.blob", json.dumps("A" * 60000), "--timeout", "60s"))

    waiting = wait()
    codes = []
    for _ in range(40):
        if waiting.poll() is not None:
            # A probe came first, and this one was refused.
            waiting = wait()
        told = alone("call", "work.blob", json.dumps("A" * 60000), "--attempts", "1", "--timeout", "500ms", "--json")
        codes.append(told.code)
        if told.code == 7:
            assert told.error(7)["kind"] == "Overloaded"
            break
    agent.ask("release", key=held)
    assert 7 in codes, codes
    holding.get()
    waiting.communicate(timeout=30)


def test_permission_version_and_internal(agents: Agents, alone: Command, take: Callable[..., list[Agent]]) -> None:
    (agent,) = take("python")
    join([agent], ["one"], alone.cluster)
    folder = next(agents.home.glob(f"*/{alone.cluster}"))
    folder.chmod(0o755)
    try:
        assert alone("members", "--json").error(6)["kind"] == "PermissionDenied"
    finally:
        folder.chmod(0o700)
    kept = (folder / "format").read_text()
    (folder / "format").write_text("99\n")
    try:
        assert alone("members", "--json").error(9)["kind"] == "VersionMismatch"
    finally:
        (folder / "format").write_text(kept)
    with open("/dev/full", "w") as full:
        environment = {**alone.environment, "TWINSPAN_CLUSTER": alone.cluster}
        done = subprocess.run([*alone.command, "members"], stdout=full, stderr=subprocess.PIPE, env=environment, timeout=30, check=False)
    assert done.returncode == 70, done


def test_every_provider(twinspan: Command) -> None:
    assert twinspan("call", "work.who", "--all").json() == {"p": {"result": "p"}, "j": {"result": "j"}}
    told = twinspan("call", "work.value", '"no"', "--all", "--json")
    assert told.error(5)["message"].startswith("2 of 2 providers failed")
    outcomes = json.loads(told.out)
    assert set(outcomes) == {"p", "j"} and {one["error"]["kind"] for one in outcomes.values()} == {"Remote"}


def test_affinity_and_balance(twinspan: Command) -> None:
    same = {twinspan("call", "work.who", "--affinity", "k").json() for _ in range(4)}
    assert len(same) == 1
    assert twinspan("call", "work.who", "--balance", "round_robin").json() in ("p", "j")


@pytest.mark.parametrize("provider", LANGUAGES)
def test_ctrl_c_cancels(twinspan: Command, two: dict[str, Joined], ended: Ended, provider: str) -> None:
    name = key()
    running = ended(twinspan.start("call", f"work.{provider}.slow", "25000", json.dumps(name)))
    two[provider].agent.event("entered", name)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=10)
    assert (running.returncode, out, err) == (130, "", "")
    two[provider].agent.event("cancelled", name)


Feeder = Callable[[str], Agent]


@pytest.fixture
def feeder(take: Callable[..., list[Agent]], alone: Command) -> Feeder:
    """Makes a provider of streams in a language, in the cluster of `alone`."""

    def feeder(language: str) -> Agent:
        (agent,) = take(language)
        options = {"cluster": alone.cluster, "name": "feeder"}
        agent.ask("step", do="join", node="feeder", face="blocking", serve=[["feed", "feed"]], options=options)
        return agent

    return feeder


@pytest.mark.parametrize("language", ["python", "java"])
def test_streams(alone: Command, feeder: Feeder, ended: Ended, language: str) -> None:
    agent = feeder(language)
    assert alone("call", "feed.numbers", "3", json.dumps(key())).out == "0\n1\n2\n"
    assert alone("call", "feed.numbers", "0", json.dumps(key()), "--json").out == ""
    # What was sent before the error stands before it.
    told = alone("call", "feed.breaking", "2", json.dumps(key()), "--json")
    assert (told.out, told.error(5)["kind"]) == ("0\n1\n", "Remote")
    # Nobody reads any more: no failure, and the producer ends.
    name = key()
    cut = ended(alone.start("call", "feed.numbers", "1000000000", json.dumps(name)))
    assert cut.stdout is not None and cut.stdout.readline() == "0\n"
    cut.stdout.close()
    assert cut.wait(20) == 0
    agent.event("closed", name)
    # Ctrl-C as well.
    name = key()
    watching = ended(alone.start("call", "feed.ticks", "20", "100000", json.dumps(name)))
    assert watching.stdout is not None and watching.stdout.readline() == "0\n"
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 130
    agent.event("closed", name)


@pytest.mark.parametrize("language", ["python", "java"])
def test_a_stream_as_argument(alone: Command, feeder: Feeder, language: str) -> None:
    feeder(language)
    assert alone("call", "feed.total", "[[1, 2, 3]]").json() == 6
    numbers = "".join(f"{n}\n" for n in range(5000))
    assert alone("call", "feed.total", "--items", "-", given=numbers).json() == sum(range(5000))
    (alone.folder / "numbers.jsonl").write_text("1\n\n2\n")
    assert alone("call", "feed.total", "--items", "numbers.jsonl").json() == 3
    assert alone("call", "feed.some", "--named", "most=2", "--items", "-", given=numbers).json() == [0, 1]
    assert "line 2 of the items" in alone("call", "feed.total", "--items", "-", "--json", given="1\n{\n").error(8)["message"]
    assert alone("call", "feed.total", "--items", "missing", "--json").error(2)["kind"] == "BadConfig"
    assert "no parameter" in alone("call", "feed.listed", "1", "--items", "-", "--json").error(2)["message"]
