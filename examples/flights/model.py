"""How likely is a flight to arrive half an hour late? A forest of trees, the same in every process that trains it."""

from __future__ import annotations

from pathlib import Path

import data
import numpy as np
from sklearn.ensemble import RandomForestClassifier

LATE = 30.0
SEED = 2013
EVERY = 4  # trains on each fourth flight that arrived


def train(path: Path) -> RandomForestClassifier:
    """Trains on the file. Seeded and single-threaded: equal forests from equal files."""
    flights = [flight for flight in data.rows(path) if flight.delay is not None][::EVERY]
    late = np.array([flight.delay is not None and flight.delay > LATE for flight in flights])
    forest = RandomForestClassifier(n_estimators=16, max_depth=9, min_samples_leaf=50, random_state=SEED, n_jobs=1)
    forest.fit(data.matrix(flights), late)
    return forest


def predict(forest: RandomForestClassifier, features: np.ndarray) -> np.ndarray:
    """Probability of each row. A tree looks at one row at a time, so the answer for a row does not depend on its batch."""
    return np.ascontiguousarray(forest.predict_proba(features)[:, 1])
