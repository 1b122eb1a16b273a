"""The input that a model needs, and the batches that it receives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import Tensor

from fer_lightning.data.descriptors import Hog
from fer_lightning.errors import FerError, choices

SEVERAL = -1  # in place of a row: the image is mixed of several
NORMALISATIONS = ("standard", "mean", "mean_image", "symmetric")


@dataclass(frozen=True)
class InputSpec:
    """The input of a net, kept in its checkpoint.

    Attributes:
        size: side of the square image, in pixels.
        channels: 1 for grey, 3 for RGB.
        illumination: illumination normalisation; a name of `preprocess.illumination.ILLUMINATIONS`.
        mean: of each channel, on pixels scaled to 0..1, subtracted from every image; null takes the net's own or,
            where it has none, that of the training images.
        std: of each channel, by which the difference is divided; null likewise.
        normalise: what is learned on the training images where `mean` is null: `standard` mean and std of each channel;
            `mean` the mean alone; `mean_image` that of each pixel, subtracted from every image (paper D, section 5);
            `symmetric` nothing, pixels lie in -1..1 whatever the images are.
        hog: `orientations`, `cell` and `block` of the HOG descriptor that is a second input; null is none.
    """

    size: int
    channels: int = 1
    illumination: str = "none"
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    normalise: str = "standard"
    hog: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if self.size < 1:
            raise FerError(f"model.input.size={self.size}: choose a side of at least 1 pixel")
        if self.channels not in (1, 3):
            raise FerError(f"model.input.channels={self.channels}: choose 1 (grey) or 3 (RGB)")
        if self.normalise not in NORMALISATIONS:
            known = choices(NORMALISATIONS, self.normalise)
            raise FerError(f"model.input.normalise={self.normalise}: choose among {known}")
        if self.mean is not None and self.normalise != "standard":
            raise FerError(f"model.input.normalise={self.normalise} learns a mean: leave model.input.mean and std null")
        if (self.mean is None) != (self.std is None):
            raise FerError("model.input.mean and model.input.std: give both or neither")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) != self.channels:
                raise FerError(f"model.input.{name} has {len(values)} values for {self.channels} channels")
        if self.descriptor is not None:
            self.descriptor.check(self.size)

    @property
    def known_statistics(self) -> tuple[Sequence[float], Sequence[float]] | None:
        """Mean and std of each channel, if they depend neither on the training images nor on a pretrained net."""
        if self.normalise == "symmetric":
            return [0.5] * self.channels, [0.5] * self.channels
        return None if self.mean is None or self.std is None else (self.mean, self.std)

    @property
    def descriptor(self) -> Hog | None:
        """The descriptor that is a second input; None without one."""
        if self.hog is None:
            return None
        known = {field.name for field in fields(Hog)}
        for name, value in self.hog.items():
            if name not in known or type(value) is not int:
                raise FerError(f"model.input.hog.{name}={value}: choose a whole number for each of {choices(known)}")
        return Hog(**self.hog)

    def describe(self, images: Tensor) -> Tensor:
        """Descriptors (N, F) float32 of images (N, channels, size, size), 0..255, on their device."""
        assert self.descriptor is not None, "this net takes images alone"
        pixels = images.detach().cpu().round().to(torch.uint8).numpy()
        return torch.from_numpy(self.descriptor(pixels)).to(images.device)


class Batch(NamedTuple):
    """A batch of N images.

    Attributes:
        image: (N, channels, size, size) uint8.
        label: (N,) int64.
        row: (N,) row of each image in its FaceSet; `SEVERAL` if images are mixed with each other.
        votes: (N, C) float32, the target if a data set has shares of classes instead of one label.
        described: (N, F) float32, the descriptors, if the net takes them.
    """

    image: Tensor
    label: Tensor
    row: Tensor
    votes: Tensor | None = None
    described: Tensor | None = None

    @property
    def target(self) -> Tensor:
        """The target of the loss: votes if there are any, else labels."""
        return self.label if self.votes is None else self.votes
