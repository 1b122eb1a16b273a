"""Turns the rows of a prepared FaceSet into batches of tensors, a whole batch at a time."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import Dataset

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.faces import Integers, Pixels
from fer_lightning.data.inputs import Batch
from fer_lightning.data.sampling import Draw


class FaceDataset(Dataset[Batch]):
    """Prepared faces, asked for by the batch.

    Args:
        pixels: (N, H, W) or (N, H, W, 3) uint8, H and W at least `size`.
        labels: (N,) class numbers.
        size: side of the image that the net sees; larger ones are cut to their centre.
        channels: 1 or 3; grey faces fill three channels with the same values.
        augment: random change of every image, or None.
    """

    def __init__(
        self, pixels: Pixels, labels: Integers, size: int, channels: int, augment: Augment | None = None
    ) -> None:
        self.pixels = pixels
        self.labels = labels
        self.size = size
        self.channels = channels
        self.augment = augment

    def __getitem__(self, draw: Draw) -> Batch:
        images = self.pixels[draw.rows]
        if self.augment is not None:
            images = self.augment(images, draw.seed)
        return Batch(
            to_tensor(images, self.size, self.channels),
            torch.from_numpy(self.labels[draw.rows]),
            torch.from_numpy(draw.rows),
        )


def to_tensor(images: Pixels, size: int, channels: int) -> torch.Tensor:
    """(N, channels, size, size) uint8 from (N, H, W[, 3]) uint8: the centre of larger images, grey repeated."""
    top, left = ((side - size) // 2 for side in images.shape[1:3])
    images = images[:, top : top + size, left : left + size]
    grey = images.ndim == 3
    images = np.repeat(images[:, None], channels, axis=1) if grey else images.transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(images))
