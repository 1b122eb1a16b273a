"""Spatial transformer: a small network predicts the affine warp of the image for the next one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fer_lightning.errors import FerError, choices
from fer_lightning.nets.parts.conv import ConvBnRelu

PADDINGS = ("border", "zeros", "reflection")
DEEP_EMOTION_CONVOLUTIONS = ((8, 7), (10, 5))  # channels and kernel size of each; Minaee and Abdolrashidi 2019
DEEP_EMOTION_HIDDEN = 32
GRID = 4  # the last map of the localisation net is GRID x GRID for any input size, and so keeps coarse positions


class Localisation(nn.Sequential):
    """The convolutions and the hidden layer of a localisation net: (N, channels, H, W) to (N, features).

    Args:
        layers: in order.
        features: units of the last one.
    """

    def __init__(self, *layers: nn.Module, features: int) -> None:
        super().__init__(*layers)
        self.features = features


def coarse_localisation(channels: int, width: int) -> Localisation:
    """Two Conv-BN-ReLU with max-pooling and a linear layer, at half the resolution and for any size of image."""
    return Localisation(
        nn.MaxPool2d(2),  # half the resolution is enough to locate a face, in a quarter of the time
        ConvBnRelu(channels, width),
        nn.MaxPool2d(2),
        ConvBnRelu(width, 2 * width),
        nn.AdaptiveAvgPool2d(GRID),
        nn.Flatten(),
        nn.Linear(2 * width * GRID * GRID, 4 * width),
        nn.ReLU(inplace=True),
        features=4 * width,
    )


def deep_emotion_localisation(channels: int, size: int) -> Localisation:
    """Deep-Emotion's localisation net without its last layer: conv 8@7, conv 10@5, each max-pooled, linear 32.

    Raises:
        FerError: the image is too small for its kernels.
    """
    layers: list[nn.Module] = []
    before, side = channels, size
    for width, kernel in DEEP_EMOTION_CONVOLUTIONS:
        layers += [nn.Conv2d(before, width, kernel), nn.MaxPool2d(2), nn.ReLU(inplace=True)]
        before, side = width, (side - kernel + 1) // 2
    if side < 1:
        raise FerError(
            f"model.input.size={size}: the localisation net's kernels leave nothing of it, choose 18 or more"
        )
    layers += [nn.Flatten(), nn.Linear(before * side * side, DEEP_EMOTION_HIDDEN), nn.ReLU(inplace=True)]
    return Localisation(*layers, features=DEEP_EMOTION_HIDDEN)


class SpatialTransformer(nn.Module):
    """(N, channels, H, W) warped to (N, channels, H', W'). Paper A, section 2.1; Jaderberg et al. 2015.

    Localisation net, grid generator, bilinear sampler. It starts as the identity, so that training begins with faces
    as they are. Paper A does not state the localisation net: `coarse_localisation` is our choice.

    Args:
        channels: of the image or the feature map.
        out_size: H' = W' in pixels; None keeps the size.
        width: channels of the coarse localisation net; its hidden layer has four times as many units.
        step: factor of its last layer's output in the warp. Not stated in the papers; with all of it, SGD at paper A's
            rate of 0.1 and momentum 0.9 threw digits out of the frame for good.
        padding: mode outside the image: border, zeros or reflection. Border by default, because the black wedges
            of a rotated image are edges that no face has.
        localisation: another localisation net, without its last layer; None is the coarse one.

    Raises:
        FerError: `padding` is none of the three.
    """

    def __init__(
        self,
        channels: int,
        out_size: int | None = None,
        width: int = 16,
        padding: str = "border",
        step: float = 0.03,
        localisation: Localisation | None = None,
    ) -> None:
        super().__init__()
        if padding not in PADDINGS:
            raise FerError(f"padding of the spatial transformer '{padding}': choose among {choices(PADDINGS, padding)}")
        self.out_size = out_size
        self.padding = padding
        self.step = step
        self.localisation = localisation or coarse_localisation(channels, width)
        self.affine = nn.Linear(self.localisation.features, 6)
        self.start_at_identity()

    def start_at_identity(self) -> None:
        """Make the warp the identity for every image; an initialisation of the whole net calls it last."""
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def theta(self, x: Tensor) -> Tensor:
        """(N, 2, 3) float32: output coordinates (x, y, 1) to input coordinates, both -1..1 from edge to edge."""
        change: Tensor = self.affine(self.localisation(x))
        return torch.eye(2, 3, device=x.device) + self.step * change.float().view(-1, 2, 3)

    def warp(self, x: Tensor, theta: Tensor) -> Tensor:
        """`x` warped by `theta`, bilinearly; also for drawing what the net sees."""
        height, width = (self.out_size, self.out_size) if self.out_size else x.shape[-2:]
        # bf16 has 8 bits of fraction: its coordinates would be off by up to an eighth of a pixel at 48 x 48
        with torch.autocast(x.device.type, enabled=False):
            grid = F.affine_grid(theta.float(), [x.shape[0], x.shape[1], height, width], align_corners=False)
            warped = F.grid_sample(x.float(), grid, padding_mode=self.padding, align_corners=False)
        return warped.to(x.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """The image under the warp that the localisation net predicts."""
        return self.warp(x, self.theta(x))
