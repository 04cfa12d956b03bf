"""Clusters over TCP with certificates that were made ahead."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents import places
from agents.driver import Agent, Agents, borrowed
from agents.pairs import NODE, Joined, Pair, complete
from faults.sockets import listening

NAMES = ["p1", "j1", "p2", "j2"]


def certificates(folder: Path, *names: str, cluster: str = "wide", command: list[str] | None = None) -> Path:
    """A folder made by `twinspan dev-certs`."""
    command = command or [str(places.executable())]
    subprocess.run([*command, "dev-certs", str(folder), *names, "--cluster", cluster], check=True, timeout=30, capture_output=True)
    return folder


def identified(agent: Agent, folder: Path, name: str, **options: object) -> Joined:
    told = agent.ask("join", node=NODE, serve=[f"work.{name}"], options={"identity": str(folder / name), **options})
    return Joined(agent, name, told)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates(tmp_path_factory.mktemp("certs") / "dev", *NAMES, "extra")


@pytest.fixture(scope="module")
def wide(agents: Agents, folder: Path) -> Iterator[dict[str, Joined]]:
    """`p1` starts the cluster, the others join by it; `p2` and `j2` know two seeds."""
    with borrowed(agents, "python", "java", "python", "java") as taken:
        one = identified(taken[0], folder, "p1", listen="127.0.0.1:0")
        two = identified(taken[1], folder, "j1", listen="127.0.0.1:0", seeds=one.told["addresses"])
        seeds = [*one.told["addresses"], *two.told["addresses"]]
        three = identified(taken[2], folder, "p2", listen="127.0.0.1:0", seeds=seeds)
        last = identified(taken[3], folder, "j2", listen="127.0.0.1:0", seeds=list(reversed(seeds)))
        joined = [one, two, three, last]
        complete(joined)
        yield {each.name: each for each in joined}


def test_names_come_from_the_certificates(wide: dict[str, Joined]) -> None:
    for name, one in wide.items():
        assert (one.told["name"], one.told["cluster"]) == (name, "wide")
        assert all(address.startswith("127.0.0.1:") for address in one.told["addresses"])
        # No Unix socket: this is no cluster of the host.
        assert [found.partition(":")[0] for found in listening(one.agent.pid)] == ["tcp"]


def test_calls_of_all_pairs(wide: dict[str, Joined]) -> None:
    for caller in wide.values():
        for provider in wide.values():
            pair = Pair(caller, provider)
            assert pair.call("who") == provider.name
            assert pair.call("add", 1, 2, style="typed_async") == 3
            assert pair.error("value", "no")["kind"] == "Remote"


@pytest.mark.parametrize("size", [2**20, 20 * 2**20], ids=["1M", "20M"])
@pytest.mark.parametrize("callers", ["p1-j1", "j1-p1", "p1-p2", "j1-j2"])
def test_bodies(wide: dict[str, Joined], callers: str, size: int) -> None:
    caller, provider = callers.split("-")
    pair = Pair(wide[caller], wide[provider])
    length, digest = pair.call("blob", {"t": "filled", "v": [9, size]}, result="digest")
    assert length == size
    assert pair.call("digest", {"t": "filled", "v": [9, size]}) == [size, digest]


@pytest.mark.parametrize("language", ["python", "java"])
def test_one_seed_of_two_is_enough(wide: dict[str, Joined], folder: Path, take: Callable[..., list[Agent]], language: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"127.0.0.1:{taken.getsockname()[1]}"
    (agent,) = take(language)
    extra = identified(agent, folder, "extra", seeds=[dead, *wide["j1"].told["addresses"]])
    complete([*wide.values(), extra])
    assert extra.call(wide["p1"].service, "who") == "p1"
    # Without an address of its own it is reached over the link that it opened.
    assert wide["j2"].call(extra.service, "who") == "extra"
    agent.ask("close", node=NODE)
    complete(list(wide.values()))


@pytest.mark.parametrize("language", ["python", "java"])
def test_strangers_are_refused(wide: dict[str, Joined], tmp_path: Path, take: Callable[..., list[Agent]], language: str) -> None:
    """A CA of the same shape, and another cluster's: both sides see that they don't belong together."""
    (agent,) = take(language)
    for cluster in ("wide", "other"):
        folder = certificates(tmp_path / cluster, "stranger", cluster=cluster)
        options = {"identity": str(folder / "stranger"), "seeds": wide["p1"].told["addresses"]}
        error = agent.start("join", node=NODE, options=options).error()
        assert error["kind"] == "Unauthenticated", error["text"]
        assert len(error["text"].splitlines()) == 2
    assert {m["name"] for m in wide["p1"].ask("members")} == set(wide)


@pytest.mark.parametrize("language", ["python", "java"])
def test_a_taken_name(wide: dict[str, Joined], folder: Path, take: Callable[..., list[Agent]], language: str) -> None:
    (agent,) = take(language)
    options = {"identity": str(folder / "p2"), "seeds": wide["j1"].told["addresses"]}
    error = agent.start("join", node=NODE, options=options).error()
    assert error["kind"] == "AlreadyExists", error["text"]
    assert "p2" in error["text"]
    assert wide["j1"].call("work.p2", "who") == "p2"


@pytest.mark.parametrize("language", ["python", "java"])
def test_no_seed_answers(folder: Path, take: Callable[..., list[Agent]], language: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"127.0.0.1:{taken.getsockname()[1]}"
    (agent,) = take(language)
    error = agent.start("join", node=NODE, options={"identity": str(folder / "extra"), "seeds": [dead]}).error()
    assert (error["kind"], error["executed"], error["retryable"]) == ("Unavailable", "no", True)
    assert dead in error["text"]
    assert len(error["text"].splitlines()) == 2


@pytest.mark.parametrize("language", ["python", "java"])
def test_a_seed_that_was_killed_is_found_again(folder: Path, take: Callable[..., list[Agent]], language: str) -> None:
    """It comes back at its address, and knows nobody; whom it left alone asks it again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    first, second, again = take("python", language, "python")
    identified(first, folder, "p1", listen=address)
    other = identified(second, folder, "j1", listen="127.0.0.1:0", seeds=[address])
    assert other.watch(ready=["p1", "j1"])["done"]
    first.kill()
    assert other.watch(ready=["j1"])["done"]
    back = identified(again, folder, "p1", listen=address)
    complete([other, back], within=10)
    assert other.call(back.service, "who") == "p1"


