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
        # no strict shape check per image: all images of a FaceSet have one shape, and `check` has tried it
        self.chain = albumentations.Compose(list(transforms))

    def __call__(self, images: Pixels, seed: int) -> Pixels:
        """(N, H, W[, 3]) uint8 changed images; the seed fixes every choice.

        albumentations copies its generator into every worker; seeding each batch makes workers draw different
        choices, and the same ones whatever their number.
        """
        self.chain.set_random_seed(seed)
        return np.stack([self.chain(image=image)["image"] for image in images])

    def check(self, size: int, wanted: int, channels: int) -> None:
        """Tries the chain on a blank image.

        Args:
            size: side of the prepared images.
            wanted: side that the net needs.
            channels: 1 for grey, 3 for colour.

        Raises:
            FerError: a transform refuses such images, or leaves them smaller than the net needs.
        """
        blank = np.zeros((1, size, size) if channels == 1 else (1, size, size, 3), dtype=np.uint8)
        try:
            after = self(blank, seed=0).shape[1:3]
        except (CropSizeError, ValueError, TypeError, IndexError, NotImplementedError) as refusal:
            raise FerError(
                f"augment: a transform refuses prepared images of {size}x{size} ({refusal}). Make its crop smaller, "
                "or the images larger with preprocess.size"
            ) from refusal
        if min(after) < wanted:
            raise FerError(
                f"augment leaves {after[1]}x{after[0]} pixels, but model.input.size={wanted}: "
                "make the crop larger, or model.input.size smaller"
            )
