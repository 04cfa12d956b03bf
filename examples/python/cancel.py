"""Cancels a call: who waits goes on at once, and the handler is told.

Run it:  python3 examples/python/cancel.py --cluster examples
(with a provider: python3 examples/python/serve.py)
"""

import argparse
import asyncio

import twinspan

parser = argparse.ArgumentParser(description="Cancels a call: who waits goes on at once, and the handler is told.")
parser.add_argument("--cluster", default="examples", help="the cluster to join (default: examples)")
parser.add_argument("--after", type=float, default=0.3, help="seconds until the call is cancelled (default: 0.3)")
options = parser.parse_args()


async def main() -> None:
    async with twinspan.join_async(cluster=options.cluster) as node:
        await node.wait_for("examples")
        examples = node.client("examples")
        job = f"job-of-{node.id}"
        working = asyncio.ensure_future(examples.work(60.0, job))
        await asyncio.sleep(options.after)
        print("working:", "no" if working.done() else "yes")
        working.cancel()
        try:
            await working
        except asyncio.CancelledError:
            print("cancelled here: yes")
        for _ in range(500):
            if await examples.ended(job):
                break
            await asyncio.sleep(0.01)
        print("told there:", "yes" if await examples.ended(job) else "no")


asyncio.run(main())
