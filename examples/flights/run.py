"""Four nodes, two in Python and two in Java, decide on every flight that left New York in 2013.

Two model nodes train the same scikit-learn model and serve its predictions. Two operations desks, in Java, read the flights, ask for
predictions, apply their rules, ask for an explanation of every diverted case, and keep the ledger. Then one Python process does the
same without Twinspan, and a checker compares both.

Exit codes: 0 when both agree, 10 if decisions are missing, 11 if one is there twice, 12 if one differs, 130 after Ctrl-C, 1 for
anything else.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import source
import summary
from children import Child, ChildFailed, Children, children, run
from progress import Progress
from stopping import Stopped, held, watch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

START = 240.0  # seconds until all four are ready: two trainings on a busy machine
STALL = 60.0  # seconds without progress
END = 30.0  # seconds until a node reported and left
STEP = 300.0  # seconds for the compiler, the baseline, the checker

OURS = ("baseline.csv", "decisions.csv", "demo.json")


@dataclass(frozen=True)
class Nodes:
    """The four processes."""

    models: list[Child]
    desks: list[Child]

    @property
    def all(self) -> list[Child]:
        return [*self.models, *self.desks]


def main() -> int:
    options = arguments()
    watch()
    try:
        with workspace() as folder:
            return demo(options.out, options.flights, folder)
    except Stopped as stopped:
        say(f"stopped by {signal.Signals(stopped.number).name}")
        return 128 + stopped.number
    except ChildFailed as failed:
        say(f"failed: {failed}")
        return 1


@contextmanager
def workspace() -> Iterator[Path]:
    """A private folder for everything that is not a result, gone at the end."""
    with held():
        folder = Path(tempfile.mkdtemp(prefix="flights-"))
    try:
        yield folder
    finally:
        with held():
            shutil.rmtree(folder, ignore_errors=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for decisions.csv, baseline.csv and demo.json; made if need be")
    parser.add_argument(
        "--flights", type=int, default=os.environ.get("FLIGHTS") or None, help="only so many, from the beginning (environment: FLIGHTS)"
    )
    options = parser.parse_args()
    if options.flights is not None and options.flights < 1:
        parser.error("--flights: at least 1")
    return options


def demo(out: Path, limit: int | None, folder: Path) -> int:
    """The whole run; answers the checker's exit code."""
    out.mkdir(parents=True, exist_ok=True)
    for name in OURS:
        (out / name).unlink(missing_ok=True)
    environment = private(folder)

    say("reading the flights, compiling the desk")
    flights = source.extract(folder / "flights.csv")
    available = sum(1 for _ in flights.open("rb")) - 1
    total = min(limit or available, available)
    classes = compile_desk(folder, environment)

    with children(environment) as started:
        say("starting four nodes; two of them train the model")
        cluster = f"flights-{uuid.uuid4().hex[:12]}"
        nodes = start(started, cluster, flights, total, out / "decisions.csv", classes)
        pids = {name: said["pid"] for name, said in started.collect("ready", nodes.all, START).items()}
        say("ready: " + ", ".join(f"{name} (pid {pids[name]})" for name in pids))
        seconds = work(started, nodes, total)
        # Desks first: a model node that is still asked something must be there.
        reports = started.last_words("stats", nodes.desks, END) | started.last_words("stats", nodes.models, END)

    say("baseline: the same in one process, without twinspan")
    decisions, baseline = out / "decisions.csv", out / "baseline.csv"
    alone = [sys.executable, HERE / "baseline.py", "--flights", flights, "--limit", str(total), "--out", baseline]
    succeed("the baseline", run("the baseline", alone, environment, STEP))
    checked = run("the checker", [sys.executable, HERE / "check.py", decisions, baseline], environment, STEP)
    if not checked.stdout:
        raise ChildFailed(f"the checker failed:\n{checked.stderr}")
    result = summary.result(json.loads(checked.stdout), nodes_of(nodes, pids), reports, seconds)
    (out / "demo.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(summary.table(result, summary.example(reports), checked.returncode), flush=True)
    return checked.returncode


def private(folder: Path) -> dict[str, str]:
    """The children's environment: nothing of this user's clusters and settings comes in, and all that is written goes into `folder`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TWINSPAN_")}
    for name in ("home", "run", "tmp"):
        (folder / name).mkdir(mode=0o700)
    kept |= {"TWINSPAN_HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run"), "TMPDIR": str(folder / "tmp")}
    kept.setdefault("PYTHONPATH", str(ROOT / "bindings-python" / "python"))
    # Two processes train at once: one thread each is enough.
    return kept | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def jar() -> str:
    """The Java library, with what stands beside it in `lib`."""
    path = Path(os.environ.get("TWINSPAN_JAR") or ROOT / "bindings-java" / "twinspan" / "target" / "twinspan.jar")
    if not path.exists():
        raise ChildFailed(f"{path} is not there. Run `make build`, or name the jar in TWINSPAN_JAR.")
    return os.pathsep.join([str(path), str(path.parent / "lib" / "*")])


def compile_desk(folder: Path, environment: Mapping[str, str]) -> Path:
    """Compiles the desk's sources."""
    classes = folder / "classes"
    sources = sorted((HERE / "desk").glob("*.java"))
    # -parameters: names of arguments cross too, for callers that use them.
    command = ["javac", "-parameters", "-Xlint:all", "-Xlint:-path", "-Werror", "-d", classes, "-cp", jar(), *sources]
    succeed("javac", run("javac", command, environment, STEP))
    return classes


def start(started: Children, cluster: str, flights: Path, total: int, ledger: Path, classes: Path) -> Nodes:
    """Starts the nodes. Each finds the others by the cluster's name alone."""
    python = [sys.executable, str(HERE / "model_node.py"), "--cluster", cluster, "--flights", str(flights)]
    models = [
        started.start(name, [*python, "--name", name, "--twin", twin]) for name, twin in (("model-a", "model-b"), ("model-b", "model-a"))
    ]
    native = os.environ.get("TWINSPAN_LIBRARY")
    java = ["java", "-XX:-UsePerfData", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={flights.parent / 'tmp'}"]
    java += [f"-Dtwinspan.library={native}"] if native else []
    java += ["-cp", os.pathsep.join([str(classes), jar()]), "desk.Desk", "--cluster", cluster, "--flights", str(flights)]
    java += ["--limit", str(total), "--rules", str(HERE / "rules.json"), "--parts", "2"]
    desks = [
        started.start("desk-a", [*java, "--name", "desk-a", "--part", "0", "--ledger", str(ledger)]),
        started.start("desk-b", [*java, "--name", "desk-b", "--part", "1"]),
    ]
    return Nodes(models, desks)


def work(started: Children, nodes: Nodes, total: int) -> float:
    """The desks decide; answers how many seconds it took."""
    begun = last = time.monotonic()
    for desk in nodes.desks:
        desk.say("go")
    progress = Progress(total)
    decided = dict.fromkeys((desk.name for desk in nodes.desks), 0)
    done: set[str] = set()
    try:
        while len(done) < len(nodes.desks):
            got = started.next(STALL - (time.monotonic() - last))
            if got is None:
                stuck = next(desk for desk in nodes.desks if desk.name not in done)
                raise stuck.failed(f"made no progress for {STALL:.0f} s")
            child, said = got
            if said.get("event") not in ("progress", "done"):
                raise child.failed(f"said {said} while the desks decide")
            last = time.monotonic()
            decided[child.name] = said["decided"]
            if said["event"] == "done":
                done.add(child.name)
            progress.update(sum(decided.values()))
    finally:
        progress.end()
    return time.monotonic() - begun


def nodes_of(nodes: Nodes, pids: Mapping[str, int]) -> list[dict[str, Any]]:
    """Who took part."""
    languages = [("python", nodes.models), ("java", nodes.desks)]
    return [{"name": child.name, "lang": lang, "pid": pids[child.name]} for lang, some in languages for child in some]


def succeed(what: str, done: Any) -> None:
    """Refuses a process that failed."""
    if done.returncode != 0:
        raise ChildFailed(f"{what} failed with {done.returncode}:\n{done.stderr or done.stdout}")


def say(text: str) -> None:
    print(f"flights: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
