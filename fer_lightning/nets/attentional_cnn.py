"""Paper D's network: a spatial transformer, four convolutions and two linear layers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from fer_lightning.errors import FerError, choices
from fer_lightning.nets.parts.stn import SpatialTransformer, deep_emotion_localisation

NORMS = ("every", "fourth", "none")
CONVOLUTIONS = 4
KERNEL = 3


class AttentionalCnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Paper D, section 4.

    The paper says: an affine spatial transformer whose localisation net has two convolutions, each with max-pool and
    ReLU, and two linear layers; four convolutions, "each two followed by max-pooling layer and rectified linear unit";
    dropout; two linear layers. It gives no width. Not stated there, and decided here:

    - the localisation net is that of Deep-Emotion (Minaee and Abdolrashidi 2019), whose words paper D uses;
    - every convolution has its ReLU, for two without one between them are a single linear step;
    - batch normalisation after every convolution: the abstract names the technique without its place;
    - one dropout before the linear layers, in the order of the paper.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels.
        widths: channels of the four convolutions. Not stated in the paper.
        hidden: units of the first linear layer. Not stated in the paper.
        dropout: probability of dropping a feature before the linear layers, 0..1. Not stated in the paper.
        norm: `every` convolution is batch-normalised, only the `fourth` (Deep-Emotion), or `none`.
        padded: keep the size of a map through a convolution; Deep-Emotion lets it shrink by two pixels.
        attention: false omits the transformer, for the ablation.
        stn_padding: border, zeros or reflection, the padding mode outside the image. Not stated in the paper.
        stn_step: factor of the localisation net's output in the warp. Not stated in the paper.

    Raises:
        FerError: not four widths, an unknown `norm`, or a `size` too small for the pools.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 48,
        widths: Sequence[int] = (64, 64, 128, 128),
        hidden: int = 256,
        dropout: float = 0.5,
        norm: str = "every",
        padded: bool = True,
        attention: bool = True,
        stn_padding: str = "border",
        stn_step: float = 0.1,
    ) -> None:
        super().__init__()
        if len(widths) != CONVOLUTIONS or min(widths) < 1:
            raise FerError(f"model.net.widths={list(widths)}: paper D's net has four convolutions, give four widths")
        if norm not in NORMS:
            raise FerError(f"model.net.norm={norm}: choose among {choices(NORMS, norm)}")
        self.stn: nn.Module = nn.Identity()
        if attention:
            look = deep_emotion_localisation(channels, size)
            self.stn = SpatialTransformer(channels, padding=stn_padding, step=stn_step, localisation=look)
        layers: list[nn.Module] = []
        before, side = channels, size
        for number, width in enumerate(widths, start=1):
            normed = norm == "every" or (norm == "fourth" and number == CONVOLUTIONS)
            layers.append(nn.Conv2d(before, width, KERNEL, padding=KERNEL // 2 if padded else 0, bias=not normed))
            layers += [nn.BatchNorm2d(width)] * normed
            before, side = width, side if padded else side - KERNEL + 1
            if number % 2 == 0:
                layers.append(nn.MaxPool2d(2))  # before the ReLU: the same map for a quarter of the operations
                side //= 2
            layers.append(nn.ReLU(inplace=True))
        if side < 1:
            raise FerError(f"model.input.size={size}: two pools leave nothing of it, choose a larger one")
        self.features = nn.Sequential(*layers)
        self.classify = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(before * side * side, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.classify(self.features(self.stn(x)))
        return logits
