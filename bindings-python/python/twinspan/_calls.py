"""Calls as functions: each proxy method is one closure, made once, that does as little as possible per call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from . import _native
from ._context import carried, current
from ._errors import Misuse, RemoteError
from ._options import Options, ambient
from ._workers import Nested

if TYPE_CHECKING:
    from ._session import Session


MOST_PREPARED = 512


class Target:
    """One method of a service as a proxy calls it: with its options, and with what its contract says of the answer."""

    __slots__ = ("_handles", "method", "options", "plan", "raises", "service", "session")

    def __init__(
        self, session: Session, service: str, method: str, options: Options, plan: Any = None, raises: tuple[type[BaseException], ...] = ()
    ) -> None:
        self.session = session
        self.service = service
        self.method = method
        self.options = options
        self.plan = plan
        self.raises = raises
        self._handles: dict[Options, Any] = {}

    def prepared(self, chosen: Options | None) -> tuple[Any, float | None]:
        """The native method for these options, and the timeout of the call. Prepared once for each set of options."""
        options = self.options if chosen is None else chosen.over(self.options)
        key = options._replace(timeout=None)
        handle = self._handles.get(key)
        if handle is None:
            request = {"service": self.service, "method": self.method, **options.request()}
            handle = _native.method(self.session.handle, request)
            if len(self._handles) >= MOST_PREPARED:
                # A program may choose another affinity for each of its customers.
                del self._handles[next(iter(self._handles))]
            self._handles[key] = handle
        return handle, options.timeout

    def mapped(self, error: RemoteError) -> NoReturn:
        """Raises the class that the contract declares for this error, else the error itself."""
        for cls in self.raises:
            declared = error.as_(cls)
            if declared is not None:
                raise declared from error
        raise error


def blocking(target: Target) -> Callable[..., Any]:
    """A method that blocks its thread until the answer is here."""
    native = _native.call_blocking
    context_of, carried_of, chosen_of, modules = current.get, carried.get, ambient.get, sys.modules
    plan = target.plan
    declares = bool(target.raises)
    handle: Any = None
    timeout: float | None = None

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal handle, timeout
        if "asyncio" in modules:
            refuse_on_loop(target)
        chosen = chosen_of()
        if chosen is not None:
            method, limit = target.prepared(chosen)
        else:
            if handle is None:
                handle, timeout = target.prepared(None)
            method, limit = handle, timeout
        context = context_of()
        carries = carried_of()
        extra = None if carries is None else carries.within(context)
        try:
            if context is None:
                result = native(method, 0, limit, extra, args, kwargs, plan)
            else:
                with Nested():
                    result = native(method, context.call, limit, extra, args, kwargs, plan)
            if declares and isinstance(result, _native.Inlet):
                result.declare(target.mapped)
            return result
        except RemoteError as error:
            if not target.raises:
                raise
            target.mapped(error)

    return call


def refuse_on_loop(target: Target | str) -> None:
    """A thread whose event loop is running must not block: everything else on that loop would stop."""
    running = sys.modules["asyncio"]._get_running_loop
    if running() is None:
        return
    if isinstance(target, str) and "." not in target:
        raise Misuse(
            f"{target} blocks, and this thread's event loop is running", advice="Call by `node.aio`, which answers what is awaited."
        )
    if isinstance(target, str):
        instead = f"node.aio.{target[5:-2]}" if target.startswith("node.") else f"{target}_async"
        raise Misuse(f"{target} blocks, and this thread's event loop is running", advice=f"Await `{instead}` instead.")
    raise Misuse(
        f"a blocking call of {target.service}.{target.method} on a thread whose event loop is running",
        advice=f'Write: await node.aio.client("{target.service}").{target.method}(...)',
        operation=f"call {target.service}.{target.method}",
    )
