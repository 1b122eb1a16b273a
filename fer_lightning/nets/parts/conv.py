"""Convolution, batch normalisation, ReLU: the standard layer of the papers' own networks."""

from __future__ import annotations

from torch import nn


class ConvBnRelu(nn.Sequential):
    """(N, C, H, W) to (N, out_channels, H, W), padded so that at stride 1 H and W stay. Paper A, section 2.2, figure 2.

    The convolution has no bias: the batch normalisation behind it would subtract it again.
    `kernel` is the side of the kernel in pixels and odd; `stride` divides H and W.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )
