"""The scores that follow from a confusion matrix: accuracy, recalls, balanced accuracy and macro-F1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Counts = npt.ArrayLike  # (C, C) images, rows true classes, columns predicted ones
Shares = npt.NDArray[np.float64]

FROM_COUNTS = ("test/accuracy", "test/macro_f1", "test/balanced_accuracy")
RECALL = "test/recall/"


def accuracy(counts: Counts) -> float:
    """Share of images on the diagonal of counts (C, C); nan without images."""
    matrix = np.asarray(counts, dtype=np.float64)
    return float(_shares(np.trace(matrix), matrix.sum()))


def recalls(counts: Counts) -> Shares:
    """Share of each row of counts (C, C) on the diagonal, (C,) in 0..1; nan for a class without images."""
    matrix = np.asarray(counts, dtype=np.float64)
    return _shares(np.diag(matrix), matrix.sum(axis=1))


def balanced_accuracy(counts: Counts) -> float:
    """Mean recall over the classes that have images, as scikit-learn's; nan without images."""
    return _mean(recalls(counts))


def macro_f1(counts: Counts) -> float:
    """Mean F1 over the classes that occur, true or predicted, as scikit-learn has it; nan without images."""
    matrix = np.asarray(counts, dtype=np.float64)
    # F1 = 2 hits / (true + predicted)
    return _mean(_shares(2 * np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)))


def matrix_scores(counts: Counts, class_names: Sequence[str]) -> dict[str, float | None]:
    """`FROM_COUNTS` and the recall of each class, as in a result: fractions, None where undefined.

    Args:
        counts: (C, C) images, rows true.
        class_names: C names.
    """
    overall = zip(FROM_COUNTS, (accuracy(counts), macro_f1(counts), balanced_accuracy(counts)), strict=True)
    named = zip((f"{RECALL}{name}" for name in class_names), recalls(counts).tolist(), strict=True)
    return {metric: None if np.isnan(value) else value for metric, value in (*overall, *named)}


def only_answer(counts: Counts) -> int | None:
    """The class that was predicted for every image; None where there are several, or no image."""
    matrix = np.asarray(counts)
    predicted = np.flatnonzero(matrix.sum(axis=0)) if matrix.size else np.empty(0)
    return int(predicted[0]) if len(predicted) == 1 else None


def _shares(part: npt.ArrayLike, total: npt.ArrayLike) -> Shares:
    """Part of total, nan where the total is zero."""
    whole = np.asarray(total, dtype=np.float64)
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _mean(shares: Shares) -> float:
    """Of those that are defined; nan of none."""
    known = shares[~np.isnan(shares)].tolist()
    return sum(known) / len(known) if known else math.nan
