"""FRR-CNN, with which paper C compares: branches with shared kernels see a face under several rotations."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fer_lightning.errors import FerError, choices
from fer_lightning.nets.parts.conv import ConvBnRelu

COMBINATIONS = ("max", "concatenate")


class FrrCnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Papers C (section I) and E (2.5.1), of Xie and Hu 2017.

    The two say of it: three parallel channels that share their weights, each fed the image under one transformation;
    a channel's maps make one vector; "transformation-invariant pooling" over the channels; a term of the loss that
    drives the maps of a layer apart, here `training.penalties.MapDivergence`, which reads them in `maps`. No size is
    given. Not stated there, and decided here:

    - the transformations: the face as it is, and turned by a few degrees to either side;
    - the pooling: the largest of each feature over the channels, as in TI-pooling (Laptev et al. 2016);
    - three convolutions with batch normalisation and ReLU, a max-pool behind each, then two linear layers.

    Attributes:
        maps: of the last forward pass in training, each layer's for each channel, (N, width, H, W) behind the ReLU;
            they are part of its graph. Empty in eval mode and in a copy.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels, at least 2 to the number of convolutions.
        angles: degrees, anticlockwise, by which the face is turned for each channel; 0 leaves it as it is.
        combine: `max`, or `concatenate` to give the linear layers the features of every channel.
        widths: channels of the convolutions, at least 2 for there to be a pair of maps.
        kernel: side of their kernels, odd.
        hidden: units of the first linear layer.
        dropout: probability of dropping one of them, 0..1.

    Raises:
        FerError: no angle, no or too small a width, an even kernel, an unknown `combine`, or too small a `size`.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 96,
        angles: Sequence[float] = (-15, 15, 0),
        combine: str = "max",
        widths: Sequence[int] = (16, 32, 64),
        kernel: int = 5,
        hidden: int = 300,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if not angles:
            raise FerError("model.net.angles=[]: give the degrees of one channel or more, 0 for the face as it is")
        if combine not in COMBINATIONS:
            raise FerError(f"model.net.combine={combine}: choose among {choices(COMBINATIONS, combine)}")
        if not widths or min(widths) < 2:
            raise FerError(
                f"model.net.widths={list(widths)}: give each convolution 2 maps or more, for they go in pairs"
            )
        if kernel < 1 or kernel % 2 == 0:
            raise FerError(f"model.net.kernel={kernel}: choose an odd side, so that maps keep their size")
        smallest = 2 ** len(widths)
        if size < smallest:
            raise FerError(
                f"model.input.size={size}: {len(widths)} pools leave nothing of it, choose {smallest} or more"
            )
        self.angles = tuple(angles)
        self.combine = combine
        self.features = nn.ModuleList(
            ConvBnRelu(before, width, kernel) for before, width in zip((channels, *widths), widths, strict=False)
        )
        self.pool = nn.MaxPool2d(2)
        values = widths[-1] * (size // smallest) ** 2
        self.classify = nn.Sequential(
            nn.Linear(values * (len(angles) if combine == "concatenate" else 1), hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        self.maps: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        self.maps = []
        # one channel after the other, so that whoever watches a layer sees N images at a time
        vectors = [self._channel(turned(x, angle)) for angle in self.angles]
        vector = torch.cat(vectors, dim=1) if self.combine == "concatenate" else torch.stack(vectors).amax(dim=0)
        logits: Tensor = self.classify(vector)
        return logits

    def _channel(self, x: Tensor) -> Tensor:
        for layer in self.features:
            x = layer(x)
            if self.training:
                self.maps.append(x)
            x = self.pool(x)
        return x.flatten(1)

    def __getstate__(self) -> dict[str, Any]:
        # torch copies no tensor that is part of a graph, and a file has no use for one
        return {**self.__dict__, "maps": []}


def turned(x: Tensor, degrees: float) -> Tensor:
    """Images (N, C, size, size) turned anticlockwise about their centre, bilinearly, the border repeated outside."""
    if degrees == 0:
        return x
    c, s = cos(radians(degrees)), sin(radians(degrees))
    with torch.autocast(x.device.type, enabled=False):  # coordinates in bf16 would be off by a quarter of a pixel
        theta = torch.tensor([[c, -s, 0.0], [s, c, 0.0]], device=x.device).expand(len(x), 2, 3)
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        seen = F.grid_sample(x.float(), grid, padding_mode="border", align_corners=False)
    return seen.to(x.dtype)
