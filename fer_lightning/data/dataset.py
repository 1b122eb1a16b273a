"""Turns the rows of a prepared FaceSet into batches of tensors, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.faces import Integers, Pixels
from fer_lightning.data.images import resize
from fer_lightning.data.inputs import Batch
from fer_lightning.data.sampling import Draw

Describe = Callable[[torch.Tensor, Draw], torch.Tensor]
"""Descriptors (N, F) float32 of the images (N, channels, size, size) uint8 of a draw."""


class FaceDataset(Dataset[Batch]):
    """Prepared faces, indexed by whole batches.

    Args:
        pixels: (N, H, W) or (N, H, W, 3) uint8, H and W at least `size`.
        labels: (N,) class numbers.
        size: side of the net's input; larger images are cropped to their centre.
        channels: 1 or 3; grey faces fill three channels with the same values.
        augment: augmentation, or None.
        votes: (N, C) float32 share of each class, if the data set has shares.
        whole: resize images larger than `size` instead of cropping their centre.
        describe: computes descriptors for the net's second input, or None.
    """

    def __init__(
        self,
        pixels: Pixels,
        labels: Integers,
        size: int,
        channels: int,
        augment: Augment | None = None,
        votes: npt.NDArray[np.float32] | None = None,
        whole: bool = False,
        describe: Describe | None = None,
    ) -> None:
        self.pixels = pixels
        self.labels = labels
        self.size = size
        self.channels = channels
        self.augment = augment
        self.votes = votes
        self.whole = whole
        self.describe = describe

    def __getitem__(self, draw: Draw) -> Batch:
        images = self.pixels[draw.rows]
        if self.augment is not None:
            images = self.augment(images, draw)
        shown = to_tensor(images, self.size, self.channels, self.whole)
        return Batch(
            shown,
            torch.from_numpy(self.labels[draw.rows]),
            torch.from_numpy(draw.rows),
            None if self.votes is None else torch.from_numpy(self.votes[draw.rows]),
            None if self.describe is None else self.describe(shown, draw),
        )


def to_tensor(images: Pixels, size: int, channels: int, whole: bool = False) -> torch.Tensor:
    """Converts (N, H, W[, 3]) uint8 to (N, channels, size, size) uint8; grey is repeated over channels.

    Larger images are cropped to their centre, or with `whole` resized by the mean over areas.
    """
    if whole and images.shape[1:3] != (size, size):
        images = np.stack([resize(image, size) for image in images])
    top, left = ((side - size) // 2 for side in images.shape[1:3])
    images = images[:, top : top + size, left : left + size]
    grey = images.ndim == 3
    images = np.repeat(images[:, None], channels, axis=1) if grey else images.transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(images))
