"""References: what a client and a member are to whom they are sent, and what a client is made of again."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from . import _native
from ._errors import BadArguments, BadConfig, NotFound


class _Reference:
    """A name in a cluster. It can't change; two are equal if their URIs are."""

    __slots__ = ("cluster", "name", "uri")

    _kind: ClassVar[str] = ""
    _sent: ClassVar[str] = ""

    cluster: str
    """Name of the cluster in which it means something."""
    name: str
    uri: str

    def __init__(self, cluster: str, name: str) -> None:
        try:
            uri = _native.reference(self._kind, cluster, name)
        except (ValueError, TypeError) as error:
            raise BadConfig(
                f"{cluster!r} and {name!r} make no {type(self).__name__}: {error}",
                advice=f'Write {type(self).__name__}("cluster", "{self._kind}"), names as they are when joining and serving.',
            ) from None
        for attribute, value in (("cluster", cluster), ("name", name), ("uri", uri)):
            object.__setattr__(self, attribute, value)

    @classmethod
    def _parsed(cls, uri: str) -> tuple[str, str]:
        try:
            kind, cluster, name = _native.reference_parts(uri)
            if kind != cls._kind:
                raise ValueError(f"a reference to a {kind}")
        except (ValueError, TypeError) as error:
            raise BadConfig(f"{uri!r} is no {cls.__name__}: {error}", advice=f"Write it as twinspan://CLUSTER/{cls._kind}/NAME.") from None
        return cluster, name

    @classmethod
    def _named_by(cls, value: Any) -> tuple[str, str]:
        parts = getattr(type(value), "__twinspan_reference__", None)
        kind, cluster, name = parts.__get__(value) if isinstance(parts, property) else ("", "", "")
        if kind != cls._kind:
            raise BadArguments(
                f"{cls.__name__}.of() takes {cls._sent}, not {type(value).__name__}",
                advice="Give it what node.client() or node.members gave, or the node.",
            )
        return cluster, name

    @property
    def __twinspan_reference__(self) -> tuple[str, str, str]:
        return self._kind, self.cluster, self.name

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} can't change", name=name, obj=self)

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} can't change", name=name, obj=self)

    def __eq__(self, other: object) -> bool:
        return self.uri == other.uri if isinstance(other, _Reference) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.uri)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.cluster!r}, {self.name!r})"

    def __str__(self) -> str:
        return self.uri

    def __reduce__(self) -> Any:
        return type(self), (self.cluster, self.name)


class ServiceRef(_Reference):
    """A reference to a service, whoever serves it: what arrives where a client was sent.

    `node.client(ref)` makes a client of it, blocking or awaited as the node is; in a handler `current_call().node` is the node.
    A reference is no promise that somebody serves the service. Sent on, it arrives as the same reference.

    Args:
        cluster: name of the cluster.
        name: name of the service.

    Raises:
        BadConfig: one of them can't be a name.

    Example:
        def warm(catalog: ServiceRef) -> int:
            return twinspan.current_call().node.client(catalog).size()
    """

    __slots__ = ()

    _kind = "service"
    _sent = "a client"

    @classmethod
    def parse(cls, uri: str) -> ServiceRef:
        """The reference of a URI, `twinspan://CLUSTER/service/NAME`. Raises `BadConfig` for a text that isn't one."""
        return cls(*cls._parsed(uri))

    @classmethod
    def of(cls, client: Any) -> ServiceRef:
        """The reference that a client is sent as. Raises `BadArguments` for anything else."""
        return cls(*cls._named_by(client))


class NodeRef(_Reference):
    """A reference to a node by its name: what arrives where a `Member` or a node was sent.

    `node.member(ref)` gives the live member. The name outlives a restart of its node.

    Args:
        cluster: name of the cluster.
        name: name of the node.

    Raises:
        BadConfig: one of them can't be a name.
    """

    __slots__ = ()

    _kind = "node"
    _sent = "a member or a node"

    @classmethod
    def parse(cls, uri: str) -> NodeRef:
        """The reference of a URI, `twinspan://CLUSTER/node/NAME`. Raises `BadConfig` for a text that isn't one."""
        return cls(*cls._parsed(uri))

    @classmethod
    def of(cls, node: Any) -> NodeRef:
        """The reference that a member or a node is sent as. Raises `BadArguments` for anything else."""
        return cls(*cls._named_by(node))


def name_in(reference: Any, wanted: type[_Reference], cluster: str, call: str) -> str:
    """The name that a reference means in a cluster.

    Raises:
        BadArguments: it is no reference of the kind that is wanted.
        NotFound: it belongs to another cluster.
    """
    if not isinstance(reference, wanted):
        raise BadArguments(
            f"a {wanted._kind} is named by a text or a {wanted.__name__}, not by {reference!r}",
            advice=f'Write it as {call}("{wanted._kind}").',
        )
    if reference.cluster != cluster:
        raise NotFound(
            f"{reference} belongs to the cluster {reference.cluster}, this node to {cluster}",
            advice="Use it at a node of its own cluster.",
            executed="no",
        )
    return reference.name
