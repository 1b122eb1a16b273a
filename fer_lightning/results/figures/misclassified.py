"""Draws the misclassified images with the highest confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fer_lightning.results.figures.faces import face_grid, face_width
from fer_lightning.results.figures.layout import SMALL_SIZE, heading, heading_height, write_heading
from fer_lightning.results.style import PAD, shorten, styled, text_width

Images = npt.NDArray[np.uint8]

TITLE = "Most confident mistakes"
EMPTY_WIDTH = 4.6  # inches of a page without faces


@styled
def misclassified_faces(
    images: Images | Callable[[npt.NDArray[np.int64]], Images],
    true: npt.NDArray[np.int64],
    predicted: npt.NDArray[np.int64],
    confidence: npt.NDArray[np.floating],
    ids: Sequence[str] | npt.NDArray[np.str_],
    class_names: Sequence[str],
    subtitle: str = "",
    limit: int = 32,
) -> Figure:
    """The faces that were surest taken for another class, surest first; of equal ones the earlier image comes first.

    Under each stand its class, the class that it was taken for with the confidence, and its id.

    Args:
        images: (N, H, W) grey or (N, H, W, 3) RGB, uint8; or a function from rows (K,) to their faces, asked once, so
            that no other face has to be decoded or resized.
        true: (N,) index into `class_names`.
        predicted: (N,) index into `class_names`.
        confidence: (N,) highest probability of each image, in 0..1.
        ids: (N,) a name for each image; of a longer one than fits the end is shown.
        class_names: C names; longer ones than fit are cut with an ellipsis.
        subtitle: a line of its own; what was tested.
        limit: the most faces to be shown.
    """
    total = len(true)
    lengths = [len(column) for column in (predicted, confidence, ids, *([] if callable(images) else [images]))]
    if set(lengths) != {total} or limit < 1:
        raise ValueError(f"{total} labels; predictions, confidences, ids and images: {lengths}; limit {limit}")
    wrong = np.flatnonzero(np.asarray(true) != np.asarray(predicted))
    if not len(wrong):
        return _none(total, subtitle)
    order = wrong[np.argsort(-np.asarray(confidence)[wrong], kind="stable")][:limit]
    faces = images(order) if callable(images) else images[order]
    wide = face_width(faces.shape[2])
    captions = [
        f"{_fitted(class_names[true[i]], ', taken for', wide)}\n"
        f"{_fitted(class_names[predicted[i]], f' {100 * confidence[i]:.1f} %', wide)}"
        for i in order
    ]
    share = f"{len(wrong):,} of {total:,} images taken for another class ({100 * len(wrong) / total:.2f} %)"
    details = share if len(order) == len(wrong) else f"{share}; the {len(order)} surest of them"
    return face_grid(faces, captions, TITLE, None, subtitle, details, [str(ids[i]) for i in order])


def _fitted(name: str, rest: str, width: float) -> str:
    return shorten(name, width - text_width(rest, SMALL_SIZE), SMALL_SIZE) + rest


def _none(total: int, subtitle: str) -> Figure:
    details = f"None of the {total:,} images was taken for another class." if total else "no images"
    lines = heading(TITLE, subtitle, details, EMPTY_WIDTH - 2 * PAD)
    figure = Figure(figsize=(EMPTY_WIDTH, heading_height(lines) + 2 * PAD))
    write_heading(figure, lines)
    return figure
