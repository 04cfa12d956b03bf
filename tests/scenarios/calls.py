"""How arguments and results go, and what comes of calls that fit nothing."""

from __future__ import annotations

from agents import literal as lit

from .registry import scenario
from .scene import Scene, key


@scenario
def defaults(s: Scene) -> None:
    """What the caller leaves out takes the provider's default."""
    s.same(s.call("work.add", 3), 4)
    s.same(s.call("work.add", 3, 4), 7)
    s.same(s.call("scene.join_words", "hello"), "hello world")


@scenario
def keywords(s: Scene) -> None:
    """Arguments go by position, by name, and both in one call, in any order."""
    s.same(s.call("work.add", 3, kwargs={"scale": 10}), 40)
    s.same(s.call("work.add", kwargs={"scale": 2, "b": 5, "a": 1}), 12)
    s.same(s.call("work.add", 2**40, kwargs={"b": 1}), 2**40 + 1)


@scenario
def by_full_name(s: Scene) -> None:
    """`node.call` finds the method of a full name; the last dot splits."""
    s.same(s.call("work.add", 3, by_name=True, kwargs={"scale": 10}), 40)
    s.same(s.call("scene.who", by_name=True), s.provider.name)


@scenario
def by_contract(s: Scene) -> None:
    """A typed client calls through an interface of its own language."""
    s.same(s.call("scene.who", contract=True), s.provider.name)
    s.same(s.call("scene.whole", 7, contract=True), 7)


@scenario
def names_of_the_other_language(s: Scene) -> None:
    """A method and its parameters are found by the other language's spelling."""
    s.same(s.call("scene.join_words", "a", "b"), "a b")
    s.same(s.call("scene.joinWords", "a", "b"), "a b")
    s.same(s.call("scene.join_words", kwargs={"first_word": "a", "second_word": "b"}), "a b")
    s.same(s.call("scene.joinWords", kwargs={"firstWord": "a"}), "a world")


@scenario
def no_result(s: Scene) -> None:
    """A method without a result answers null."""
    s.same(s.call("scene.nothing"), None)


@scenario
def values_there_and_back(s: Scene) -> None:
    """Values keep type and content on their way there and back."""
    many = [
        None,
        True,
        -1,
        2**70,
        "grün \U0001f600",
        lit.number(-0.0),
        lit.number(float("inf")),
        lit.decimal("12.500"),
        lit.blob(b"\x00\xff"),
        [1, ["a", []]],
        lit.a_set(3, 1, 2),
        lit.mapping((1, "one"), ("two", [2])),
        lit.date("2026-02-28"),
        lit.duration(-1, 500_000_000),
        lit.uuid("12345678123456781234567812345678"),
        lit.array("f64", [1.5, -2.0]),
    ]
    s.same(s.call("work.echo", many), many)


@scenario
def unknown_argument(s: Scene) -> None:
    """An argument that the method does not have names the nearest one and the signature; nothing ran."""
    error = s.error("work.add", 1, kwargs={"scael": 2})
    s.kind(error, "BadArguments", "no", "scael", "scale", "add(")


@scenario
def missing_argument(s: Scene) -> None:
    """An argument that is missing is named; nothing ran."""
    run = key()
    s.kind(s.error("work.add", kwargs={"b": 2}), "BadArguments", "no", "add(")
    s.kind(s.error("scene.touch"), "BadArguments", "no", "key")
    s.same(s.count(run), 0)


@scenario
def too_many_arguments(s: Scene) -> None:
    """More arguments than parameters are refused; nothing ran."""
    run = key()
    s.kind(s.error("scene.touch", run, 2), "BadArguments", "no", "touch(")
    s.same(s.count(run), 0)


@scenario
def an_argument_twice(s: Scene) -> None:
    """One parameter given by position and by name is refused; nothing ran."""
    s.kind(s.error("work.add", 1, kwargs={"a": 2}), "BadArguments", "no", "add(")


