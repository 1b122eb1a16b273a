"""EDSR: a residual network for single-image super-resolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fer_lightning.errors import FerError, choices

STAGES = {2: [2], 3: [3], 4: [2, 2]}  # by the whole factor: how many times larger each stage makes the maps


class Edsr(nn.Module):
    """(N, channels, H, W) to (N, channels, factor·H, factor·W). Paper B, section 2.2; Lim et al. 2017.

    It expects the pixel scale that it was trained on. The paper gives
    16 blocks of 128 features without batch normalisation; the rest is Lim's. A x4 net repeats every tensor of a x2 net
    by name and shape and adds `up.1`, so that weights of the low factor start the high one, as the paper trains them.

    Attributes:
        factor, channels: as given.

    Args:
        channels: of the image, before and after.
        factor: 2, 3 or 4; how many times larger each side becomes. 4 is two stages of 2.
        blocks: residual blocks, B in the paper.
        features: maps between head and tail, F in the paper.
        residual_scale: share of a block's branch in its sum. Lim takes 0.1 from 256 features on, for stability.
        batch_norm: put BN back behind a block's convolutions, to measure what its removal saves.

    Raises:
        FerError: `factor` is none of the three, or a number is below its lowest value.
    """

    def __init__(
        self,
        channels: int = 1,
        factor: int = 2,
        blocks: int = 16,
        features: int = 128,
        residual_scale: float = 1.0,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        if factor not in STAGES:
            raise FerError(f"model.net.factor={factor}: EDSR enlarges by {choices(STAGES)}")
        for key, value in {"channels": channels, "blocks": blocks, "features": features}.items():
            if value < 1:
                raise FerError(f"model.net.{key}={value}: EDSR needs 1 or more")
        self.channels = channels
        self.factor = factor
        self.head = conv3x3(channels, features)
        self.body = nn.Sequential(
            *(ResidualBlock(features, residual_scale, batch_norm) for _ in range(blocks)), conv3x3(features, features)
        )
        self.up = nn.Sequential(*(Upsampler(features, stage) for stage in STAGES[factor]))
        self.tail = conv3x3(features, channels)

    def forward(self, x: Tensor) -> Tensor:
        """The larger image, on the scale of the images that it learned from."""
        shallow = self.head(x)
        larger: Tensor = self.tail(self.up(shallow + self.body(shallow)))
        return larger


class ResidualBlock(nn.Module):
    """(N, features, H, W) plus residual_scale times conv-ReLU-conv of it. Paper B, figure 2; Lim et al. 2017, figure 2.

    Args:
        features: maps in and out.
        residual_scale: share of the branch in the sum.
        batch_norm: conv-BN-ReLU-conv-BN, as in the super-resolution ResNet of Ledig et al. 2017.
    """

    def __init__(self, features: int, residual_scale: float = 1.0, batch_norm: bool = False) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.branch = nn.Sequential(
            conv3x3(features, features, bias=not batch_norm),  # BN would subtract the bias again
            *([nn.BatchNorm2d(features)] if batch_norm else []),
            nn.ReLU(inplace=True),
            conv3x3(features, features, bias=not batch_norm),
            *([nn.BatchNorm2d(features)] if batch_norm else []),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Of the shape of `x`."""
        return torch.add(x, self.branch(x), alpha=self.residual_scale)


class Upsampler(nn.Sequential):
    """(N, features, H, W) to (N, features, factor·H, factor·W): factor² maps a feature, shuffled into pixels."""

    def __init__(self, features: int, factor: int) -> None:
        super().__init__(conv3x3(features, features * factor**2), nn.PixelShuffle(factor))


def conv3x3(channels: int, maps: int, bias: bool = True) -> nn.Conv2d:
    """A convolution that keeps H and W."""
    return nn.Conv2d(channels, maps, 3, padding=1, bias=bias)
