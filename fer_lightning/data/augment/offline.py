"""The papers' offline augmentation: prescribed variants of each training image, computed by index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np

from fer_lightning.data.faces import Integers
from fer_lightning.data.images import Pixels, resize
from fer_lightning.data.preprocess.rotate import rotate
from fer_lightning.errors import FerError, choices

Light = Callable[[Pixels], Pixels]
"""Treats the illumination of one image (H, W[, 3]) uint8; another image of the same shape."""

FLIPS = {"horizontal": 1, "vertical": 0}  # OpenCV's codes


class Recipe(Protocol):
    """Variants of an image that depend only on its row and the index of the variant."""

    copies: int

    def __call__(self, images: Pixels, rows: Integers, views: Integers, light: Light | None = None) -> Pixels:
        """(N, ...) variants `views` (N,) of the images (N, H, W[, 3]) uint8 of `rows` (N,).

        `light` normalises the illumination of each variant before it is resized.
        """
        ...


class Mirrored:
    """An image and its mirror image, which doubles the training set. Paper D, section 5."""

    copies = 2

    def __call__(self, images: Pixels, rows: Integers, views: Integers, light: Light | None = None) -> Pixels:
        """(N, H, W[, 3]) in the size of `images`; view 0 is the original, 1 its horizontal mirror image."""
        made = [image[:, ::-1] if view else image for image, view in zip(images, views, strict=True)]
        return np.stack(_treated(made, light))


class CropsOfSizes:
    """An image, crops of it in several sizes, and the mirror images of the crops: 21 variants. Paper A, section 4.

    The paper crops in ten sizes and flips "the original image and the cropped image", which would make 22, yet counts
    602,889 = 21 x 28,709.

    Args:
        size: side in pixels of the variants; 32 in the paper.
        sizes: how many crops, each of another size.
        smallest: side of the smallest crop as a share of the image; open in the paper, 2/3 is 32 of FER2013's 48
            pixels. The others are spread evenly up to the whole.
        flip: `horizontal` or `vertical`; the paper says "vertically".
        flip_original: mirror the original as well, which makes 22.
        seed: seed of the positions of crops.

    Raises:
        FerError: a value out of its range.
    """

    def __init__(
        self,
        size: int,
        sizes: int = 10,
        smallest: float = 2 / 3,
        flip: str = "horizontal",
        flip_original: bool = False,
        seed: int = 0,
    ) -> None:
        if sizes < 1:
            raise FerError(f"augment.offline.sizes={sizes}: choose 1 or more")
        if not 0 < smallest < 1:
            raise FerError(f"augment.offline.smallest={smallest}: choose a share between 0 and 1")
        if flip not in FLIPS:
            raise FerError(f"augment.offline.flip={flip}: choose among {choices(FLIPS, flip)}")
        self.size = size
        self.sizes = sizes
        self.shares = np.linspace(smallest, 1, sizes, endpoint=False)
        self.flip = FLIPS[flip]
        self.seed = seed
        self.copies = 1 + 2 * sizes + flip_original

    def __call__(self, images: Pixels, rows: Integers, views: Integers, light: Light | None = None) -> Pixels:
        """(N, size, size[, 3]): view 0 is the original, 1 to `sizes` are crops, then those mirrored."""
        crops = [self._crop(*of) for of in zip(images, rows.tolist(), views.tolist(), strict=True)]
        made = [resize(image, self.size) for image in _treated(crops, light)]
        return np.stack([self._flipped(image, view) for image, view in zip(made, views.tolist(), strict=True)])

    def _crop(self, image: Pixels, row: int, view: int) -> Pixels:
        crop = (view - 1) % self.sizes if 0 < view <= 2 * self.sizes else None
        if crop is not None:
            side = max(1, round(min(image.shape[:2]) * self.shares[crop]))
            place = np.random.default_rng([self.seed, row, crop])  # a crop and its mirror image share their position
            top, left = (int(place.integers(0, length - side + 1)) for length in image.shape[:2])
            image = image[top : top + side, left : left + side]
        return image

    def _flipped(self, image: Pixels, view: int) -> Pixels:
        return np.asarray(cv2.flip(image, self.flip), dtype=np.uint8) if view > self.sizes else image


class NineViews:
    """Nine variants: the image and its flipped, centred, rotated and noisy versions. Paper A, section 4.

    "Increased by a factor of nine" is read as nine in all; the paper does not say how the four changes are combined.

    Args:
        degrees: rotation of the rotated variants in either direction; not in the paper.
        zoom: share of the image that the centred variant keeps; not in the paper.
        noise: standard deviation of the noise, in grey levels; not in the paper.
        besides: nine variants besides the original, ten in all.
        seed: seed of the noise.

    Raises:
        FerError: a value out of its range.
    """

    def __init__(
        self, degrees: float = 10.0, zoom: float = 0.85, noise: float = 8.0, besides: bool = False, seed: int = 0
    ) -> None:
        if not 0 < zoom <= 1:
            raise FerError(f"augment.offline.zoom={zoom}: choose a share above 0, at most 1")
        if noise < 0:
            raise FerError(f"augment.offline.noise={noise}: choose 0 or more grey levels")
        self.degrees = degrees
        self.zoom = zoom
        self.noise = noise
        self.seed = seed
        steps = ("", "centre", "left", "right", "noise")
        variants = [(flip, step) for flip in (False, True) for step in steps]
        self.variants = variants if besides else [v for v in variants if v != (True, "centre")]
        self.copies = len(self.variants)

    def __call__(self, images: Pixels, rows: Integers, views: Integers, light: Light | None = None) -> Pixels:
        """(N, H, W[, 3]) in the size of `images`; view 0 is the original."""
        made = [self._one(*of) for of in zip(images, rows.tolist(), views.tolist(), strict=True)]
        return np.stack(_treated(made, light))

    def _one(self, image: Pixels, row: int, view: int) -> Pixels:
        flip, step = self.variants[view]
        if flip:
            image = image[:, ::-1]
        if step in ("left", "right"):
            return rotate(image, self.degrees if step == "left" else -self.degrees)
        if step == "centre":
            height, width = image.shape[:2]
            tall, wide = (max(1, round(length * self.zoom)) for length in (height, width))
            top, left = (height - tall) // 2, (width - wide) // 2
            part = np.ascontiguousarray(image[top : top + tall, left : left + wide])
            return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        if step == "noise":
            drawn = np.random.default_rng([self.seed, row, view]).normal(0, self.noise, image.shape)
            return np.clip(np.round(image + drawn), 0, 255).astype(np.uint8)
        return image


def _treated(images: list[Pixels], light: Light | None) -> list[Pixels]:
    return images if light is None else [light(np.ascontiguousarray(image)) for image in images]
