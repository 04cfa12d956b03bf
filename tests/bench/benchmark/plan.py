"""What is measured: conditions, and the products that meet in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LANGUAGES = ("python", "java")
TRANSPORTS = ("same_host", "tcp")
SIZES = {"call": 64, "echo_1mib": 1 << 20, "stream": 64, "stream_1mib": 1 << 20}
WAYS = (  # work, face, pace
    ("call", "sync", "back_to_back"),
    ("call", "sync", "sparse"),
    ("call", "async", "back_to_back"),
    ("call", "async", "sparse"),
    ("call", "async", "in_flight64"),
    ("call", "threads64", "in_flight64"),
    ("call", "call_many", "in_flight64"),
    ("echo_1mib", "sync", "back_to_back"),
    ("stream", "sync", "streamed"),
    ("stream_1mib", "sync", "streamed"),
)


@dataclass(frozen=True)
class Condition:
    """How calls are made. Products are compared within one."""

    work: str
    face: str
    pace: str
    transport: str

    def __str__(self) -> str:
        return f"{self.work} {self.face} {self.pace} {self.transport}"

    @property
    def is_rate(self) -> bool:
        """Whether a product is judged by calls, or items, a second."""
        return self.pace == "in_flight64" or self.is_stream

    @property
    def is_stream(self) -> bool:
        """Whether items come one after the other: none of them is timed alone, and there is no ping-pong."""
        return self.pace == "streamed"

    @property
    def size(self) -> int:
        """Bytes of a payload, or of an item."""
        return SIZES[self.work]

    def order(self, series: Series, seconds: float) -> str:
        # What others have beside `call_many` is their awaited face.
        face = "async" if self.face == "call_many" and series.pair is None else self.face
        return f"run face={face} pace={self.pace} transport={self.transport} to={series.to} seconds={seconds} bytes={self.size}"


@dataclass(frozen=True)
class Series:
    """One product under one condition: who calls, who answers."""

    product: str
    pair: str | None
    client: str
    server: str
    to: str

    @property
    def key(self) -> str:
        return self.pair or self.product


def conditions() -> Iterator[Condition]:
    for work, face, pace in WAYS:
        for transport in TRANSPORTS:
            yield Condition(work, face, pace, transport)


def products(condition: Condition, chosen: frozenset[str]) -> list[Series]:
    """Everything that is measured under a condition, ours first."""
    everything = [*ours(condition), *peers(condition)]
    return [series for series in everything if not chosen or series.product in chosen]


def ours(condition: Condition) -> Iterator[Series]:
    where = condition.transport
    for caller in LANGUAGES:
        for provider in LANGUAGES:
            yield Series("twinspan", f"{caller}-{provider}", f"node_{caller}_{where}_call", f"node_{provider}_{where}_serve", provider)


def peers(condition: Condition) -> Iterator[Series]:
    awaited = condition.face in ("async", "call_many")
    served = "serve_async" if awaited else "serve"
    python = "python_async" if awaited else "python"
    grpcio = Series("grpcio", None, "grpcio_call", f"grpcio_{served}", python)
    if condition.is_stream:
        yield grpcio
        return
    yield Series("ping_pong", None, "ping_pong_call", "ping_pong_serve", "rust")
    if condition.face == "call_many":  # the awaited rows have the others
        yield grpcio
        return
    yield Series("sockets_python", None, "sockets_call", f"sockets_{served}", python)
    zeromq = "pyzmq_tcp" if condition.transport == "tcp" else "pyzmq_ipc"
    yield Series(zeromq, None, "zeromq_call", f"zeromq_{served}", python)
    yield grpcio
    yield Series("grpc_java", None, "grpc_java_call", "grpc_java_serve", "java")
    yield Series("grpcio_grpc_java", None, "grpcio_call", "grpc_java_serve", "java")
    yield Series("grpc_java_grpcio", None, "grpc_java_call", f"grpcio_{served}", python)
    if not awaited:
        yield Series("zenoh", None, "zenoh_call", "zenoh_serve", "python")
        yield Series("py4j", None, "py4j_python", "py4j_java", "java")
        yield Series("py4j_callback", None, "py4j_java", "py4j_python", "python")
