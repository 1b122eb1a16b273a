"""Histograms of oriented gradients (HOG) as a second input of a net."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_lightning.data.images import Pixels
from fer_lightning.errors import FerError

Descriptors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Hog:
    """HOG as scikit-image computes it (Dalal and Triggs 2005), with blocks normalised by its default L2-Hys.

    Paper D, section 5 uses HOG features without their sizes: these are the defaults of scikit-image, except for the
    blocks, which are those of Dalal and Triggs.

    Attributes:
        orientations: bins of the unsigned gradient direction.
        cell: side in pixels of the squares with one histogram each.
        block: side in cells of the overlapping squares that are normalised together.

    Raises:
        FerError: a value below 1.
    """

    orientations: int = 9
    cell: int = 8
    block: int = 2

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise FerError(f"model.input.hog.{name}={value}: choose 1 or more")

    def check(self, size: int) -> None:
        """Raises FerError if an image of this side in pixels has no whole block."""
        if size < self.cell * self.block:
            raise FerError(
                f"model.input.hog: a block of {self.block} x {self.cell} pixels is wider than the image of {size}: "
                "make cell or block smaller, or model.input.size larger"
            )

    def __call__(self, images: Pixels) -> Descriptors:
        """(N, F) float32 of (N, C, H, W) uint8; each pixel of a colour image takes the channel of the largest gradient.

        F is blocks x blocks x block x block x orientations, with size // cell - block + 1 blocks in a row.
        """
        from skimage.feature import hog  # half a second to import, and most nets take the image alone

        how = {
            "orientations": self.orientations,
            "pixels_per_cell": (self.cell, self.cell),
            "cells_per_block": (self.block, self.block),
            "block_norm": "L2-Hys",
        }
        rows = [hog(image, channel_axis=0, **how) for image in images]
        return np.asarray(rows, dtype=np.float32)
