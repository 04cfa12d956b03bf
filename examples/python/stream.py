"""Reads a stream, leaves one early, and sends one.

Run it:  python3 examples/python/stream.py --cluster examples
(with a provider: python3 examples/python/serve.py)
"""

import argparse
import time

import twinspan

parser = argparse.ArgumentParser(description="Reads a stream, leaves one early, and sends one.")
parser.add_argument("--cluster", default="examples", help="the cluster to join (default: examples)")
parser.add_argument("--items", type=int, default=5, help="how many items to read (default: 5)")
options = parser.parse_args()

with twinspan.join(cluster=options.cluster) as node:
    node.wait_for("examples")
    examples = node.client("examples")
    job = f"job-of-{node.id}"

    with examples.count(options.items, "all of it") as numbers:
        print("read:", *numbers)

    with examples.count(1_000_000_000, job) as numbers:
        print("first:", next(numbers))
    # Leaving the `with` ended the producer.
    until = time.monotonic() + 5
    while not examples.ended(job) and time.monotonic() < until:
        time.sleep(0.01)
    print("the producer ended:", "yes" if examples.ended(job) else "no")

    print("sent:", examples.total(number for number in range(1, options.items + 1)))
