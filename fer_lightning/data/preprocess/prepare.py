"""The step from a data set's faces to the pixels that a model asks for: channels, illumination, size."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from fer_lightning.data.cache import cached, content_hash
from fer_lightning.data.faces import FaceSet, Pixels
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.illumination import ILLUMINATIONS
from fer_lightning.errors import FerError, choices

VERSION = 1  # part of the cache's key: raise it when the same settings give other pixels


@dataclass(frozen=True)
class Prepare:
    """Settings of the step, which a checkpoint keeps so that new images can be treated alike.

    Attributes:
        size: side of the resulting square, in pixels; at least the model's input size.
        channels: 1 turns colour to grey; 3 keeps it. Grey faces stay grey.
        illumination: a name of ILLUMINATIONS, applied before resizing as paper A does; for grey only.
    """

    size: int
    channels: int = 1
    illumination: str = "none"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise FerError(f"preprocess.size={self.size}: choose a side of at least 1 pixel")
        if self.channels not in (1, 3):
            raise FerError(f"preprocess.channels={self.channels}: choose 1 (grey) or 3 (RGB)")
        if self.illumination not in ILLUMINATIONS:
            known = choices(ILLUMINATIONS, self.illumination)
            raise FerError(f"model.input.illumination={self.illumination}: choose among {known}")

    def check(self, input: InputSpec) -> None:
        """Raises FerError where a net with this input cannot take images so prepared."""
        if self.size < input.size:
            raise FerError(
                f"model.input.size={input.size} is a crop larger than the image, preprocess.size={self.size}: "
                "make one of them fit the other"
            )
        if self.channels > input.channels:
            raise FerError(
                f"preprocess.channels={self.channels} keeps colour, but model.input.channels={input.channels}: "
                "make them the same"
            )

    def __call__(self, images: Pixels) -> Pixels:
        """(N, size, size) or (N, size, size, 3) uint8 from (N, H, W) or (N, H, W, 3) uint8."""
        return np.stack([self._one(image) for image in images])

    def faces(self, faces: FaceSet, cache_dir: Path) -> FaceSet:
        """The same faces with prepared pixels, computed once and kept in `cache_dir`."""
        if self._changes_nothing(faces.pixels):
            return faces
        key = content_hash("prepare", VERSION, asdict(self), faces.fingerprint)
        return cached(cache_dir, "prepared", key, lambda: faces.with_pixels(self(faces.pixels), key))

    def _changes_nothing(self, pixels: Pixels) -> bool:
        same_channels = pixels.ndim == 3 or self.channels == 3
        return same_channels and self.illumination == "none" and pixels.shape[1:3] == (self.size, self.size)

    def _one(self, image: Pixels) -> Pixels:
        image = np.ascontiguousarray(image)
        if image.ndim == 3 and self.channels == 1:
            image = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        step = ILLUMINATIONS[self.illumination]
        if step is not None:
            if image.ndim == 3:
                raise FerError(f"model.input.illumination={self.illumination} needs model.input.channels=1")
            image = step(image)
        if image.shape[:2] == (self.size, self.size):
            return image
        # the mean over an area keeps what fine detail says when shrinking; it does nothing for enlarging
        method = cv2.INTER_AREA if image.shape[0] >= self.size else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (self.size, self.size), interpolation=method), dtype=np.uint8)
