"""Further accuracies of the one test pass: without images that trained or have a copy in train, and by other labels."""

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
# metric -> which of the N images count, and which of them were answered correctly
Subsets = dict[str, tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]


def compute_subset_accuracies(
    datamodule: FaceDataModule,
    rows: npt.NDArray[np.int64],
    predictions: Predictions,
    seen: npt.NDArray[np.int64] | None = None,
) -> tuple[Metrics, Intervals]:
    """`test/accuracy_no_trained_images`, `_no_exact_copies`, `_no_near_copies`, `_ferplus`, with 95 % intervals.

    The first is there where some test images trained. A copy is one of an image that trained. FER+ is its majority
    label; images that it drops, or names by a class that the model lacks, do not count. A figure that nothing is left
    for is absent; without `data.report_copies` all but the first are.

    Args:
        datamodule: what was tested.
        rows: of the predictions in its faces.
        predictions: what the model said.
        seen: rows of its faces that trained the checkpoint; None where that is not known.
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
