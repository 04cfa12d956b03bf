"""The programs in `examples/`, each in both languages and with providers of both: they print the same, and have the same flags."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from agents import places

from .registry import scenario
from .scene import Mismatch, Scene, key

EXAMPLES = places.ROOT / "examples"
LIMIT = 60
FLAG = re.compile(r"--(?!help)[a-z]+")

PRINTED = {
    "ping": ["1: pong from one", "2: pong from one", "3: pong from one"],
    "call": [
        "by name:   Hello, World!",
        "keyword:   Good day, World!",
        "typed:     Welcome, World!",
        "at once:   Hello, Ada!",
        "at once:   Hello, Grace!",
    ],
    "stream": ["read: 0 1 2 3 4", "first: 0", "the producer ended: yes", "sent: 15"],
    "cancel": ["working: yes", "cancelled here: yes", "told there: yes"],
    "errors": [
        "a wrong argument: BadArguments, executed: no",
        "a wrong type: Unserializable, executed: no",
        "a wrong method: NoSuchMethod, executed: no",
        "a wrong service: NotFound, executed: no",
        "a handler that raises: Remote, executed: yes, a ValueError",
        "a handler that takes too long: DeadlineExceeded, executed: maybe",
        "a class of our own: the last copy is sold out",
    ],
    "failover": [
        "before: 20 calls, answered by 2 nodes",
        "the crash: MaybeExecuted, executed: maybe",
        "after: 20 calls, answered by 1 node",
    ],
}


@cache
def classes() -> Path:
    """The Java examples, compiled as their headers say."""
    folder = Path(tempfile.mkdtemp(prefix="ts-examples-"))
    sources = sorted(map(str, (EXAMPLES / "java").glob("*.java")))
    command = ["javac", "-parameters", "-Xlint:all", "-Werror", "-cp", str(places.jar()), "-d", str(folder), *sources]
    made = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT * 2, check=False)
    if made.returncode != 0:
        raise Mismatch(f"the examples can't be compiled\n{made.stdout}{made.stderr}")
    return folder


def command(language: str, name: str, *flags: str) -> list[str]:
    if language == "python":
        return [places.python(), str(EXAMPLES / f"python/{name}.py"), *flags]
    classpath = f"{classes()}:{places.jar()}:{places.jar().parent}/lib/*"
    tuned = ["-XX:TieredStopAtLevel=1", f"-Dtwinspan.library={places.library()}", "-cp", classpath]
    return ["java", *tuned, name.capitalize(), *flags]


def run(s: Scene, language: str, name: str, *flags: str) -> str:
    environment = s.stage.agents.environment()
    made = subprocess.run(command(language, name, *flags), capture_output=True, text=True, timeout=LIMIT, env=environment, check=False)
    wrong = re.search(r"Traceback|^Exception in thread", made.stderr, re.M)
    s.true(made.returncode == 0 and not wrong, f"{name} in {language} ended with {made.returncode}\n{made.stdout}\n{made.stderr[-2000:]}")
    return made.stdout


def plays(s: Scene, name: str, providers: int = 1, crashes: bool = False) -> None:
    """Runs an example beside providers, which leave with 0 on SIGTERM."""
    cluster = f"c{key()}"
    environment = s.stage.agents.environment()
    served = [
        subprocess.Popen(
            command(s.provider.language, "serve", "--cluster", cluster, "--name", one), env=environment, stderr=subprocess.PIPE
        )
        for one in ["one", "two"][:providers]
    ]
    try:
        s.same(run(s, s.caller.language, name, "--cluster", cluster).splitlines(), PRINTED[name], "what it prints")
        for one in served:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
        ended = sorted(one.wait(LIMIT) for one in served)
        s.same(ended, [0, 1] if crashes else [0] * providers, "how the providers ended")
    finally:
        for one in served:
            one.kill()
            one.communicate()


@scenario(faces=["sync"])
def ping(s: Scene) -> None:
    """`ping` prints the same in both languages."""
    plays(s, "ping")


@scenario(faces=["sync"])
def call(s: Scene) -> None:
    """`call` prints the same in both languages."""
    plays(s, "call")


@scenario(faces=["sync"])
def stream(s: Scene) -> None:
    """`stream` prints the same in both languages."""
    plays(s, "stream")


@scenario(faces=["async"])
def cancel(s: Scene) -> None:
    """`cancel` prints the same in both languages."""
    plays(s, "cancel")


@scenario(faces=["sync"])
def errors(s: Scene) -> None:
    """`errors` prints the same in both languages."""
    plays(s, "errors")


@scenario(faces=["sync"])
def failover(s: Scene) -> None:
    """`failover` prints the same in both languages."""
    plays(s, "failover", providers=2, crashes=True)


@scenario(faces=["sync"])
def flags(s: Scene) -> None:
    """Every example has --help, and the same flags as its twin."""
    for name in ["serve", *PRINTED]:
        mine, twin = (set(FLAG.findall(run(s, language, name, "--help"))) for language in (s.caller.language, s.provider.language))
        s.same(mine, twin, f"flags of {name}")
        s.true("--cluster" in mine, f"{name} has no --cluster: {mine}")
