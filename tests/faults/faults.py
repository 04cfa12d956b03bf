"""Faults of processes and networks under load, for all four pairs of languages at once: every call has one outcome, and it is true.

Two callers, one in each language, call two providers of each language; one of these is harmed for some seconds. On one host it is stopped,
its interpreter is held, or its collector runs without pause; between hosts of our own it is cut off, connections are reset, packets are
lost, or the line is slow.
"""

from __future__ import annotations

import contextlib
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import START, Agent, Agents, Asked, Failed
from faults import outcomes, trial
from faults.arena import Arena, Fighter
from faults.hosts import Hosts, Network, hosts, needs
from faults.outcomes import Record
from faults.trial import PAIRS, Say, Shortfalls, percentile

CALLERS = {"cp": "python", "cj": "java"}
PROVIDERS = {"vp": "python", "op": "python", "vj": "java", "oj": "java"}
PROVIDING = tuple(PROVIDERS)
VICTIMS = ("vp", "vj")

LEAD, TAIL = 1.5, 2.0  # seconds under load before the fault, and after everything is well again
SLOW_MS = 500.0  # a call that takes longer met the fault
HEAL_MS = 5000.0
MOMENT = 100_000_000  # nanoseconds after its begin and before its end in which a fault is not yet or no longer there
EJECTED_MS = 1000.0
IN_FLIGHT = 8  # of each pair


@dataclass(frozen=True)
class Fault:
    """What is done to the victims. The block of `harm` lasts as long as the fault."""

    name: str
    lasts: float
    harm: Callable[[Any], AbstractContextManager[None]]
    languages: tuple[str, ...] = ("python", "java")
    """Providers that it concerns."""
    elsewhere: bool = True
    """A provider that is well can be reached all the time."""
    out: bool = False
    """The victim gets no calls any more within a second."""
    silent: bool = True
    """The victim answers nothing meanwhile."""
    padding: int = 0
    """Bytes that each call carries, there and back."""


class Local:
    """All on this host."""

    def __init__(self, agents: Agents) -> None:
        self.arena = Arena(agents, workers=32)
        self.all = self.arena.join(CALLERS, PROVIDERS)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        for name in VICTIMS:
            self.all[name].agent.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for name in VICTIMS:
                self.all[name].agent.signal(signal.SIGCONT)

    @contextmanager
    def held(self, name: str, op: str, seconds: float) -> Iterator[None]:
        busy = self.all[name].start(op, within=seconds + 30, seconds=seconds)
        yield
        busy.get()


class Apart:
    """Each on a host of its own."""

    def __init__(self, agents: Hosts) -> None:
        self.arena = Spread(agents)
        self.network: Network = agents.network
        self.all = self.arena.join(CALLERS, PROVIDERS)

    @contextmanager
    def cut(self, ways: list[tuple[str, str]]) -> Iterator[None]:
        with contextlib.ExitStack() as mending:
            for sender, receiver in ways:
                self.network.cut(sender, receiver)
                mending.callback(self.network.mend, sender, receiver)
            yield

    def others(self, name: str) -> list[str]:
        return [other for other in self.all if other != name]

    def victims_alone(self) -> AbstractContextManager[None]:
        """Nothing comes to the victims or from them."""
        ways = [(a, b) for victim in VICTIMS for other in self.others(victim) for a, b in ((victim, other), (other, victim))]
        return self.cut(sorted(set(ways)))

    def callers_alone(self) -> AbstractContextManager[None]:
        ways = [(a, b) for caller in CALLERS for other in self.others(caller) for a, b in ((caller, other), (other, caller))]
        return self.cut(sorted(set(ways)))

    def everybody_alone(self) -> AbstractContextManager[None]:
        return self.cut([(a, b) for a in self.all for b in self.others(a)])

    def requests_lost(self) -> AbstractContextManager[None]:
        return self.cut([(caller, victim) for caller in CALLERS for victim in VICTIMS])

    def answers_lost(self) -> AbstractContextManager[None]:
        return self.cut([(victim, caller) for caller in CALLERS for victim in VICTIMS])

    @contextmanager
    def each(
        self, names: tuple[str, ...], harm: Callable[[str], None], seen: Callable[[str], int], mend: Callable[[str], None]
    ) -> Iterator[None]:
        with contextlib.ExitStack() as mending:
            for name in names:
                harm(name)
                mending.callback(mend, name)
            yield
            if not all(map(seen, names)):
                raise AssertionError(f"the network harmed nothing: { ({name: seen(name) for name in names}) }")

    def resets(self) -> AbstractContextManager[None]:
        return self.each(VICTIMS, self.network.reset, self.network.filtered, self.network.clear)

    def loss(self) -> AbstractContextManager[None]:
        return self.each(PROVIDING, lambda name: self.network.lose(name, 1), self.network.filtered, self.network.clear)

    def slow_line(self) -> AbstractContextManager[None]:
        return self.each(PROVIDING, lambda name: self.network.slow(name, "1mbit"), self.network.held_back, self.network.full_speed)


