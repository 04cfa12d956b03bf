"""Where the built parts are, and the Java agent compiled against the built jar."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Missing(Exception):
    """Something that `make build` makes is not there."""


def _built(variable: str, default: Path) -> Path:
    path = Path(os.environ.get(variable) or default)
    if not path.exists():
        raise Missing(f"{path} is missing (from {variable})\nRun `make build`, or run the suites by `make test-polyglot`.")
    return path


def library() -> Path:
    return _built("TWINSPAN_LIBRARY", ROOT / "target/native/debug/libtwinspan_jni.so")


def jar() -> Path:
    return _built("TWINSPAN_JAR", ROOT / "bindings-java/twinspan/target/twinspan.jar")


def built_example(name: str) -> Path:
    """A program among the core's examples."""
    return _built("TWINSPAN_EXAMPLE_" + name.upper(), library().parent / name)


def grpcurl() -> Path:
    """A gRPC client for shells."""
    cache = Path(os.environ.get("TWINSPAN_CACHE") or Path.home() / ".cache/twinspan")
    return _built("TWINSPAN_GRPCURL", max(cache.glob("grpcurl-*"), default=cache / "grpcurl"))


def pyright() -> Path:
    """A type checker for Python."""
    cache = Path(os.environ.get("TWINSPAN_CACHE") or Path.home() / ".cache/twinspan")
    return _built("TWINSPAN_PYRIGHT", max(cache.glob("pyright-*"), default=cache / "pyright")) / "node_modules/.bin/pyright"


def python() -> str:
    return os.environ.get("TWINSPAN_PYTHON") or sys.executable


def python_path() -> str:
    return os.environ.get("PYTHONPATH") or str(ROOT / "bindings-python/python")


@cache
def java_classes() -> Path:
    """The Java agent's classes, compiled once for each jar and each state of the sources."""
    sources = sorted([*(HERE / "java/agents").glob("*.java"), HERE.parent / "java/io/twinspan/tests/Json.java"])
    digest = hashlib.sha256()
    for path in [jar(), *sources]:
        digest.update(path.read_bytes())
    cached = Path(os.environ.get("TWINSPAN_CACHE") or Path.home() / ".cache/twinspan") / "agents"
    cached.mkdir(parents=True, exist_ok=True)
    folder = cached / digest.hexdigest()[:16]
    with open(cached / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            command = ["javac", "--release", "17", "-parameters", "-Xlint:all", "-Werror", "-cp", str(jar()), "-d", str(folder)]
            made = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, timeout=120, check=False)
            if made.returncode != 0:
                raise Missing(f"the Java agent can't be compiled\n{made.stdout}{made.stderr}")
            (folder / "done").touch()
            for old in sorted(cached.glob("*/done"), key=lambda path: path.stat().st_mtime)[:-8]:
                with contextlib.suppress(OSError):
                    shutil.rmtree(old.parent)
    return folder


def command(language: str) -> list[str]:
    """How an agent is started."""
    if language == "python":
        return [python(), "-u", str(HERE / "python/agent.py")]
    # Quick to start, and small: twenty of them run at once.
    tuned = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx512m", "-Xss512k"]
    classpath = f"{jar()}:{java_classes()}"
    return ["java", *tuned, f"-Dtwinspan.library={library()}", "-cp", classpath, "agents.Agent"]


def executable() -> Path:
    """The command line as a plain binary."""
    return _built("TWINSPAN_COMMAND", library().parent / "twinspan")
