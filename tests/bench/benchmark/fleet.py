"""All processes of a benchmark, started once and ended together."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from .agent import Agent, AgentFailed, Words
from .plan import LANGUAGES, TRANSPORTS, Series

BENCH = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 60.0
ENDS_WITHIN = 15.0
Servers = dict[str, Words]


class Fleet:
    """Starts the agents that some series need. Everything they write is in a folder of its own, removed at the end."""

    def __init__(self, series: Iterable[Series], ping_pong: Path) -> None:
        self._wanted = {name for each in series for name in (each.client, each.server)}
        self._ping_pong = ping_pong
        self._agents: dict[str, Agent] = {}
        # Short: the path of a Unix socket has 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="tsb-"))
        self._environment = private(self.folder)

    def __enter__(self) -> Fleet:
        try:
            self._start_all()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getitem__(self, name: str) -> Agent:
        return self._agents[name]

    def failures(self) -> list[str]:
        return [agent.failed for agent in self._agents.values() if agent.failed is not None]

    def _start_all(self) -> None:
        servers = self._servers()
        self._start(servers)
        heard = self._ready(servers)
        clients = self._clients(heard)
        self._start(clients)
        self._ready(clients)

    def _start(self, commands: dict[str, list[str]]) -> None:
        for name in commands:
            self._agents[name] = Agent(name, commands[name], self.folder, self._environment)

    def _ready(self, names: Iterable[str]) -> Servers:
        deadline = time.monotonic() + STARTS_WITHIN
        heard: Servers = {}
        for name in names:
            try:
                heard[name] = self._agents[name].answer(deadline - time.monotonic())
            except AgentFailed as error:
                # The others are measured; who needs this one is missed at the end.
                print(error, file=sys.stderr)
                heard[name] = {}
        return heard

    def _servers(self) -> dict[str, list[str]]:
        folder = str(self.folder)
        commands = {
            "ping_pong_serve": [str(self._ping_pong), "serve", folder],
            "grpc_java_serve": [*jvm(), "grpc-serve", folder],
            "py4j_java": [*jvm(), "gateway"],
        }
        for name, script in (("sockets", "sockets"), ("zeromq", "zeromq"), ("grpcio", "unary")):
            commands[f"{name}_serve"] = [*python(script), "serve", folder]
            commands[f"{name}_serve_async"] = [*python(script), "serve-async", folder]
        commands["zenoh_serve"] = [*python("queryable"), "serve", folder]
        for where in TRANSPORTS:
            commands[f"node_python_{where}_serve"] = [*python("node"), "serve", where]
            commands[f"node_java_{where}_serve"] = [*jvm(), "node-serve", where]
        return self._only_wanted(commands)

    def _clients(self, heard: Servers) -> dict[str, list[str]]:
        served = {"python": "serve", "python_async": "serve_async"}

        def addresses(product: str) -> list[str]:
            found = {to: heard.get(f"{product}_{name}", {}) for to, name in served.items()}
            return listed(found)

        grpc = [*addresses("grpcio"), *listed({"java": heard.get("grpc_java_serve", {})})]
        commands = {
            "ping_pong_call": [str(self._ping_pong), "call", *(f"{k}={v}" for k, v in heard.get("ping_pong_serve", {}).items())],
            "sockets_call": [*python("sockets"), "call", *addresses("sockets")],
            "zeromq_call": [*python("zeromq"), "call", *addresses("zeromq")],
            "zenoh_call": [*python("queryable"), "call", *listed({"python": heard.get("zenoh_serve", {})})],
            "grpcio_call": [*python("unary"), "call", *grpc],
            "grpc_java_call": [*jvm(), "grpc-call", *grpc],
            "py4j_python": [*python("gateway"), "call", *listed({"java": heard.get("py4j_java", {})})],
        }
        for where in TRANSPORTS:
            commands[f"node_python_{where}_call"] = [*python("node"), "call", where, *self._providers(where)]
            commands[f"node_java_{where}_call"] = [*jvm(), "node-call", where, *self._providers(where)]
        return self._only_wanted(commands)

    def _providers(self, where: str) -> list[str]:
        return [language for language in LANGUAGES if f"node_{language}_{where}_serve" in self._wanted]

    def _only_wanted(self, commands: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: command for name, command in commands.items() if name in self._wanted}

    def close(self) -> None:
        for agent in self._agents.values():
            agent.close()
        deadline = time.monotonic() + ENDS_WITHIN
        for agent in self._agents.values():
            agent.end(deadline)
        shutil.rmtree(self.folder, ignore_errors=True)


def listed(found: dict[str, Words]) -> list[str]:
    return [f"{to}.{transport}={address}" for to, addresses in found.items() for transport, address in addresses.items()]


def private(folder: Path) -> dict[str, str]:
    """An environment in which our nodes meet nobody else's."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TWINSPAN_")}
    for key in ("TWINSPAN_LIBRARY", "TWINSPAN_JAR"):
        if key in os.environ:
            environment[key] = os.environ[key]
    for key, name in (("TWINSPAN_HOME", "home"), ("XDG_RUNTIME_DIR", "run")):
        place = folder / name
        place.mkdir(mode=0o700)
        environment[key] = str(place)
    return environment


def python(script: str) -> list[str]:
    return [sys.executable, str(BENCH / "agents" / f"{script}.py")]


def jvm() -> list[str]:
    return java("Main")


def java(main: str) -> list[str]:
    """A JVM with its default options."""
    target = BENCH / "java" / "target"
    path = [str(target / "bench.jar"), str(target / "lib" / "*"), os.environ.get("TWINSPAN_JAR", "")]
    library = os.environ.get("TWINSPAN_LIBRARY", "")
    return ["java", f"-Dtwinspan.library={library}", "-cp", ":".join(filter(None, path)), f"io.twinspan.bench.{main}"]
