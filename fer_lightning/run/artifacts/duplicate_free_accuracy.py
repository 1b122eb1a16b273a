"""Accuracies on subsets of the test images: without training images or copies of them, and with FER+ labels."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.duplicates import find_exact_copies, find_near_copies
from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.results.intervals import wilson
from fer_lightning.results.predictions import Predictions

log = logging.getLogger(__name__)

Metrics = dict[str, float]
Intervals = dict[str, list[float]]
# metric -> masks of N images: which count, and which are classified correctly
Subsets = dict[str, tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]


def compute_subset_accuracies(
    datamodule: FaceDataModule,
    rows: npt.NDArray[np.int64],
    predictions: Predictions,
    seen: npt.NDArray[np.int64] | None = None,
) -> tuple[Metrics, Intervals]:
    """`test/accuracy_no_trained_images`, `_no_exact_copies`, `_no_near_copies`, `_ferplus`, with 95 % intervals.

    The first is present if some test images were used for training. Copies are those of training images. FER+ uses the
    majority label; images that it drops, or labels with a class that the model lacks, do not count. A metric without
    any image is absent; without `data.report_copies` all but the first are.

    Args:
        datamodule: of the test.
        rows: of the predictions in its faces.
        predictions: of the model.
        seen: rows of its faces that trained the checkpoint; None if unknown.
    """
    judged: Subsets = {}
    if seen is not None and len(seen):
        judged["test/accuracy_no_trained_images"] = (~np.isin(rows, seen), predictions.correct)
    if datamodule.report_copies:
        judged |= _make_copy_and_ferplus_subsets(datamodule, rows, predictions)
    figures: Metrics = {}
    spans: Intervals = {}
    for name, (counted, right) in judged.items():
        total, correct = int(counted.sum()), int((right & counted).sum())
        span = wilson(correct, total)
        log.info("%s: %d of %d images count", name, total, len(rows))
        if span is not None:
            figures[name], spans[name] = correct / total, list(span)
    return figures, spans


def _make_copy_and_ferplus_subsets(
    datamodule: FaceDataModule, rows: npt.NDArray[np.int64], predictions: Predictions
) -> Subsets:
    faces, train = datamodule.prepared_data.source, datamodule.protocol.train
    exact = find_exact_copies(faces, rows, train)
    judged = {
        "test/accuracy_no_exact_copies": (~exact, predictions.correct),
        "test/accuracy_no_near_copies": (~find_near_copies(faces, rows, train, exact), predictions.correct),
    }
    if "ferplus" in faces.extras:
        names = np.array([*EXPRESSIONS, ""])[faces.extras["ferplus"][rows]]
        said = np.array(predictions.class_names)[predictions.predicted]
        judged["test/accuracy_ferplus"] = (np.isin(names, predictions.class_names), said == names)
    return judged
