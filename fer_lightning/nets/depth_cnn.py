"""Paper D's convolutional networks of different depths, with and without a spatial transformer."""

from __future__ import annotations

from torch import Tensor, nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.conv import ConvBnRelu
from fer_lightning.nets.parts.stn import SpatialTransformer, deep_emotion_localisation

OLD_STAGES = 4  # at most, of nets saved before `stages` was an argument
GROWTH = 2  # each stage has twice the channels of the one before


class DepthCnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Paper D, section 4, "CNNs with variable depths".

    The paper says that depths differ, and that dropout, batch normalisation and an L2 penalty keep the nets from
    overfitting; its claim is that attention lets fewer than ten layers compete with much deeper nets. It gives no
    depth, width or order. Ours: `depth` 3x3 convolutions with batch normalisation and ReLU, distributed over `stages`
    of which the later ones have one more where they do not come out even, a max-pool behind each stage, then two linear
    layers with one dropout in front of each. Nets with equal `stages` differ in their number of convolutions alone:
    pools, widths and the linear layers stay. `attention` is the transformer of AttentionalCnn, in front.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels.
        depth: convolutions, not counting those of the transformer.
        stages: of convolutions with a max-pool behind them. None is min(depth, 4), for nets that were saved before this
            argument existed.
        width: channels of the first stage; each later one has twice as many.
        hidden: units of the first linear layer.
        dropout: probability of dropping a feature, 0..1.
        described: values of a descriptor that stand beside the convolutions' features; 0 is none.
        attention: a spatial transformer with Deep-Emotion's localisation net in front of the convolutions.
        stn_padding, stn_step: of the transformer, as in AttentionalCnn.

    Raises:
        FerError: fewer convolutions than stages, fewer than one of either, or a size that the pools or the localisation
            net leave nothing of.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 48,
        depth: int = 4,
        stages: int | None = None,
        width: int = 32,
        hidden: int = 256,
        dropout: float = 0.5,
        described: int = 0,
        attention: bool = False,
        stn_padding: str = "border",
        stn_step: float = 0.1,
    ) -> None:
        super().__init__()
        if depth < 1:
            raise FerError(
                f"model.net.depth={depth}: choose 1 convolution or more; paper D's claim is about fewer than ten"
            )
        stages = min(depth, OLD_STAGES) if stages is None else stages
        if not 1 <= stages <= depth:
            raise FerError(
                f"model.net.stages={stages}: each stage needs a convolution, choose 1 to model.net.depth={depth}"
            )
        side = size // 2**stages
        if side < 1:
            raise FerError(f"model.input.size={size}: {stages} pools leave nothing of it, choose {2**stages} or more")
        self.stn: nn.Module = nn.Identity()
        if attention:
            look = deep_emotion_localisation(channels, size)
            self.stn = SpatialTransformer(channels, padding=stn_padding, step=stn_step, localisation=look)
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
        logits: Tensor = self.classify(self.features(self.stn(x)))
        return logits
