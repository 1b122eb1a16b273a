"""A small residual network for faces of about 48 pixels, trained from scratch on a laptop."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.conv import ConvBnRelu


class ResNet(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). He et al. 2016, basic blocks; sizes are ours.

    The stem sees the image at full resolution once and halves it; each stage after the first halves it again. Most of
    the time of a grey 48-pixel image would otherwise go into the first layers.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels, at least 2 ** (number of stages).
        widths: channels of each stage; the stem has half of the first.
        blocks: residual blocks of each stage.
        dropout: probability of dropping a feature before the linear layer, 0..1.
        block_dropout: probability of dropping a whole feature map within a block, 0 or more and below 1.

    Raises:
        FerError: `widths` and `blocks` differ in length or hold less than 1, `size` is too small for them, or
            `block_dropout` is out of its range.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 48,
        widths: Sequence[int] = (64, 128, 256),
        blocks: Sequence[int] = (1, 2, 1),
        dropout: float = 0.0,
        block_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if len(widths) != len(blocks) or min([len(widths), *widths, *blocks]) < 1:
            raise FerError(
                f"model.net.widths={list(widths)} and model.net.blocks={list(blocks)}: "
                "give both a number of 1 or more for each stage"
            )
        if not 0 <= block_dropout < 1:
            raise FerError(f"model.net.block_dropout={block_dropout}: choose a probability of 0 or more and below 1")
        smallest = 2 ** len(widths)
        if size < smallest:
            raise FerError(
                f"model.input.size={size}: {len(widths)} stages halve it to nothing, choose {smallest} or more"
            )
        stem = max(1, widths[0] // 2)
        layers: list[nn.Module] = [ConvBnRelu(channels, stem), ConvBnRelu(stem, widths[0], stride=2)]
        before = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for number in range(count):
                layers.append(BasicBlock(before, width, 2 if stage and not number else 1, block_dropout))
                before = width
        self.features = nn.Sequential(*layers)
        self.classify = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(before, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.classify(self.features(x))
        return logits


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; He et al. 2016, figure 2, with a 1x1 projection where the shape changes.

    The last batch normalisation starts at scale 0, so that every block begins as its shortcut (Goyal et al. 2017).
    `dropout` drops whole feature maps between the two convolutions: the pixels of a map are too alike for single ones
    to be missed (Tompson et al. 2015), and on a CPU it takes a tenth of the time.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        first = ConvBnRelu(in_channels, out_channels, stride=stride)
        if dropout:
            first.append(nn.Dropout2d(dropout))
        last = nn.BatchNorm2d(out_channels)
        nn.init.zeros_(last.weight)
        self.residual = nn.Sequential(
            first,
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            last,
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) to (N, out_channels, H / stride, W / stride)."""
        return F.relu(self.residual(x) + self.shortcut(x), inplace=True)