@scenario
def argument_of_a_wrong_type(s: Scene) -> None:
    """A text for a number is refused before the handler, with the parameter's name; nothing is coerced."""
    for wrong in ("3", lit.number(2.5), None):
        s.kind(s.error("scene.whole", wrong), "Unserializable", "no", "value")


@scenario
def near_method(s: Scene) -> None:
    """An unknown method names the nearest one."""
    s.kind(s.error("work.ad", 1), "NoSuchMethod", "no", "`ad`", "add")


@scenario
def near_service(s: Scene) -> None:
    """An unknown service names the nearest one."""
    error = s.error("work.add", 1, to=f"{s.provider.name}x")
    s.kind(error, "NotFound", "no", f"work.{s.provider.name}x", f"work.{s.provider.name}")


@scenario
def private_method(s: Scene) -> None:
    """What begins with an underscore, or is not public, is never remote."""
    for name in ("_secret", "secret", "_joined"):
        s.kind(s.error(f"scene.{name}", by_name=True), "NoSuchMethod", "no")
    methods = s.look("services")[f"scene.{s.provider.name}"]["methods"]
    s.true(not [m for m in methods if m.startswith("_") or "secret" in m], f"a private method is told: {sorted(methods)}")


@scenario
def deprecated_method(s: Scene) -> None:
    """A deprecated method works, and the cluster knows that it is deprecated."""
    s.same(s.call("scene.glue", "a", "b"), "ab")
    methods = s.look("services")[f"scene.{s.provider.name}"]["methods"]
    s.true(methods["glue"], "`glue` is not told to be deprecated")
    s.true(not methods["touch"], "`touch` is told to be deprecated")


@scenario
def no_provider(s: Scene) -> None:
    """A service whose only provider left is told at once, and nothing ran."""
    gone = s.beside(s.provider, {"scene.leaving": "scene"})
    s.same(s.call("scene.who", to="leaving"), gone.name)
    gone.ask("close", drain=0, gone=True)
    s._extra.remove(gone)
    s.until(lambda: "scene.leaving" not in s.look("services"), "the service is gone")
    error = s.error("scene.who", to="leaving")
    s.true(error.get("kind") in ("NotFound", "Unavailable"), f"kind is {error.get('kind')}")
    s.same(error["executed"], "no", "executed")


@scenario
def large_payloads(s: Scene) -> None:
    """Bodies beyond every buffer go there and back unchanged."""
    for size in (65_535, 65_537, 3 * 2**20):
        body = {"t": "filled", "v": [7, size]}
        there = s.call("work.digest", body)
        s.same(there[0], size, "length")
        s.same(s.call("work.blob", body, digest=True), there, "what came back")


@scenario
def payload_too_large(s: Scene) -> None:
    """A payload beyond the provider's limit is refused before the handler, an answer beyond it after."""
    s.beside(s.provider, {"work.small": "work"}, options={"max_payload": 2**20})
    body = {"t": "filled", "v": [1, 2 * 2**20]}
    s.kind(s.error("work.digest", body, to="small"), "PayloadTooLarge", "no", "max_payload")
    s.kind(s.error("work.make", 2 * 2**20, to="small"), "PayloadTooLarge", "yes")
    s.same(s.call("work.add", 1, to="small"), 2)


@scenario
def many_at_once(s: Scene) -> None:
    """Each of many calls at once gets its own answer."""
    begun = [s.begin("work.add", at, at) for at in range(32)]
    s.same([one.value() for one in begun], [2 * at for at in range(32)])


@scenario
def to_itself(s: Scene) -> None:
    """A node calls a service of its own like any other."""
    me = s.join(s.caller.agent, s.caller.language, {"scene.self": "scene"}, face=s.face)
    s.same(s.call("scene.who", to="self", by=me), me.name)
    s.kind(s.error("scene.noted", "mine", to="self", by=me), "Remote", "yes", "mine")
