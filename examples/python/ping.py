"""Calls a provider a few times and says who answered.

Run it:  python3 examples/python/ping.py --cluster examples
(with a provider: python3 examples/python/serve.py)
"""

import argparse

import twinspan

parser = argparse.ArgumentParser(description="Calls a provider a few times and says who answered.")
parser.add_argument("--cluster", default="examples", help="the cluster to join (default: examples)")
parser.add_argument("--count", type=int, default=3, help="how many calls to make (default: 3)")
options = parser.parse_args()

with twinspan.join(cluster=options.cluster) as node:
    node.wait_for("examples")
    examples = node.client("examples")
    for number in range(1, options.count + 1):
        print(f"{number}: pong from {examples.ping()}")
