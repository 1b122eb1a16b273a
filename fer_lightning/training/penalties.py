"""Penalties on a net that are added to its loss."""

from __future__ import annotations

from torch import Tensor, nn

from fer_lightning.errors import FerError


class WeightPenalty(nn.Module):
    """`strength` times the sum of the squared weights of the last linear layers; biases are free.

    Paper D, section 4: the loss is "simply the summation of two terms", cross-entropy and a regularization term.
    Deep-Emotion (Minaee and Abdolrashidi 2019), whose words these are, takes the weights of the last two linear layers.

    Args:
        strength: 0 or more.
        linear_layers: how many of the net's linear layers count, from its end.

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
