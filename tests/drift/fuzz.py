"""The differential fuzzer: Python's decoder (Rust) and the core's checker against Java's decoder, over the same inputs.

All must accept or refuse alike, tell the same kind and place, and send again the same bytes. A language may refuse a valid payload only
for what `payload.Room` says that it has no room for.
"""

from __future__ import annotations

import json
import queue
import re
import struct
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from twinspan import Unserializable, _native

from . import jvm
from .inputs import Inputs, items
from .payload import Room, Tree, again, head

VECTORS = Path(__file__).resolve().parents[1] / "vectors/values.json"
BATCH = 5_000
ACCEPTED, REFUSED, BROKEN, STUCK = range(4)
SHOWN = 3
"""Disagreements of each sort that are told."""

OWN_LIMIT = re.compile(
    r"Python's|equal in Python|isn't known here|by the time zone data|NumPy|not a Java|Java long|Java int|Java Range|is an offset and no zone|dimension"
)
"""A payload with two faults: a language may meet a value for which it has no room before it meets the fault that all see."""

Told = tuple[int, bytes, str]
"""What became of an input, the bytes that are sent again or the path, and what was wrong."""


@dataclass
class Findings:
    inputs: int = 0
    accepted: int = 0
    disagreements: int = 0
    panics: int = 0
    shown: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, bytes] = field(default_factory=dict)

    def add(self, what: str, payload: bytes, *told: object, panic: bool = False) -> None:
        self.panics += panic
        self.disagreements += not panic
        self.reasons[what] += 1
        self.first.setdefault(what, payload)
        if self.reasons[what] <= SHOWN:
            self.shown.append(f"{what}: {payload.hex()}\n    " + "\n    ".join(map(str, told)))


class Java:
    """The process with Java's decoder. A thread feeds it and another one listens, so that neither side waits with a full pipe."""

    def __init__(self) -> None:
        command = jvm.command("Decoding", heap="512m")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._asked: queue.Queue[list[bytes] | None] = queue.Queue(2)
        self._told: queue.Queue[list[Told] | Exception] = queue.Queue(2)
        self._sizes: queue.SimpleQueue[int] = queue.SimpleQueue()
        threading.Thread(target=self._feed, daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, batch: list[bytes]) -> None:
        self._asked.put(batch)

    def told(self) -> list[Told]:
        told = self._told.get(timeout=300)
        if isinstance(told, Exception):
            raise told
        return told

    def _feed(self) -> None:
        pipe: Any = self._process.stdin
        while (batch := self._asked.get()) is not None:
            self._sizes.put(len(batch))
            parts = [struct.pack(">I", len(batch))]
            for payload in batch:
                parts += (struct.pack(">I", len(payload)), payload)
            try:
                pipe.write(b"".join(parts))
                pipe.flush()
            except OSError:
                return
        pipe.close()

    def _listen(self) -> None:
        pipe: Any = self._process.stdout
        try:
            while True:
                batch = []
                for _ in range(self._sizes.get()):
                    what, length = struct.unpack(">BI", pipe.read(5))
                    told = pipe.read(length)
                    if what == ACCEPTED:
                        batch.append((what, told, ""))
                    else:
                        kind, path, problem = [*told.split(b"\xff", 2), b"", b""][:3]
                        batch.append((what, path, f"{kind.decode()} {problem.decode(errors='replace')}"))
                self._told.put(batch)
        except struct.error:
            self._told.put(RuntimeError("the Java decoder ended"))

    def close(self) -> None:
        self._asked.put(None)
        self._process.wait(30)


def python(payload: bytes) -> Told:
    """What Python's decoder makes of it."""
    decoded = False
    try:
        value = _native.decode(payload)
        decoded = True
        return ACCEPTED, bytes(_native.encode(value)), ""
    except Unserializable as error:
        return STUCK if decoded else REFUSED, error.path.encode(), f"UNSERIALIZABLE {error}"
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return BROKEN, b"", f"{type(error).__name__}: {error}"


def core(payload: bytes) -> str | None:
    """What is wrong with it, if anything; a panic is raised."""
    return _native.check(payload)


