"""An interpreter that does nothing: `bare`, or with a node that has joined and offers a function, `node CLUSTER`."""

from __future__ import annotations

import sys


def say_and_wait() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare"]:
            say_and_wait()
        case ["node", cluster]:
            import twinspan

            app = twinspan.App("idle")

            @app.function("idle_python.echo")
            def echo(payload: bytes) -> bytes:
                return payload

            with twinspan.join(app, cluster=cluster):
                say_and_wait()
