"""Random changes of training images that repeat themselves for a seed, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import albumentations
import numpy as np
from albumentations.augmentations.crops.transforms import CropSizeError

from fer_lightning.data.augment.batched import BatchedAffine
from fer_lightning.data.augment.offline import Recipe
from fer_lightning.data.images import Pixels
from fer_lightning.data.sampling import Draw
from fer_lightning.errors import FerError


class Augment:
    """Changes of training images.

    Args:
        transforms: albumentations transforms, applied in order to each image; random anew in each epoch.
        offline: prescribed variants of each image, made before those: the same in every epoch, and all of them in each.
        batched: a change of a whole batch at once, made after those.
    """

    def __init__(
        self,
        transforms: Sequence[albumentations.BasicTransform] = (),
        offline: Recipe | None = None,
        batched: BatchedAffine | None = None,
    ) -> None:
        self.chain = albumentations.Compose(list(transforms))
        self.offline = offline
        self.batched = batched

    @property
    def copies(self) -> int:
        """How many variants of each training image an epoch has."""
        return 1 if self.offline is None else self.offline.copies

    @property
    def random(self) -> bool:
        """Whether images change anew in each epoch."""
        return bool(self.chain.transforms) or self.batched is not None

    def __call__(self, images: Pixels, draw: Draw) -> Pixels:
        """(N, H, W[, 3]) uint8 changed images; the draw fixes every choice.

        albumentations copies its generator into every worker; seeding each batch makes workers draw different
        choices, and the same ones whatever their number.
        """
        if self.offline is not None and draw.views is not None:
            images = self.offline(images, draw.rows, draw.views)
        if self.chain.transforms:
            self.chain.set_random_seed(draw.seed)
            images = np.stack([self.chain(image=image)["image"] for image in images])
        return images if self.batched is None else self.batched(images, draw.seed)

    def check(self, size: int, wanted: int, channels: int) -> None:
        """Tries the chain on blank images.

        Args:
            size: side of the prepared images.
            wanted: side that the net needs.
            channels: 1 for grey, 3 for colour.

        Raises:
            FerError: a transform refuses such images, gives them different sizes, leaves them smaller than the net
                needs, or as something else than uint8.
        """
        several = 8  # so that a step taken half of the time is seen
        blank = np.zeros((several, size, size) if channels == 1 else (several, size, size, 3), dtype=np.uint8)
        try:
            changed = self(blank, Draw(np.arange(several), seed=0, views=np.arange(several) % self.copies))
        except (CropSizeError, ValueError, TypeError, IndexError, NotImplementedError) as refusal:
            raise FerError(
                f"augment: a transform refuses prepared images of {size}x{size} ({refusal}). Make its crop smaller, "
                "or the images larger with preprocess.size"
            ) from refusal
        if changed.dtype != np.uint8:
            raise FerError(
                f"augment turns pixels into {changed.dtype}: leave out its ToFloat or Normalize, the model normalises"
            )
        height, width = changed.shape[1:3]
        if min(height, width) < wanted:
            raise FerError(
                f"augment leaves {width}x{height} pixels, but model.input.size={wanted}: "
                "make the crop larger, or model.input.size smaller"
            )
