"""What a scenario may do: let the caller call, look, hurry and give up, and say what must come of it."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from agents import literal as lit
from agents.driver import Agent, Failed, Gone

from .stage import Actor, Stage

LOCAL_CANCELS = {"KeyboardInterrupt", "CancelledError", "CallInterruptedException", "CancellationException"}
"""What the code that waited for a cancelled call meets."""


class Mismatch(AssertionError):
    """Something did not come as it must."""


class Unsettled(Mismatch):
    """Something still runs where nothing should."""


def short(value: Any, most: int = 600) -> str:
    text = str(value)
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


class Begun:
    """A call under way."""

    def __init__(self, scene: Scene, actor: Actor, key: str, digest: bool) -> None:
        self._scene, self._actor, self._key, self._digest = scene, actor, key, digest

    def value(self, within: float = 10.0) -> Any:
        return self._scene._do(self._actor, "result", within=within, key=self._key, digest=self._digest)

    def error(self, within: float = 10.0) -> dict[str, Any]:
        return self._scene._error(self._actor, "result", within=within, key=self._key, digest=self._digest)

    def cancel(self) -> None:
        self._scene._do(self._actor, "cancel", key=self._key)


class Flowing:
    """A stream that a caller holds."""

    def __init__(self, scene: Scene, actor: Actor, key: str) -> None:
        self._scene, self._actor, self._key = scene, actor, key

    def ask(self, do: str, **more: Any) -> Any:
        return self._scene._do(self._actor, do, within=20, stream=self._key, **more)

    def _taken(self, most: int) -> dict[str, Any]:
        return fields(self.ask("take", most=most))

    def take(self, most: int) -> tuple[list[Any], bool]:
        """Up to `most` items, and whether the stream ended before."""
        told = self._taken(most)
        if told["error"] is not None:
            raise Mismatch(f"after {short(told['items'])} came {short(plain(told['error']))}")
        return told["items"], told["ended"]

    def failing(self, most: int) -> tuple[list[Any], dict[str, Any]]:
        """The items before an error, and the error."""
        told = self._taken(most)
        if told["error"] is None:
            raise Mismatch(f"{short(told['items'])} came, ended: {told['ended']}, where an error was due")
        return told["items"], plain(told["error"])

    def begin_take(self, most: int) -> Begun:
        """Waits for items until that is given up."""
        asked = key()
        self._scene._do(self._actor, "begin", key=asked, stream=self._key, most=most, interruptible=True)
        return Begun(self._scene, self._actor, asked, False)

    def leave(self, how: str) -> None:
        """Ends it: by its `with`, by `close`, or by dropping it."""
        self.ask("leave", how=how)


class Scene:
    """One scenario in one pair of languages with one face."""

    def __init__(self, stage: Stage, caller: str, provider: str, face: str) -> None:
        self.stage = stage
        self.face = face
        self.caller = stage.callers[caller, face]
        self.provider = stage.providers[provider, "a"]
        self.other = stage.providers[provider, "b"]
        third = "java" if provider == "python" else "python"
        self.foreign = stage.providers[third, "a"]
        self.told: deque[str] = deque(maxlen=40)
        self._extra: list[Actor] = []
        self._harmed: list[Agent] = []

    @property
    def both(self) -> str:
        """The name under which both providers of the language serve together."""
        return self.provider.language

    # Steps

    def _do(self, actor: Actor, do: str, within: float = 15.0, **ask: Any) -> Any:
        at = time.monotonic()
        said = f"{actor.name}: {do} {short(ask, 300)}"
        try:
            answer = actor.ask(do, within + 5, **ask)
        except (Failed, Gone) as failed:
            self.told.append(f"{said} !! {short(failed, 400)} ({(time.monotonic() - at) * 1000:.0f} ms)")
            raise
        self.told.append(f"{said} -> {short(answer, 300)} ({(time.monotonic() - at) * 1000:.0f} ms)")
        return lit.normal(answer)

    def _error(self, actor: Actor, do: str, **ask: Any) -> dict[str, Any]:
        try:
            answer = self._do(actor, do, **ask)
        except Failed as failed:
            return failed.told
        raise Mismatch(f"{do} {short(ask)} answered {short(answer)} where an error was due")

    def _asked(self, target: str, args: tuple[Any, ...], to: Actor | str | None, more: dict[str, Any]) -> dict[str, Any]:
        kind, _, method = target.rpartition(".")
        who = to if isinstance(to, str) else (to or self.provider).name
        service = f"{kind}.{who}" if who else kind
        return {"service": service, "method": method, "args": list(args), "key": key(), **more}

    def begin(
        self, target: str, *args: Any, to: Actor | str | None = None, by: Actor | None = None, digest: bool = False, **more: Any
    ) -> Begun:
        """Starts a call of `kind.method` at a provider, or at whoever serves under a common name."""
        asked = self._asked(target, args, to, more)
        actor = by or self.caller
        self._do(actor, "begin", **asked)
        return Begun(self, actor, asked["key"], digest)

    def call(self, target: str, *args: Any, to: Actor | str | None = None, by: Actor | None = None, **more: Any) -> Any:
        """The result of a call."""
        return self._do(by or self.caller, "call", **self._asked(target, args, to, more))

    def error(self, target: str, *args: Any, to: Actor | str | None = None, by: Actor | None = None, **more: Any) -> dict[str, Any]:
        """What a call must raise."""
        return self._error(by or self.caller, "call", **self._asked(target, args, to, more))

    def refused(self, begun: Begun) -> bool:
        """Whether a call was refused as too much within a second; one that still waits may be asked again."""
        try:
            self._do(begun._actor, "peek", key=begun._key, seconds=1)
        except Failed as failed:
            self.kind(failed.told, "Overloaded", "no")
            return True
        return False

    def burst(
        self, target: str, count: int, *args: Any, to: Actor | str | None = None, by: Actor | None = None, **more: Any
    ) -> dict[str, int]:
        """Calls one after another: how often each answer came."""
        answers: dict[str, int] = self._do(by or self.caller, "burst", within=20, count=count, **self._asked(target, args, to, more))
        return answers

    def rush(self, target: str, seconds: float, *args: Any, to: Actor | str | None = None, at_once: int = 4, **more: Any) -> dict[str, Any]:
        """Calls by several at once for a while: `answers`, `errors` by node and kind, `calls`, `p50_ms`, `p99_ms`."""
        asked = self._asked(target, args, to, more)
        told: dict[str, Any] = self._do(self.caller, "rush", within=seconds + 20, seconds=seconds, at_once=at_once, **asked)
        return told

    def scatter(self, do: str, target: str, *args: Any, **more: Any) -> Any:
        """`call_all`, `call_many` or `first_of` over both providers."""
        return self._do(self.caller, do, within=20, **self._asked(target, args, self.both, more))

    def scatter_error(self, do: str, target: str, *args: Any, **more: Any) -> dict[str, Any]:
        return self._error(self.caller, do, **self._asked(target, args, self.both, more))

    def open(self, target: str, *args: Any, to: Actor | str | None = None, by: Actor | None = None, **more: Any) -> Flowing:
        """Calls for a stream."""
        asked = self._asked(target, args, to, more)
        self._do(by or self.caller, "open", **asked)
        return Flowing(self, by or self.caller, asked["key"])

    def opening(self, target: str, *args: Any, **more: Any) -> Flowing | dict[str, Any]:
        """Calls for a stream; what the call raises if it does."""
        try:
            return self.open(target, *args, **more)
        except Failed as failed:
            return failed.told

    def look(self, at: str, by: Actor | None = None) -> Any:
        return self._do(by or self.caller, "look", at=at)

    def twin(self, target: str) -> str:
        """The handler's twin for this face: blocking, or awaited."""
        return target if self.face == "sync" else f"{target}_async"

    # What handlers tell

    def event(self, name: str, run: str, at: Actor | None = None, within: float = 5.0) -> dict[str, Any]:
        try:
            return (at or self.provider).agent.event(name, run, within)
        except Gone as gone:
            raise Mismatch(str(gone)) from None

    def had(self, name: str, run: str, at: Actor | None = None) -> bool:
        return (at or self.provider).agent.has(name, run)

    def count(self, run: str, at: Actor | None = None) -> int:
        """How often a handler ran."""
        return int((at or self.provider).agent.ask("count", key=run))

    def release(self, run: str, at: Actor | None = None) -> None:
        """Lets a handler go on that holds."""
        (at or self.provider).agent.ask("release", key=run)

    # More nodes

    def join(self, agent: Agent, language: str, kinds: dict[str, str], face: str = "sync", wait: bool = True, **more: Any) -> Actor:
        """One more node in an agent; it leaves when the scenario ends."""
        name = self.stage.fresh()
        actor = Actor(agent, name, more.pop("name", name), language, face)
        self._extra.append(actor)
        actor.joining(more.pop("cluster", self.stage.cluster), kinds, **more).get()
        if wait:
            for service in kinds:
                self._do(self.caller, "wait_for", service=service)
        return actor

    def added(self, one: Actor, name: str = "") -> Actor:
        """A node in an actor's process that the scenario lets join itself."""
        name, fresh = name or self.stage.fresh(), self.stage.fresh()
        self._extra.append(Actor(one.agent, fresh, name, one.language))
        return self._extra[-1]

    def beside(self, one: Actor, kinds: dict[str, str], **more: Any) -> Actor:
        """One more node in an actor's process."""
        return self.join(one.agent, one.language, kinds, **more)

    def pool(self, *kinds: str) -> tuple[str, Actor, Actor]:
        """Two new nodes that serve together under a new name: no caller has an opinion of them from another scenario."""
        name = f"k{key()}"
        served = {f"{kind}.{name}": kind for kind in kinds}
        one, two = self.beside(self.provider, dict(served)), self.beside(self.other, dict(served))
        for service in served:
            self._do(self.caller, "wait_for", service=service, count=2)
        return name, one, two

    def knows(self, one: Actor, service: str) -> None:
        """Waits until an actor's node sees a provider of the service that takes calls; what `join` waits for is the caller's view only."""
        self._do(one, "wait_for", service=service)

    def spare(self, language: str) -> Agent:
        """A process of its own, to be harmed."""
        agent = self.stage.spare(language)
        self._harmed.append(agent)
        return agent

    def close(self) -> None:
        """Everything that the scenario added goes."""
        for agent in self._harmed:
            agent.end()
        for actor in self._extra:
            if actor.agent not in self._harmed:
                with contextlib.suppress(Gone, Failed):
                    actor.ask("close", drain=0, gone=True)

    # What must hold

    def settled(self) -> None:
        """Nothing runs or waits any more at the nodes that other scenarios use."""
        for one in (self.provider, self.other, self.foreign):
            end = time.monotonic() + 5
            while load := one.ask("look", at="stats")["load"]:
                if time.monotonic() > end:
                    raise Unsettled(f"{load} calls still run or wait at {one.name}")
                time.sleep(0.01)

    def same(self, got: Any, wanted: Any, what: str = "") -> None:
        if lit.normal(got) != lit.normal(wanted):
            raise Mismatch(f"{what or 'it'} is {short(got)}, not {short(wanted)}")

    def true(self, holds: Any, what: str) -> None:
        if not holds:
            raise Mismatch(what)

    def says(self, error: dict[str, Any], *words: str) -> None:
        for word in words:
            self.true(word in error["text"], f"{word!r} is not in the text: {short(error['text'])}")

    def kind(self, error: dict[str, Any], kind: str, executed: str | None = None, *words: str) -> None:
        """A typed error of two lines."""
        got = (error.get("kind"), error.get("executed") if executed else None)
        self.same(got, (kind, executed), f"kind and executed of {error['class']}: {short(error['text'])}")
        lines = [line for line in error["text"].splitlines() if line.strip()]
        self.true(len(lines) >= 2, f"what happened and what to do are two lines: {short(error['text'])}")
        self.says(error, *words)

    def until(self, holds: Callable[[], Any], what: str, within: float = 5.0) -> None:
        """Waits for something that no event tells."""
        end = time.monotonic() + within
        while not holds():
            self.true(time.monotonic() < end, f"not within {within} s: {what}")
            time.sleep(0.01)

    def soon(self, since: float, limit: float, what: str) -> None:
        took = time.monotonic() - since
        self.true(took <= limit, f"{what} took {took:.3f} s, {limit} are allowed")


def key() -> str:
    """Names one handler's run."""
    return uuid.uuid4().hex[:12]


def plain(literal: Any) -> Any:
    """Maps with text keys as dicts, all the way down."""
    if isinstance(literal, list):
        return [plain(part) for part in literal]
    if isinstance(literal, dict) and literal.get("t") == "map":
        return {name: plain(value) for name, value in literal["v"]}
    return literal


def fields(literal: Any) -> dict[str, Any]:
    """A map with text keys."""
    return dict(literal["v"])
