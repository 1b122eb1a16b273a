"""Paper C's network: three convolutions whose maps are superimposed with Kirsch edges, and two linear layers."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from fer_lightning.errors import FerError, choices
from fer_lightning.nets.parts.initialise import initialise
from fer_lightning.nets.parts.kirsch import kirsch

EDGES = ("input", "maps", "none")
POOLS: dict[str, type[nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}
WIDTHS = (32, 64, 128)
KERNEL = 5
RIM = KERNEL // 2  # what an unpadded convolution takes from each side of a map
SMALLEST = 20


class EdgeConv(nn.Module):
    """(N, in_channels, H, W) to (N, out_channels, H - 4, W - 4): convolution without bias, ReLU, edges added.

    Args:
        in_channels: of the maps before.
        out_channels: of the maps after.
        scale: of the edges of the layer's own maps; 0 where they take no part.
        before_relu: add edges to what the ReLU sees, instead of to what it gives.
    """

    def __init__(self, in_channels: int, out_channels: int, scale: float, before_relu: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, KERNEL, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.scale = scale
        self.before_relu = before_relu

    def forward(self, x: Tensor, edges: Tensor | None) -> Tensor:
        """The maps, with `edges` (N, 1, H - 4, W - 4) added to every one, or with those of each map itself."""
        maps: Tensor = self.conv(x)
        if not self.before_relu:
            maps = self.relu(maps)
        if self.scale:
            edges = self.scale * kirsch(maps)
        if edges is not None:
            maps = maps + edges.to(maps.dtype)
        return cast(Tensor, self.relu(maps)) if self.before_relu else maps


class EdgeCnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes); the softmax belongs to the loss. Paper C, section III.

    Figure 4 and sections III.A to III.D: C1 has 32, C2 64 and C3 128 kernels of 5 x 5, unpadded; S1 and S2 pool 2 x 2
    behind C2 and C3; 300 neurons; ReLU; no bias anywhere. The edges that section II.D extracts "of each layer of the
    image in the convolution process" are "superimposed on each feature map". Not stated there, and decided here:

    - of what: by default of the input image, as innovation (1) says. They are computed once and follow the maps: a
      convolution's rim is cut off, a pool pools them too, so that each edge meets the pixel it was found at;
    - onto what: C1, C2 and C3, by addition, behind the ReLU, so that every edge is preserved;
    - of an RGB image: of the mean of its channels;
    - how strong, and from which weights: so that a layer's own maps and the edges on them have like size before
      training. On FER2013 at 96 pixels their root mean squares are 0.19 and 0.15 (C1), 0.15 and 0.15 (C2), 0.16 and
      0.18 (C3) at the defaults. At 48 pixels edges are twice as strong, and `edge_scale` 1/60 gives the same.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels, at least 20.
        edges: `input`, `maps` for those of each layer's own maps, or `none` for the traditional CNN.
        edges_before_relu: add them to what the ReLU sees. Not stated in the paper.
        edge_scale: factor of the edges, above 0; 1/15 would give a step its own height. Not stated in the paper. With
            edges=maps, 1/5 gives each map edges of its own size.
        pooling: max or average.
        hidden: neurons of the fully connected layer.
        init: msra, uniform, xavier, gaussian_0.01 or gaussian_0.001; section III.E says "small random numbers", and
            xavier is the default of Keras, with which the paper's net was built.

    Raises:
        FerError: `edges`, `pooling` or `init` is unknown, `size` below 20, `edge_scale` not above 0, `hidden` below 1.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 96,
        edges: str = "input",
        edges_before_relu: bool = False,
        edge_scale: float = 1 / 30,
        pooling: str = "max",
        hidden: int = 300,
        init: str = "xavier",
    ) -> None:
        super().__init__()
        if edges not in EDGES:
            raise FerError(f"model.net.edges={edges}: choose among {choices(EDGES, edges)}")
        if pooling not in POOLS:
            raise FerError(f"model.net.pooling={pooling}: choose among {choices(POOLS, pooling)}")
        if edge_scale <= 0:
            raise FerError(f"model.net.edge_scale={edge_scale}: choose a factor above 0, or model.net.edges=none")
        if size < SMALLEST:
            raise FerError(f"model.input.size={size}: two pools leave nothing of it, choose {SMALLEST} or more")
        if hidden < 1:
            raise FerError(f"model.net.hidden={hidden}: choose 1 or more")
        self.edge_scale = edge_scale if edges == "input" else 0.0
        own = edge_scale if edges == "maps" else 0.0
        self.c1, self.c2, self.c3 = (
            EdgeConv(before, width, own, edges_before_relu)
            for before, width in zip((channels, *WIDTHS), WIDTHS, strict=False)
        )
        self.s1, self.s2 = POOLS[pooling](2), POOLS[pooling](2)
        side = ((size - 4 * RIM) // 2 - 2 * RIM) // 2
        self.classify = nn.Sequential(
            nn.Flatten(),
            nn.Linear(WIDTHS[-1] * side * side, hidden, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, num_classes, bias=False),
        )
        initialise(self, init)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        edges = self.edge_scale * kirsch(x.mean(dim=1, keepdim=True)) if self.edge_scale else None
        edges = within(edges)
        x = self.c1(x, edges)
        edges = within(edges)
        x = self.c2(x, edges)
        edges = within(edges if edges is None else self.s1(edges))
        x = self.c3(self.s1(x), edges)
        logits: Tensor = self.classify(self.s2(x))
        return logits


def within(edges: Tensor | None) -> Tensor | None:
    """The part of the edges that lies on the maps of an unpadded convolution: its rim is cut off."""
    return None if edges is None else edges[..., RIM:-RIM, RIM:-RIM]
