"""`make bench`: calls of every pair of languages beside other products, in one run. docs/benchmarks.md explains it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from benchmark import codec
from benchmark.fleet import Fleet
from benchmark.rows import missing, rows
from benchmark.session import Session
from benchmark.table import table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for bench.json")
    parser.add_argument("--ping-pong", type=Path, required=True, help="the program core/examples/ping_pong.rs")
    parser.add_argument(
        "--quick", action="store_true", default=os.environ.get("QUICK", "") not in ("", "0"), help="cores idle, short blocks"
    )
    parser.add_argument("--only", default=os.environ.get("ONLY", ""), help="products to measure, by comma; such a run has gaps and fails")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    session = Session(chosen.quick, frozenset(filter(None, chosen.only.split(","))))
    with Fleet(session.series(), chosen.ping_pong) as fleet:
        session.run(fleet)
        failures = [*session.failures, *fleet.failures()]
    made = rows(session)
    # Alone: all others have ended.
    values, failed = codec.codec_rows(chosen.quick)
    failures += failed
    chosen.out.mkdir(parents=True, exist_ok=True)
    written = chosen.out / "bench.json"
    written.write_text(json.dumps({"rows": made, "codec": values}, indent=1) + "\n", encoding="utf-8")
    print(table(made))
    print(codec.codec_table(values))
    print(f"\n{len(made) + len(values)} rows in {written}")
    lacking = [*missing(session, made), *codec.missing(values)]
    for line in [*failures, *lacking]:
        print(line, file=sys.stderr)
    return 1 if failures or lacking else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
