"""What one program alone decides: the same model and rules in one process, without twinspan. Writes baseline.csv."""

from __future__ import annotations

import argparse
from pathlib import Path

import data
import model
import rules

CHUNK = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flights", type=Path, required=True, help="the CSV file of flights")
    parser.add_argument("--limit", type=int, help="only so many flights from the beginning")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args()

    trained = model.train(options.flights)
    book = rules.load()
    flights = list(data.rows(options.flights, options.limit))
    with options.out.open("w", encoding="utf-8") as file:
        file.write("flight,probability,action\n")
        for start in range(0, len(flights), CHUNK):
            chunk = flights[start : start + CHUNK]
            for flight, probability in zip(chunk, trained.predict(data.matrix(chunk)), strict=True):
                action = rules.decide(book, float(probability), flight.origin, flight.hour)
                file.write(f"{flight.key},{float(probability).hex()},{action}\n")


if __name__ == "__main__":
    main()
