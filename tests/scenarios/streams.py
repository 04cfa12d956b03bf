"""Streams that a provider sends, a caller sends, or both."""

from __future__ import annotations

import hashlib
import time

from .registry import scenario
from .scene import LOCAL_CANCELS, Scene, key, plain

PROMPT = 0.5
"""Seconds within which a sender is ended, on a machine that is busy with other things."""


@scenario
def of_a_provider(s: Scene) -> None:
    """Items come in order, to the last one, and the producer is closed."""
    run = key()
    stream = s.open(s.twin("feed.numbers"), 100, run)
    s.same(stream.take(3), ([0, 1, 2], False))
    s.same(stream.take(200), (list(range(3, 100)), True))
    s.event("closed", run)
    s.same(s.count(run), 100, "items made")


@scenario
def empty(s: Scene) -> None:
    """A stream without items just ends."""
    s.same(s.open(s.twin("feed.numbers"), 0, key()).take(1), ([], True))


@scenario
def one_item(s: Scene) -> None:
    """The first item comes at once, not with the next ones."""
    run, at = key(), time.monotonic()
    stream = s.open(s.twin("feed.gated"), 2, run)
    s.release(f"{run}-0")
    s.same(stream.take(1), ([0], False))
    s.soon(at, 2, "the first item")
    s.release(f"{run}-1")
    s.same(stream.take(2), ([1], True))


@scenario
def an_item_a_second(s: Scene) -> None:
    """A stream lives on for many times its call's timeout: one that is read slowly, and one whose items come slowly."""
    seconds, run, drip = 18, key(), key()
    options = {"timeout": 1.5}
    # More than any window holds: its producer waits for the reader most of the time.
    read = s.open(s.twin("feed.numbers"), 50_000, run, options=options)
    made = s.open(s.twin("feed.gated"), 1000, drip, options=options)
    for at in range(seconds):
        begun = time.monotonic()
        s.release(f"{drip}-{at}")
        s.same(made.take(1), ([at], False), "what came slowly")
        s.same(read.take(1), ([at], False), "what is read slowly")
        time.sleep(max(0.0, begun + 1 - time.monotonic()))
    s.true(s.count(run) < 10_000, f"{s.count(run)} items were made for {seconds} that were read")
    s.same((s.had("closed", run), s.had("closed", drip)), (False, False), "whether the producers ended")
    for stream in (read, made):
        stream.leave("close")
    s.release(f"{drip}-{seconds}")
    for one in (run, drip):
        s.event("closed", one)


@scenario
def many_items(s: Scene) -> None:
    """Thousands of items come whole and in order."""
    stream = s.open(s.twin("feed.numbers"), 20_000, key())
    s.same(stream.ask("consume"), {"count": 20_000, "sum": sum(range(20_000))})


@scenario
def small_and_large_items_mixed(s: Scene) -> None:
    """Items of 10 bytes and of 1 MiB arrive in the order in which they were sent."""
    sizes = [10, 2**20, 10, 10, 2**20, 100_000, 10, 2**20, 10]
    wanted = hashlib.sha256(b"".join(bytes([at]) * size for at, size in enumerate(sizes))).hexdigest()
    stream = s.open(s.twin("feed.blobs"), sizes)
    s.same(stream.ask("consume"), {"count": len(sizes), "digest": wanted})


@scenario
def batches(s: Scene) -> None:
    """In lists, items come as they are there: at least one, at most as many as asked for."""
    told = s.open(s.twin("feed.numbers"), 3000, key()).ask("batches", most=100)
    told = plain(told)
    s.same(told["items"], list(range(3000)), "items")
    s.true(all(1 <= length <= 100 for length in told["lengths"]), f"the lists have {set(told['lengths'])} items")
    s.true(len(told["lengths"]) < 1500, f"{len(told['lengths'])} lists for 3,000 items")


@scenario
def a_list_is_a_value(s: Scene) -> None:
    """A list is answered whole."""
    s.same(s.call("feed.listed", 3), [0, 1, 2])


@scenario
def error_in_the_middle(s: Scene) -> None:
    """An error arrives after the items before it, as errors of handlers do."""
    stream = s.open(s.twin("feed.breaking"), 5, key())
    items, error = stream.failing(10)
    s.same(items, list(range(5)), "items before it")
    s.kind(error, "Remote", "yes", "it broke after 5")
    s.same(error["node"], s.provider.name, "node")


