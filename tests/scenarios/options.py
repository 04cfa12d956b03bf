"""What a caller chooses for its calls."""

from __future__ import annotations

from .registry import scenario
from .scene import Scene, key


@scenario
def around_calls(s: Scene) -> None:
    """Options of a scope hold for all calls inside it, whatever their client says: it may be a library's."""
    run = key()
    s.kind(s.error(s.twin("scene.pause"), run, ambient={"timeout": 0.2}), "DeadlineExceeded")
    s.event("told", run)
    s.same(s.call(s.twin("scene.pause"), key(), 300, ambient={"timeout": 5}, options={"timeout": 0.1}), s.provider.name)


@scenario
def affinity(s: Scene) -> None:
    """Calls of one affinity go to one provider, as long as it lives; those of many are spread."""
    pool, one, two = s.pool("scene")
    homes: dict[str, str] = {}
    for at in range(16):
        answers = s.burst("scene.who", 4, to=pool, options={"affinity": f"customer-{at}"})
        s.same(len(answers), 1, f"how many providers customer-{at} had")
        homes[f"customer-{at}"] = next(iter(answers))
    s.same(set(homes.values()), {one.name, two.name}, "providers of 16 customers")


@scenario
def affinity_stays(s: Scene) -> None:
    """When a provider comes, customers move to it only; when it leaves, they go back where they were."""
    service, customers = f"k{key()}", [f"c{at}" for at in range(16)]
    one = s.beside(s.provider, {f"scene.{service}": "scene"})
    two = s.beside(s.other, {f"scene.{service}": "scene"})
    s._do(s.caller, "wait_for", service=f"scene.{service}", count=2)

    def homes() -> dict[str, str]:
        return {customer: s.call("scene.who", to=service, options={"affinity": customer}) for customer in customers}

    before = homes()
    s.same(set(before.values()), {one.name, two.name}, "homes")
    three = s.beside(s.foreign, {f"scene.{service}": "scene"})
    s._do(s.caller, "wait_for", service=f"scene.{service}", count=3)
    moved = {customer: home for customer, home in homes().items() if home != before[customer]}
    s.true(0 < len(moved) < 14 and set(moved.values()) == {three.name}, f"these moved: {moved}")
    three.ask("drain")
    s.until(lambda: three.name not in s.look("services")[f"scene.{service}"]["providers"], "the third one is not ready")
    s.same(homes(), before, "homes after it left")


@scenario
def wrong_options(s: Scene) -> None:
    """Options that mean nothing are refused where they are written."""
    for options in ({"balance": "best"}, {"attempts": 0}, {"hedge": 0.9}):
        error = s.error("scene.who", options=options)
        s.kind(error, "BadConfig", None, next(iter(options)))


@scenario
def assumed_idempotent(s: Scene) -> None:
    """A caller may say that a method may run twice: then a lost call is made again."""
    agent = s.spare(s.provider.language)
    service = f"k{key()}"
    doomed = s.join(agent, s.provider.language, {f"work.{service}": "work"})
    alive = s.beside(s.other, {f"work.{service}": "work"})
    s._do(s.caller, "wait_for", service=f"work.{service}", count=2)
    run = key()
    options = {"balance": "round_robin", "attempts": 3, "timeout": 15, "assume_idempotent": True}
    begun = [s.begin("work.hold", run, to=service, options=options) for _ in range(2)]
    s.until(lambda: s.count(run, s.other) == 1 and s.count(run, doomed) == 1, "one call at each provider")
    agent.kill()
    s.until(lambda: s.count(run, s.other) == 2, "the lost one is made again")
    s.release(run, s.other)
    s.same([one.value() for one in begun], [alive.name] * 2)


@scenario
def attempt_is_told(s: Scene) -> None:
    """A handler sees that its call is the second attempt."""
    agent = s.spare(s.provider.language)
    service = f"k{key()}"
    doomed = s.join(agent, s.provider.language, {f"scene.{service}": "scene"})
    alive = s.beside(s.other, {f"scene.{service}": "scene"})
    s._do(s.caller, "wait_for", service=f"scene.{service}", count=2)
    run = key()
    options = {"balance": "round_robin", "attempts": 3, "timeout": 15}
    begun = [s.begin("scene.attempts", run, to=service, options=options) for _ in range(2)]
    s.until(lambda: s.count(run, s.other) == 1 and s.count(run, doomed) == 1, "one call at each provider")
    agent.kill()
    s.until(lambda: s.count(run, s.other) == 2, "the lost one is made again")
    s.release(run, s.other)
    s.same(sorted(one.value() for one in begun), [f"{alive.name} 1", f"{alive.name} 2"])
