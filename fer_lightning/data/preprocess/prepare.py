"""Prepares a data set's faces as a model needs them: channels, illumination, size, saturation."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_lightning.data.cache import cache_faces, content_hash
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.images import Images, Pixels, resize
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.colour import check_weights, saturate, to_grey
from fer_lightning.data.preprocess.illumination import ILLUMINATIONS
from fer_lightning.errors import FerError, choices

VERSION = 3  # part of the cache key: increase it when the same settings give other pixels
OWN = "model.input.illumination, unless that key is set"  # source of the value, for messages
VIEWS = ("centre", "whole")


@dataclass(frozen=True)
class Prepare:
    """Preprocessing of a model's images, kept in its checkpoint so that new images are prepared in the same way.

    They run in the order colour, grey, light, size (or size, light: `light_last`), saturation.

    Attributes:
        size: side of the resulting square, in pixels; at least the model's input size.
        channels: 1 turns colour to grey; 3 keeps it. Grey faces stay grey.
        illumination: a name of ILLUMINATIONS; for grey only.
        options: of that illumination, by name, such as {wide: 3.0}; null takes its own.
        light_last: resize before the light is treated, as paper C does; paper A equalises first.
        grey: weights of R, G and B; null takes OpenCV's. Paper D, section 3: [0.213, 0.715, 0.072].
        saturation: 1 changes nothing, more strengthens colour, 0 takes it away. Paper D, section 3.
        saturate_first: before grey. Paper D lists saturation after grey, where it changes nothing; before, it changes
            only levels that it clips, for its colour matrix keeps the grey of its weights.
        view: what the net sees of a prepared image that is larger than its input: its `centre`, or the `whole` made
            smaller.
    """

    size: int
    channels: int = 1
    illumination: str = "none"
    options: Mapping[str, float] | None = None
    light_last: bool = False
    grey: Sequence[float] | None = None
    saturation: float = 1.0
    saturate_first: bool = False
    view: str = "centre"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise FerError(f"preprocess.size={self.size}: choose a side of at least 1 pixel")
        if self.channels not in (1, 3):
            raise FerError(f"preprocess.channels={self.channels}: choose 1 (grey) or 3 (RGB)")
        if self.illumination not in ILLUMINATIONS:
            known = choices(ILLUMINATIONS, self.illumination)
            raise FerError(f"preprocess.illumination={self.illumination} ({OWN}): choose among {known}")
        if self.view not in VIEWS:
            raise FerError(f"preprocess.view={self.view}: choose among {choices(VIEWS, self.view)}")
        if self.grey is not None:
            check_weights(self.grey)
        saturate(np.zeros((1, 1, 3), dtype=np.uint8), self.saturation)  # refuses an amount out of range
        self._check_options()

    @property
    def shown_whole(self) -> bool:
        """Whether an image that is larger than the net's input is resized to it, not cropped."""
        return self.view == "whole"

    def check(self, input: InputSpec) -> None:
        """Raises FerError if a net with this input cannot take the prepared images."""
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

    def __call__(self, images: Images) -> Pixels:
        """(N, size, size) or (N, size, size, 3) uint8 from images (H, W) or (H, W, 3) uint8, of any sizes."""
        return np.stack([self.one(image) if isinstance(images, np.ndarray) else self.alike(image) for image in images])

    def faces(self, faces: FaceSet, cache_dir: Path) -> FaceSet:
        """The same faces with prepared pixels, which are computed once and cached."""
        if self._changes_nothing(faces.pixels):
            return faces
        key = content_hash("prepare", VERSION, asdict(self), faces.fingerprint)
        made = cache_faces(cache_dir, "prepared", key, lambda: faces.with_pixels(_Prepared(faces.pixels, self), key))
        # the key covers the pixels alone: labels, names and subjects may have changed since they were cached
        return faces.with_pixels(made.pixels, key)

    def one(self, image: Pixels) -> Pixels:
        """Prepares one image."""
        for step in self.steps().values():
            image = step(image)
        return image

    def alike(self, image: Pixels) -> Pixels:
        """Prepares one image of a set of grey and colour images: for a colour net all get three channels."""
        prepared = self.one(image)
        return np.stack([prepared] * 3, axis=-1) if self.channels == 3 and prepared.ndim == 2 else prepared

    def steps(self) -> dict[str, Any]:
        """The steps in order: name -> function from an image (H, W[, 3]) uint8 to an image."""
        colour = {"saturation": self._saturate} if self.saturation != 1 else {}
        grey = {"grey": self._grey} if self.channels == 1 else {}
        light = {self.illumination: self.treated} if self.illumination != "none" else {}
        size = {"size": self._resize}
        before, after = (colour, {}) if self.saturate_first else ({}, colour)
        return before | grey | (size | light if self.light_last else light | size) | after

    def without_light(self) -> Prepare:
        """The same steps but for the illumination."""
        return replace(self, illumination="none", options=None)

    def treated(self, image: Pixels) -> Pixels:
        """One grey image (H, W) with its illumination treated."""
        step = ILLUMINATIONS[self.illumination]
        if image.ndim == 3:
            raise FerError(
                f"preprocess.illumination={self.illumination} ({OWN}) needs grey faces, model.input.channels=1"
            )
        return image if step is None else step(image, **(self.options or {}))

    def _changes_nothing(self, pixels: Images) -> bool:
        if not isinstance(pixels, np.ndarray) or pixels.shape[1:3] != (self.size, self.size):
            return False
        return self.illumination == "none" and (pixels.ndim == 3 or (self.channels == 3 and self.saturation == 1))

    def _saturate(self, image: Pixels) -> Pixels:
        return saturate(image, self.saturation, self.grey)

    def _grey(self, image: Pixels) -> Pixels:
        return to_grey(image, self.grey) if image.ndim == 3 else image

    def _resize(self, image: Pixels) -> Pixels:
        return resize(_square(image), self.size)

    def _check_options(self) -> None:
        step = ILLUMINATIONS[self.illumination]
        known = [] if step is None else list(inspect.signature(step).parameters)[1:]
        for name in self.options or {}:
            if name not in known:
                takes = f"choose among {choices(known, name)}" if known else "it takes none"
                raise FerError(f"preprocess.options.{name}: illumination {self.illumination} has none such; {takes}")
        if step is not None:
            step(np.zeros((8, 8), dtype=np.uint8), **(self.options or {}))  # refuses values out of range


def _square(image: Pixels) -> Pixels:
    """Pads the image to a square by replicating its border, which keeps the face's proportions."""
    height, width = image.shape[:2]
    if height == width:
        return image
    tall, wide = max(0, width - height), max(0, height - width)
    edges = (tall // 2, tall - tall // 2, wide // 2, wide - wide // 2)
    return np.asarray(cv2.copyMakeBorder(image, *edges, cv2.BORDER_REPLICATE), dtype=np.uint8)


class _Prepared(Sequence[Pixels]):
    def __init__(self, images: Images, how: Prepare) -> None:
        self.images = images
        self.how = how

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> Pixels:  # type: ignore[override]
        image = np.ascontiguousarray(self.images[row])
        return self.how.one(image) if isinstance(self.images, np.ndarray) else self.how.alike(image)
