"""The four nodes of a run: how each is started, who keeps the ledger, and what is done about one that was killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from children import Child, ChildFailed, Children

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

MODELS, DESKS = ("model-a", "model-b"), ("desk-a", "desk-b")


@dataclass(frozen=True)
class Job:
    """What the nodes are started for."""

    cluster: str
    flights: Path
    total: int
    ledger: Path
    classes: Path


@dataclass
class Fleet:
    """The nodes as they are now: a process that was killed is started again under the same name."""

    started: Children
    job: Job
    nodes: dict[str, Child] = field(default_factory=dict)
    keeper: str | None = None
    """The desk that keeps the ledger."""
    kills: list[dict[str, Any]] = field(default_factory=list)
    awaited: set[str] = field(default_factory=set)
    """Nodes that were started again and are not ready yet."""

    def start(self) -> None:
        """Starts all four. Each finds the others by the cluster's name alone."""
        for name in (*MODELS, *DESKS):
            self.nodes[name] = self.started.start(name, self._command(name, models=2))

    def only(self, names: Iterable[str | None]) -> list[Child]:
        return [self.nodes[name] for name in names if name is not None]

    def kill(self, name: str, role: str, decided: int) -> None:
        """Kills a node's process as a power cut would, and starts another one in its place."""
        victim = self.nodes[name]
        victim.kill()
        self.kills.append({"pid": victim.process.pid, "lang": language(name), "role": role, "at_decided": decided})
        if self.keeper == name:
            self.keeper = None
        self.awaited.add(name)
        # It needs no second model node to go on: that one may be gone as well.
        self.nodes[name] = self.started.start(name, self._command(name, models=1))

    def look(self) -> list[dict[str, Any]]:
        """Who takes part now."""
        return [{"name": name, "lang": language(name), "pid": child.process.pid} for name, child in self.nodes.items()]

    def _command(self, name: str, models: int) -> list[str]:
        common = ["--name", name, "--cluster", self.job.cluster, "--flights", str(self.job.flights)]
        if name in MODELS:
            twin = next(other for other in MODELS if other != name)
            return [sys.executable, str(HERE / "model_node.py"), *common, "--twin", twin]
        native = os.environ.get("TWINSPAN_LIBRARY")
        java = ["java", "-XX:-UsePerfData", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={self.job.flights.parent / 'tmp'}"]
        java += [f"-Dtwinspan.library={native}"] if native else []
        java += ["-cp", os.pathsep.join([str(self.job.classes), jar()]), "desk.Desk", *common]
        java += ["--limit", str(self.job.total), "--rules", str(HERE / "rules.json"), "--ledger", str(self.job.ledger)]
        return [*java, "--part", str(DESKS.index(name)), "--parts", str(len(DESKS)), "--models", str(models)]


def language(name: str) -> str:
    return "python" if name in MODELS else "java"


def jar() -> str:
    """The Java library, with what stands beside it in `lib`."""
    path = Path(os.environ.get("TWINSPAN_JAR") or ROOT / "bindings-java" / "twinspan" / "target" / "twinspan.jar")
    if not path.exists():
        raise ChildFailed(f"{path} is not there. Run `make build`, or name the jar in TWINSPAN_JAR.")
    return os.pathsep.join([str(path), str(path.parent / "lib" / "*")])
