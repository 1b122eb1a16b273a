"""What a model asks of its images, and the batches in which it gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from fer_lightning.errors import FerError


@dataclass(frozen=True)
class InputSpec:
    """The input of a net, kept in its checkpoint.

    Attributes:
        size: side of the square image that the net sees, in pixels.
        channels: 1 for grey, 3 for RGB.
        illumination: what `prepare` does about light; a name of `preprocess.prepare.ILLUMINATIONS`.
        mean: of each channel, on pixels scaled to 0..1, subtracted from every image; null takes the net's own or,
            where it has none, that of the training images.
        std: of each channel, by which the difference is divided; null likewise.
    """

    size: int
    channels: int = 1
    illumination: str = "none"
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if self.size < 1:
            raise FerError(f"model.input.size={self.size}: choose a side of at least 1 pixel")
        if self.channels not in (1, 3):
            raise FerError(f"model.input.channels={self.channels}: choose 1 (grey) or 3 (RGB)")
        if (self.mean is None) != (self.std is None):
            raise FerError("model.input.mean and model.input.std: give both or neither")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) != self.channels:
                raise FerError(f"model.input.{name} has {len(values)} values for {self.channels} channels")


class Batch(NamedTuple):
    """Images (N, channels, size, size) uint8, labels (N,) int64, and (N,) each image's row in its FaceSet."""

    image: Tensor
    label: Tensor
    row: Tensor
