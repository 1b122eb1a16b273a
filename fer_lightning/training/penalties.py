"""Regularisation terms that are added to the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from fer_lightning.errors import FerError

TINY = 1e-12  # smallest squared norm of a map


class WeightPenalty(nn.Module):
    """`strength` times the sum of the squared weights of the last linear layers, without biases.

    Paper D, section 4: the loss is "simply the summation of two terms", cross-entropy and a regularization term.
    Deep-Emotion (Minaee and Abdolrashidi 2019), whose words these are, takes the weights of the last two linear layers.

    Args:
        strength: 0 or more.
        linear_layers: number of the net's last linear layers that are penalised.

    Raises:
        FerError: a negative strength, or fewer than one layer; when called, a net with fewer linear layers.
    """

    def __init__(self, strength: float, linear_layers: int = 2) -> None:
        super().__init__()
        if strength < 0:
            raise FerError(f"model.penalty.strength={strength}: choose 0 or more")
        if linear_layers < 1:
            raise FerError(f"model.penalty.linear_layers={linear_layers}: choose 1 or more")
        self.strength = strength
        self.linear_layers = linear_layers

    def forward(self, net: nn.Module) -> Tensor:
        """The penalty of a net, a scalar of 0 or more."""
        weights = [part.weight for part in net.modules() if isinstance(part, nn.Linear)]
        if len(weights) < self.linear_layers:
            raise FerError(
                f"model.penalty.linear_layers={self.linear_layers}: the net has {len(weights)} linear layers, choose "
                "at most so many"
            )
        squares = [weight.square().sum() for weight in weights[-self.linear_layers :]]
        return self.strength * sum(squares[1:], squares[0])


class MapDivergence(nn.Module):
    """`strength` times the similarity of the maps within a layer, 0..1 before the strength.

    Papers C (section I) and E (2.5.1) on FRR-CNN (Xie and Hu 2017): the kernels of a layer are driven apart by the
    difference of each pair of its maps. Our choice of the measure is the squared cosine between two maps, taken as
    vectors of their H x W values: 1 for equal maps, however strong each is, and 0 for maps that share nothing. It is
    averaged over the pairs of a layer, over images, and over layers. A map that is 0 everywhere is like no other.

    The net keeps the maps of its last forward pass in training in `maps`, a list of (N, C, H, W), as FrrCnn does.

    Args:
        strength: 0 or more.

    Raises:
        FerError: a negative strength; when called, a net that keeps no maps.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        if strength < 0:
            raise FerError(f"model.penalty.strength={strength}: choose 0 or more")
        self.strength = strength

    def forward(self, net: nn.Module) -> Tensor:
        """The penalty of the net's last forward pass in training, a scalar of 0 or more."""
        kept: list[Tensor] = getattr(net, "maps", [])
        if not kept:
            raise FerError(
                f"model.penalty: {type(net).__name__} keeps no maps of a training step to tell apart; choose "
                "model.penalty=null, or a net such as model=frr_cnn"
            )
        return self.strength * torch.stack([map_similarity(maps) for maps in kept]).mean()


def map_similarity(maps: Tensor) -> Tensor:
    """Mean squared cosine of each pair of maps (N, C, H, W), C of 2 or more; a scalar 0..1 float32."""
    products: Tensor = _Products.apply(maps.permute(0, 2, 3, 1).flatten(1, 2))
    norms = products.diagonal(dim1=1, dim2=2).clamp_min(TINY).sqrt()
    cosines = products / (norms[:, :, None] * norms[:, None, :])
    pairs = maps.shape[1] * (maps.shape[1] - 1) / 2
    return cosines.square().triu(diagonal=1).sum(dim=(1, 2)).mean() / pairs


class _Products(torch.autograd.Function):
    """Scalar products (N, C, C) float32 of each two columns of (N, P, C)."""

    # autograd would multiply twice and add, for each side of a product whose sides are the same

    @staticmethod
    def forward(ctx: Any, columns: Tensor) -> Tensor:
        ctx.save_for_backward(columns)
        return (columns.mT @ columns).float()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (columns,) = ctx.saved_tensors
        found: Tensor = columns @ (gradient + gradient.mT).to(columns.dtype)
        return found
