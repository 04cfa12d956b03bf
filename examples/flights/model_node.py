"""A model node: trains the delay model, serves predictions, and explains the cases that the operations desk diverts.

The launcher (run.py) starts two of them. It reads JSON lines from their standard output and ends them by closing their input.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import data
import model
import numpy as np
import rules
import twinspan
from traffic import Traffic

PATIENCE = 120.0  # seconds until the other nodes must have joined; they train at the same time


@dataclass(frozen=True)
class Factor:
    """What one feature of a flight adds to its probability, compared to a typical flight."""

    feature: str
    value: float
    effect: float


@dataclass(frozen=True)
class Explanation:
    """Why a flight is likely to be late. `second_opinion` is the other model node's probability, None while that node is gone; `rule` is
    the one that applied."""

    flight: str
    probability: float
    second_opinion: float | None
    rule: rules.Rule | None
    factors: list[Factor]


@dataclass(frozen=True)
class Health:
    """How a model node is."""

    node: str
    fingerprint: str
    trees: int


class Twin(Protocol):
    """The other model node."""

    def predict(self, rows: np.ndarray) -> np.ndarray: ...
    def health(self) -> Health: ...


class RuleBook(Protocol):
    """The operations desk's rules."""

    def book(self) -> list[rules.Rule]: ...


class Opinion:
    """The service `opinion.<node>`: this very node's model, for its twin."""

    def __init__(self, name: str, trained: model.Model, traffic: Traffic) -> None:
        self._health = Health(name, trained.fingerprint(), len(trained.forest.estimators_))
        self._model = trained
        self._traffic = traffic

    @twinspan.idempotent
    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Probability of a long delay, one for each row of features."""
        self._traffic.served()
        return self._model.predict(rows)

    @twinspan.idempotent
    def health(self) -> Health:
        """How this node is."""
        self._traffic.served()
        return self._health


class Delay(Opinion):
    """The service `delay`, which both model nodes serve: a call goes to the one that has less to do."""

    def __init__(self, name: str, trained: model.Model, traffic: Traffic) -> None:
        super().__init__(name, trained, traffic)
        # Calls may come as soon as the node has joined, a moment before its clients are made.
        self._others: Future[tuple[Twin, RuleBook]] = Future()

    def _meet(self, twin: Twin, desk: RuleBook) -> None:
        self._others.set_result((twin, desk))

    @twinspan.idempotent
    def explain(self, flight: str, row: np.ndarray) -> Explanation:
        """Why a flight is likely to be late: by feature, with the rule that applied and the opinion of the other model node."""
        self._traffic.served()
        twin, desk = self._others.result(PATIENCE)
        probability = float(self._model.predict(row[np.newaxis])[0])
        second = self._second(twin, row)
        with self._traffic.timed():
            book = desk.book()
        rule = rules.applied(book, probability, data.airport(row), data.hour(row))
        effects = self._model.effects(row)
        factors = [Factor(name, float(value), float(effect)) for name, value, effect in zip(data.FEATURES, row, effects, strict=True)]
        factors.sort(key=lambda factor: -abs(factor.effect))
        return Explanation(flight, probability, second, rule, factors)

    def _second(self, twin: Twin, row: np.ndarray) -> float | None:
        """What the other model node thinks; nothing while it is gone."""
        try:
            with self._traffic.timed():
                return float(twin.predict(row[np.newaxis])[0])
        except (twinspan.NotFound, twinspan.Unavailable, twinspan.MaybeExecuted):
            return None


def report(event: str, **more: object) -> None:
    """One line for the launcher."""
    print(json.dumps({"event": event, **more}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="this node's name")
    parser.add_argument("--twin", required=True, help="the other model node's name")
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--flights", type=Path, required=True, help="the CSV file to train on")
    options = parser.parse_args()
    # Leaves the cluster on its way out, wherever it is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    traffic = Traffic()
    trained = model.train(options.flights)
    delay = Delay(options.name, trained, traffic)
    app = twinspan.App("flights-model")
    app.add_service("delay", delay)
    app.add_service(f"opinion.{service_name(options.name)}", Opinion(options.name, trained, traffic))
    with twinspan.join(app, cluster=options.cluster, name=options.name, local=True) as node:
        opinion = f"opinion.{service_name(options.twin)}"
        other, desk = node.client(opinion, Twin), node.client("rules", RuleBook)
        delay._meet(other, desk)
        node.wait_for(opinion, timeout=PATIENCE)
        node.wait_for("rules", timeout=PATIENCE)
        with traffic.timed():
            twin = other.health()
        if twin.fingerprint != trained.fingerprint():
            raise SystemExit(f"{options.name} and {twin.node} trained different models")
        with traffic.timed():
            desk.book()
        report("ready", pid=os.getpid())
        sys.stdin.read()  # until the launcher closes it, or is no more
        report("stats", served=node.stats["served"], **traffic.report())


def service_name(node: str) -> str:
    """A node's name as a part of a service's."""
    return node.replace("-", "_")


if __name__ == "__main__":
    main()
