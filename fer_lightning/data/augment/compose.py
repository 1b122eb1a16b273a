"""A chain of albumentations transforms that repeats itself for a seed, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import albumentations
import numpy as np
from albumentations.augmentations.crops.transforms import CropSizeError

from fer_lightning.data.faces import Pixels
from fer_lightning.errors import FerError


class Augment:
    """Random changes of training images.

    Args:
        transforms: albumentations transforms, applied in order to each image.
    """

    def __init__(self, transforms: Sequence[albumentations.BasicTransform]) -> None:
        self.chain = albumentations.Compose(list(transforms))

    def __call__(self, images: Pixels, seed: int) -> Pixels:
        """(N, H, W[, 3]) uint8 changed images; the seed fixes every choice.

        albumentations copies its generator into every worker; seeding each batch makes workers draw different
        choices, and the same ones whatever their number.
        """
        self.chain.set_random_seed(seed)
        return np.stack([self.chain(image=image)["image"] for image in images])

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
            changed = self(blank, seed=0)
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
