"""Goes on when one of two providers crashes.

Run it:  python3 examples/python/failover.py --cluster examples
(with two providers: python3 examples/python/serve.py --name one, and the same with --name two)
"""

import argparse

import twinspan

parser = argparse.ArgumentParser(description="Goes on when one of two providers crashes.")
parser.add_argument("--cluster", default="examples", help="the cluster to join (default: examples)")
parser.add_argument("--calls", type=int, default=20, help="how many calls to make before and after (default: 20)")
options = parser.parse_args()

with twinspan.join(cluster=options.cluster) as node:
    node.wait_for("examples", count=2)
    examples = node.client("examples", balance="round_robin")
    before = {examples.ping() for _ in range(options.calls)}
    print(f"before: {options.calls} calls, answered by {len(before)} nodes")
    try:
        examples.crash()
    except twinspan.MaybeExecuted as error:
        print(f"the crash: {error.kind}, executed: {error.executed}")
    after = {examples.ping() for _ in range(options.calls)}
    print(f"after: {options.calls} calls, answered by {len(after)} node")
