"""Paper D's convolutional networks of different depths: one number says how deep."""

from __future__ import annotations

from torch import Tensor, nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.conv import ConvBnRelu

STAGES = 4  # four pools leave 3 x 3 of the paper's 48 pixels
GROWTH = 2  # each stage has twice the channels of the one before


class DepthCnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Paper D, section 4, "CNNs with variable depths".

    The paper says that depths differ, and that dropout, batch normalisation and an L2 penalty keep the nets from
    overfitting; it gives no depth, width or order. Ours: `depth` 3x3 convolutions with batch normalisation and ReLU,
    dealt out over min(depth, 4) stages of which the later ones have one more where they do not come out even, a
    max-pool behind each stage, then two linear layers with one dropout in front of each.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels.
        depth: convolutions.
        width: channels of the first stage.
        hidden: units of the first linear layer.
        dropout: probability of dropping a feature, 0..1.
        described: values of a descriptor that stand beside the convolutions' features; 0 is none.

    Raises:
        FerError: a depth below 1, or a size that its pools leave nothing of.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 48,
        depth: int = 4,
        width: int = 32,
        hidden: int = 256,
        dropout: float = 0.5,
        described: int = 0,
    ) -> None:
        super().__init__()
        if depth < 1:
            raise FerError(
                f"model.net.depth={depth}: choose 1 convolution or more; paper D's claim is about fewer than ten"
            )
        stages = min(depth, STAGES)
        side = size // 2**stages
        if side < 1:
            raise FerError(f"model.input.size={size}: {stages} pools leave nothing of it, choose {2**stages} or more")
        layers: list[nn.Module] = []
        before = channels
        for stage in range(stages):
            wide = width * GROWTH**stage
            for _ in range((depth + stage) // stages):
                layers.append(ConvBnRelu(before, wide))
                before = wide
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.classify = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(before * side * side + described, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.classify(self.features(x))
        return logits
