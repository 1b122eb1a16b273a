"""Progressive resizing of training images."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch.nn import functional as F

from fer_lightning.data.inputs import Batch
from fer_lightning.errors import FerError
from fer_lightning.training.callbacks.train_transform import TrainTransform, require_classifier
from fer_lightning.training.eval_mode import eval_mode
from fer_lightning.training.learner import Learner

log = logging.getLogger(__name__)


class Progressive(TrainTransform):
    """Trains on small images first, which take less time (Tan and Le 2021, section 4).

    The net needs adaptive pooling. Validation and test images keep the size of the model's input.

    Args:
        sizes: sides of the training images in pixels per phase; the last is the model's input size.
        shares: fraction of the epochs per phase; they sum to 1.

    Raises:
        FerError: the lists differ in length or hold a value out of range.
    """

    def __init__(self, sizes: Sequence[int] = (32, 40, 48), shares: Sequence[float] = (0.3, 0.4, 0.3)) -> None:
        if not sizes or min(sizes) < 1:
            raise FerError(
                f"callbacks.progressive.sizes={list(sizes)}: choose sides of 1 pixel or more, such as [32, 48]"
            )
        if len(shares) != len(sizes) or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
            raise FerError(
                f"callbacks.progressive.shares={list(shares)}: give each of the {len(sizes)} sizes a share above 0; "
                "their sum is 1"
            )
        self.sizes = tuple(sizes)
        self.ends = (*list(accumulate(shares))[:-1], 1.0)
        self._told: int | None = None

    def check(self, module: Learner) -> None:
        """Raises FerError where the module does not classify images alone, or does not take these sizes."""
        require_classifier(module, "callbacks=progressive")
        if self.sizes[-1] != module.input.size:
            raise FerError(
                f"callbacks.progressive.sizes={list(self.sizes)} ends at {self.sizes[-1]} pixels, but "
                f"model.input.size={module.input.size}: end with that size"
            )
        for size in self.sizes:
            _check_size(module, size)

    @property
    def size(self) -> int:
        """The current side of the training images in pixels."""
        return next(size for size, end in zip(self.sizes, self.ends, strict=True) if self.done <= end)

    def __call__(self, batch: Batch) -> Batch:
        """The batch at the current size, downsampled with antialiasing."""
        size = self.size
        if size != self._told:
            self._told = size
            log.info("training images of %d x %d pixels from here on", size, size)
        if batch.image.shape[-1] == size:
            return batch
        resized = F.interpolate(batch.image, (size, size), mode="bilinear", antialias=True, align_corners=False)
        return batch._replace(image=resized)


def _check_size(module: Learner, size: int) -> None:
    try:
        with eval_mode(module):
            module.net(torch.zeros(2, module.input.channels, size, size))
    except (RuntimeError, ValueError, AssertionError) as refusal:
        reason = str(refusal).splitlines()[0]
        raise FerError(
            f"callbacks=progressive: this net takes images of {module.input.size} pixels alone, not of {size}; choose "
            f"a net that pools adaptively, such as model=resnet, vgg or timm ({reason})"
        ) from refusal
