"""The Inception v2 module: four parallel branches, with 5x5 convolutions replaced by two 3x3."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.conv import ConvBnRelu


class InceptionV2(nn.Module):
    """(N, in_channels, H, W) to (N, out_channels, H, W). Paper A, section 2.2.2, figure 3.

    The paper draws the module without channel counts. The shares here (1/4, 1/4, 3/8, 1/8, every reduction 1/4) are
    those of module 3a in the paper that introduced it (Ioffe and Szegedy 2015), where `out_channels` is 256;
    the pooling there is an average.

    Raises:
        FerError: `out_channels` is no multiple of 8.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        if out_channels < 8 or out_channels % 8:
            raise FerError(f"an Inception module of {out_channels} channels: choose a multiple of 8 (model.net.width)")
        quarter, eighth = out_channels // 4, out_channels // 8
        self.point = ConvBnRelu(in_channels, quarter, 1)
        self.once = nn.Sequential(ConvBnRelu(in_channels, quarter, 1), ConvBnRelu(quarter, quarter))
        self.twice = nn.Sequential(
            ConvBnRelu(in_channels, quarter, 1), ConvBnRelu(quarter, 3 * eighth), ConvBnRelu(3 * eighth, 3 * eighth)
        )
        # averaging and a 1x1 convolution without bias commute: pooling last handles few channels instead of many
        self.pooled = nn.Sequential(
            nn.Conv2d(in_channels, eighth, 1, bias=False),
            nn.AvgPool2d(3, stride=1, padding=1),
            nn.BatchNorm2d(eighth),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The four branches, joined along the channels."""
        return torch.cat([self.point(x), self.once(x), self.twice(x), self.pooled(x)], dim=1)
