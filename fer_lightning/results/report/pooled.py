"""The counts of a row's runs in one confusion matrix, and the recalls that it shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.results.report.model import Row


class Pooled(NamedTuple):
    """The test counts of several runs, summed; an image that two runs tested counts twice.

    Attributes:
        class_names: C names.
        counts: (C, C) images, rows true.
        runs: how many runs were summed.
    """

    class_names: list[str]
    counts: npt.NDArray[np.int64]
    runs: int

    @property
    def right(self) -> int:
        """Images that were recognised."""
        return int(np.trace(self.counts))

    @property
    def images(self) -> int:
        """All of them."""
        return int(self.counts.sum())

    def recalls(self) -> list[tuple[str, int, float | None]]:
        """Class, its images, and the share of them that was recognised; None without images."""
        support = self.counts.sum(axis=1).tolist()
        hits = np.diag(self.counts).tolist()
        return [(c, n, k / n if n else None) for c, n, k in zip(self.class_names, support, hits, strict=True)]


def pooled(row: Row) -> Pooled | None:
    """The sum over a row's runs; None where no run has counts, or where the classes of two runs differ."""
    kept = [run.result for run in row.runs if run.result.confusion_matrix]
    if not kept or any(result.class_names != kept[0].class_names for result in kept):
        return None
    counts = np.array([result.confusion_matrix for result in kept], dtype=np.int64)
    return Pooled(kept[0].class_names, counts.sum(axis=0), len(kept))
