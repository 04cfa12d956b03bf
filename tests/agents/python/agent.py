"""The Python agent: reads one JSON object a line, answers each with one, and tells events as they happen.

A request is {"id": n, "op": "...", ...}; its answer {"id": n, "ok": value} or {"id": n, "error": {...}}. Requests run at once, each
on a thread of its own. agents/java/agents/Agent.java speaks the same.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import contracts
import twinspan
import work
from large import Large
from load import Load
from steps import Steps
from told import error_of
from trials import Trials
from values import alive, literal_of, value_of

# What handlers and libraries print must not look like an answer.
OUT = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
OUT_LOCK = threading.Lock()

STARTED = time.monotonic_ns()


def emit(told: dict[str, Any]) -> None:
    with OUT_LOCK:
        OUT.write(json.dumps(told) + "\n")
        OUT.flush()


class Agent(Trials, Large):
    def __init__(self) -> None:
        self.nodes: dict[str, twinspan.Node] = {}
        self.loads: dict[str, Load] = {}
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True, name="agent-loop").start()
        self.steps = Steps(self.loop, emit)

    # Life

    def join(self, ask: dict[str, Any]) -> dict[str, Any]:
        """Joins under the key `node`, serving the work under each name of `serve`; with `barrier` once that file's lock is free."""
        app = twinspan.App(ask.get("app", "agent"))
        served = []
        for name in ask.get("serve", ()):
            served.append(work.Work(emit))
            app.add_service(name, served[-1], balance=ask.get("balance"))
        self.offer(app, ask)
        if "barrier" in ask:
            with open(ask["barrier"]) as barrier:
                emit({"event": "waiting", "key": ask["barrier"]})
                fcntl.lockf(barrier, fcntl.LOCK_SH)
        begun = time.monotonic_ns()
        node = twinspan.join(app, **ask.get("options", {}))
        joined = time.monotonic_ns()
        for one in served:
            one._joined(node)
        self.nodes[ask["node"]] = node
        return {
            "id": node.id,
            "name": node.name,
            "cluster": node.cluster,
            "addresses": list(node.addresses),
            "ms": (joined - begun) / 1e6,
        }

    def close(self, ask: dict[str, Any]) -> float:
        begun = time.monotonic_ns()
        self.nodes[ask["node"]].close(drain=ask.get("drain", 10))
        return (time.monotonic_ns() - begun) / 1e6

    def drain(self, ask: dict[str, Any]) -> None:
        self.nodes[ask["node"]].drain(timeout=ask.get("timeout", 10))

    def forget(self, ask: dict[str, Any]) -> None:
        """Closes everything at once, so that the agent may serve another test."""
        for key in list(self.nodes):
            self.nodes.pop(key).close(drain=0)
        self.steps.forget()
        for load in self.loads.values():
            load.stop()
        self.loads.clear()
        work.GATES.clear()
        work.COUNTS.clear()

    def crash(self, ask: dict[str, Any]) -> None:
        os._exit(ask.get("code", 9))

    # Look

    def members(self, ask: dict[str, Any]) -> list[Any]:
        return [
            {"id": m.id, "name": m.name, "language": m.language, "pid": m.pid, "state": m.state, "me": m.me, "services": list(m.services)}
            for m in self.nodes[ask["node"]].members
        ]

    def services(self, ask: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {"providers": sorted(p.name for p in s.providers if p.ready), "methods": sorted(m.name for m in s.methods)}
            for name, s in self.nodes[ask["node"]].services.items()
        }

    def wait_for(self, ask: dict[str, Any]) -> None:
        self.nodes[ask["node"]].wait_for(ask["service"], count=ask.get("count", 1), timeout=ask.get("timeout", 10))

    def watch(self, ask: dict[str, Any]) -> dict[str, Any]:
        """Looks until the ready members are exactly `ready`, or `name` is in one of `states` ("gone": no member)."""
        node = self.nodes[ask["node"]]
        until = time.monotonic() + ask.get("timeout", 10)
        while True:
            seen = {m.name: m.state for m in node.members}
            at = time.monotonic_ns()
            if "ready" in ask:
                done = {name for name, state in seen.items() if state == "ready"} == set(ask["ready"])
            else:
                done = seen.get(ask["name"], "gone") in ask["states"]
            if done or time.monotonic() > until:
                return {"done": done, "at": at, "seen": seen}
            time.sleep(0.005)

    # Calls

    def call(self, ask: dict[str, Any]) -> Any:
        args = [value_of(part) for part in ask.get("args", ())]
        kwargs = {name: value_of(part) for name, part in ask.get("kwargs", {}).items()}
        node = self.nodes[ask["node"]]
        if ask.get("options"):
            node = node.with_options(**ask["options"])
        args = alive(node.aio if ask.get("style", "").endswith("_async") else node, args)
        begun = time.monotonic_ns()
        result = self._made(node, ask, args, kwargs)
        taken = (time.monotonic_ns() - begun) / 1e6
        if ask.get("result") == "digest":
            return {"value": literal_of(work.Work.digest(None, result)), "ms": taken}  # type: ignore[arg-type]
        return {"value": literal_of(result), "ms": taken}

    def _made(self, node: twinspan.Node, ask: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
        service, method, style = ask["service"], ask["method"], ask.get("style", "node")
        target = f"{service}.{method}"
        if style == "node":
            return node.call(target, *args, **kwargs)
        if style == "untyped":
            return node.client(service)[method](*args, **kwargs)
        if style == "typed":
            return getattr(node.client(service, contracts.Face), method)(*args, **kwargs)
        if style == "on_loop":
            # Wrong on purpose: a blocking call on the thread of a running loop.
            async def wrong() -> Any:
                return node.call(target, *args, **kwargs)

            return self.awaited(wrong())
        if style == "node_async":
            return self.awaited(node.aio.call(target, *args, **kwargs))
        if style == "untyped_async":
            return self.awaited(node.aio.client(service)[method](*args, **kwargs))
        if style == "typed_async":
            return self.awaited(getattr(node.aio.client(service, contracts.AsyncFace), method)(*args, **kwargs))
        if style == "ambient":
            with twinspan.call_options(**ask["ambient"]):
                return node.call(target, *args, **kwargs)
        raise LookupError(style)

    def awaited(self, coroutine: Any, within: float = 60) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(within)

    def cancelled(self, ask: dict[str, Any]) -> str:
        """Calls, cancels the await once the driver releases `key`, and tells what the awaiting code met."""
        node = self.nodes[ask["node"]]
        args = [value_of(part) for part in ask.get("args", ())]

        async def cancelled() -> str:
            task = asyncio.ensure_future(node.aio.call(f"{ask['service']}.{ask['method']}", *args))
            await asyncio.to_thread(work.gate(ask["key"]).wait, 20)
            task.cancel()
            try:
                return str(await task)
            except asyncio.CancelledError:
                return "cancelled"

        return self.awaited(cancelled())

    def release(self, ask: dict[str, Any]) -> None:
        work.gate(ask["key"]).set()

    def count(self, ask: dict[str, Any]) -> int:
        return work.COUNTS[ask["key"]]

    def load(self, ask: dict[str, Any]) -> None:
        """Calls without pause on `threads` threads until `unload`."""
        self.loads[ask["key"]] = Load(self.nodes[ask["node"]], ask, error_of)

    def unload(self, ask: dict[str, Any]) -> dict[str, Any]:
        return self.loads.pop(ask["key"]).stop()

    def burst(self, ask: dict[str, Any]) -> dict[str, int]:
        """`count` calls one after another; how many each answer was given."""
        call = self.nodes[ask["node"]].with_options(**ask.get("options", {})).client(ask["service"])[ask["method"]]
        answers: dict[str, int] = {}
        for _ in range(ask["count"]):
            answer = str(call())
            answers[answer] = answers.get(answer, 0) + 1
        return answers

    def step(self, ask: dict[str, Any]) -> Any:
        """A step of a scenario."""
        return self.steps.run(ask)

    def ping(self, ask: dict[str, Any]) -> int:
        return time.monotonic_ns()


def answer(agent: Agent, ask: dict[str, Any]) -> None:
    try:
        emit({"id": ask["id"], "ok": getattr(agent, ask["op"])(ask)})
    except BaseException as error:
        emit({"id": ask["id"], "error": error_of(error)})


def main() -> None:
    agent = Agent()
    emit({"event": "up", "language": "python", "pid": os.getpid(), "version": twinspan.__version__})
    threading.Thread(target=read, args=(agent,), daemon=True, name="agent-read").start()
    agent.steps.main.run()


def read(agent: Agent) -> None:
    for line in sys.stdin:
        threading.Thread(target=answer, args=(agent, json.loads(line)), daemon=True).start()
    # The driver is gone, or done with us.
    os._exit(0)


main()
