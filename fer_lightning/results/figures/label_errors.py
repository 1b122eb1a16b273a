"""Draws the faces whose label is probably wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fer_lightning.results.figures.faces import face_grid

TITLE = "Probable label errors"
LIMIT = 45  # faces on a page: five rows of small ones


class Doubt(NamedTuple):
    """A face with its label and the class that it is more probably of, with the probabilities of both in 0..1."""

    image: npt.NDArray[np.uint8]
    id: str
    label: str
    suggested: str
    p_label: float
    p_suggested: float


def label_errors_page(doubts: Sequence[Doubt], subtitle: str, details: str) -> Figure:
    """The faces in the order given, each over its label, the suggested class and its id.

    Args:
        doubts: one or more, with images of one size, (H, W) grey or (H, W, 3) RGB.
        subtitle: a line of its own; which data and which nets.
        details: a line of figures.
    """
    captions = [
        f"label {doubt.label} {100 * doubt.p_label:.0f} %\n{doubt.suggested} {100 * doubt.p_suggested:.0f} %"
        for doubt in doubts
    ]
    images = np.stack([doubt.image for doubt in doubts])
    return face_grid(images, captions, TITLE, None, subtitle, details, [doubt.id for doubt in doubts])