class Spread(Arena):
    """The arena of hosts."""

    agents: Hosts

    def take(self, wanted: dict[str, str]) -> list[Agent]:
        started = [self.agents.launch(language, name) for name, language in wanted.items()]
        for agent in started:
            agent.event("up", within=START)
        return started

    def join(self, callers: dict[str, str], providers: dict[str, str]) -> dict[str, Fighter]:
        """The first host before the others, who are told of it."""
        wanted = {**callers, **providers}
        agents = self.take(wanted)
        for agent, name in zip(agents, wanted, strict=True):
            self.enter(agent, name, serves=name in providers).get()
        joined = {name: Fighter(agent, name, agent.language) for agent, name in zip(agents, wanted, strict=True)}
        self.complete(list(joined.values()))
        return joined

    def options_of(self, name: str) -> dict[str, Any]:
        return {**self.agents.options(name), "workers": 32}


LOCAL = [
    Fault("stopped", 4.0, lambda at: at.stopped(), out=True),
    Fault("held GIL", 3.0, lambda at: at.held("vp", "hold_gil", 3), languages=("python",)),
    Fault("collecting JVM", 3.0, lambda at: at.held("vj", "collect", 3), languages=("java",), silent=False),
]
APART = [
    Fault("partition", 8.0, lambda at: at.victims_alone(), out=True),
    Fault("partition of the callers", 8.0, lambda at: at.callers_alone(), elsewhere=False),
    Fault("everybody alone", 12.0, lambda at: at.everybody_alone(), elsewhere=False),
    Fault("requests lost", 6.0, lambda at: at.requests_lost()),
    Fault("answers lost", 6.0, lambda at: at.answers_lost()),
    Fault("resets", 0.5, lambda at: at.resets(), silent=False),
    Fault("1 % loss", 5.0, lambda at: at.loss(), silent=False),
    Fault("1 Mbit/s", 5.0, lambda at: at.slow_line(), silent=False, padding=2000),
]


def tried(place: Local | Apart, fault: Fault, say: Say) -> list[dict[str, Any]]:
    """Load, fault, load: one row for each pair that it concerns."""
    arena, all_of = place.arena, place.all
    storms: dict[tuple[str, str], tuple[Path, Asked]] = {}
    seconds = LEAD + fault.lasts + TAIL + 1.0
    for caller, provider in PAIRS:
        if provider not in fault.languages:
            continue
        one = all_of["cp" if caller == "python" else "cj"]
        log = arena.log(f"{caller}-{provider}")
        ask = {"service": f"deeds.{provider}", "in_flight": IN_FLIGHT, "pause_ms": 5, "ms": 5}
        ask["prefix"] = f"{log.name}-{'x' * fault.padding}"
        storms[caller, provider] = log, arena.storm(one, seconds, log, **ask)
    time.sleep(LEAD)
    with fault.harm(place):
        begun = time.monotonic_ns()
        time.sleep(fault.lasts)
    ended = time.monotonic_ns()
    healed = (arena.complete(list(all_of.values())) - ended) / 1e6
    answered = {name: answers(all_of, name, ended) for name in VICTIMS}
    for _, storm in storms.values():
        storm.get()
    # What a victim still found in its sockets runs now, if it ever does.
    time.sleep(0.3)
    ran = arena.executions()
    rows = []
    for (caller, provider), (log, _) in storms.items():
        records = outcomes.read([log])
        for lie in outcomes.lies(records, ran):
            say(f"untrue: {lie}")
        row = {"fault": fault.name, "pair": f"{caller}-{provider}", **outcomes.judged(records, ran)}
        row["ejected_ms"] = round(ejected(records, begun), 1)
        row["healed_ms"] = round(max(0.0, healed), 1)
        row["back_ms"] = round(answered["vp" if provider == "python" else "vj"], 1)
        victim = all_of["vp" if provider == "python" else "vj"].pid
        row["answers_of_victim"] = sum(r.pid == victim and begun + MOMENT < r.ended < ended - MOMENT for r in records)
        row["p99_ms"] = percentile([record.ms for record in records], 99)
        rows.append(row)
        say(", ".join(f"{key} {value}" for key, value in row.items()))
    return rows


