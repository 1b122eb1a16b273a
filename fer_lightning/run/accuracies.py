"""Further accuracies of the one test pass: without images that have a copy in train, and against other labels."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.exclusion import exact_copies, near_copies
from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.results.intervals import wilson
from fer_lightning.results.predictions import Predictions

log = logging.getLogger(__name__)

Figures = dict[str, float]
Spans = dict[str, list[float]]


def without_copies_and_beside_votes(
    datamodule: FaceDataModule, rows: npt.NDArray[np.int64], predictions: Predictions
) -> tuple[Figures, Spans]:
    """`test/accuracy_no_exact_copies`, `_no_near_copies` and `_ferplus`, each with its 95 % interval.

    A copy is one of an image that trained. FER+ is its majority label; images that it drops, or names by a class that
    the model lacks, do not count. A figure that nothing is left for is absent; without `data.report_copies` all are.

    Args:
        datamodule: what was tested.
        rows: of the predictions in its faces.
        predictions: what the model said.
    """
    if not datamodule.report_copies:
        return {}, {}
    faces, train = datamodule.opened.source, datamodule.protocol.train
    exact = exact_copies(faces, rows, train)
    judged = {
        "test/accuracy_no_exact_copies": (~exact, predictions.correct),
        "test/accuracy_no_near_copies": (~near_copies(faces, rows, train, exact), predictions.correct),
    }
    if "ferplus" in faces.extras:
        names = np.array([*EXPRESSIONS, ""])[faces.extras["ferplus"][rows]]
        said = np.array(predictions.class_names)[predictions.predicted]
        judged["test/accuracy_ferplus"] = (np.isin(names, predictions.class_names), said == names)
    figures: Figures = {}
    spans: Spans = {}
    for name, (counted, right) in judged.items():
        total, correct = int(counted.sum()), int((right & counted).sum())
        span = wilson(correct, total)
        log.info("%s: %d of %d images count", name, total, len(rows))
        if span is not None:
            figures[name], spans[name] = correct / total, list(span)
    return figures, spans
