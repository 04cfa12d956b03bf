"""Node: this process in the cluster, for blocking programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import _look, _native
from ._calls import Target, refuse_on_loop
from ._client import Bound, Client, _method
from ._errors import BadArguments, NotFound
from ._options import NONE, Options, Seconds, chosen, seconds
from ._session import Session

if TYPE_CHECKING:
    from ._aio import AsyncNode
    from ._references import NodeRef, ServiceRef

T = TypeVar("T")

DRAIN = 10.0


class Seen:
    """What a node knows of itself and of the cluster; the same for blocking and awaited nodes."""

    _session: Session
    _options: Options
    _awaits: bool

    def __init__(self, session: Session, options: Options = NONE) -> None:
        self._session = session
        self._options = options
        self._called: dict[str, Callable[..., Any]] = {}

    @property
    def name(self) -> str:
        """Name of this node, unique among live nodes."""
        return self._session.name

    @property
    def id(self) -> str:
        """Id of this join: 32 hexadecimal digits."""
        return self._session.id

    @property
    def cluster(self) -> str:
        """Name of the cluster."""
        return self._session.cluster

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others reach this node."""
        return self._session.addresses

    @property
    def ready(self) -> bool:
        """Whether this node takes calls."""
        return self._session.ready

    @property
    def closed(self) -> bool:
        """Whether this node was closed."""
        return self._session.closed

    @property
    def members(self) -> list[_look.Member]:
        """The nodes of the cluster, this one included."""
        self._session.check()
        return [_look.member(told, self.cluster) for told in _native.members(self._session.handle)]

    def member(self, node: str | NodeRef, /) -> _look.Member:
        """The live node of a name or of a reference.

        Raises:
            NotFound: no live node has the name, or the reference belongs to another cluster.
        """
        if not isinstance(node, str):
            from ._references import NodeRef, name_in

            node = name_in(node, NodeRef, self.cluster, "member")
        for member in self.members:
            if member.name == node:
                return member
        raise NotFound(f"no live node is called {node!r}", advice="`node.members` lists those that are.")

    @property
    def services(self) -> dict[str, _look.ServiceInfo]:
        """The services of the cluster by name."""
        self._session.check()
        told = (_look.service(told) for told in _native.services(self._session.handle))
        return {service.name: service for service in told}

    @property
    def stats(self) -> Any:
        """Counters of this node."""
        self._session.check()
        return _native.stats(self._session.handle)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "ready" if self.ready else "not ready"
        return f"<{type(self).__name__} {self.name} in {self.cluster}, {state}>"

    @overload
    def client(
        self,
        name: str | ServiceRef,
        /,
        *,
        timeout: Seconds | None = None,
        attempts: int | None = None,
        balance: str | None = None,
        affinity: str | None = None,
        hedge: float | None = None,
        assume_idempotent: bool | None = None,
    ) -> Client: ...

    @overload
    def client(
        self,
        name: str | ServiceRef,
        contract: Callable[..., T],
        /,
        *,
        timeout: Seconds | None = None,
        attempts: int | None = None,
        balance: str | None = None,
        affinity: str | None = None,
        hedge: float | None = None,
        assume_idempotent: bool | None = None,
    ) -> T: ...

    def client(self, name: str | ServiceRef, contract: Any = None, /, **options: Any) -> Any:
        """A client of a service. With a contract, results are converted to its types.

        Args:
            name: of the service, or a reference to it as it arrived from elsewhere.
            contract: a Protocol or class of `def` methods; on an `AsyncNode` of `async def` methods.

        Raises:
            NotFound: the reference belongs to another cluster.
        """
        return self._client(name, contract, chosen(**options))

    @property
    def __twinspan_reference__(self) -> tuple[str, str, str]:
        # Sent somewhere, a node is a `NodeRef` there.
        return "node", self.cluster, self.name

    def _client(self, name: str | ServiceRef, contract: Any, options: Options) -> Any:
        self._session.check()
        if not isinstance(name, str):
            from ._references import ServiceRef, name_in

            name = name_in(name, ServiceRef, self.cluster, "client")
        if not name:
            raise BadArguments(f"a service is named by a text, not by {name!r}", advice='Write it as client("service").')
        options = options.over(self._options)
        if contract is None:
            return Client(Bound(self._session, name, options, None, "", self._awaits))
        from ._contract import promises as promised
        from ._contract_check import ContractCheck

        promises = promised(contract, name, awaits=self._awaits)
        check = ContractCheck(self._session, name, contract, promises)
        check.now(3)  # whoever called `client`
        return Client(Bound(self._session, name, options, promises, contract.__name__, self._awaits, check))

    def _target(self, name: str, provider: str | None = None) -> Target:
        """The method of a full name, of one provider if its id is given."""
        service, method = split(name)
        self._session.check()
        options = self._options if provider is None else self._options._replace(node=provider)
        return Target(self._session, service, method, options)

    def _named(self, name: str) -> Callable[..., Any]:
        """The method of a full name. The last dot splits service and method."""
        call = self._called.get(name)
        if call is None:
            service, method = split(name)
            self._session.check()
            if len(self._called) >= 1024:
                self._called.clear()
            call = self._called[name] = _method(Bound(self._session, service, self._options, None, "", self._awaits), method)
        return call


