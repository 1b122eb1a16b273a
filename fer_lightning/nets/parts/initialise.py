"""Weight initialisations by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt

from torch import Tensor, nn

from fer_lightning.errors import FerError, choices
from fer_lightning.nets.parts.stn import SpatialTransformer


def msra(weight: Tensor) -> None:
    """Gaussian, std sqrt(2 / fan_in). Paper A, equation 5."""
    nn.init.kaiming_normal_(weight, mode="fan_in", nonlinearity="relu")


def uniform(weight: Tensor) -> None:
    """Uniform in +-1 / sqrt(fan_in), the heuristic that Glorot and Bengio 2010 (equation 1) set out from."""
    fan_in = weight[0].numel()
    nn.init.uniform_(weight, -1 / sqrt(fan_in), 1 / sqrt(fan_in))


INITS: dict[str, Callable[[Tensor], object]] = {
    "msra": msra,
    "uniform": uniform,
    "xavier": nn.init.xavier_uniform_,
    "gaussian_0.01": partial(nn.init.normal_, std=0.01),
    "gaussian_0.001": partial(nn.init.normal_, std=0.001),
}


def initialise(net: nn.Module, init: str = "msra", bias: float = 0.0) -> None:
    """Initialises every convolution and linear layer of `net`; a spatial transformer stays the identity.

    The five choices are those of paper A, section 3.2. Batch normalisation keeps scale 1 and shift 0.
    Draws from torch's global generator.

    Args:
        net: changed in place.
        init: msra, uniform, xavier, gaussian_0.01 or gaussian_0.001.
        bias: starting value of every bias of a convolution or linear layer that has one.

    Raises:
        FerError: `init` is none of the five.
    """
    if init not in INITS:
        raise FerError(f"model.net.init={init}: choose among {choices(INITS, init)}")
    for part in net.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            INITS[init](part.weight)
            if part.bias is not None:
                nn.init.constant_(part.bias, bias)
    for part in net.modules():
        if isinstance(part, SpatialTransformer):
            part.start_at_identity()