def ejected(records: list[Record], begun: int) -> float:
    """How long after the begin of the fault calls still went to the victim: the last that failed or was slow began then."""
    met = [record.begun for record in records if record.begun > begun and (record.kind or record.ms > SLOW_MS)]
    return (max(met) - begun) / 1e6 if met else 0.0


def answers(all_of: dict[str, Fighter], victim: str, ended: int) -> float:
    """How long after the end of the fault the victim answered both callers again."""
    until = time.monotonic() + HEAL_MS / 1000
    for caller in CALLERS:
        while True:
            asked = {"service": f"work.{victim}", "method": "who", "options": {"timeout": 1}}
            try:
                all_of[caller].ask("call", **asked)
                break
            except Failed:
                if time.monotonic() > until:
                    raise
    return (time.monotonic_ns() - ended) / 1e6


def check(row: dict[str, Any], fault: Fault, short: Shortfalls, ejected_ms: float) -> None:
    what = f"{row['fault']}, {row['pair']}"
    for name in ("hung", "wrong", "executed_wrong"):
        short.expect(row[name] == 0, f"{what}: {name} is {row[name]}")
    short.expect(row["effects_per_key_max"] <= 1, f"{what}: a call that may not was executed {row['effects_per_key_max']} times")
    short.expect(row["ok"] > 0 and row["ok"] + sum(row["by_kind"].values()) == row["sent"], f"{what}: outcomes don't sum up")
    short.expect(row["healed_ms"] <= HEAL_MS, f"{what}: all saw all again only after {row['healed_ms']} ms")
    short.expect(row["back_ms"] <= HEAL_MS, f"{what}: the victim answered again after {row['back_ms']} ms")
    if fault.elsewhere:
        short.expect(row["idempotent_lost"] == 0, f"{what}: {row['idempotent_lost']} idempotent calls were lost")
    if fault.silent:
        short.expect(row["answers_of_victim"] == 0, f"{what}: the victim answered {row['answers_of_victim']} calls: there was no fault")
    if fault.out:
        short.expect(row["ejected_ms"] <= ejected_ms, f"{what}: it was called until {row['ejected_ms']} ms after the fault began")


def run(agents: Agents, faults: list[Fault], say: Say, ejected_ms: float = EJECTED_MS) -> tuple[list[dict[str, Any]], Shortfalls]:
    """These faults, where they belong."""
    rows, short = [], Shortfalls()
    place = Apart(agents) if isinstance(agents, Hosts) else Local(agents)
    for fault in faults:
        found = tried(place, fault, say)
        for row in found:
            check(row, fault, short, ejected_ms)
        rows += found
    return rows, short


def main() -> int:
    parser = trial.parser(__doc__)
    names = [fault.name for fault in (*LOCAL, *APART)]
    parser.add_argument("--only", choices=names, action="append", help="this fault; may be repeated")
    ask = parser.parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        local = [fault for fault in LOCAL if not ask.only or fault.name in ask.only]
        apart = [fault for fault in APART if not ask.only or fault.name in ask.only]
        rows, short = [], Shortfalls()
        if apart:
            needs("ip", "tc", "nft", "unshare")
        if local:
            with Agents() as agents:
                rows, short = run(agents, local, say)
        if apart:
            with hosts([*CALLERS, *PROVIDERS]) as agents:
                more, shorter = run(agents, apart, say)
            rows += more
            short.all += shorter.all
        return {"rows": rows}, short

    return trial.run("faults", ask, work)


if __name__ == "__main__":
    sys.exit(main())
