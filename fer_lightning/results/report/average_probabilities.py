"""Averages the probabilities that several runs predict for the same images, one run after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fer_lightning.results.predictions import Predictions


class Pool:
    """The images of one fold, which grow with each run that tested others.

    It holds sums and never the runs, so that thousands of runs take the memory of one.

    Attributes:
        class_names: of the probabilities.
        runs: (N,) how many runs tested an image.
    """

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = tuple(class_names)
        self._rows: dict[str, int] = {}
        self._true = np.empty(0, dtype=np.int64)
        self._sums = np.empty((0, len(self.class_names)))
        self.runs: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)

    @property
    def images(self) -> int:
        """How many images at least two runs tested."""
        return int((self.runs > 1).sum())

    def add(self, given: Predictions) -> bool:
        """Adds a run with the same classes in any order; False, and no change, where a true class is another one."""
        order = [given.class_names.index(name) for name in self.class_names]
        true = np.argsort(order)[given.true]
        ids = given.ids.tolist()
        before = len(self._rows)
        known = np.array([self._rows.get(name, -1) for name in ids], dtype=np.int64)
        seen = known >= 0
        if (self._true[known[seen]] != true[seen]).any():
            return False
        rows = np.array([self._rows.setdefault(name, len(self._rows)) for name in ids], dtype=np.int64)
        if new := len(self._rows) - before:
            self._true = np.append(self._true, np.zeros(new, dtype=np.int64))
            self._sums = np.append(self._sums, np.zeros((new, len(self.class_names))), axis=0)
            self.runs = np.append(self.runs, np.zeros(new, dtype=np.int64))
        self._true[rows] = true
        np.add.at(self._sums, rows, given.probabilities[:, order])
        np.add.at(self.runs, rows, 1)
        return True

    def average(self, least: int = 2) -> Predictions:
        """The mean over the runs of each image that at least so many of them tested."""
        kept = self.runs >= least
        means = (self._sums[kept] / self.runs[kept, None]).astype(np.float32)
        ids = np.array(list(self._rows), dtype=np.str_)[kept]
        return Predictions(ids, self._true[kept], self.class_names, means)
