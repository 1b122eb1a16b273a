"""A VGG-style network: blocks of plain 3x3 convolutions, each ending in a max-pool, for faces of 32 to 64 pixels."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.conv import ConvBnRelu


class Vgg(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Simonyan & Zisserman 2015, with batch normalisation.

    The last feature map is averaged over its pixels, so that the net takes images of any size that its blocks can
    halve.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels, at least 2 ** (number of blocks).
        widths: channels of each block.
        convs: convolutions of each block.
        block_dropout: probability of dropping a whole feature map behind a block (Tompson et al. 2015), 0 or more and
            below 1; one number for all blocks, or one for each.
        dropout: probability of dropping a feature before the linear layer, 0..1.

    Raises:
        FerError: the lists differ in length or hold a value out of its range, or `size` is too small for the blocks.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 48,
        widths: Sequence[int] = (32, 64, 128, 256),
        convs: Sequence[int] = (2, 2, 3, 3),
        block_dropout: float | Sequence[float] = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if len(widths) != len(convs) or min([len(widths), *widths, *convs]) < 1:
            raise FerError(
                f"model.net.widths={list(widths)} and model.net.convs={list(convs)}: "
                "give both a number of 1 or more for each block"
            )
        drops = [block_dropout] * len(widths) if isinstance(block_dropout, int | float) else list(block_dropout)
        if len(drops) != len(widths) or not all(0 <= drop < 1 for drop in drops):
            raise FerError(
                f"model.net.block_dropout={block_dropout}: give one probability of 0 or more and below 1, "
                f"or one for each of the {len(widths)} blocks"
            )
        smallest = 2 ** len(widths)
        if size < smallest:
            raise FerError(
                f"model.input.size={size}: {len(widths)} blocks halve it to nothing, choose {smallest} or more"
            )
        layers: list[nn.Module] = []
        before = channels
        for width, count, drop in zip(widths, convs, drops, strict=True):
            for _ in range(count):
                layers.append(ConvBnRelu(before, width))
                before = width
            layers.append(nn.MaxPool2d(2))
            if drop:
                layers.append(nn.Dropout2d(drop))
        self.features = nn.Sequential(*layers)
        self.classify = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(before, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.classify(self.features(x))
        return logits
