"""Plays all scenarios in all pairs of languages and both faces, and writes OUT/scenarios.json."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scenarios.playing import CASTS, Cast, Played, Player
from scenarios.registry import Scenario, chosen

FEWEST = 60
"""Scenarios there must be in a run of all."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("target/out"), help="where scenarios.json goes")
    parser.add_argument("--scenario", default="", help="only those whose name holds this, or matches this glob")
    parser.add_argument("--cast", default="", help='only casts that hold this, as "python -> java, sync"')
    parser.add_argument("--list", action="store_true", help="print the names and what they say")
    options = parser.parse_args()
    scenarios = chosen(options.scenario)
    if options.list:
        for one in scenarios:
            print(f"{one.name:44} {one.about.splitlines()[0]}")
        return 0
    casts = [cast for cast in CASTS if options.cast in str(cast)]
    if not scenarios or not casts:
        print(f"no scenario is named like {options.scenario!r}, or no cast like {options.cast!r}; --list names them", file=sys.stderr)
        return 2
    begun = time.monotonic()
    all_played = play(scenarios, casts)
    options.out.mkdir(parents=True, exist_ok=True)
    report = options.out / "scenarios.json"
    report.write_text(json.dumps({"rows": [one.row() for one in all_played]}, indent=1) + "\n", encoding="utf-8")
    due = sum(cast.face in one.faces for one in scenarios for cast in casts)
    return judged(all_played, len(scenarios), due, time.monotonic() - begun, whole=not options.scenario)


def play(scenarios: list[Scenario], casts: list[Cast]) -> list[Played]:
    """Plays them, a line each; what fails is told at once."""
    all_played: list[Played] = []
    player = Player()
    try:
        for scenario in scenarios:
            print(f"{scenario.name:44} ", end="", flush=True)
            here = []
            for cast in (cast for cast in casts if cast.face in scenario.faces):
                here.append(player.play(scenario, cast))
                print("." if here[-1].passed else "F", end="", flush=True)
            print(f" {sum(one.ms for one in here):7.0f} ms", flush=True)
            tell(one for one in here if not one.passed)
            all_played += here
    finally:
        player.close()
    return all_played


def tell(failed: Iterable[Played]) -> None:
    """Says why; what several casts have in common is said once."""
    said = set()
    for one in failed:
        first = one.why.splitlines()[0]
        why = one.why.replace("\n", "\n  ") if first not in said else f"{first}\n  (as above)"
        said.add(first)
        print(f"FAILED {one.scenario} ({one.cast})\n  {why}", flush=True)


def judged(all_played: list[Played], scenarios: int, due: int, took: float, whole: bool) -> int:
    """Says what came of it; anything but a full set of passed rows fails."""
    failed = [one for one in all_played if not one.passed]
    print(f"{scenarios} scenarios: {len(all_played) - len(failed)} passed, {len(failed)} failed, {took:.0f} s")
    for one in failed:
        print(f"  FAILED {one.scenario} ({one.cast}): {one.why.splitlines()[0][:200]}")
    if len(all_played) != due:
        print(f"  {due} rows are due, {len(all_played)} were played")
        return 1
    if whole and scenarios < FEWEST:
        print(f"  at least {FEWEST} scenarios are due")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
