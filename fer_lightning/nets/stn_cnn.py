"""Paper A's network: a spatial transformer in front of the Cnn."""

from __future__ import annotations

from torch import Tensor, nn

from fer_lightning.nets.cnn import Cnn
from fer_lightning.nets.parts.initialise import initialise
from fer_lightning.nets.parts.stn import SpatialTransformer


class StnCnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Paper A, section 3.1, figure 4.

    The transformer sees the input image, starts as the identity and learns from the classification alone.
    `net.stn.theta(x)` and `net.stn.warp(x, theta)` give the warp and the warped face.

    Args:
        num_classes, channels, size, width, hidden, dropout, init, bias: as in Cnn.
        stn_width: channels of the localisation net. Not stated in the paper.
        stn_padding: border, zeros or reflection, the padding mode outside the image. Not stated in the paper.
        stn_step: factor of the localisation net's output in the warp; smaller is slower and safer at high
            learning rates. Not stated in the paper.
        stn_bias: initial bias of the localisation net's hidden layer. Not stated in the paper, whose "offset parameter"
            of 1 belongs to the fully connected layers. With 1 the hidden units are alike for all faces, so that SGD
            moves all warps by the same amount, and out of the frame at a `stn_step` of 0.1; with 0 warps can differ.

    Raises:
        FerError: as in Cnn and SpatialTransformer.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 32,
        width: int = 16,
        hidden: int = 512,
        dropout: float = 0.5,
        init: str = "msra",
        bias: float = 1.0,
        stn_width: int = 16,
        stn_padding: str = "border",
        stn_step: float = 0.1,
        stn_bias: float = 0.0,
    ) -> None:
        super().__init__()
        self.stn = SpatialTransformer(channels, width=stn_width, padding=stn_padding, step=stn_step)
        self.cnn = Cnn(num_classes, channels, size, width, hidden, dropout, init, bias)
        initialise(self.stn, init, stn_bias)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.cnn(self.stn(x))
        return logits
