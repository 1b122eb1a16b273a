"""Augmentation of training images, reproducible for a seed, batch by batch."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import albumentations
import numpy as np
from albumentations.augmentations.crops.transforms import CropSizeError

from fer_lightning.data.augment.batched import BatchedAffine
from fer_lightning.data.augment.offline import Recipe
from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.sampling import Draw
from fer_lightning.errors import FerError


class Augment:
    """Augmentation of training images.

    Args:
        transforms: albumentations transforms, applied in order to each image; other random choices in each epoch.
        offline: prescribed variants of each image, made first: every epoch has all of them.
        batched: an augmentation of whole batches, applied last.
        light_after_offline: normalise the illumination of each prescribed variant, instead of making variants of
            normalised images; validation and test images are normalised as without it.

    Attributes:
        light: the preprocessing that normalises the variants; None if images are normalised already.

    Raises:
        FerError: a transform is not from albumentations, or `light_after_offline` without `offline`.
    """

    def __init__(
        self,
        transforms: Sequence[albumentations.BasicTransform] = (),
        offline: Recipe | None = None,
        batched: BatchedAffine | None = None,
        light_after_offline: bool = False,
    ) -> None:
        if light_after_offline and offline is None:
            raise FerError("augment.light_after_offline=true: there are no variants to treat; name augment.offline")
        for number, transform in enumerate(transforms):
            if not isinstance(transform, albumentations.BasicTransform | albumentations.BaseCompose):
                made = f"{type(transform).__module__}.{type(transform).__qualname__}"
                raise FerError(
                    f"augment.transforms.{number}: {made} is no transform of albumentations; name one, as in "
                    "albumentations.HorizontalFlip"
                )
        self.chain = albumentations.Compose(list(transforms))
        self.offline = offline
        self.batched = batched
        self.light_after_offline = light_after_offline
        self.light: Prepare | None = None

    def treating(self, prepare: Prepare) -> Augment:
        """The same change for images that are prepared but for the illumination of `prepare`."""
        other = copy.copy(self)
        other.light = prepare
        return other

    @property
    def copies(self) -> int:
        """Number of variants of each training image per epoch."""
        return 1 if self.offline is None else self.offline.copies

    @property
    def random(self) -> bool:
        """Whether images differ between epochs."""
        return bool(self.chain.transforms) or self.batched is not None

    def __call__(self, images: Pixels, draw: Draw) -> Pixels:
        """(N, H, W[, 3]) uint8 augmented images; the draw fixes every choice.

        albumentations copies its generator to every worker; seeding each batch makes the choices of workers differ,
        and independent of the number of workers.
        """
        changed = self._image_by_image(images, draw)
        images = changed if isinstance(changed, np.ndarray) else np.stack(changed)
        return images if self.batched is None else self.batched(images, draw.seed)

    def _image_by_image(self, images: Pixels, draw: Draw) -> Pixels | list[Pixels]:
        if self.offline is not None and draw.views is not None:
            images = self.offline(images, draw.rows, draw.views, self.light and self.light.treated)
        if not self.chain.transforms:
            return images
        self.chain.set_random_seed(draw.seed)
        return [self.chain(image=image)["image"] for image in images]

    def check(self, size: int, wanted: int, channels: int) -> None:
        """Tries the augmentation on blank images.

        Args:
            size: side of the prepared images.
            wanted: side of the net's input.
            channels: 1 for grey, 3 for colour.

        Raises:
            FerError: a transform refuses such images, changes their number of channels or dtype, returns different
                sizes or tensors, or makes them smaller than the net's input.
        """
        several = 8  # so that a transform with a probability of one half is applied
        blank = np.zeros((several, size, size) if channels == 1 else (several, size, size, 3), dtype=np.uint8)
        try:
            draw = Draw(np.arange(several), seed=0, views=np.arange(several) % self.copies)
            first = self._image_by_image(blank, draw)[0]
            if not isinstance(first, np.ndarray):
                raise FerError(
                    f"augment makes a {type(first).__name__} of an image: leave out its ToTensorV2, for a batch "
                    "becomes one tensor after the augmentation of its images"
                )
            changed = self(blank, draw)
        except (CropSizeError, ValueError, TypeError, IndexError, NotImplementedError) as refusal:
            raise FerError(
                f"augment: a transform refuses prepared images of {size}x{size} ({refusal}). Make its crop smaller, "
                "or the images larger with preprocess.size"
            ) from refusal
        if changed.dtype != np.uint8:
            raise FerError(
                f"augment turns pixels into {changed.dtype}: leave out its ToFloat or Normalize, the model normalises"
            )
        if changed.shape[3:] != blank.shape[3:] or changed.ndim != blank.ndim:
            raise FerError(
                f"augment turns images of shape {blank.shape[1:]} into {changed.shape[1:]}: leave out what changes "
                "their channels, which model.input.channels sets"
            )
        height, width = changed.shape[1:3]
        if min(height, width) < wanted:
            raise FerError(
                f"augment leaves {width}x{height} pixels, but model.input.size={wanted}: "
                "make the crop larger, or model.input.size smaller"
            )
