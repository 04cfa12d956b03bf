"""Values arrive as they were sent: golden vectors, generated values round all four pairs of languages, and the decoders against each other.

Writes OUT/values.json, and says what drifted, where decoders disagree, and the smallest input that shows it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from drift import fuzz, rounds
from vectors import run as golden

VALUES, INPUTS = 20_000, 1_000_000
LONG_VALUES, LONG_INPUTS = 1_000_000, 10_000_000


def run(out: Path, rust: Path, values: int, inputs: int, seed: int) -> tuple[dict[str, Any], list[str]]:
    """Answers what values.json says, and what is wrong."""
    wrong = golden.check(out, rust)
    found = fuzz.run(inputs, seed)
    wrong += found.shown
    pairs, drifted = rounds.run(values, seed)
    wrong += drifted
    told = {
        "seed": seed,
        "vectors": len(golden.due(json.loads(golden.VALUES.read_text(encoding="utf-8")))),
        "pairs": pairs,
        "fuzz": {
            "inputs": found.inputs,
            "accepted": found.accepted,
            "disagreements": found.disagreements,
            "panics": found.panics,
            "sorts": dict(found.reasons),
        },
    }
    if found.inputs < inputs:
        wrong.append(f"{found.inputs} inputs, {inputs} were asked for")
    for caller in rounds.LANGUAGES:
        for provider in rounds.LANGUAGES:
            pair = f"{caller}-{provider}"
            if pairs.get(pair, {}).get("generated", 0) < values:
                wrong.append(f"{pair}: {pairs.get(pair)}, {values} values were asked for")
            elif pairs[pair]["drift"] and not drifted:
                wrong.append(f"{pair}: {pairs[pair]['drift']} values drifted")
    return told, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rust", type=Path, required=True, help="the built example `vectors` of the core")
    parser.add_argument("--long", action="store_true", help=f"{LONG_VALUES} values a pair, {LONG_INPUTS} inputs")
    parser.add_argument("--values", type=int, help="of each pair")
    parser.add_argument("--inputs", type=int, help="of the fuzzer")
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    seed = random.randrange(1 << 31) if asked.seed is None else asked.seed
    values = asked.values or (LONG_VALUES if asked.long else VALUES)
    inputs = asked.inputs or (LONG_INPUTS if asked.long else INPUTS)
    print(f"values: {values} a pair, {inputs} inputs, SEED={seed}", flush=True)
    told, wrong = run(asked.out, asked.rust, values, inputs, seed)
    (asked.out / "values.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for pair, counts in told["pairs"].items():
        print(f"  {pair}: {counts['generated']} generated, {counts['drift']} drifted")
    decoders = told["fuzz"]
    print(f"  fuzz: {decoders['inputs']} inputs, {decoders['disagreements']} disagreements, {decoders['panics']} panics")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