class Node(Seen):
    """This process in the cluster. Made by `twinspan.join`; leaving its `with` block drains and closes it."""

    _awaits = False

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Calls `"service.method"` and waits for its result. Options: `node.with_options(timeout=1).call(...)`."""
        return self._named(name)(*args, **kwargs)

    def call_all(self, name: str, /, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Calls `"service.method"` of every provider at once; gives the result or the `Error` of each by the name of its node."""
        from ._scatter import call_all

        refuse("node.call_all()")
        return call_all(self, name, args, kwargs)

    def call_many(self, name: str, argument_sets: Iterable[Any], /, *, window: int = 1024) -> Iterator[Any]:
        """Calls `"service.method"` with each argument set; gives results or `Error`s in the order of the sets.

        Args:
            argument_sets: dicts of keywords or tuples of positionals. They are taken as there is room, so there may be any number.
            window: how many calls are under way at most, or wait for an earlier one to be given.

        Example:
            for price in node.call_many("pricing.quote", [{"sku": sku} for sku in skus]): ...
        """
        from ._scatter import call_many

        refuse("node.call_many()")
        return call_many(self, name, argument_sets, window)

    def first_of(self, name: str, /, *args: Any, n: int = 2, **kwargs: Any) -> Any:
        """Calls `"service.method"` of up to `n` providers at once; gives the first result and cancels the rest.

        If all fail, the first error is raised. The method runs up to `n` times.
        """
        from ._scatter import first_of

        refuse("node.first_of()")
        return first_of(self, name, args, kwargs, n)

    def with_options(
        self,
        *,
        timeout: Seconds | None = None,
        attempts: int | None = None,
        balance: str | None = None,
        affinity: str | None = None,
        hedge: float | None = None,
        assume_idempotent: bool | None = None,
    ) -> Node:
        """The same node, whose `call` and `client` use these options."""
        options = chosen(
            timeout=timeout, attempts=attempts, balance=balance, affinity=affinity, hedge=hedge, assume_idempotent=assume_idempotent
        )
        return Node(self._session, options.over(self._options))

    @property
    def aio(self) -> AsyncNode:
        """This node for coroutines, on any running loop."""
        from ._aio import AsyncNode

        return AsyncNode(self._session, self._options)

    def wait_for(self, service: str, *, count: int = 1, timeout: Seconds = 30) -> None:
        """Waits until `count` providers of a service are ready."""
        self._operate("wait_for", {"service": service, "count": count, "timeout_ms": round(seconds("timeout", timeout) * 1000)})

    def drain(self, *, timeout: Seconds = DRAIN) -> None:
        """Takes no new calls and waits for the running ones."""
        self._session.ready = False
        self._operate("drain", {"timeout_ms": round(seconds("timeout", timeout) * 1000)})

    def close(self, *, drain: Seconds = DRAIN) -> None:
        """Leaves the cluster. Running handlers get `drain` seconds; a second close does nothing."""
        refuse("node.close()")
        close_session(self._session, seconds("drain", drain))

    def __enter__(self) -> Node:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        # An exception on its way must not wait for handlers.
        close_session(self._session, DRAIN if error is None else 0.0)

    def _operate(self, op: str, request: dict[str, Any]) -> None:
        refuse(f"node.{op}()")
        self._session.check()
        _native.operate(op, self._session.handle, request)


def split(name: str) -> tuple[str, str]:
    """Service and method of a full name, whose last dot is between them."""
    service, dot, method = name.rpartition(".") if isinstance(name, str) else ("", "", "")
    if not dot or not service or not method:
        raise BadArguments(f"`{name}` names no method", advice='Write it as "service.method".')
    return service, method


def refuse(what: str) -> None:
    """Refuses to block a thread whose event loop is running."""
    if "asyncio" in sys.modules:
        refuse_on_loop(what)


def close_session(session: Session, drain: float) -> None:
    """Leaves: no new calls, the running ones finish, then threads, lifespan and loop end."""
    if not session.begin_close():
        return
    try:
        _native.operate("close", session.handle, {"timeout_ms": round(drain * 1000)})
    finally:
        session.end_threads(0.5)
        loop, resources = session.loop_thread, session.resources
        if loop is not None:
            session.loop_thread = None
            try:
                if resources is not None:
                    loop.run(resources.close())
            finally:
                loop.stop(5.0)
