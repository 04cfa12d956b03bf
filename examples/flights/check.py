"""Compares the cluster's decisions with the baseline.

Exits 0 when they agree, 10 when some are missing, 11 when some are there twice, 12 when some differ.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

MISSING, DUPLICATE, DIFFERENT = 10, 11, 12


def compare(decisions: Path, baseline: Path) -> dict[str, float]:
    """Counts of what is wrong, and the largest difference of a probability."""
    with baseline.open(newline="", encoding="utf-8") as file:
        expected = {row["flight"]: (float.fromhex(row["probability"]), row["action"]) for row in csv.DictReader(file)}
    seen: set[str] = set()
    duplicates = different = 0
    largest = 0.0
    with decisions.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            flight = row["flight"]
            if flight in seen:
                duplicates += 1
                continue
            seen.add(flight)
            if flight not in expected:
                different += 1
                continue
            probability, action = expected[flight]
            distance = abs(float.fromhex(row["probability"]) - probability)
            largest = max(largest, distance)
            different += distance != 0.0 or action != row["action"]
    missing = sum(flight not in seen for flight in expected)
    return {
        "flights_in": len(expected),
        "decided": len(seen),
        "missing": missing,
        "duplicates": duplicates,
        "different": different,
        "pred_max_abs_diff": largest,
    }


def verdict(found: dict[str, float]) -> int:
    """The exit code for what was found."""
    if found["missing"]:
        return MISSING
    if found["duplicates"]:
        return DUPLICATE
    return DIFFERENT if found["different"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decisions", type=Path)
    parser.add_argument("baseline", type=Path)
    options = parser.parse_args()
    found = compare(options.decisions, options.baseline)
    json.dump(found, sys.stdout)
    sys.stdout.write("\n")
    return verdict(found)


if __name__ == "__main__":
    sys.exit(main())
