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
import random
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import source
import summary
from children import Child, ChildFailed, Children, children, run
from fire import FEWEST, LEDGER, Fire
from fleet import DESKS, HERE, MODELS, ROOT, Fleet, Job, jar
from progress import Progress
from stopping import Stopped, held, watch

START = 240.0  # seconds until all four are ready: two trainings on a busy machine
STALL = 60.0  # seconds without progress
END = 30.0  # seconds until a node reported and left
STEP = 300.0  # seconds for the compiler, the baseline, the checker

OURS = ("baseline.csv", "decisions.csv", "demo.json")


def main() -> int:
    options = arguments()
    watch()
    try:
        with workspace() as folder:
            return demo(options.out, options.flights, options.seed, folder)
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
    parser.add_argument("--no-kill", action="store_true", help="kill nobody")
    parser.add_argument(
        "--seed", type=int, default=os.environ.get("SEED") or None, help="whom to kill when; a new one by default (environment: SEED)"
    )
    options = parser.parse_args()
    if options.flights is not None and options.flights < 1:
        parser.error("--flights: at least 1")
    if options.no_kill:
        options.seed = None
    elif options.flights is not None and options.flights < FEWEST:
        parser.error(f"--flights: at least {FEWEST} to kill processes at work; fewer with --no-kill")
    elif options.seed is None:
        options.seed = random.SystemRandom().randrange(2**32)
    return options


def demo(out: Path, limit: int | None, seed: int | None, folder: Path) -> int:
    """The whole run; answers the checker's exit code. Without a seed nobody is killed."""
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
        fleet = Fleet(started, Job(cluster, flights, total, out / "decisions.csv", classes))
        fleet.start()
        started.collect("ready", fleet.only([*MODELS, *DESKS]), START, heard=lambda child, said: keeps(fleet, child, said))
        say("ready: " + ", ".join(f"{node['name']} (pid {node['pid']})" for node in fleet.look()))
        fire = None if seed is None else Fire(seed, total, MODELS)
        if seed is not None:
            say(f"two of them will be killed, as seed {seed} says")
        seconds = work(started, fleet, total, fire)
        # Desks first: a model node that is still asked something must be there. The keeper after the other desk, which would take over.
        reports: dict[str, dict[str, Any]] = {}
        for names in (set(DESKS) - {fleet.keeper}, {fleet.keeper}, MODELS):
            reports |= started.last_words("stats", fleet.only(names), END)

    say("baseline: the same in one process, without twinspan")
    decisions, baseline = out / "decisions.csv", out / "baseline.csv"
    alone = [sys.executable, HERE / "baseline.py", "--flights", flights, "--limit", str(total), "--out", baseline]
    succeed("the baseline", run("the baseline", alone, environment, STEP))
    checked = run("the checker", [sys.executable, HERE / "check.py", decisions, baseline], environment, STEP)
    if not checked.stdout:
        raise ChildFailed(f"the checker failed:\n{checked.stderr}")
    result = summary.result(json.loads(checked.stdout), fleet.look(), fleet.kills, reports, seconds)
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


def compile_desk(folder: Path, environment: Mapping[str, str]) -> Path:
    """Compiles the desk's sources."""
    classes = folder / "classes"
    sources = sorted((HERE / "desk").glob("*.java"))
    # -parameters: names of arguments cross too, for callers that use them.
    command = ["javac", "-parameters", "-Xlint:all", "-Xlint:-path", "-Werror", "-d", classes, "-cp", jar(), *sources]
    succeed("javac", run("javac", command, environment, STEP))
    return classes


def work(started: Children, fleet: Fleet, total: int, fire: Fire | None) -> float:
    """The desks decide, under fire; answers how many seconds it took until all is decided and everybody is there again."""
    begun = last = time.monotonic()
    for desk in fleet.only(DESKS):
        desk.say("go")
    progress = Progress(total)
    decided = 0
    done: set[str] = set()
    try:
        while len(done) < len(DESKS) or fleet.awaited:
            got = started.next(STALL - (time.monotonic() - last))
            if got is None:
                stuck = next(name for name in [*DESKS, *fleet.awaited] if name not in done)
                raise fleet.nodes[stuck].failed(f"made no progress for {STALL:.0f} s")
            child, said = got
            last = time.monotonic()
            if said.get("event") == "progress":
                decided = max(decided, said["decided"])
                progress.update(decided)
                for aim in fire.due(decided) if fire else ():
                    name = aim.name or fleet.keeper or child.name
                    fleet.kill(name, aim.role, decided)
                    done.discard(name)
                    progress.end()
                    keeper = " which kept the ledger," if aim.role == LEDGER else ""
                    say(f"killed {name},{keeper} with {decided:,} flights decided")
            elif child.killed:
                continue  # its last words, which its successor says again
            elif said.get("event") == "done":
                done.add(child.name)
            elif said.get("event") == "ready" and child.name in fleet.awaited:
                fleet.awaited.discard(child.name)
                child.say("go")
            elif not keeps(fleet, child, said):
                raise child.failed(f"said {said} while the desks decide")
    finally:
        progress.end()
    if fire is not None and fire.left:
        raise ChildFailed(f"{fire.left} processes were to be killed, but the work was done before")
    return time.monotonic() - begun


def keeps(fleet: Fleet, child: Child, said: Mapping[str, Any]) -> bool:
    """Notes who keeps the ledger, if this is what the child said."""
    if said.get("event") != "keeps":
        return False
    fleet.keeper = child.name
    say(f"{child.name} keeps the ledger" + (f", with {said['decided']:,} flights in it" if said["decided"] else ""))
    return True


def succeed(what: str, done: Any) -> None:
    """Refuses a process that failed."""
    if done.returncode != 0:
        raise ChildFailed(f"{what} failed with {done.returncode}:\n{done.stderr or done.stdout}")


def say(text: str) -> None:
    print(f"flights: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
