"""`doctor`: each thing that can be wrong is named with what to do about it."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.driver import Agent, Agents
from agents.pairs import join
from faults.certificates import Maker

from .conftest import Command
from .elsewhere import another_version, clock_ahead, refusing
from .test_cli_node import Ended, certificates, line


def findings(command: Command, *arguments: str, code: int = 0, **environment: str) -> dict[str, dict[str, Any]]:
    """The worst finding of each check."""
    told = command("doctor", *arguments, "--json", **environment)
    assert told.code == code, told
    facts = json.loads(told.out)
    assert facts["ok"] is (code == 0)
    if code:
        assert told.error(code)["message"].split(": ")[-1].split(", ") == [f["check"] for f in facts["findings"] if f["state"] == "fail"]
    worst: dict[str, dict[str, Any]] = {}
    for finding in facts["findings"]:
        assert set(finding) == {"check", "state", "what", "advice"}
        assert finding["what"] and (finding["state"] == "ok") <= (finding["advice"] == "")
        assert "\n" not in finding["what"] + finding["advice"]
        order = ["ok", "warn", "fail"]
        known = worst.get(finding["check"])
        if known is None or order.index(known["state"]) < order.index(finding["state"]):
            worst[finding["check"]] = finding
    return worst


def is_so(finding: dict[str, Any], state: str, what: str, advice: str = "") -> None:
    assert finding["state"] == state and what in finding["what"] and advice in finding["advice"], finding


def test_a_sound_host(alone: Command, take: Callable[..., list[Agent]]) -> None:
    join(take("python", "java"), ["p", "j"], alone.cluster)
    found = findings(alone)
    assert {name: one["state"] for name, one in found.items() if name != "sockets"} == dict.fromkeys(
        ("version", "files", "settings", "state", "members", "clock"), "ok"
    )
    is_so(found["settings"], "ok", f"cluster `{alone.cluster}` (environment variable TWINSPAN_CLUSTER)")
    is_so(found["members"], "ok", "met 2 nodes: `j`, `p`")
    text = alone("doctor").out
    assert text.splitlines()[0].split()[:2] == ["ok", "version"]


def test_settings(alone: Command) -> None:
    (alone.folder / "twinspan.toml").write_text("clutser = 1\n")
    is_so(findings(alone, code=2)["settings"], "fail", "`clutser` is unknown", "Correct the file")
    (alone.folder / "twinspan.toml").unlink()
    found = findings(alone, code=2, TWINSPAN_CLUSTER="")
    is_so(found["settings"], "fail", "no name is given", 'cluster = "')
    assert found["version"]["state"] == found["files"]["state"] == "ok"


def test_state_directory(agents: Agents, alone: Command, take: Callable[..., list[Agent]]) -> None:
    is_so(findings(alone)["state"], "warn", "no cluster", "Check the name")
    join(take("python"), ["one"], alone.cluster)
    folder = next(agents.home.glob(f"*/{alone.cluster}"))
    folder.chmod(0o750)
    is_so(findings(alone, code=6)["state"], "fail", "open to other users (mode 750)", "chmod 700")
    folder.chmod(0o700)
    kept = (folder / "format").read_text()
    (folder / "format").write_text("99\n")
    is_so(findings(alone, code=9)["state"], "fail", "has format `99`", "one version of Twinspan")
    (folder / "format").write_text(kept)
    whose = alone.folder / "whose"
    if os.geteuid() == 0:
        whose.mkdir(mode=0o700)
        (whose / folder.parent.name).mkdir(mode=0o700)
        (whose / folder.parent.name / alone.cluster).mkdir(mode=0o700)
        os.chown(whose / folder.parent.name, 12345, 12345)
        is_so(findings(alone, code=6, TWINSPAN_HOME=str(whose))["state"], "fail", "belongs to user 12345", "TWINSPAN_HOME")
    else:
        is_so(findings(alone, code=6, TWINSPAN_HOME="/")["state"], "fail", "closed to this user", "TWINSPAN_HOME")


def test_dead_nodes_leave_records_and_sockets(agents: Agents, alone: Command, take: Callable[..., list[Agent]]) -> None:
    (agent,) = take("python")
    join([agent], ["doomed"], alone.cluster)
    agent.kill()
    found = findings(alone)
    is_so(found["records"], "warn", "doomed", "the next node that joins removes them")
    is_so(found["sockets"], "warn", "nobody behind", "rm ")
    is_so(found["members"], "warn", "no node of the cluster")


def test_a_node_that_stands_still(alone: Command, take: Callable[..., list[Agent]]) -> None:
    agents = take("python", "python")
    join(agents, ["here", "stopped"], alone.cluster)
    agents[1].signal(signal.SIGSTOP)
    try:
        is_so(findings(alone, code=3)["members"], "fail", f"`stopped` (process {agents[1].pid})", f"process {agents[1].pid}")
    finally:
        agents[1].signal(signal.SIGCONT)


def test_file_limits(alone: Command) -> None:
    def limited(soft: int) -> dict[str, Any]:
        done = subprocess.run(
            [*alone.command, "doctor", "--json"],
            capture_output=True,
            text=True,
            env={**alone.environment, "TWINSPAN_CLUSTER": alone.cluster},
            cwd=alone.folder,
            timeout=30,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1])),
        )
        assert done.returncode == (7 if soft < 256 else 0), done
        return next(one for one in json.loads(done.stdout)["findings"] if one["check"] == "files")

    is_so(limited(100), "fail", "100 files", "ulimit -n")
    is_so(limited(512), "warn", "512 files", "LimitNOFILE")


def identity(command: Command, folder: Path, name: str, leaf: tuple[Path, Path], ca: Path) -> Path:
    made = command.folder / folder / name
    made.mkdir(parents=True, exist_ok=True)
    for source, target in ((leaf[0], "cert.pem"), (leaf[1], "key.pem"), (ca, "ca.pem")):
        (made / target).write_bytes(source.read_bytes())
        (made / target).chmod(0o600)
    return made


def test_certificates(alone: Command, tmp_path: Path) -> None:
    maker, other = Maker.foreign(tmp_path, "one"), Maker.foreign(tmp_path, "two")
    uri = "spiffe://wide/role/worker/name/web"
    leaves = {
        "good": maker.leaf("good", uri, ("-1d", "+100d")),
        "soon": maker.leaf("soon", uri, ("-1d", "+3d")),
        "old": maker.leaf("old", uri, ("-9d", "-2d")),
        "early": maker.leaf("early", uri, ("+2d", "+9d")),
        "strange": maker.leaf("strange", "https://example.org/web"),
    }
    folders = {name: identity(alone, Path("ids"), name, leaf, maker.certificate) for name, leaf in leaves.items()}
    folders["foreign"] = identity(alone, Path("ids"), "foreign", leaves["good"], other.certificate)
    folders["mixed"] = identity(alone, Path("ids"), "mixed", (leaves["good"][0], leaves["old"][1]), maker.certificate)
    folders["nothing"] = tmp_path / "nothing"

    def certificate(name: str, code: int = 0, **environment: str) -> dict[str, Any]:
        listen = ["--listen", "127.0.0.1:0"]
        return findings(alone, "--identity", str(folders[name]), *listen, code=code, **{"TWINSPAN_CLUSTER": "", **environment})[
            "certificate"
        ]

    is_so(certificate("good"), "ok", "`web` of the cluster `wide`")
    is_so(certificate("soon"), "warn", "valid for 2 days", "dev-certs DIR web --cluster wide")
    is_so(certificate("old", 6), "fail", "expired at", "dev-certs")
    is_so(certificate("early", 6), "fail", "not valid yet", "clock")
    is_so(certificate("foreign", 6), "fail", "not signed by the CA", "from one folder")
    is_so(certificate("strange", 2), "fail", "not one of Twinspan")
    is_so(certificate("mixed", 2), "fail", "don't fit together")
    is_so(certificate("nothing", 2), "fail", "cannot read", "dev-certs")
    (folders["good"] / "key.pem").chmod(0o644)
    is_so(certificate("good"), "warn", "mode 644", "chmod 600")
    # The name that was asked for is not the one in the certificate.
    told = findings(alone, "--identity", str(folders["good"]), "--listen", "127.0.0.1:0", "--cluster", "narrow", code=2)
    is_so(told["settings"], "fail", "`narrow` is not `wide`", "Leave `cluster` out")


def test_ports(alone: Command, ended: Ended) -> None:
    folder = certificates(alone, "web", "seed")
    web = ["--identity", str(folder / "web")]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        found = findings(alone, *web, "--listen", address, code=3, TWINSPAN_CLUSTER="")
        is_so(found["port"], "fail", f"in use by process {os.getpid()}", "Stop that process")
    is_so(findings(alone, *web, "--listen", address, TWINSPAN_CLUSTER="")["port"], "ok", "is free")
    is_so(
        findings(alone, *web, "--listen", "192.0.2.1:7700", code=2, TWINSPAN_CLUSTER="")["port"],
        "fail",
        "no address of this host",
        "advertise",
    )
    # In use by the node itself, which runs.
    node = ended(alone.start("node", *web, "--listen", address, "--json", TWINSPAN_CLUSTER=""))
    line(node)
    found = findings(alone, *web, "--listen", address, "--advertise", address, TWINSPAN_CLUSTER="")
    is_so(found["port"], "ok", "by the node `web`")
    is_so(found["advertise"], "ok", address)
    found = findings(alone, *web, "--listen", address, "--advertise", "127.0.0.1:9", code=3, TWINSPAN_CLUSTER="")
    is_so(found["advertise"], "fail", "nobody answers at 127.0.0.1:9", "firewall")


def test_seeds(alone: Command, ended: Ended) -> None:
    folder = certificates(alone, "seed", "web")
    other = certificates(alone, "web", folder="other")
    seed = ended(alone.start("node", "--identity", str(folder / "seed"), "--listen", "127.0.0.1:0", "--json", TWINSPAN_CLUSTER=""))
    (address,) = json.loads(line(seed))["addresses"]
    web = ["--identity", str(folder / "web")]
    is_so(findings(alone, *web, "--seeds", address, TWINSPAN_CLUSTER="")["seeds"], "ok", "1 node: `seed`")
    with socket.create_server(("127.0.0.1", 0)) as server:
        dead = f"127.0.0.1:{server.getsockname()[1]}"
    is_so(findings(alone, *web, "--seeds", f"{dead},{address}", TWINSPAN_CLUSTER="")["seeds"], "warn", f"{dead}: ", "Start the node there")
    is_so(findings(alone, *web, "--seeds", dead, code=3, TWINSPAN_CLUSTER="")["seeds"], "fail", "refused", "firewall")
    refused = findings(alone, "--identity", str(other / "web"), "--seeds", address, code=6, TWINSPAN_CLUSTER="")
    is_so(refused["seeds"], "fail", "CA", "one CA")


def test_another_version(alone: Command, ended: Ended, tmp_path: Path) -> None:
    command, version = another_version(tmp_path)
    newer = Command(alone.environment, alone.cluster, alone.folder, [command])
    node = ended(newer.start("node", "--name", "newer", "--json"))
    line(node)
    # They speak the same protocol, and are told apart.
    assert [m["version"] for m in alone("members", "--json").json()["members"]] == [version]
    is_so(findings(alone)["version"], "warn", f"others have another: `newer` {version}", "Install one version everywhere")
    assert "warn" in next(said for said in alone("doctor").out.splitlines() if f"`newer` {version}" in said)
    is_so(findings(newer)["version"], "ok", f"Twinspan {version}")


def test_another_protocol(alone: Command) -> None:
    folder = certificates(alone, "old", "web")
    web = ["--identity", str(folder / "web")]
    words = "`web` speaks version 1 of the protocol, `old` versions 7 to 9"
    with refusing(folder / "old", 12, words) as address:
        found = findings(alone, *web, "--seeds", address, code=9, TWINSPAN_CLUSTER="")
        is_so(found["seeds"], "fail", words, "version")
        assert address in found["seeds"]["what"]
        assert alone("members", *web, "--seeds", address, TWINSPAN_CLUSTER="").code == 9


@pytest.mark.parametrize(("ahead", "state", "code"), [(0, "ok", 0), (60, "warn", 0), (900, "fail", 3)])
def test_clocks_that_differ(alone: Command, ended: Ended, tmp_path: Path, ahead: int, state: str, code: int) -> None:
    folder = certificates(alone, "far", "web")
    far = ["node", "--identity", str(folder / "far"), "--listen", "127.0.0.1:0", "--json"]
    node = ended(alone.start(*far, TWINSPAN_CLUSTER="", **clock_ahead(ahead, tmp_path)))
    (address,) = json.loads(line(node))["addresses"]
    web = ["--identity", str(folder / "web"), "--seeds", address]
    clock = findings(alone, *web, code=code, TWINSPAN_CLUSTER="")["clock"]
    assert clock["state"] == state
    if ahead:
        is_so(clock, state, "node `far` on ", "Set the clocks of both hosts")


def test_a_host_whose_clock_is_behind(alone: Command, tmp_path: Path) -> None:
    folder = certificates(alone, "web")
    web = ["--identity", str(folder / "web"), "--listen", "127.0.0.1:0"]
    found = findings(alone, *web, code=6, TWINSPAN_CLUSTER="", **clock_ahead(-3600, tmp_path))
    is_so(found["clock"], "fail", "the CA of this identity was made at", "NTP")
    is_so(found["certificate"], "fail", "not valid yet", "clock")
