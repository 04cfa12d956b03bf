"""`node`: a plain node that others join by, and `run`: the way to the Python side."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents import places
from agents.driver import Agent
from agents.pairs import NODE, Joined, complete

from .conftest import Command

Ended = Callable[[subprocess.Popen[str]], subprocess.Popen[str]]


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def certificates(command: Command, *names: str, cluster: str = "wide", folder: str = "certs") -> Path:
    made = command.folder / folder
    assert command("dev-certs", str(made), *names, "--cluster", cluster).code == 0
    return made


def test_one_line_when_ready_and_0_at_the_end(alone: Command, ended: Ended) -> None:
    for stop in (signal.SIGTERM, signal.SIGINT):
        node = ended(alone.start("node", "--name", "plain"))
        ready = line(node)
        assert ready.startswith(f"node plain of the cluster {alone.cluster} is ready at unix:")
        members = alone("members", "--json").json()["members"]
        assert [(m["name"], m["state"], m["language"], m["services"]) for m in members] == [("plain", "ready", "rust", [])]
        node.send_signal(stop)
        out, err = node.communicate(timeout=15)
        assert (node.returncode, out, err) == (0, "", "")
        assert alone("members").code == 3


def test_json_and_a_name_that_is_taken(alone: Command, ended: Ended) -> None:
    node = ended(alone.start("node", "--name", "plain", "--json"))
    facts = json.loads(line(node))
    assert set(facts) == {"node", "id", "cluster", "addresses"} and facts["node"] == "plain"
    error = alone("node", "--name", "plain", "--json").error(2)
    assert error["kind"] == "AlreadyExists" and str(node.pid) in error["message"]


def test_a_seed_of_several_hosts(alone: Command, ended: Ended, take: Callable[..., list[Agent]]) -> None:
    folder = certificates(alone, "seed", "p", "j", "ops")
    seed = ended(alone.start("node", "--identity", str(folder / "seed"), "--listen", "127.0.0.1:0", "--json", TWINSPAN_CLUSTER=""))
    (address,) = json.loads(line(seed))["addresses"]
    joined = []
    for name, agent in zip(("p", "j"), take("python", "java"), strict=True):
        options = {"identity": str(folder / name), "seeds": [address], "listen": "127.0.0.1:0"}
        joined.append(Joined(agent, name, agent.ask("join", node=NODE, serve=[f"work.{name}"], options=options)))
    complete([*joined, Joined(joined[0].agent, "seed", {})])
    there = ["--identity", str(folder / "ops"), "--seeds", address]
    assert alone("call", "work.j.add", "1", "2", *there, TWINSPAN_CLUSTER="").json() == 3
    names = [member["name"] for member in alone("members", "--json", *there, TWINSPAN_CLUSTER="").json()["members"]]
    assert names == ["j", "p", "seed"]
    # In the folder of a node that serves, its address is where the cluster is found.
    (alone.folder / "twinspan.toml").write_text(f'identity = "certs/ops"\nlisten = "{address}"\n')
    assert alone("status", TWINSPAN_CLUSTER="").code == 0
    # A certificate of another CA is refused.
    other = certificates(alone, "ops", folder="other")
    error = alone("members", "--identity", str(other / "ops"), "--seeds", address, "--json", TWINSPAN_CLUSTER="").error(6)
    assert error["kind"] == "Unauthenticated"
    seed.send_signal(signal.SIGTERM)
    assert seed.wait(15) == 0


APP = """
import twinspan

app = twinspan.App("tiny")


@app.service("tiny")
class Tiny:
    def pid(self) -> int:
        import os

        return os.getpid()
"""


def test_run_becomes_the_interpreter(alone: Command, ended: Ended) -> None:
    (alone.folder / "tiny.py").write_text(APP)
    process = ended(alone.start("run", "tiny:app", "--name", "tiny", TWINSPAN_PYTHON=places.python()))
    while (told := alone("call", "tiny.pid")).code == 3:
        assert process.poll() is None, process.communicate()
    assert told.json() == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert alone("members").code == 3


@pytest.mark.parametrize("hides", [False, True])
def test_run_hides_errors_if_told(alone: Command, ended: Ended, hides: bool) -> None:
    (alone.folder / "tiny.py").write_text(APP + "    def fail(self) -> None:\n        raise ValueError('the secret')\n")
    options = ["--hide-errors"] if hides else []
    process = ended(alone.start("run", "tiny:app", "--name", "tiny", *options, TWINSPAN_PYTHON=places.python()))
    while (told := alone("--json", "call", "tiny.fail")).code == 3:
        assert process.poll() is None, process.communicate()
    error = told.error(5)
    assert "builtins.ValueError" in error["message"]
    assert ("the secret" in told.err + told.out) == (not hides)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=20)
    assert "the secret" in log or not hides


def test_run_says_what_is_missing(alone: Command) -> None:
    (alone.folder / "bin").mkdir()
    error = alone("--json", "run", "tiny:app", PATH=str(alone.folder / "bin"), TWINSPAN_PYTHON="").error(2)
    assert "no python3 is found" in error["message"] and "TWINSPAN_PYTHON" in error["advice"]
    error = alone("--json", "run", "tiny:app", TWINSPAN_PYTHON="/nowhere/python3").error(2)
    assert "/nowhere/python3 can't be run" in error["message"]
    bare = alone.folder / "bin/python3"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E "$@"\n')
    bare.chmod(0o755)
    error = alone("--json", "run", "tiny:app", TWINSPAN_PYTHON="", PATH=f"{bare.parent}:{os.environ['PATH']}").error(2)
    assert "can't import the package `twinspan`" in error["message"]
    assert alone("run").code == 2
    assert "--processes" in alone("run", "--help").out
