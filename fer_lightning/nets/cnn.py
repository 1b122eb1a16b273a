"""Paper A's network without the spatial transformer: five convolutions, two Inception v2 modules, two linear layers."""

from __future__ import annotations

from torch import Tensor, nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.conv import ConvBnRelu
from fer_lightning.nets.parts.inception import InceptionV2
from fer_lightning.nets.parts.initialise import initialise

SMALLEST = 16  # two max-pools leave GRID x GRID of it
GRID = 4


class Cnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes); the softmax belongs to the loss. Paper A, section 3.1.

    The paper gives the counts (5 standard convolutions, 2 max-pools, 2 Inception modules, 2 fully connected), the
    3x3 kernels, "point convolution for data upscaling", dropout 0.5 after the fully connected layer, and the input
    of 32 x 32 grey. Not stated there, and decided here:

    - order: a pool after the first and the third convolution, so that most work is done on small maps;
    - the 1x1 convolution is the fifth of the five and doubles the channels for the Inception modules;
    - before the linear layers the map is averaged to 4 x 4, so that they have one size for every `size`;
    - one dropout, between the two linear layers: after the second it would drop logits.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels, at least 16.
        width: channels of the first convolution; all others have a multiple of it. Not stated in the paper.
        hidden: units of the first fully connected layer. Not stated in the paper.
        dropout: probability of dropping a unit, 0..1.
        init: msra, uniform, xavier, gaussian_0.01 or gaussian_0.001 (section 3.2).
        bias: initial value of the linear layers' biases; "the offset parameter is 1" in section 3.2, read as this bias.

    Raises:
        FerError: `size` is below 16, `width` below 1, or `init` is unknown.
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
    ) -> None:
        super().__init__()
        if size < SMALLEST:
            raise FerError(f"model.input.size={size}: this net halves the image twice, choose {SMALLEST} or more")
        if width < 1:
            raise FerError(f"model.net.width={width}: choose 1 or more")
        self.features = nn.Sequential(
            ConvBnRelu(channels, width),
            nn.MaxPool2d(2),
            ConvBnRelu(width, 2 * width),
            ConvBnRelu(2 * width, 4 * width),
            nn.MaxPool2d(2),
            ConvBnRelu(4 * width, 4 * width),
            ConvBnRelu(4 * width, 8 * width, 1),
            InceptionV2(8 * width, 8 * width),
            InceptionV2(8 * width, 8 * width),
        )
        self.classify = nn.Sequential(
            nn.AdaptiveAvgPool2d(GRID),
            nn.Flatten(),
            nn.Linear(8 * width * GRID * GRID, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        initialise(self, init, bias)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.classify(self.features(x))
        return logits
