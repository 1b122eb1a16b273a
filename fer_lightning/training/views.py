"""Test-time augmentation: mirrored, cropped and equalised views of a face."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as transforms

from fer_lightning.errors import FerError, choices

VIEWS = ("mirror", "ten_crops", "equalized")


class Views:
    """The views of an image whose probabilities a prediction averages.

    Args:
        names: `mirror`, the image and its left-right mirror image; `ten_crops`, the four corners, the centre, and the
            mirror images of these, each enlarged to the image's size; `equalized`, each view once more with its
            histogram equalised. Without a name, the image is the only view.
        size: side of the images in pixels.
        crop_size: side of the ten crops in pixels; None is 11/12 of the size (44 of 48).

    Raises:
        FerError: an unknown or doubled name, mirrored crops twice, or a crop larger than the image.
    """

    def __init__(self, names: Sequence[str], size: int, crop_size: int | None = None) -> None:
        listed = "[" + ",".join(map(str, names)) + "]"
        for name in names:
            if name not in VIEWS:
                raise FerError(f"model.views={listed}: choose among {choices(VIEWS, str(name))}, in a list")
        if len(set(names)) < len(names):
            raise FerError(f"model.views={listed}: name each once")
        if {"mirror", "ten_crops"} <= set(names):
            raise FerError(f"model.views={listed}: ten_crops are mirrored already; leave mirror out")
        if crop_size is not None and "ten_crops" not in names:
            raise FerError(f"model.crop_size={crop_size}: it is the side of the crops of model.views=[ten_crops]")
        if crop_size is not None and not 1 <= crop_size <= size:
            raise FerError(f"model.crop_size={crop_size}: choose 1 to model.input.size={size}")
        self.names = tuple(names)
        self.size = size
        self.crop_size = max(1, size * 11 // 12) if crop_size is None else crop_size

    def __call__(self, images: Tensor) -> list[Tensor]:
        """Views (N, channels, size, size), 0..255, of such images, uint8 or 0..255; an uncropped image comes first."""
        seen = self._placed(images)
        if "equalized" in self.names:
            seen += self._placed(transforms.equalize(images.round().to(torch.uint8)))
        return seen

    def _placed(self, images: Tensor) -> list[Tensor]:
        if "ten_crops" in self.names:
            crops = transforms.ten_crop(images.float(), [self.crop_size, self.crop_size])
            return [transforms.resize(crop, [self.size, self.size], antialias=True) for crop in crops]
        return [images, images.flip(-1)] if "mirror" in self.names else [images]
