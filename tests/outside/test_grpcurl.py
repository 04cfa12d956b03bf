"""The cluster from outside, by a gRPC client that nobody here wrote: over TCP with certificates made ahead, on one host with an exported one."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents import places
from agents.driver import Agent, Agents, borrowed, new_cluster
from agents.literal import number
from agents.pairs import NODE, Joined, complete, join, key
from faults.certificates import Maker

from .grpcurl import LIMIT, PROVIDERS, Client, address_of, export, files


@pytest.fixture(scope="module")
def host(agents: Agents, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, dict[str, Joined], str, Path]]:
    """A Python and a Java node on one host; the client is connected to the Python node and has an exported certificate."""
    cluster, folder = new_cluster(), tmp_path_factory.mktemp("grpc") / "client"
    with borrowed(agents, "python", "java") as taken:
        python, java = join(taken, ["p1", "j1"], cluster)
        made = export(agents, folder, cluster)
        assert made.returncode == 0, made.stderr
        yield Client(files(folder), address_of(python)), {"python": python, "java": java}, cluster, folder


@pytest.fixture(scope="module")
def wide(agents: Agents, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, dict[str, Joined]]]:
    """The same over TCP with certificates of `twinspan dev-certs`; the client is connected to the Java node."""
    folder = tmp_path_factory.mktemp("grpc") / "dev"
    subprocess.run([str(places.executable()), "dev-certs", str(folder), "p1", "j1", "me"], check=True, timeout=LIMIT, capture_output=True)
    with borrowed(agents, "python", "java") as taken:
        joined: list[Joined] = []
        for agent, name in zip(taken, ("p1", "j1"), strict=True):
            options: dict[str, Any] = {"identity": str(folder / name), "listen": "127.0.0.1:0"}
            if joined:
                options["seeds"] = joined[0].told["addresses"]
            told = agent.ask("join", node=NODE, serve=["work", f"work.{name}"], options=options)
            joined.append(Joined(agent, name, told))
        complete(joined)
        yield Client(files(folder / "me"), address_of(joined[1])), dict(zip(PROVIDERS, joined, strict=True))


@pytest.fixture(params=["host", "wide"])
def both(request: pytest.FixtureRequest) -> tuple[Client, dict[str, Joined]]:
    """Either cluster."""
    client, joined, *_ = request.getfixturevalue(request.param)
    return client, joined


def service(joined: Joined) -> str:
    return f"work.{joined.name}.{joined.name.upper()}"


def test_any_node_lists_what_it_sees(both: tuple[Client, dict[str, Joined]]) -> None:
    client, _ = both
    reflection = [f"grpc.reflection.{version}.ServerReflection" for version in ("v1", "v1alpha")]
    assert client.ask("list").split() == sorted(["grpc.health.v1.Health", *reflection, "work.Work", "work.j1.J1", "work.p1.P1"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_definitions_come_from_the_live_services(both: tuple[Client, dict[str, Joined]], provider: str) -> None:
    client, joined = both
    full = service(joined[provider])
    package = full.rpartition(".")[0]
    assert f"rpc Add ( .{package}.AddRequest ) returns ( .{package}.AddResponse );" in client.ask("describe", full)
    fields = client.ask("describe", f"{package}.AddRequest")
    assert "int64 a = 1;" in fields and "optional int64 b = 2;" in fields and "optional int64 scale = 3;" in fields
    assert "int64 result = 1;" in client.ask("describe", f"{package}.AddResponse")
    assert "repeated string path = 1;" in client.ask("describe", f"{package}.RelayRequest")
    # Every service, and what those need that it defines itself.
    everything = client.ask("describe")
    assert all(f"{name} is a service" in everything for name in ("work.Work", full, "grpc.health.v1.Health"))
    assert "enum ServingStatus" in client.ask("describe", "grpc.health.v1.HealthCheckResponse.ServingStatus")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_calls(both: tuple[Client, dict[str, Joined]], provider: str) -> None:
    client, joined = both
    full = service(joined[provider])
    assert client.call(f"{full}/Add", {"a": 2}) == "3"
    assert client.call(f"{full}/Add", {"a": 2, "b": 3, "scale": -10}) == "-50"
    assert client.call(f"{full}/Who", {}) == joined[provider].name
    assert client.call(f"{full}/Blob", {"value": "AAH/"}) == "AAH/"
    assert client.call(f"{full}/Color", {"value": "GREEN"}) == "GREEN"
    assert client.call(f"{full}/Make", {"size": 3}) == "AAEC"
    hops = client.call(f"{full}/Relay", {"path": ["work.p1", "work.j1"]})
    assert [hop["name"] for hop in hops][1:] == ["p1", "j1"] and [hop["depth"] for hop in hops] == [1, 2, 3]
    # Through one node to another: the caller is the node that the client is connected to.
    assert hops[0]["caller"] in {"p1", "j1"} and 0 < hops[0]["remaining"] <= 30


@pytest.mark.parametrize("provider", PROVIDERS)
def test_values_that_no_field_fits(both: tuple[Client, dict[str, Joined]], provider: str) -> None:
    client, joined = both
    full = service(joined[provider])
    for value in (None, True, 7, -2.5, "ä", [], [1, [2, {"k": None}]], {"a": {"b": [False]}}):
        assert client.call(f"{full}/Echo", {"value": value}) == value
    # A number that counts arrives as an integer.
    assert json.loads(client.call(f"{full}/Tell", {"value": [1, 1.5]})) == [1, number(1.5)]
    assert client.call(f"{full}/Digest", {"value": "YWI="})[0] == 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_errors(both: tuple[Client, dict[str, Joined]], provider: str) -> None:
    client, joined = both
    full = service(joined[provider])
    raised = client.error(f"{full}/Value", {"text": "größer, 100 %"})
    assert raised["code"] == 2 and "größer, 100 %" in raised["message"] and len(raised["message"].splitlines()) == 2
    kind = {"python": "builtins.ValueError", "java": "java.lang.IllegalArgumentException"}[provider]
    assert (raised["twinspan-type"], raised["twinspan-kind"], raised["twinspan-executed"]) == (kind, "Remote", "yes")
    assert (raised["twinspan-node"], raised["twinspan-language"]) == (joined[provider].name, provider)
    assert len(raised["twinspan-trace-id"]) == 32
    missing = client.error(f"{full}/Order", {})
    assert (missing["code"], missing["twinspan-kind"], missing["twinspan-executed"]) == (3, "BadArguments", "no")
    assert client.error(f"{full}/Uncrossable", {})["twinspan-executed"] == "yes"
    # What grpcurl would not even send is tried in the core's tests.
    large = client.error(f"{full}/Make", {"size": 5 << 20})
    assert (large["code"], large["twinspan-kind"]) == (13, "Unserializable") and "4194304" in large["message"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_client_that_stops_waiting_is_told_to_the_handler(both: tuple[Client, dict[str, Joined]], provider: str) -> None:
    client, joined = both
    one, full = joined[provider], service(joined[provider])
    late = key()
    error = client.error(f"{full}/Slow", {"ms": 20_000, "key": late}, flags=("-max-time", "0.7"))
    assert error["code"] == 4
    one.agent.event("cancelled", late, within=5)
    # It goes away without a word: its call is cancelled just so.
    gone = key()
    command = client.command(f"{full}/Slow", flags=("-d", json.dumps({"ms": 20_000, "key": gone})))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        one.agent.event("entered", gone)
        process.kill()
    one.agent.event("cancelled", gone, within=5)


def test_a_trace_is_carried_on(host: tuple[Client, dict[str, Joined], str, Path]) -> None:
    client, joined, *_ = host
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    error = client.error(
        f"{service(joined['java'])}/Value", {"text": "x"}, flags=("-rpc-header", f"traceparent: 00-{trace}-00f067aa0ba902b7-01")
    )
    assert error["twinspan-trace-id"] == trace


def test_health(both: tuple[Client, dict[str, Joined]]) -> None:
    client, _ = both
    for name in ("", "work", "work.Work", "work.j1", "grpc.health.v1.Health"):
        assert client.call("grpc.health.v1.Health/Check", {"service": name}) == {"status": "SERVING"}
    assert client.error("grpc.health.v1.Health/Check", {"service": "nothing"})["code"] == 5
    states = client.call("grpc.health.v1.Health/List", {})["statuses"]
    assert states.keys() == {"", "work.Work", "work.p1.P1", "work.j1.J1"}
    assert {state["status"] for state in states.values()} == {"SERVING"}


def test_health_is_told_as_it_changes(agents: Agents, take: Callable[..., list[Agent]], cluster: str, tmp_path: Path) -> None:
    python, java = join(take("python", "java"), ["p", "j"], cluster)
    assert export(agents, tmp_path, cluster).returncode == 0
    client = Client(files(tmp_path), address_of(python))
    command = client.command("grpc.health.v1.Health/Watch", flags=("-d", '{"service": "work.j"}'))
    with (
        watching(command, tmp_path / "java") as java_states,
        watching(client.command("grpc.health.v1.Health/Watch"), tmp_path / "own") as own,
    ):
        seen(java_states, "SERVING")
        java.agent.ask("close", node=NODE)
        seen(java_states, "SERVICE_UNKNOWN")
        seen(own, "SERVING")
        python.agent.ask("close", node=NODE)
        seen(own, "NOT_SERVING")


@contextlib.contextmanager
def watching(command: list[str], out: Path) -> Iterator[Path]:
    with open(out, "w") as told, subprocess.Popen(command, stdout=told, stderr=subprocess.DEVNULL) as process:
        try:
            yield out
        finally:
            process.kill()


def seen(out: Path, state: str, within: float = 10.0) -> None:
    """Waits for a state; none is told twice in a row."""
    until = time.monotonic() + within
    while not (told := [line.split('"')[3] for line in out.read_text().splitlines() if '"status"' in line]) or told[-1] != state:
        assert time.monotonic() < until, told
        time.sleep(0.02)
    assert told[0] == "SERVING" and all(one != other for one, other in itertools.pairwise(told))


def test_who_is_refused(host: tuple[Client, dict[str, Joined], str, Path], tmp_path: Path) -> None:
    client, _, cluster, folder = host
    foreign = Maker.foreign(tmp_path, "foreign")
    certificate, secret = foreign.leaf("foreign-leaf", f"spiffe://{cluster}/role/client/name/client")
    without = Client(["-cacert", str(folder / "ca.pem")], client.address)
    wrong = Client(["-cacert", str(folder / "ca.pem"), "-cert", str(certificate), "-key", str(secret)], client.address)
    plain = Client(["-plaintext"], client.address)
    assert client.run("list").returncode == 0
    for refused in (without, wrong, plain):
        made = refused.run("list", flags=("-connect-timeout", "5"))
        assert made.returncode != 0 and "work" not in made.stdout


def test_a_client_is_no_node(host: tuple[Client, dict[str, Joined], str, Path], take: Callable[..., list[Agent]]) -> None:
    _, _, _, folder = host
    (agent,) = take("python")
    error = agent.start("join", node=NODE, options={"identity": str(folder), "listen": "127.0.0.1:0"}).error()
    assert error["kind"] == "BadConfig" and "for a client" in error["text"]


def test_the_exported_folder(host: tuple[Client, dict[str, Joined], str, Path], agents: Agents, tmp_path: Path) -> None:
    _, joined, cluster, folder = host
    assert sorted(path.name for path in folder.iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
    assert folder.stat().st_mode & 0o777 == 0o700 and (folder / "key.pem").stat().st_mode & 0o777 == 0o600
    made = export(agents, tmp_path / "it's mine", cluster, "--days", "1")
    assert "valid for 1 days" in made.stdout and made.returncode == 0, made.stderr
    # The line that it prints works as it is.
    line = made.stdout.splitlines()[-1].partition(": ")[2]
    path = f"{places.grpcurl().parent}"
    shell = ["bash", "-euc", line.replace("grpcurl", f"{path}/{places.grpcurl().name}", 1)]
    listed = subprocess.run(shell, capture_output=True, text=True, timeout=LIMIT, check=True, env=os.environ)
    assert "work.Work" in listed.stdout
    told = json.loads(export(agents, tmp_path / "json", cluster, "--json").stdout)
    assert told["cluster"] == cluster and {one.told["addresses"][0] for one in joined.values()} <= set(told["addresses"])
    for wrong in (["--days", "31"], ["--days", "0"], ["--name", "a b"]):
        assert export(agents, tmp_path / "wrong", cluster, *wrong).returncode == 2
    assert not (tmp_path / "wrong").exists()


def test_what_runs_is_finished_when_the_node_leaves(agents: Agents, take: Callable[..., list[Agent]], cluster: str, tmp_path: Path) -> None:
    (one,) = join(take("python"), ["p"], cluster)
    assert export(agents, tmp_path, cluster).returncode == 0
    client = Client(files(tmp_path), address_of(one))
    held = key()
    command = client.command("work.p.P/Hold", flags=("-d", json.dumps({"key": held})))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        one.agent.event("entered", held)
        closing = one.agent.start("close", node=NODE)
        one.agent.ask("release", key=held)
        out, _ = process.communicate(timeout=LIMIT)
    closing.get()
    assert process.returncode == 0 and json.loads(out) == {"result": "p"}
