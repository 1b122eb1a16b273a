"""The metrics that follow from a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FROM_COUNTS = ("test/accuracy", "test/macro_f1", "test/balanced_accuracy")
RECALL = "test/recall/"


def matrix_scores(counts: npt.ArrayLike, class_names: Sequence[str]) -> dict[str, float | None]:
    """`FROM_COUNTS` and the recall of each class, as in a result: fractions, None where undefined.

    Macro-F1 is the mean over the classes that occur, true or predicted, balanced accuracy that of the recalls of the
    classes with images: both as scikit-learn has them.

    Args:
        counts: (C, C) images, rows true.
        class_names: C names.
    """
    matrix = np.asarray(counts, dtype=np.float64)
    hits, true, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    recalls = [_share(right, total) for right, total in zip(hits, true, strict=True)]
    f1 = [_share(2 * right, total) for right, total in zip(hits, true + predicted, strict=True)]
    named = {f"{RECALL}{name}": recall for name, recall in zip(class_names, recalls, strict=True)}
    return dict(zip(FROM_COUNTS, (_share(hits.sum(), matrix.sum()), _mean(f1), _mean(recalls)), strict=True)) | named


def _share(part: float, total: float) -> float | None:
    return float(part / total) if total else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
