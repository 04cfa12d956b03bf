"""Kills providers under load: no idempotent call is lost, no other one runs twice, and nothing hangs.

Two callers, one in each language, keep 64 calls under way, every second one idempotent. Of four providers, two in each language, one after
another is killed and replaced under the same name.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.driver import START, Agents
from faults import outcomes, trial
from faults.arena import Arena, Fighter
from faults.trial import Say, Shortfalls, spread

EVERY = 4.5  # seconds between two kills
SETTLE = 0.5  # seconds after a kill before anything else disturbs the calls
FAILOVER_MS = 250

CALLERS = {"p": "python", "j": "java"}
PROVIDERS = {"a": "python", "b": "java", "c": "python", "d": "java"}


def run(agents: Agents, seconds: float, dice: random.Random, say: Say) -> dict[str, Any]:
    arena = Arena(agents, workers=32)
    joined = arena.join(CALLERS, PROVIDERS)
    callers, providers = [joined[name] for name in CALLERS], {name: joined[name] for name in PROVIDERS}
    spare = {language: agents.launch(language) for language in ("python", "java")}
    for each in spare.values():
        each.event("up", within=START)
    logs = [arena.log(caller.name) for caller in callers]
    begun = time.monotonic()
    storms = [arena.storm(caller, seconds, log) for caller, log in zip(callers, logs, strict=True)]
    kills: list[int] = []
    while (due := EVERY * (len(kills) + dice.uniform(0.6, 1.0))) < seconds - 1:
        time.sleep(max(0.0, begun + due - time.monotonic()))
        name = dice.choice(list(providers))
        victim = providers[name]
        kills.append(victim.agent.kill())
        say(f"killed {name}, {victim.language}, pid {victim.pid}; {len(kills)} so far")
        time.sleep(SETTLE)
        successor = spare[victim.language]
        arena.enter(successor, name).get()
        providers[name] = Fighter(successor, name, victim.language)
        spare[victim.language] = agents.launch(victim.language)
        spare[victim.language].event("up", within=START)
    say("waiting for the last calls")
    for storm in storms:
        storm.get()
    records, ran = outcomes.read(logs), arena.executions()
    for lie in outcomes.lies(records, ran):
        say(f"untrue: {lie}")
    took = outcomes.failovers(records, kills)
    return {"kills": len(kills), **outcomes.judged(records, ran), "failovers": len(took), "failover_ms": spread(took)}


def short_of(found: dict[str, Any], kills: int, failover_ms: float = FAILOVER_MS) -> Shortfalls:
    short = Shortfalls()
    short.expect(found["kills"] >= kills, f"{found['kills']} kills of {kills}")
    for name in ("idempotent_lost", "hung", "wrong", "executed_wrong"):
        short.expect(found[name] == 0, f"{name} is {found[name]}")
    short.expect(found["effects_per_key_max"] <= 1, f"a call that may not was executed {found['effects_per_key_max']} times")
    short.expect(found["failovers"] > 0, "no call met a kill")
    short.expect(found["failover_ms"]["p99"] <= failover_ms, f"failover p99 is {found['failover_ms']['p99']} ms, more than {failover_ms}")
    short.expect(found["ok"] + sum(found["by_kind"].values()) == found["sent"], "outcomes don't sum up")
    return short


def main() -> int:
    parser = trial.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    ask = parser.parse_args()

    def work(dice: random.Random, say: Say) -> tuple[dict[str, Any], Shortfalls]:
        with Agents() as agents:
            found = run(agents, ask.seconds, dice, say)
        say(", ".join(f"{key} {value}" for key, value in found.items()))
        return found, short_of(found, kills=min(10, int(ask.seconds / 6)))

    return trial.run("kill", ask, work)


if __name__ == "__main__":
    sys.exit(main())