@scenario
def error_before_the_first_item(s: Scene) -> None:
    """A producer that fails at once fails its call or its first read."""
    stream = s.opening(s.twin("feed.breaking"), 0, key())
    error = stream if isinstance(stream, dict) else stream.failing(1)[1]
    s.kind(error, "Remote", "yes", "it broke after 0")


@scenario
def closed_early(s: Scene) -> None:
    """Whoever leaves the `with` ends the producer: its `finally` runs."""
    for how in ("with", "close"):
        run = key()
        stream = s.open(s.twin("feed.numbers"), 10**9, run)
        s.same(stream.take(3), ([0, 1, 2], False))
        at = time.monotonic()
        stream.leave(how)
        s.event("closed", run)
        s.soon(at, PROMPT, "ending the producer")


@scenario
def closed_while_the_producer_waits(s: Scene) -> None:
    """A producer that waits for something of its own is told as well."""
    run = key()
    stream = s.open(s.twin("feed.ticks"), 50, 1000, run)
    s.same(stream.take(1), ([0], False))
    at = time.monotonic()
    stream.leave("close")
    s.event("closed", run)
    s.soon(at, PROMPT, "ending the producer")


@scenario
def dropped_to_the_collector(s: Scene) -> None:
    """A stream that nobody holds any more ends its producer."""
    run = key()
    stream = s.open(s.twin("feed.numbers"), 10**9, run)
    s.same(stream.take(2), ([0, 1], False))
    stream.leave("drop")
    s.event("closed", run)


@scenario
def cancelled_while_it_waits(s: Scene) -> None:
    """Giving up the wait for an item and leaving ends the producer."""
    run = key()
    stream = s.open(s.twin("feed.gated"), 10, run)
    s.release(f"{run}-0")
    s.same(stream.take(1), ([0], False))
    taking = stream.begin_take(1)
    time.sleep(0.05)
    taking.cancel()
    error = taking.error()
    s.true(error["class"].rpartition(".")[2] in LOCAL_CANCELS, f"who waited met {error['class']}")
    stream.leave("with")
    # A producer that waits for its own gate is told at once where its language can interrupt it; else when it goes on.
    s.release(f"{run}-1")
    s.event("closed", run)


@scenario
def slow_consumer(s: Scene) -> None:
    """A consumer that does not read holds its producer back, and nobody else's."""
    run = key()
    stream = s.open(s.twin("feed.numbers"), 10**9, run)
    s.same(stream.take(10), (list(range(10)), False))
    other = s.open(s.twin("feed.numbers"), 5000, key())
    s.same(other.ask("consume")["count"], 5000, "items of another stream")
    s.same(s.call("scene.who"), s.provider.name)
    counts = [s.count(run)]
    s.until(lambda: (counts.append(s.count(run)) or counts[-1] == counts[-2]) and len(counts) > 20, "the producer stops")
    s.true(counts[-1] < 4096, f"{counts[-1]} items were made where 10 were read")
    s.same(stream.take(2000), (list(range(10, 2010)), False))
    stream.leave("close")


@scenario
def deadline_covers_the_first_item(s: Scene) -> None:
    """The timeout is for the first item: one that comes too late ends the call and its producer."""
    run, at = key(), time.monotonic()
    stream = s.opening(s.twin("feed.ticks"), 20_000, 2, run, options={"timeout": 0.3})
    error = stream if isinstance(stream, dict) else stream.failing(1)[1]
    s.kind(error, "DeadlineExceeded")
    s.soon(at, 2, "the error")
    s.event("closed", run)


@scenario
def no_deadline_after_the_first_item(s: Scene) -> None:
    """A stream may take longer than its call's timeout."""
    stream = s.open(s.twin("feed.ticks"), 120, 6, key(), options={"timeout": 0.4})
    s.same(stream.take(10), (list(range(6)), True))


@scenario
def stats(s: Scene) -> None:
    """A stream says how far it is."""
    stream = s.open(s.twin("feed.numbers"), 50, key())
    stream.take(10)
    told = stream.ask("stats")
    s.same(told["items"], 10, "items")
    s.true(told["bytes"] >= 10 and 0 <= told["waiting"] <= 40, f"it is {told}")
    s.same(stream.take(100), (list(range(10, 50)), True))
    told = stream.ask("stats")
    s.same((told["items"], told["waiting"], told["ended"]), (50, 0, True), "items, waiting and ended")


