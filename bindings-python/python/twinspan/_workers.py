"""The threads that run sync handlers: started on demand, parked in the core while idle."""

from __future__ import annotations

import logging
import threading
import time
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from . import _failure, _native
from ._context import CallContext, current
from ._errors import BadArguments, Closed, Error, Unserializable

if TYPE_CHECKING:
    from ._offer import Method
    from ._session import Session

_log = logging.getLogger("twinspan.workers")

IDLE = 60.0

_here = threading.local()


class Workers:
    """The worker threads of one node.

    A worker parks in `next`, which takes its last answer along. Whoever takes an invocation while nobody else is parked starts
    another worker before it runs the handler, up to `workers` plus those that wait in nested calls, at most `max_threads`.
    """

    def __init__(self, lane: int, methods: list[Method], workers: int, max_threads: int, session: Session) -> None:
        self.lane = lane
        self._methods = methods
        self._workers = workers
        self._max_threads = max_threads
        self._session = session
        self._node = session.name
        self._context = copy_context()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._parked = 0
        self._waiting = 0
        self._started = 0
        self._closed = False

    def start(self) -> None:
        """Starts one more worker if the rules allow it."""
        with self._lock:
            limit = min(self._workers + self._waiting, self._max_threads)
            if self._closed or len(self._threads) >= limit:
                return
            self._started += 1
            thread = threading.Thread(target=self._run, name=f"twinspan-{self._node}-{self._started}", daemon=True)
            self._threads.add(thread)
            # Parked from the start: two takers in a row must not both start one.
            self._parked += 1
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the interpreter is ending: those that run go on
            with self._lock:
                self._threads.discard(thread)
                self._parked -= 1

    def closed(self) -> None:
        """No worker starts any more, and those that run end at their next look: said before the lane is closed."""
        with self._lock:
            self._closed = True

    def join(self, timeout: float) -> None:
        """Waits for the workers to end, `timeout` seconds for all of them together."""
        with self._lock:
            threads = list(self._threads)
        until = time.monotonic() + timeout
        for thread in threads:
            # One that another thread is about to start finds the lane closed.
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        _here.workers = self
        try:
            self._work()
        except Closed:
            pass
        except Error as failed:
            _log.error("a worker of %s ended: %s", self._node, failed)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
                self._parked -= 1

    def _work(self) -> None:
        next_, lock, lane = _native.next, self._lock, self.lane
        call, payload, failure = 0, None, None
        while True:
            try:
                taken = next_(lane, IDLE, call, payload, failure)
            except Error as failed:
                if self._closed or call == 0:
                    raise
                # The answer came too late for its call, which ended meanwhile: nobody waits for it.
                _log.debug("an answer was dropped: %s", failed)
                call, payload, failure = 0, None, None
                continue
            call, payload, failure = 0, None, None
            if taken is None:
                with lock:
                    if self._parked > 1 or self._closed:
                        return
                continue
            call, _, number, remaining, spare, arguments = taken
            with lock:
                self._parked -= 1
                alone = self._parked == 0
            if alone and not spare:
                self.start()
            payload, failure = self._handled(call, self._methods[number], remaining, arguments)
            del taken, arguments  # an idle worker must not hold a large payload
            with lock:
                self._parked += 1

    def _handled(self, call: int, method: Method, remaining: float, arguments: Any) -> tuple[Any, Any]:
        """Runs one handler. Whatever it raises, exits included, becomes an answer: the worker goes on."""
        where = method.where
        context = CallContext(call, remaining, where, self._session)
        local: Context = self._context.copy()
        try:
            args, kwargs = prepared(method, arguments, context)
        except Error as refused:
            return None, refusal(refused, self._node)
        try:
            local.run(current.set, context)
            result = local.run(method.run, *args, **kwargs)
            if type(result) not in PLAIN and _native.is_stream(result):
                return local.run(_streamed, call, result, context, where, self._node)
        except BaseException as raised:
            return None, _failure.encoded(raised, operation=f"call {where}", node=self._node)
        finally:
            context.end()
        return answered(result, where, self._node)


PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, dict, tuple, set})
"""Results of these classes are never streams."""


def _streamed(call: int, source: Any, context: CallContext, where: str, node: str) -> tuple[Any, Any]:
    """Sends the answer of a sync handler; gives what ends it: a payload, or else a failure."""
    from ._streams import close, failed, pump

    if not hasattr(type(source), "__next__"):
        refused = Unserializable(
            f"{type(source).__name__} needs an event loop",
            advice="Make the handler `async def`, or declare its result as an AsyncIterator.",
            executed="yes",
            operation=f"result of {where}",
            node=node,
        )
        return None, refused.parts()
    context.streams = True
    try:
        outlet = _native.Outlet.answer(call)
    except Error as over:
        close(source)
        return None, over.parts()
    try:
        pump(outlet, source, Nested())
    except BaseException as raised:
        return None, failed(outlet, raised, operation=f"call {where}", node=node)
    finally:
        close(source)
    return _native.Payload.nothing(), None


def prepared(method: Method, arguments: Any, context: CallContext) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Decodes and binds the arguments. Its errors say that the handler did not run."""
    signature = method.signature
    try:
        args, kwargs = _native.bind(arguments, signature.plan)
        if signature.old:
            signature.rename(args, kwargs)
    except Error as bad:
        bad.executed = "no"
        bad.operation = bad.operation or f"call {signature.where}"
        raise
    except Exception as raised:  # a class of the signature that refuses its fields
        raise BadArguments(f"{type(raised).__name__}: {raised}", operation=f"call {signature.where}") from raised
    context.streams = signature.takes_stream
    if signature.context is not None:
        kwargs[signature.context] = context
    return args, kwargs


def refusal(error: Error, node: str) -> dict[str, Any]:
    """Why a handler was not run, for a caller that may know another version of it: with the provider's name."""
    if not error.node:
        error.node = node
        error.message += f" (provider: node `{node}`)"
    return error.parts()


def answered(result: Any, where: str, node: str) -> tuple[Any, Any]:
    """A result as payload, or else as the failure to send: the handler ran, its result can't cross."""
    try:
        return _native.pack(result), None
    except Error as bad:
        bad.executed, bad.node, bad.operation = "yes", node, f"result of {where}"
        return None, bad.parts()
    except Exception as raised:  # a user's property or __iter__ that raised while it was encoded
        return None, _failure.encoded(raised, operation=f"result of {where}", node=node)


class Nested:
    """Around a blocking call: a handler's thread lets another worker take its place while it waits."""

    __slots__ = ("_workers",)

    def __enter__(self) -> None:
        workers: Workers | None = getattr(_here, "workers", None)
        self._workers = workers
        if workers is not None:
            with workers._lock:
                workers._waiting += 1
                alone = workers._parked == 0
            if alone:
                workers.start()

    def __exit__(self, *_: object) -> None:
        workers = self._workers
        if workers is not None:
            with workers._lock:
                workers._waiting -= 1
