"""What a handler raises, as its caller meets it."""

from __future__ import annotations

from agents import literal as lit

from .registry import scenario
from .scene import Scene, fields

NAMES = {
    "value": {"python": "builtins.ValueError", "java": "java.lang.IllegalArgumentException"},
    "chain": {"python": "builtins.RuntimeError", "java": "java.lang.IllegalStateException"},
    "key": {"python": "builtins.KeyError", "java": "java.util.NoSuchElementException"},
    "exits": {"python": "builtins.SystemExit", "java": "java.lang.AssertionError"},
    "overflows": {"python": "builtins.RecursionError", "java": "java.lang.StackOverflowError"},
    "times_out": {"python": "builtins.TimeoutError", "java": "java.util.concurrent.TimeoutException"},
}
FILES = {"python": ["work.py", "scene.py"], "java": ["Work.java", "Scene.java"]}


def named(s: Scene, method: str) -> str:
    return NAMES[method][s.provider.language]


def in_files(s: Scene, trace: str, language: str) -> bool:
    return any(name in trace for name in FILES[language])


@scenario
def of_a_handler(s: Scene) -> None:
    """What a handler raises arrives with type, text, node and `executed` yes."""
    error = s.error("work.value", "boom")
    s.kind(error, "Remote", "yes", "boom")
    s.same((error["retryable"], error["node"]), (False, s.provider.name), "retryable and node")
    remote = error["remote"]
    s.same((remote["type"], remote["language"]), (named(s, "value"), s.provider.language), "type and language")


@scenario
def of_an_awaited_handler(s: Scene) -> None:
    """A coroutine's exception, or a failed future, arrives like any other."""
    error = s.error("scene.value_async", "boom")
    s.kind(error, "Remote", "yes", "boom")
    s.same(error["remote"]["type"], named(s, "value"), "type")


@scenario
def standard_pairs(s: Scene) -> None:
    """One test asks for either language's class of a standard pair."""
    remote = s.error("work.value", "boom")["remote"]
    s.same((remote["is_value_error"], remote["is_illegal_argument"]), (True, True), "is ValueError, is IllegalArgumentException")
    remote = s.error("work.key", "nothing")["remote"]
    s.same((remote["is_value_error"], remote["is_illegal_argument"]), (False, False), "is ValueError, is IllegalArgumentException")


@scenario
def no_builtin_is_mixed_in(s: Scene) -> None:
    """A remote KeyError or TimeoutError is not caught by those who catch their own."""
    for method, wrong in (("work.key", "KeyError"), ("scene.times_out", "TimeoutError")):
        error = s.error(method, *(["nothing"] if method == "work.key" else []))
        s.same(error["kind"], "Remote", "kind")
        s.same(error["remote"]["type"], named(s, method.rpartition(".")[2]), "type")
        s.true(wrong not in error["also"], f"{error['class']} is a {wrong}")


@scenario
def declared_class(s: Scene) -> None:
    """A class that the contract declares is raised itself, with its fields, and the remote error as its cause."""
    error = s.error("scene.breaks", "glass", 7, contract=True)
    s.same(error["class"].rpartition(".")[2].rpartition("$")[2], "Broken", "class")
    s.same((error["part"], error["pieces"], error["text"]), ("glass", 7, "glass broke into 7"), "its fields and text")
    s.same(error["cause"]["remote"]["type"], "scene.Broken", "type of its cause")


@scenario
def own_class_undeclared(s: Scene) -> None:
    """Without a contract the own class arrives by its name, with its fields as details."""
    error = s.error("scene.breaks", "glass", 7)
    s.kind(error, "Remote", "yes", "glass broke into 7")
    s.same(error["remote"]["type"], "scene.Broken", "type")
    s.same(fields(error["remote"]["details"]), {"part": "glass", "pieces": 7}, "details")


@scenario
def not_in_the_contract(s: Scene) -> None:
    """What a contract does not declare arrives as a remote error."""
    s.kind(s.error("scene.noted", "boom", contract=True), "Remote", "yes", "boom")