@scenario
def many_at_once(s: Scene) -> None:
    """Streams side by side keep their items apart."""
    streams = [s.open(s.twin("feed.numbers"), 100 + at, key()) for at in range(12)]
    for stream in streams:
        s.same(stream.take(5), ([0, 1, 2, 3, 4], False))
    for at, stream in enumerate(streams):
        s.same(stream.take(1000), (list(range(5, 100 + at)), True))


@scenario
def within_a_stream(s: Scene) -> None:
    """A handler passes on what another stream brings; ending the outer one ends the inner one."""
    run = key()
    inner = f"feed.{s.foreign.name}"
    s.same(s.open(s.twin("feed.passing"), inner, 10, run).take(20), ([2 * at for at in range(10)], True))
    s.event("closed", run, s.foreign)
    run = key()
    stream = s.open(s.twin("feed.passing"), inner, 10**9, run)
    s.same(stream.take(3), ([0, 2, 4], False))
    at = time.monotonic()
    stream.leave("close")
    s.event("closed", run, s.foreign)
    s.soon(at, 2 * PROMPT, "ending the inner producer")


@scenario
def to_itself(s: Scene) -> None:
    """A node's own stream comes without a link."""
    me = s.join(s.caller.agent, s.caller.language, {"feed.self": "feed"}, face=s.face)
    run = key()
    stream = s.open(s.twin("feed.numbers"), 5000, run, to="self", by=me)
    s.same(stream.take(2), ([0, 1], False))
    s.same(stream.ask("consume")["count"], 4998, "the rest")
    run = key()
    stream = s.open(s.twin("feed.numbers"), 10**9, run, to="self", by=me)
    stream.take(1)
    stream.leave("close")
    s.event("closed", run, me)


# The caller sends


@scenario
def of_a_caller(s: Scene) -> None:
    """A handler reads what its caller sends, to the end."""
    run = key()
    s.same(s.call(s.twin("feed.total"), sending("numbers", 1000, run)), sum(range(1000)))
    s.event("closed", run, s.caller)


@scenario
def of_a_caller_by_name(s: Scene) -> None:
    """A stream is an argument like others, by name as well; an empty one too."""
    s.same(s.call(s.twin("feed.total"), kwargs={"numbers": sending("numbers", 10, key())}), 45)
    s.same(s.call(s.twin("feed.total"), sending("numbers", 0, key())), 0)


@scenario
def of_a_caller_in_part(s: Scene) -> None:
    """A handler that answers before the end leaves the rest: the caller's source is closed."""
    run = key()
    s.same(s.call(s.twin("feed.some"), sending("numbers", 10**9, run), 3), [0, 1, 2])
    s.event("closed", run, s.caller)


@scenario
def of_a_caller_refused(s: Scene) -> None:
    """A handler that raises without reading ends the call, and the source is closed or never began."""
    run = key()
    error = s.error(s.twin("feed.refusing"), sending("numbers", 10**9, run))
    s.kind(error, "Remote", "yes", "none of it")
    s.true(s.count(run, s.caller) <= 2048, f"{s.count(run, s.caller)} items were made")


@scenario
def of_a_caller_that_breaks(s: Scene) -> None:
    """What the caller's source raises ends the call with an error that says so."""
    run = key()
    error = s.error(s.twin("feed.total"), sending("breaking", 3, run))
    s.true("it broke after 3" in error["text"] or "it broke after 3" in error["trace"], f"it is {error['class']}: {error['text']}")


@scenario
def slow_handler(s: Scene) -> None:
    """A handler that does not read holds its caller's source back."""
    run, gate = key(), key()
    begun = s.begin(s.twin("feed.slowly"), sending("numbers", 20_000, run), gate)
    s.event("entered", gate)
    counts = [s.count(run, s.caller)]
    s.until(lambda: (counts.append(s.count(run, s.caller)) or counts[-1] == counts[-2]) and len(counts) > 20, "the source stops")
    s.true(counts[-1] < 4096, f"{counts[-1]} items were made where one was read")
    s.release(gate)
    s.same(begun.value(), sum(range(20_000)))


