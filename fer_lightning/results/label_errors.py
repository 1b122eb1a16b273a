"""Finds images whose label is probably wrong, by confident learning on cross-fitted probabilities."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_lightning.atomic_write import atomic_write

COLUMNS = ("image", "label", "suggested", "p_label", "p_suggested")


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """K images whose label is probably wrong, the surest first.

    Attributes:
        rows: (K,) of the images.
        suggested: (K,) the class that they are confidently counted in instead.
        margin: (K,) probability of the label minus that of the suggested class.
        images: how many images were looked at.
    """

    rows: npt.NDArray[np.int64]
    suggested: npt.NDArray[np.int64]
    margin: npt.NDArray[np.float64]
    images: int


def find_label_errors(labels: npt.NDArray[np.int64], shares: npt.NDArray[np.floating]) -> LabelErrors:
    """Images off the diagonal of the confident joint, surest first.

    Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"; the same list in the same
    order as find_label_issues(filter_by="confident_learning") of cleanlab 2.9 with "normalized_margin".
    The threshold of a class is the mean probability that images with this label have for it. An image is confidently
    counted in the likeliest class among those whose threshold it reaches; where that is another class than its label,
    the label is probably wrong. Images are ordered by their probability of the label minus that of the class.

    Args:
        labels: (N,) class numbers; -1 where an image has none, which is passed over.
        shares: (N, C) probabilities from nets that did not train on the image; rows of zeros are passed over.
    """
    known = np.flatnonzero((labels >= 0) & (shares.sum(axis=1) > 0))
    label, chances = labels[known], shares[known].astype(np.float64)
    classes = chances.shape[1]
    counts = np.bincount(label, minlength=classes)
    own = np.bincount(label, weights=chances[np.arange(len(label)), label], minlength=classes)
    # a class that labels no image has no threshold, and no image can be counted in it
    thresholds = np.divide(own, counts, out=np.full(classes, np.inf), where=counts > 0)
    reached = np.where(chances >= thresholds - 1e-9, chances, -1.0)
    confident = reached.argmax(axis=1)
    wrong = np.flatnonzero((reached.max(axis=1) >= 0) & (confident != label))
    margin = chances[wrong, label[wrong]] - chances[wrong, confident[wrong]]
    order = np.argsort(margin, kind="stable")
    return LabelErrors(known[wrong][order], confident[wrong][order], margin[order], len(known))


def write_label_errors(
    found: LabelErrors,
    ids: npt.NDArray[np.str_],
    labels: npt.NDArray[np.int64],
    shares: npt.NDArray[np.floating],
    class_names: Sequence[str],
    path: Path,
) -> None:
    """A table of the images, surest first: name, label, suggested class and the probabilities of both."""
    with atomic_write(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row, other in zip(found.rows.tolist(), found.suggested.tolist(), strict=True):
            label = int(labels[row])
            chances = (f"{shares[row, label]:.4f}", f"{shares[row, other]:.4f}")
            writer.writerow([ids[row], class_names[label], class_names[other], *chances])
