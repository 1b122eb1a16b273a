"""How far chance alone could move an accuracy or a recall: 95 % Wilson intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

Interval = tuple[float, float]


def wilson(correct: int, total: int, confidence: float = 0.95) -> Interval | None:
    """The Wilson score interval of a fraction, both ends in 0..1; None of nothing.

    It takes the images as independent. Frames of one recording are not, so there the true interval is wider.
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
    """
    if total == 0:
        return None
    ends = binomtest(correct, total).proportion_ci(confidence_level=confidence, method="wilson")
    return float(ends.low), float(ends.high)


def accuracy_interval(counts: npt.ArrayLike) -> Interval | None:
    """The interval of the accuracy that a confusion matrix (C, C) shows, rows true."""
    matrix = np.asarray(counts, dtype=np.int64)
    return wilson(int(np.trace(matrix)), int(matrix.sum()))


def recall_intervals(counts: npt.ArrayLike) -> list[Interval | None]:
    """The interval of each class's recall in a confusion matrix (C, C), rows true; None where no image is true."""
    matrix = np.asarray(counts, dtype=np.int64)
    return [wilson(int(row[i]), int(row.sum())) for i, row in enumerate(matrix)]


def intervals(counts: npt.ArrayLike, class_names: Sequence[str]) -> dict[str, list[float]]:
    """The field `intervals` of a result: `test/accuracy`, and `test/recall/<class>` for each class with images."""
    recalls = zip(class_names, recall_intervals(counts), strict=True)
    named = {"test/accuracy": accuracy_interval(counts)} | {f"test/recall/{name}": ends for name, ends in recalls}
    return {metric: list(ends) for metric, ends in named.items() if ends is not None}
