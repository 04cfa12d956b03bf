"""grpcurl as tests use it: a gRPC client that nobody here wrote."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents import places
from agents.driver import Agents
from agents.pairs import Joined

LIMIT = 30
PROVIDERS = ["python", "java"]


@dataclass
class Client:
    """grpcurl with the certificate of a folder, towards one node."""

    certificate: list[str]
    address: list[str]

    def command(self, *symbols: str, flags: tuple[str, ...] = ()) -> list[str]:
        return [str(places.grpcurl()), *self.certificate, "-connect-timeout", "10", *flags, *self.address, *symbols]

    def run(self, *symbols: str, flags: tuple[str, ...] = (), stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        command = self.command(*symbols, flags=flags)
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=LIMIT, check=False)

    def ask(self, *symbols: str, flags: tuple[str, ...] = ()) -> str:
        made = self.run(*symbols, flags=flags)
        assert made.returncode == 0, made.stderr
        return made.stdout

    def call(self, method: str, request: dict[str, Any], flags: tuple[str, ...] = ()) -> Any:
        """The answer; `result` of it when that is all."""
        answer = json.loads(self.ask(method, flags=("-d", json.dumps(request), *flags)))
        return answer.get("result") if set(answer) <= {"result"} else answer

    def error(self, method: str, request: dict[str, Any], flags: tuple[str, ...] = ()) -> dict[str, Any]:
        """The status that the call must end with, and the trailers."""
        made = self.run(method, flags=("-v", "-format-error", "-d", json.dumps(request), *flags))
        assert made.returncode != 0, made.stdout
        told = json.loads(made.stderr)
        lines = made.stdout.split("trailers received:", 1)[-1].splitlines()
        trailers = dict(line.split(": ", 1) for line in lines if line.startswith("twinspan-"))
        return {"code": told["code"], "message": told["message"], **trailers}


def files(folder: Path) -> list[str]:
    return ["-cacert", str(folder / "ca.pem"), "-cert", str(folder / "cert.pem"), "-key", str(folder / "key.pem")]


def address_of(joined: Joined) -> list[str]:
    address: str = joined.told["addresses"][0]
    return ["-authority", "localhost", "-unix", address.removeprefix("unix:")] if address.startswith("unix:") else [address]


def export(agents: Agents, folder: Path, cluster: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [str(places.executable()), "certs", "export", "--client", str(folder), "--cluster", cluster, *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, env=agents.environment(), check=False)