@scenario
def causes(s: Scene) -> None:
    """The chain of causes arrives whole."""
    error = s.error("work.chain", "boom")
    s.same(error["remote"]["type"], named(s, "chain"), "type")
    s.says(error, "outer boom")
    s.same(error["cause"]["remote"]["type"], named(s, "value"), "type of the cause")
    s.says(error["cause"], "boom")


@scenario
def notes(s: Scene) -> None:
    """Notes, and what was suppressed, are kept."""
    error = s.error("scene.noted", "boom")
    kept = any("a note beside it" in note for note in error["notes"])
    s.true(kept or "a note beside it" in error["trace"], f"the note is lost: {error['notes']}\n{error['trace']}")


@scenario
def frames(s: Scene) -> None:
    """The provider's frames are in the caller's own trace, with file and line."""
    trace = s.error("work.value", "boom")["trace"]
    file = {"python": {"python": 'work.py"', "java": "work.py:"}, "java": {"python": 'Work.java"', "java": "Work.java:"}}[
        s.provider.language
    ][s.caller.language]
    line = next((line for line in trace.splitlines() if file in line), "")
    if s.caller.language == "python":
        s.true(line.strip().startswith(f'File "{s.provider.name}:') and ", line " in line, f"no frame of Python: {line!r}\n{trace}")
    else:
        s.true(line.strip().startswith("at ") and line.rstrip(")").rpartition(":")[2].isdigit(), f"no frame of Java: {line!r}\n{trace}")


@scenario
def both_legs(s: Scene) -> None:
    """What goes through a handler of the other language shows the frames of both."""
    error = s.error("scene.ask", f"work.{s.foreign.name}", "value", "deep")
    s.kind(error, "Remote", "yes", "deep")
    for language in (s.provider.language, s.foreign.language):
        s.true(in_files(s, error["trace"], language), f"no frame of {language}:\n{error['trace']}")


@scenario
def exits(s: Scene) -> None:
    """What would end a program ends one call, and the provider serves on."""
    error = s.error("scene.exits")
    s.kind(error, "Remote", "yes")
    s.same(error["remote"]["type"], named(s, "exits"), "type")
    s.same(s.call("scene.who"), s.provider.name)


@scenario
def stack_overflow(s: Scene) -> None:
    """A stack that is too deep ends one call, and the provider serves on."""
    error = s.error("scene.overflows")
    s.kind(error, "Remote", "yes")
    s.same(error["remote"]["type"], named(s, "overflows"), "type")
    s.same(s.call("scene.who"), s.provider.name)


@scenario
def cancelled_by_itself(s: Scene) -> None:
    """A handler that is cancelled by something of its own is no cancelled call."""
    error = s.error("scene.cancels")
    s.kind(error, "Remote", "yes")
    s.true("CancelledError" not in error["also"] and "CancellationException" not in error["also"], f"{error['class']} looks local")
    wanted = {"python": "RemoteCancelled", "java": "RemoteCancelledException"}[s.caller.language]
    s.true(wanted in error["also"], f"{error['class']} is no {wanted}")


@scenario
def long_message(s: Scene) -> None:
    """A message of megabytes is cut, and what arrives is still the error."""
    error = s.error("scene.long_message", 5 * 2**20)
    s.kind(error, "Remote", "yes")
    s.same(error["remote"]["type"], named(s, "value"), "type")
    s.true(100 < len(error["text"]) < 2**20, f"the text has {len(error['text'])} characters")


@scenario
def result_that_cannot_cross(s: Scene) -> None:
    """A result that no payload can hold says that the handler ran."""
    error = s.error("work.uncrossable")
    s.kind(error, "Unserializable", "yes")
    s.same(error["node"], s.provider.name, "node")


@scenario
def argument_that_cannot_cross(s: Scene) -> None:
    """An argument that no payload can hold is refused here, with its path."""
    error = s.error("work.echo", lit.fields(items=[1, {"t": "uncrossable", "v": None}]))
    s.kind(error, "Unserializable", "no", "items", "[1]")


@scenario
def worker_goes_on(s: Scene) -> None:
    """Errors wear nothing out."""
    for at in range(40):
        s.same(s.error("work.value", f"no {at}")["kind"], "Remote", "kind")
    s.same(s.call("work.add", 1, 1), 2)
