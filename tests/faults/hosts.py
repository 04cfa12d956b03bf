"""Hosts of our own: network namespaces on one switch, which share no /tmp, and what can go wrong between them.

Names begin with `tsf` and the driver's process id, so that nobody else's namespace is ever touched, and what a killed driver left behind
is removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agents import driver, places
from agents.driver import Agents

PREFIX = "tsf"
NOWHERE = "02:00:00:00:00:01"
"""A hardware address that nobody has: frames for it are dropped in silence."""
PRIVATE = 'mount -t tmpfs none /tmp && mkdir -m 700 "$TWINSPAN_HOME" "$XDG_RUNTIME_DIR" && cd "$TWINSPAN_HOME" && exec "$@"'
WIDE = "wide"
PORT = 7700


class Missing(Exception):
    """A tool is not there, or this user may not use it."""


def command(*arguments: str) -> str:
    """Runs a tool and answers what it printed."""
    made = subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False)
    if made.returncode != 0:
        raise Missing(f"{' '.join(arguments)} failed: {made.stderr.strip() or made.stdout.strip()}")
    return made.stdout


def needs(*tools: str) -> None:
    """Fails unless these tools are there, and this user may make network namespaces."""
    packages = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables", "unshare": "util-linux"}
    for tool in tools:
        if shutil.which(tool) is None:
            raise Missing(f"missing: {tool} (makes faults of networks). apt-get install {packages[tool]}")
    if os.geteuid() != 0:
        raise Missing("network namespaces need root")


class Network:
    """A switch and one host for each name, from 10.77.0.1 on."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._switch = self.namespace("sw")

    def namespace(self, name: str) -> str:
        return f"{PREFIX}{os.getpid()}-{name}"

    def address(self, name: str) -> str:
        return f"10.77.0.{self.names.index(name) + 1}"

    def make(self) -> None:
        sweep()
        command("ip", "netns", "add", self._switch)
        command("ip", "-n", self._switch, "link", "add", "br0", "type", "bridge")
        command("ip", "-n", self._switch, "link", "set", "br0", "up")
        for name in self.names:
            host = self.namespace(name)
            command("ip", "netns", "add", host)
            # Made inside: nothing of it is ever seen by the host's own network.
            command("ip", "-n", host, "link", "add", "eth0", "type", "veth", "peer", "name", f"to-{name}", "netns", self._switch)
            command("ip", "-n", host, "link", "set", "lo", "up")
            command("ip", "-n", host, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
            command("ip", "-n", host, "link", "set", "eth0", "up")
            command("ip", "-n", self._switch, "link", "set", f"to-{name}", "master", "br0", "up")

    def remove(self) -> None:
        for name in (*self.names, "sw"):
            with contextlib.suppress(Missing):
                command("ip", "netns", "del", self.namespace(name))

    def cut(self, sender: str, receiver: str) -> None:
        """From now on nothing that `sender` sends reaches `receiver`, and neither is told so."""
        address = self.address(receiver)
        command("ip", "-n", self.namespace(sender), "neighbour", "replace", address, "lladdr", NOWHERE, "dev", "eth0", "nud", "permanent")

    def mend(self, sender: str, receiver: str) -> None:
        command("ip", "-n", self.namespace(sender), "neighbour", "del", self.address(receiver), "dev", "eth0")

    def lose(self, name: str, percent: int) -> None:
        """The host loses so many of the packets that come."""
        self._filter(name, f"numgen random mod 100 < {percent} counter drop")

    def reset(self, name: str) -> None:
        """Connections of the host are reset when something comes on them."""
        self._filter(name, "meta l4proto tcp counter reject with tcp reset")

    def _filter(self, name: str, rule: str) -> None:
        nft = ("ip", "netns", "exec", self.namespace(name), "nft")
        command(*nft, "add table inet faults; add chain inet faults in { type filter hook input priority 0; }")
        command(*nft, f"add rule inet faults in iifname eth0 {rule}")

    def filtered(self, name: str) -> int:
        """How many packets were lost or refused there."""
        rules = command("ip", "netns", "exec", self.namespace(name), "nft", "list", "table", "inet", "faults")
        return sum(int(count) for count in re.findall(r"counter packets (\d+)", rules))

    def held_back(self, name: str) -> int:
        """How often the host had to wait before it could send."""
        return sum(int(count) for count in re.findall(r"overlimits (\d+)", command("tc", "-s", "-n", self.namespace(name), "qdisc")))

    def clear(self, name: str) -> None:
        """No packet is lost or refused any more."""
        command("ip", "netns", "exec", self.namespace(name), "nft", "delete table inet faults")

    def slow(self, name: str, rate: str) -> None:
        """The host sends at most at this rate."""
        limits = ("root", "tbf", "rate", rate, "burst", "16kb", "latency", "400ms")
        command("tc", "-n", self.namespace(name), "qdisc", "replace", "dev", "eth0", *limits)

    def full_speed(self, name: str) -> None:
        command("tc", "-n", self.namespace(name), "qdisc", "del", "dev", "eth0", "root")


def sweep() -> None:
    """Removes namespaces of drivers that are no more."""
    for line in command("ip", "netns", "list").splitlines():
        name = line.split(" ")[0]
        owner = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(Missing):
                command("ip", "netns", "del", name)


class Hosts(Agents):
    """Agents of which each lives on a host of its own, with a certificate made ahead and a /tmp that it shares with nobody."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        # Outside /tmp, which the hosts don't see.
        base = places.ROOT / "target" / "tmp"
        base.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder)
        self.folder = Path(tempfile.mkdtemp(prefix="hosts-", dir=base))
        self.home, self.runtime = Path("/tmp/home"), Path("/tmp/run")
        self.certificates = self.folder / "certificates"
        command(str(places.executable()), "dev-certs", str(self.certificates), *network.names, "--cluster", WIDE)

    def launch(self, language: str, label: str = "") -> driver.Agent:
        """Starts a process on the host of this name."""
        prefix = ["ip", "netns", "exec", self.network.namespace(label), "unshare", "--mount", "--propagation", "private"]
        agent = driver.Agent(
            label,
            language,
            self.environment(),
            self.folder / f"{label}-{len(self.all)}.log",
            prefix=[*prefix, "sh", "-c", PRIVATE, "sh"],
            folder=self.folder,
        )
        self.all.append(agent)
        return agent

    def options(self, name: str) -> dict[str, Any]:
        """How the node of this host joins: over TCP, by the first host's address."""
        joined = {"identity": str(self.certificates / name), "listen": f"{self.network.address(name)}:{PORT}"}
        first = self.network.names[0]
        seeds = [f"{self.network.address(first)}:{PORT}"] if name != first else []
        return {**joined, "seeds": seeds} if seeds else joined


@contextlib.contextmanager
def hosts(names: Sequence[str]) -> Iterator[Hosts]:
    """A network with one host for each name; all of it is gone at the end."""
    network = Network(names)
    try:
        network.make()
        with Hosts(network) as started:
            yield started
    finally:
        network.remove()
