"""Bad input: a typed error in both languages, whose text says what happened and what to do."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents import literal as lit
from agents.driver import Agent, Agents, new_cluster
from agents.pairs import NODE, Joined
from faults.certificates import Maker
from faults.hello import cluster_id, hello, reception
from faults.probes import CLOSES_WITHIN
from faults.sockets import listening
from faults.tls import Refused, Tls, connect

BUILTINS = {
    "BadArguments": "TypeError",
    "BadConfig": "ValueError",
    "NotFound": "LookupError",
    "NoSuchMethod": "LookupError",
    "Unserializable": "TypeError",
    "Unavailable": "ConnectionError",
    "Misuse": "RuntimeError",
}


@dataclass
class Bad:
    """One bad call: what it must be refused with, and words that its text must hold."""

    kind: str
    says: list[str]
    service: str = "work.{provider}"
    method: str = "add"
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    retryable: bool = False


CALLS = {
    "unknown service": Bad("NotFound", ["wrok", "work"], service="wrok", args=[1]),
    "unknown service of another prefix": Bad("NotFound", ["work.{provider}x", "work.{provider}"], service="work.{provider}x", args=[1]),
    "unknown method": Bad("NoSuchMethod", ["ad", "add"], method="ad", args=[1]),
    "unknown argument": Bad("BadArguments", ["scael", "scale", "add("], args=[1], kwargs={"scael": 2}),
    "missing argument": Bad("BadArguments", ["`a`", "add("]),
    "missing argument among others": Bad("BadArguments", ["`a`", "add("], kwargs={"b": 1, "scale": 2}),
    "too many arguments": Bad("BadArguments", ["add("], args=[1, 2, 3, 4, 5]),
    "an argument twice": Bad("BadArguments", ["`a`", "add("], args=[1], kwargs={"a": 2}),
    "text for a number": Bad("Unserializable", ["`a`", '"one"'], args=["one"]),
    "a record without a field": Bad(
        "Unserializable", ["order.lines[0]", "`price`"], method="order", args=[lit.fields(lines=[lit.fields(sku="A", quantity=1)])]
    ),
    "a value that can't cross": Bad("Unserializable", [], method="echo", args=[{"t": "uncrossable", "v": None}]),
    "a value deep inside that can't cross": Bad(
        "Unserializable", ["items", "[1]"], method="echo", args=[lit.fields(items=[1, {"t": "uncrossable", "v": None}])]
    ),
}


def check(error: dict[str, Any], kind: str, language: str, *says: str) -> None:
    """A typed error with two lines: what happened, what to do."""
    assert error.get("kind") == kind, error["text"]
    named = {"python": f"twinspan.{kind}", "java": f"io.twinspan.{kind}Exception"}
    assert error["class"] == named[language]
    lines = error["text"].splitlines()
    assert len(lines) == 2, error["text"]
    assert all(len(line) > 10 for line in lines), error["text"]
    assert error["advice"] == lines[1]
    for word in says:
        # A name may be quoted in the way of the language that refused it, or begin a path.
        name = word.strip("`")
        spelt = [word, f'"{name}"', f" {name}:", f" {name} "] if word != name else [word]
        assert any(way in error["text"] for way in spelt), f"{word} is not in: {error['text']}"
    if language == "python" and kind in BUILTINS:
        assert BUILTINS[kind] in error["also"]


@pytest.mark.parametrize("provider", ["p2", "j2"])
@pytest.mark.parametrize("name", CALLS)
def test_bad_calls(caller: Joined, four: dict[str, Joined], name: str, provider: str) -> None:
    bad = CALLS[name]
    service = bad.service.format(provider=provider)
    says = [word.format(provider=provider) for word in bad.says]
    error = caller.start(service, bad.method, *bad.args, kwargs=bad.kwargs).error()
    check(error, bad.kind, caller.language, *says)
    assert (error["executed"], error["retryable"]) == ("no", bad.retryable)


def test_a_wrong_balance_and_timeout(caller: Joined) -> None:
    for options in ({"balance": "best"}, {"timeout": -1}, {"attempts": 0}):
        error = caller.start("work", "who", options=options).error()
        assert error.get("kind") == "BadConfig" or error["class"] == "java.lang.IllegalArgumentException", error
        assert str(next(iter(options.values()))).lstrip("-") in error["text"]


def test_a_payload_beyond_the_limit(take: Callable[..., list[Agent]], cluster: str) -> None:
    """The sender's own limit, before anything is sent; and the receiver's, where only that one is small."""
    limits = {"small": 2**20, "large": 64 * 2**20}
    agents = take("python", "java", "python", "java")
    names = ["p_small", "j_small", "p_large", "j_large"]
    for agent, name in zip(agents, names, strict=True):
        most = limits[name[2:]]
        agent.ask("join", node=NODE, serve=[f"work.{name}"], options={"cluster": cluster, "name": name, "max_payload": most})
    body = {"t": "filled", "v": [1, 2 * 2**20]}
    for agent, name in zip(agents, names, strict=True):
        for provider in names:
            if "small" not in name + provider or provider == name:
                continue
            agent.ask("wait_for", node=NODE, service=f"work.{provider}")
            error = agent.start("call", node=NODE, service=f"work.{provider}", method="digest", args=[body]).error()
            check(error, "PayloadTooLarge", agent.language, "max_payload")
            assert error["executed"] == "no"
    # An answer that is too large: the handler did run.
    for agent in agents[2:]:
        for provider in ("p_small", "j_small"):
            error = agent.start("call", node=NODE, service=f"work.{provider}", method="make", args=[2 * 2**20]).error()
            check(error, "PayloadTooLarge", agent.language)
            assert error["executed"] == "yes"


JOINS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "no cluster name": ({}, "BadConfig", ["cluster", "twinspan.toml"]),
    "a bad cluster name": ({"cluster": "Shop_1"}, "BadConfig", ["cluster", "Shop_1"]),
    "a bad node name": ({"cluster": "{cluster}", "name": "a b"}, "BadConfig", ["name", "a b"]),
    "an address without a certificate": ({"cluster": "{cluster}", "listen": "0.0.0.0:0"}, "BadConfig", ["listen", "dev-certs"]),
    "an identity that isn't there": ({"identity": "/nowhere/at/all", "listen": "127.0.0.1:0"}, "BadConfig", ["/nowhere/at/all"]),
    "a bad address": ({"cluster": "{cluster}", "listen": "here"}, "BadConfig", ["listen", "here"]),
    "local and seeds": ({"cluster": "{cluster}", "local": True, "seeds": ["127.0.0.1:1"]}, "BadConfig", ["local", "seeds"]),
}


@pytest.mark.parametrize("language", ["python", "java"])
@pytest.mark.parametrize("name", JOINS)
def test_bad_joins(take: Callable[..., list[Agent]], name: str, language: str) -> None:
    options, kind, says = JOINS[name]
    (agent,) = take(language)
    filled = {key: value.format(cluster=new_cluster()) if isinstance(value, str) else value for key, value in options.items()}
    error = agent.start("join", node=NODE, options=filled).error()
    check(error, kind, language, *says)


@pytest.mark.parametrize("second", ["python", "java"])
@pytest.mark.parametrize("first", ["python", "java"])
def test_a_taken_name(take: Callable[..., list[Agent]], cluster: str, first: str, second: str) -> None:
    holder, other = take(first, second)
    holder.ask("join", node=NODE, options={"cluster": cluster, "name": "same"})
    error = other.start("join", node=NODE, options={"cluster": cluster, "name": "same"}).error()
    check(error, "AlreadyExists", second, "same")
    # The holder is not disturbed, and once it has left the name is free.
    assert [m["name"] for m in holder.ask("members", node=NODE)] == ["same"]
    holder.ask("close", node=NODE)
    other.ask("join", node=NODE, options={"cluster": cluster, "name": "same"})


@pytest.mark.parametrize("language", ["python", "java"])
def test_an_unreachable_seed(take: Callable[..., list[Agent]], cluster: str, language: str) -> None:
    (agent,) = take(language)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    # Nobody listens there any more.
    error = agent.start("join", node=NODE, options={"cluster": cluster, "seeds": [f"127.0.0.1:{port}"]}).error()
    check(error, "Unavailable", language, f"127.0.0.1:{port}")
    assert error["executed"] == "no"


@pytest.mark.parametrize("language", ["python", "java"])
def test_after_close(take: Callable[..., list[Agent]], cluster: str, language: str) -> None:
    (agent,) = take(language)
    agent.ask("join", node=NODE, serve=["work"], options={"cluster": cluster})
    agent.ask("close", node=NODE)
    for style in ("node", "untyped", "typed", "node_async", "typed_async"):
        error = agent.start("call", node=NODE, service="work", method="who", style=style).error()
        check(error, "Closed", language)
        assert (error["executed"], error["retryable"]) == ("no", False)
    for look in ("members", "services"):
        check(agent.start(look, node=NODE).error(), "Closed", language)
    check(agent.start("wait_for", node=NODE, service="work").error(), "Closed", language)
    agent.ask("close", node=NODE)


def test_a_blocking_call_on_a_running_loop(four: dict[str, Joined]) -> None:
    for provider in (four["p2"], four["j2"]):
        error = four["p1"].start(provider.service, "who", style="on_loop").error()
        check(error, "Misuse", "python", "event loop", "await", f"{provider.service}.who")
        assert error["executed"] == "no"
    # The loop goes on.
    assert four["p1"].call("work.j2", "who", style="node_async") == "j2"


@pytest.mark.parametrize("name", ["p1", "j1"])
def test_garbage_on_the_port(four: dict[str, Joined], name: str) -> None:
    """The connection ends soon, nothing is said, and the node serves on."""
    one = four[name]
    address = next(found for found in listening(one.agent.pid) if one.told["id"] in found)
    for garbage in (b"\x00" * 4096, secrets.token_bytes(20_000), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"A" * 40_000):
        sock = connect(address)
        sock.settimeout(CLOSES_WITHIN)
        heard = b""
        try:
            sock.sendall(garbage)
            while more := sock.recv(4096):
                heard += more
        except TimeoutError:
            pytest.fail("the connection stays open")
        except OSError:
            pass
        finally:
            sock.close()
        assert len(heard) <= 7, heard  # an alert at most
    assert four["p2"].call(one.service, "who") == name
    assert four["j2"].call(one.service, "who") == name


@pytest.mark.parametrize("name", ["p1", "j1"])
def test_another_protocol_version(agents: Agents, four: dict[str, Joined], name: str) -> None:
    """A member of a far future is refused in words that name both sides and both ranges."""
    one = four[name]
    (state,) = agents.home.glob(f"*/{one.told['cluster']}")
    folder = agents.folder / f"future-{name}"
    folder.mkdir()
    both = (state / "issuer.pem").read_text()
    (folder / "issuer.pem").write_text(both)
    end = "-----END CERTIFICATE-----\n"
    maker = Maker(folder, folder / "issuer.pem", folder / "issuer.pem", both[: both.index(end)] + end)
    me = secrets.token_hex(16)
    certificate = maker.leaf("future", f"spiffe://{one.told['cluster']}/role/worker/node/{me}/future")
    address = next(found for found in listening(one.agent.pid) if one.told["id"] in found)
    sock = connect(address)
    try:
        tls = Tls(sock, Tls.context(certificate, ca=state / "ca.pem"))
        tls.shake()
        tls.send(hello(cluster_id(state / "ca.pem", one.told["cluster"]), me, "future", one.told["id"], version=(99, 99)))
        told = reception(tls)
    except Refused as refused:
        pytest.fail(f"no refusal came: {refused}")
    finally:
        sock.close()
    assert (told["what"], told["kind"]) == ("refuse", 12)
    for word in (name, "future", "99", "1"):
        assert word in told["text"], told
