"""How likely is a flight to arrive half an hour late? A forest of trees, the same in every process that trains it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import data
import numpy as np
from sklearn.ensemble import RandomForestClassifier

LATE = 30.0
SEED = 2013
EVERY = 4  # trains on each fourth flight that arrived


@dataclass(frozen=True)
class Model:
    """A trained forest, and the typical flight to which others are compared."""

    forest: RandomForestClassifier
    typical: np.ndarray

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Probability of each row. A tree looks at one row at a time, so the answer for a row does not depend on its batch."""
        return np.ascontiguousarray(self.forest.predict_proba(rows)[:, 1])

    def effects(self, row: np.ndarray) -> np.ndarray:
        """How much each feature adds: the probability as it is, less the one with that feature of a typical flight."""
        others = np.tile(row, (len(row), 1))
        np.fill_diagonal(others, self.typical)
        alone, *changed = self.predict(np.vstack([row, others]))
        return alone - np.array(changed)

    def fingerprint(self) -> str:
        """Equal for equal forests: a digest of every split and every leaf."""
        digest = hashlib.sha256()
        for estimator in self.forest.estimators_:
            tree = estimator.tree_
            for part in (tree.feature, tree.threshold, tree.children_left, tree.children_right, tree.value):
                digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()


def train(path: Path) -> Model:
    """Trains on the file. Seeded and single-threaded: equal forests from equal files."""
    flights = [flight for flight in data.rows(path) if flight.delay is not None][::EVERY]
    late = np.array([flight.delay is not None and flight.delay > LATE for flight in flights])
    rows = data.matrix(flights)
    forest = RandomForestClassifier(n_estimators=16, max_depth=9, min_samples_leaf=50, random_state=SEED, n_jobs=1)
    forest.fit(rows, late)
    return Model(forest, np.median(rows, axis=0))
