"""Starts many processes at once on an empty host, again and again: one cluster, one CA, every member, and soon.

Half of the processes are Python, half Java. All of them are up before the barrier, so that the figure is that of joining. In every
second round one process is killed within 50 ms after the barrier; the others must be complete without it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import random
import ssl
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents import driver, places
from faults.tls import Refused, Tls, connect

LIMIT_MS = 5000
KILL_WITHIN = 0.050


class Round:
    def __init__(self, processes: int, dice: random.Random, kill: bool) -> None:
        self.processes = processes
        self.dice = dice
        self.kill = kill
        self.why: list[str] = []
        self.slowest = ""

    def run(self) -> dict[str, Any]:
        with driver.Agents() as agents:
            return self._run(agents)

    def _run(self, agents: driver.Agents) -> dict[str, Any]:
        languages = ["python" if at % 2 == 0 else "java" for at in range(self.processes)]
        started = [agents.launch(language, f"{language}-{at}") for at, language in enumerate(languages)]
        for agent in started:
            agent.event("up", within=driver.START)
        barrier = agents.folder / "barrier"
        barrier.touch()
        with open(barrier, "w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            joins = [
                agent.start(
                    "join", within=30, node="n", barrier=str(barrier), serve=["race"], options={"cluster": "race", "name": agent.label}
                )
                for agent in started
            ]
            for agent in started:
                agent.event("waiting", within=driver.START)
            # What still happens between that event and the lock itself.
            time.sleep(0.05)
            opened = time.monotonic_ns()
            fcntl.lockf(lock, fcntl.LOCK_UN)
        live = list(zip(started, joins, strict=True))
        if self.kill:
            victim = self.dice.randrange(len(live))
            time.sleep(max(0.0, opened / 1e9 + self.dice.uniform(0, KILL_WITHIN) - time.monotonic()))
            live.pop(victim)[0].signal(driver.signal.SIGKILL)
        return self._seen(agents, opened, live)

    def _seen(self, agents: driver.Agents, opened: int, live: list[tuple[driver.Agent, driver.Asked]]) -> dict[str, Any]:
        expected = sorted(agent.label for agent, _ in live)
        joined: list[tuple[driver.Agent, dict[str, Any]]] = []
        for agent, join in live:
            try:
                joined.append((agent, join.get()))
            except (driver.Failed, driver.Gone) as error:
                self.why.append(f"{agent.label} did not join: {error}")
        watched = [(agent, agent.start("watch", node="n", ready=expected, timeout=15)) for agent, _ in joined]
        self._late(opened, joined, expected)
        full, times = opened, []
        for (agent, told), watch in zip(joined, [watch for _, watch in watched], strict=True):
            seen = watch.get()
            full = max(full, seen["at"])
            times.append((round((seen["at"] - opened) / 1e6), round(told["ms"]), agent.label))
            if not seen["done"]:
                missing = sorted(set(expected) - set(seen["seen"]))
                self.why.append(f"{agent.label} sees {len(seen['seen'])} members, without {missing}: {seen['seen']}")
        self.slowest = ", ".join(f"{label} {ms} (its join took {join})" for ms, join, label in sorted(times)[:-6:-1])
        looks = {told["id"]: agent.ask("members", node="n") for agent, told in joined}
        authorities = self._authorities(agents, joined)
        return {
            "clusters": max(components(looks), len(list((agents.home).glob("*/*/ca.pem")))),
            "cas": len(authorities),
            "members": worst([len([m for m in members if m["state"] == "ready"]) for members in looks.values()], len(expected)),
            "expected": len(expected),
            "ms_to_full": round((full - opened) / 1e6, 1),
        }

    def _late(self, opened: int, joined: list[tuple[driver.Agent, dict[str, Any]]], expected: list[str]) -> None:
        """What the processes see that are not complete when the time is up."""
        full = False
        while not full and time.monotonic_ns() < opened + LIMIT_MS * 10**6:
            time.sleep(0.25)
            looks = {agent.label: {m["name"]: m["state"] for m in agent.ask("members", node="n")} for agent, _ in joined}
            full = all(look == dict.fromkeys(expected, "ready") for look in looks.values())
        if full:
            return
        for label, look in looks.items():
            others = {name: look.get(name, "unknown") for name in {*look, *expected} if look.get(name) != "ready" or name not in expected}
            if others:
                self.why.append(f"{label} after {LIMIT_MS} ms: {others}")

    def _authorities(self, agents: driver.Agents, joined: list[tuple[driver.Agent, dict[str, Any]]]) -> set[str]:
        """CA certificates in the state folder, and of those that the nodes show."""
        files = list(agents.home.rglob("ca.pem"))
        roots = {file: hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read_text())).hexdigest() for file in files}
        found = set(roots.values())
        for agent, told in joined:
            shown = next((roots[file] for file in files if shows(told["addresses"], file)), None)
            if shown is None:
                self.why.append(f"{agent.label} shows no certificate of a CA in the state folder")
            found.add(shown or f"unknown to {agent.label}")
        return found


def shows(addresses: list[str], ca: Path) -> bool:
    """Whether the node's certificate leads to this CA."""
    for address in addresses:
        with contextlib.closing(connect(address)) as sock, contextlib.suppress(Refused):
            return Tls(sock, Tls.context(ca=ca)).shake()
    return False


def components(looks: dict[str, list[dict[str, Any]]]) -> int:
    """How many clusters the members form: those who see one another are one."""
    parent = {node: node for node in looks}

    def top(node: str) -> str:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for node, members in looks.items():
        for member in members:
            parent[top(node)] = top(member["id"])
    return len({top(node) for node in looks})


def worst(counts: list[int], expected: int) -> int:
    return max(counts, key=lambda count: abs(count - expected), default=0)


def short_of(row: dict[str, Any]) -> bool:
    good = row["clusters"] == 1 and row["cas"] == 1 and row["members"] == row["expected"] and row["ms_to_full"] < LIMIT_MS
    return not good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--out", type=Path, required=True)
    ask = parser.parse_args()
    seed = ask.seed if ask.seed is not None else random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)
    places.java_classes()
    print(f"bootrace: {ask.rounds} rounds of {ask.processes} processes, seed {seed}", flush=True)
    rows, short = [], 0
    for at in range(ask.rounds):
        begun = time.monotonic()
        race = Round(ask.processes, dice, kill=at % 2 == 1)
        row = race.run()
        rows.append(row)
        fails = short_of(row) or bool(race.why)
        short += fails
        told = " ".join(f"{key}={value}" for key, value in row.items())
        print(f"round {at + 1:>2}/{ask.rounds}: {told} ({time.monotonic() - begun:.1f} s){'  FALLS SHORT' if fails else ''}", flush=True)
        if fails and race.slowest:
            print(f"    slowest, in ms: {race.slowest}", flush=True)
        for why in race.why[:5]:
            print(f"    {why[:600]}", flush=True)
    ask.out.mkdir(parents=True, exist_ok=True)
    (ask.out / "bootrace.json").write_text(json.dumps({"rounds": rows}, indent=1) + "\n")
    if short:
        print(f"bootrace: {short} of {ask.rounds} rounds fall short (one cluster, one CA, every member, below {LIMIT_MS} ms)", flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
