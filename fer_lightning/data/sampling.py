"""Samples the batches of an epoch, the same ones whatever the number of workers or devices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from torch.utils.data import Sampler

from fer_lightning.data.faces import Integers


class Draw(NamedTuple):
    """A batch to be loaded.

    Attributes:
        rows: (N,) rows of the images.
        seed: seed of their augmentation.
        views: (N,) index of each image's prescribed variant; None if there are none.
    """

    rows: Integers
    seed: int
    views: Integers | None = None


class SequentialBatches(Sampler[Draw]):
    """Every row once, in order, over all devices together: for validation and test.

    Lightning's sampler repeats images until every device has equally many, which would falsify counts.

    Args:
        rows: (N,) rows, at least one for each device.
        batch_size: images of the global batch.
        rank: rank of this device.
        world_size: number of devices that share each batch.
    """

    def __init__(self, rows: Integers, batch_size: int, rank: int = 0, world_size: int = 1) -> None:
        self.rows = rows
        self.share = slice(rank, None, world_size)
        # every device needs an image of every batch: a last batch with fewer images than devices joins the one before
        self.bounds = [0, *range(batch_size, len(rows) - world_size + 1, batch_size), len(rows)]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __iter__(self) -> Iterator[Draw]:
        for start, end in pairwise(self.bounds):
            yield Draw(self.rows[start:end][self.share], seed=0)


class EpochBatches(Sampler[Draw]):
    """The training batches of an epoch, all random choices drawn from (seed, epoch, batch).

    An incomplete last batch is dropped, which images differ per epoch, unless it is the only one: batch normalisation
    has no variance in a batch of one, and devices need equal parts of a batch.

    Args:
        rows: (N,) rows of the training images.
        labels: (N,) their classes.
        batch_size: images of the global batch.
        seed: seed of the order and of the augmentation.
        balanced: draw with replacement so that every class is equally likely; an epoch keeps its length.
        copies: prescribed variants per image, as of offline augmentation; an epoch has every variant once.
        epoch_images: images per epoch, instead of each once: an epoch continues where the one before stopped, and a
            new order begins when every image was used.
        rank: rank of this device.
        world_size: number of devices that share the global batch; must divide `batch_size`.
    """

    def __init__(
        self,
        rows: Integers,
        labels: Integers,
        batch_size: int,
        seed: int,
        balanced: bool = False,
        copies: int = 1,
        epoch_images: int | None = None,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.rows = rows
        self.copies = copies
        self.images = len(rows) * copies
        self.epoch_images = epoch_images
        # a training split smaller than the batch is one batch, of a size that the devices can share
        self.batch_size = min(batch_size, self.images - self.images % world_size)
        self.seed = seed
        self.share = slice(rank, None, world_size)
        self.epoch = 0
        self.skip = 0
        weights = 1.0 / np.bincount(labels)[labels]
        chances = np.repeat(weights, copies)
        self.chances = chances / chances.sum() if balanced else None

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch, also after a resume."""
        self.epoch = epoch

    def skip_once(self, batches: int) -> None:
        """Skips the first batches of the next epoch, which were trained on before an interruption."""
        self.skip = batches

    def __len__(self) -> int:
        return (self.epoch_images or self.images) // self.batch_size

    def __iter__(self) -> Iterator[Draw]:
        numbers = self._numbers()
        rows = self.rows[numbers // self.copies]
        views = numbers % self.copies if self.copies > 1 else None
        first, self.skip = self.skip, 0
        for number in range(first, len(self)):
            batch = slice(number * self.batch_size, (number + 1) * self.batch_size)
            seed = np.random.SeedSequence([self.seed, self.epoch, number]).generate_state(1)[0]
            own = None if views is None else views[batch][self.share]
            yield Draw(rows[batch][self.share], int(seed), own)

    def _numbers(self) -> Integers:
        """The images of this epoch in order, as indices into `rows` x `copies`."""
        if self.chances is not None:
            order = np.random.default_rng([self.seed, self.epoch])
            return order.choice(self.images, size=self.epoch_images or self.images, p=self.chances)
        if self.epoch_images is None:
            return np.random.default_rng([self.seed, self.epoch]).permutation(self.images)
        length = len(self) * self.batch_size
        begun, first = divmod(self.epoch * length, self.images)
        passes = range(begun, begun + 1 + (first + length - 1) // self.images)
        dealt = np.concatenate([np.random.default_rng([self.seed, n]).permutation(self.images) for n in passes])
        return dealt[first : first + length]
