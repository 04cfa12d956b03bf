"""FakeNode: a node that meets nobody, whose calls end in what the test says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any

from .._app import App
from .._context import CallContext, current
from .._errors import BadArguments, Error, Misuse
from .._failure import Fault
from .._names import near
from .._node import DRAIN, Node, close_session, split
from .._offer import Method, Service, built
from .._options import Seconds
from ._clock import FakeClock, delay_of
from ._faults import Failing, failing
from ._record import FakeCall
from ._session import FakeSession
from ._stub import Stub, answering, is_async, offered

_MISSING: Any = object()
MOST_CALLS = 100_000
"""Calls that a fake node remembers; the oldest are forgotten first."""


class FakeNode(Node):
    """A node for tests of programs: it listens nowhere, dials nobody, reads and writes no file.

    All the rest is as in a cluster: a client's calls go through the codec both ways, arguments are checked by the method's signature, and
    errors arrive as they do from another process. Give it where a `Node` is wanted, and `fake.aio` where an `AsyncNode` is.

    Args:
        name: of the node.
        cluster: name of the cluster in which it seems to be.

    Example:
        with FakeNode() as fake:
            fake.on("pricing.quote", returns=12.5)
            assert fake.client("pricing").quote(sku="A1") == 12.5
    """

    def __init__(self, *, name: str = "fake", cluster: str = "fake") -> None:
        super().__init__(FakeSession.joined_alone(name, cluster))
        self.clock = FakeClock(name, self._fake.stop)
        self._known: dict[str, Method] = {}
        self._stubs: dict[str, Stub] = {}
        self._stubbed: set[str] = set()
        self._failing: list[Failing] = []
        self._calls: list[FakeCall] = []

    @property
    def _fake(self) -> FakeSession:
        session = self._session
        assert isinstance(session, FakeSession)
        return session

    def serve(self, app: App) -> None:
        """Serves the real services of an App. Its lifespan is open until the node is closed.

        `async def` handlers run on the loop that runs here, if one does and the App has no lifespan, else on a loop of the node's own.
        """
        self._session.check()
        if not isinstance(app, App):
            raise BadArguments(f"serve() takes an App, not {type(app).__name__}")
        services = built(app, self._fake.opened(app))
        for service in services:
            self._offer(app, service)
            self._stubbed.difference_update(method.where for method in service.methods)

    def on(
        self,
        name: str,
        function: Callable[..., Any] | None = None,
        /,
        *,
        returns: Any = _MISSING,
        raises: BaseException | type[BaseException] | None = None,
        delay: Seconds = 0,
        like: type | None = None,
    ) -> None:
        """Says what `"service.method"` answers from now on, also in the place of a served App's own handler.

        Args:
            name: `"service.method"`; the last dot is between them.
            function: runs as the handler; generators answer streams, `async def` works as well.
            returns: the answer of every call, instead of a function.
            raises: what the handler raises, instead of a function.
            delay: seconds on the node's clock before the answer. Alone it slows down what answers already.
            like: a contract whose method of this name says which arguments fit. Without it a function's own signature does, and an
                answer without function takes any.
        """
        self._session.check()
        split(name)
        answer = answering(function, returns, raises, _MISSING)
        known = self._known.get(name)
        if answer is None and (known is None or delay == 0):
            raise BadArguments(f"`{name}` has no answer", advice="Give a function, or `returns`, or `raises`.")
        before = self._stubs.get(name)
        stub = Stub(before.function if answer is None and before is not None else answer, delay_of(delay))
        if known is None or (name in self._stubbed and answer is not None):
            assert answer is not None
            # First: a client compares as soon as somebody serves the service.
            self._fake.stubbed.add(split(name)[0])
            self._offer(App(""), offered(name, answer, like, function is None))
            self._stubbed.add(name)
        elif answer is not None and is_async(answer) and not known.is_async:
            raise BadArguments(f"the handler of `{name}` is no coroutine, and neither is its stub", advice="Write it with `def`.")
        self._stubs[name] = stub

    def fail(self, name: str, error: Error | type[Error], *, times: int | None = None) -> Failing:
        """Lets the calls of a service, or of `"service.method"`, fail with one of Twinspan's errors instead of being handled.

        Args:
            name: the service or the method.
            error: a class such as `twinspan.Unavailable`, or an instance that says more.
            times: how many calls fail; every one if it is not given.

        Returns:
            what ends it, by `end()` or as a context manager.
        """
        self._session.check()
        services = {target.rpartition(".")[0] for target in self._known}
        if name not in self._known and name not in services:
            hint = near(name, [*services, *self._known])
            raise Misuse(
                f"nothing serves `{name}` on this node, so that no call of it could fail",
                advice=f"Did you mean `{hint}`?" if hint else f"First say what it answers: serve(app), or on({name!r}, ...).",
            )
        fault = failing(name, error, times)
        self._failing.append(fault)
        return fault

    def calls(self, name: str | None = None) -> list[FakeCall]:
        """The calls that came so far, in their order: of all methods, of a service, or of `"service.method"`. Those that were made to fail
        are among them, those with arguments that don't fit aren't."""
        return [call for call in list(self._calls) if name is None or name in (call.target, call.target.rpartition(".")[0])]

    def forget_calls(self) -> None:
        """Begins the list of calls anew."""
        self._calls.clear()

    def close(self, *, drain: Seconds = DRAIN) -> None:
        """Ends the node. Running handlers get `drain` seconds of real time; delays on its clock end."""
        self.clock.release()
        super().close(drain=drain)

    def __enter__(self) -> FakeNode:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.clock.release()
        close_session(self._session, DRAIN if error is None else 0.0)

    def _offer(self, app: App, service: Service) -> None:
        methods = [self._wrapped(method) for method in service.methods]
        self._fake.offer(app, service._replace(methods=methods))
        self._known.update((method.where, method) for method in methods)

    def _wrapped(self, method: Method) -> Method:
        """A method that is recorded, delayed, replaced and made to fail before its own handler gets the call."""
        if method.is_async:

            async def awaited(*args: Any, **kwargs: Any) -> Any:
                call = current.get()
                assert call is not None
                with self.clock._counting(call) as began:
                    stub = self._began(method, call, args, kwargs)
                    if stub.delay:
                        await self.clock._until_async(began + stub.delay)
                    result = (stub.function or method.run)(*args, **kwargs)
                    return await result if inspect.isawaitable(result) else result

            return method._replace(run=awaited, awaits=True)

        def run(*args: Any, **kwargs: Any) -> Any:
            call = current.get()
            assert call is not None
            with self.clock._counting(call) as began:
                stub = self._began(method, call, args, kwargs)
                if stub.delay:
                    self.clock._until(began + stub.delay)
                return (stub.function or method.run)(*args, **kwargs)

        return method._replace(run=run)

    def _began(self, method: Method, call: CallContext, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Stub:
        told = {key: value for key, value in kwargs.items() if key != method.signature.context}
        if len(self._calls) >= MOST_CALLS:
            del self._calls[: MOST_CALLS // 2]
        self._calls.append(FakeCall(method.where, args, told, call.remaining(), call.baggage))
        for fault in list(self._failing):
            error = fault._take(method.where)
            if error is not None:
                raise Fault(error)
        return self._stubs.get(method.where) or Stub(None, 0.0)