def compare(found: Findings, payload: bytes, mine: Told, theirs: Told) -> None:
    """Holds what Python, the core and Java say against each other."""
    found.inputs += 1
    for language, told in (("Python", mine), ("Java", theirs)):
        if told[0] == BROKEN:
            found.add(f"panic in {language}", payload, told[2], panic=True)
            return
        if told[0] == STUCK:
            found.add(f"{language} can't send again what it received", payload, told[2])
            return
    try:
        wrong = core(payload)
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        found.add("panic in the core", payload, error, panic=True)
        return
    if wrong is not None:
        refused(found, payload, wrong, mine, theirs)
        return
    found.accepted += 1
    if mine[0] == theirs[0] == ACCEPTED and mine[1] == theirs[1] == payload:
        return
    accepted(found, payload, mine, theirs)


def refused(found: Findings, payload: bytes, wrong: str, mine: Told, theirs: Told) -> None:
    for language, told in (("Python", mine), ("Java", theirs)):
        if told[0] != REFUSED:
            found.add(f"{language} accepts what the core refuses", payload, wrong)
            return
    if not mine[2].startswith("UNSERIALIZABLE") or not theirs[2].startswith("UNSERIALIZABLE"):
        found.add("other kinds", payload, mine, theirs)
    elif not same_place(mine[1].decode(), theirs[1].decode()) and not (OWN_LIMIT.search(mine[2]) or OWN_LIMIT.search(theirs[2])):
        found.add("other places", payload, wrong, mine[2], theirs[2], theirs[1].decode())


def same_place(mine: str, theirs: str) -> bool:
    """Equal paths. Of keys that are neither text nor integer Java shows more than `…`."""
    return mine == theirs or ("[…]" in mine and re.fullmatch(re.escape(mine).replace(r"\[…\]", r"\[.*\]"), theirs, re.S) is not None)


def accepted(found: Findings, payload: bytes, mine: Told, theirs: Told) -> None:
    tree = Tree(payload)
    room = Room(tree.root)
    for language, told, why in (("Python", mine, room.python), ("Java", theirs, room.java)):
        if told[0] == REFUSED:
            if not why:
                found.add(f"{language} refuses what the core accepts", payload, told[2])
        elif told[1] != (expected := again(tree.root, language == "Python")):
            found.add(f"{language} makes something else of it", payload, told[1].hex(), f"due: {expected.hex()}")


def vectors() -> list[bytes]:
    """The payloads of all vectors, with a registered name for which no class of this process is registered: a map in each language."""
    told = json.loads(VECTORS.read_text(encoding="utf-8"))
    return [bytes.fromhex(row["cbor"]).replace(b"shop.Card", b"fuzz.Card") for part in ("valid", "invalid") for row in told[part]]


def compared(java: Java, batch: list[bytes]) -> list[Findings]:
    """What is found in each input alone."""
    java.ask(batch)
    each = []
    for payload, theirs in zip(batch, java.told(), strict=True):
        each.append(Findings())
        compare(each[-1], payload, python(payload), theirs)
    return each


def smaller(payload: bytes) -> list[bytes]:
    """Simpler inputs that may show the same."""
    known = items(payload)
    made = [payload[: item.start] + payload[item.end :] for item in known]
    made += [payload[: item.start] + b"\x00" + payload[item.end :] for item in known if item.end - item.start > 1]
    made += [payload[item.start : item.end] for item in known[1:]]
    made += [payload[: item.start] + head(item.major, item.number - 1) + payload[item.head :] for item in known if item.number]
    made += [payload[:at] + payload[at + 1 :] for at in range(min(len(payload), 200))]
    return sorted({one for one in made if one and (len(one), one) < (len(payload), payload)}, key=len)


def minimised(java: Java, what: str, payload: bytes) -> bytes:
    """The smallest input that shows the same, as far as dropping one thing after another leads."""
    while True:
        tried = smaller(payload)
        found = next((one for one, told in zip(tried, compared(java, tried), strict=True) if what in told.reasons), None)
        if found is None:
            return payload
        payload = found


def run(count: int, seed: int) -> Findings:
    """The vectors as they are, then so many inputs made of them."""
    found = Findings()
    known = vectors()
    inputs = iter(Inputs(seed, known))
    java = Java()
    try:
        batch = known
        while batch:
            java.ask(batch)
            mine = [python(payload) for payload in batch]
            following = list(islice(inputs, min(BATCH, count + len(known) - found.inputs - len(batch))))
            for payload, ours, theirs in zip(batch, mine, java.told(), strict=True):
                compare(found, payload, ours, theirs)
            batch = following
        for what, payload in found.first.items():
            found.shown.append(f"{what}, minimised: {minimised(java, what, payload).hex()}")
    finally:
        java.close()
    return found
