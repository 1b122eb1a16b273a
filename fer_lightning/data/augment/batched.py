"""Flips, rotates, scales and shifts whole batches in one resampling, and erases a rectangle of each image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from fer_lightning.data.images import Pixels
from fer_lightning.errors import FerError

Floats = npt.NDArray[np.float64]


class BatchedAffine:
    """Random affine transform and random erasing for each image of a batch, with one `grid_sample`.

    Args:
        size: side in pixels of the output, which shows the whole image; None keeps the size.
        flip: probability of a horizontal flip.
        degrees: largest rotation in either direction.
        scale: lowest and highest factor of magnification.
        translate: largest shift along each axis, as a share of the image's side.
        erase: probability of a black rectangle.
        erase_side: lowest and highest side of the rectangle, as shares of the image's side; drawn for each side.

    Raises:
        FerError: a value out of its range.
    """

    def __init__(
        self,
        size: int | None = None,
        flip: float = 0.5,
        degrees: float = 12.0,
        scale: Sequence[float] = (0.9, 1.15),
        translate: float = 0.1,
        erase: float = 0.5,
        erase_side: Sequence[float] = (0.15, 0.35),
    ) -> None:
        for name, chance in (("flip", flip), ("erase", erase), ("translate", translate)):
            if not 0 <= chance <= 1:
                raise FerError(f"augment.batched.{name}={chance}: choose 0 to 1")
        if size is not None and size < 1:
            raise FerError(f"augment.batched.size={size}: choose 1 pixel or more, or null for the image's own size")
        if not 0 <= degrees <= 180:
            raise FerError(f"augment.batched.degrees={degrees}: choose 0 to 180")
        self.size = size
        self.flip = flip
        self.degrees = degrees
        self.scale = _range("scale", scale, math.inf)
        self.translate = translate
        self.erase = erase
        self.erase_side = _range("erase_side", erase_side, 1)

    def __call__(self, images: Pixels, seed: int) -> Pixels:
        """(N, size, size[, 3]) uint8 augmented images of (N, H, W[, 3]) uint8; the seed fixes every choice."""
        random = np.random.default_rng(seed).random((len(images), 10))
        grey = images.ndim == 3
        pixels = torch.from_numpy(images[:, None] if grey else images.transpose(0, 3, 1, 2)).float()
        size = images.shape[1:3] if self.size is None else (self.size, self.size)
        grid = F.affine_grid(self._maps(random[:, :5]), [*pixels.shape[:2], *size], align_corners=False)
        changed = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False).round_().clamp_(0, 255)
        erased = changed.masked_fill_(self._blanks(random[:, 5:], *size)[:, None], 0).byte().numpy()
        return erased[:, 0] if grey else np.ascontiguousarray(erased.transpose(0, 2, 3, 1))

    def _maps(self, random: Floats) -> torch.Tensor:
        """(N, 2, 3) maps from output to input coordinates, both from -1 to 1; random (N, 5) 0..1."""
        angle = np.radians(self.degrees) * (2 * random[:, 0] - 1)
        shrink = 1 / _between(self.scale, random[:, 1])
        mirror = np.where(random[:, 2] < self.flip, -1.0, 1.0)
        across, down = shrink * np.cos(angle), shrink * np.sin(angle)
        # a side is two units long
        shift = 2 * self.translate * (2 * random[:, 3:5] - 1)
        rows = [[across * mirror, -down, shift[:, 0]], [down * mirror, across, shift[:, 1]]]
        return torch.from_numpy(np.array(rows, dtype=np.float32).transpose(2, 0, 1))

    def _blanks(self, random: Floats, height: int, width: int) -> torch.Tensor:
        """(N, height, width) bool, which pixels are erased; random (N, 5) 0..1."""
        sides = np.where(random[:, :1] < self.erase, _between(self.erase_side, random[:, 1:3]), 0.0)
        begin = random[:, 3:] * (1 - sides)
        inside = []
        for axis, length in enumerate((height, width)):
            centres = (np.arange(length) + 0.5) / length
            first, last = begin[:, axis, None], (begin + sides)[:, axis, None]
            inside.append(torch.from_numpy((first <= centres) & (centres < last)))
        return inside[0][:, :, None] & inside[1][:, None, :]


def _range(name: str, values: Sequence[float], most: float) -> tuple[float, float]:
    if len(values) != 2 or not 0 < values[0] <= values[1] <= most:
        limit = "" if most == math.inf else f", at most {most:g}"
        raise FerError(f"augment.batched.{name}={list(values)}: give the lowest and the highest, both above 0{limit}")
    return float(values[0]), float(values[1])


def _between(limits: tuple[float, float], random: Floats) -> Floats:
    return limits[0] + (limits[1] - limits[0]) * random