@scenario
def list_for_a_stream(s: Scene) -> None:
    """A parameter that takes any iterable takes a list as well as a stream."""
    s.same(s.call("feed.either", [1, 2, 3]), 6)
    s.same(s.call("feed.either", sending("numbers", 4, key())), 6)


@scenario
def inside_a_value(s: Scene) -> None:
    """A stream inside a value is refused, with its path; nothing ran."""
    run = key()
    error = s.error("work.echo", [1, sending("numbers", 10, run)])
    s.kind(error, "Unserializable", "no", "[1]")
    s.same(s.count(run, s.caller), 0, "items made")


# Both send


@scenario
def in_both_directions(s: Scene) -> None:
    """A handler reads and answers one stream each."""
    run = key()
    stream = s.open(s.twin("feed.doubled"), sending("numbers", 500, key()), run)
    s.same(stream.take(1000), ([2 * at for at in range(500)], True))
    s.event("closed", run)


@scenario
def in_turns(s: Scene) -> None:
    """Each item is answered before the next one is sent."""
    run = key()
    stream = s.open(s.twin("feed.doubled"), sending("gated", 4, run), key())
    for at in range(4):
        s.release(f"{run}-{at}", s.caller)
        s.same(stream.take(1), ([2 * at], False), f"answer {at}")
    s.same(stream.take(1), ([], True))


@scenario
def both_closed_early(s: Scene) -> None:
    """Closing the answer ends the handler and the caller's own source."""
    sent, run = key(), key()
    stream = s.open(s.twin("feed.doubled"), sending("numbers", 10**9, sent), run)
    s.same(stream.take(2), ([0, 2], False))
    stream.leave("close")
    s.event("closed", run)
    s.event("closed", sent, s.caller)


# Nodes that go


@scenario
def producer_killed(s: Scene) -> None:
    """A killed producer ends its stream with an error that says how much came; the call is not made again."""
    agent = s.spare(s.provider.language)
    doomed = s.join(agent, s.provider.language, {"feed.doomed": "feed"})
    run = key()
    stream = s.open(s.twin("feed.gated"), 10, run, to="doomed")
    for at in range(3):
        s.release(f"{run}-{at}", doomed)
    s.same(stream.take(3), ([0, 1, 2], False))
    at_ = time.monotonic()
    agent.kill()
    items, error = stream.failing(5)
    s.soon(at_, 1.5, "the error")
    s.same(items, [], "items after it")
    s.true(error["kind"] in ("Unavailable", "MaybeExecuted"), f"it is {error['kind']}: {error['text']}")
    s.true(error["executed"] in ("yes", "maybe"), f"executed is {error['executed']}")
    s.says(error, "after 3 items")


@scenario
def consumer_killed(s: Scene) -> None:
    """A killed consumer ends its producer."""
    agent = s.spare(s.caller.language)
    doomed = s.join(agent, s.caller.language, {}, face=s.face)
    run = key()
    stream = s.open(s.twin("feed.numbers"), 10**9, run, by=doomed)
    s.same(stream.take(1), ([0], False))
    at = time.monotonic()
    agent.kill()
    s.event("closed", run)
    s.soon(at, 3, "ending the producer")


@scenario
def consumers_node_closed(s: Scene) -> None:
    """A consumer's node that closes ends its streams on both sides."""
    leaving = s.join(s.caller.agent, s.caller.language, {}, face=s.face)
    run = key()
    stream = s.open(s.twin("feed.gated"), 10, run, by=leaving)
    s.release(f"{run}-0")
    s.same(stream.take(1), ([0], False))
    leaving.ask("close", drain=0)
    s.true(stream.failing(1)[1]["kind"] in ("Closed", "Unavailable"), "reading goes on")
    s.release(f"{run}-1")
    s.event("closed", run)


@scenario
def producers_node_drains(s: Scene) -> None:
    """A draining provider sends its streams to their end."""
    one = s.beside(s.provider, {"feed.draining": "feed"})
    stream = s.open(s.twin("feed.ticks"), 20, 10, key(), to="draining")
    s.same(stream.take(1), ([0], False))
    closing = one.start("close", drain=10)
    s.same(stream.take(20), (list(range(1, 10)), True))
    closing.get()


def sending(kind: str, n: int, run: str) -> dict[str, object]:
    """A stream among the arguments."""
    return {"t": "stream", "v": [kind, n, run]}