@pytest.mark.parametrize("language", ["python", "java"])
def test_settings_against_the_certificate(folder: Path, take: Callable[..., list[Agent]], language: str) -> None:
    (agent,) = take(language)
    for wrong in ({"cluster": "narrow"}, {"name": "somebody"}):
        options = {"identity": str(folder / "extra"), "listen": "127.0.0.1:0", **wrong}
        error = agent.start("join", node=NODE, options=options).error()
        assert error["kind"] == "BadConfig"
        assert next(iter(wrong.values())) in error["text"]


def test_dev_certs_of_the_python_package(tmp_path: Path, agents: Agents) -> None:
    command = [places.python(), "-m", "twinspan"]
    folder = tmp_path / "made"
    made = subprocess.run(
        [*command, "dev-certs", str(folder), "a", "b"], check=False, timeout=30, capture_output=True, text=True, env=agents.environment()
    )
    assert made.returncode == 0, made.stderr
    for name in ("a", "b"):
        assert sorted(path.name for path in (folder / name).iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
        assert (folder / name / "key.pem").stat().st_mode & 0o777 == 0o600
    assert (folder / "ca-key.pem").stat().st_mode & 0o777 == 0o600
    root = (folder / "ca.pem").read_bytes()
    # One more name: the same CA.
    subprocess.run([*command, "dev-certs", str(folder), "c"], check=True, timeout=30, capture_output=True, env=agents.environment())
    assert (folder / "ca.pem").read_bytes() == root == (folder / "c/ca.pem").read_bytes()


@pytest.mark.parametrize("language", ["python", "java"])
def test_transport_tcp_on_one_host(take: Callable[..., list[Agent]], cluster: str, language: str) -> None:
    """For measurements: a node of this host's cluster that is reached, and reaches others, by TCP only."""
    agents = take(language, "java" if language == "python" else "python")
    joined = []
    for agent, name in zip(agents, ("a", "b"), strict=True):
        options = {"cluster": cluster, "name": name, "transport": "tcp"}
        joined.append(Joined(agent, name, agent.ask("join", node=NODE, serve=[f"work.{name}"], options=options)))
    complete(joined)
    for one in joined:
        assert all("unix" not in address for address in one.told["addresses"])
    assert joined[0].call("work.b", "who") == "b"
    assert joined[1].call("work.a", "who") == "a"
