"""Optimizers that wrap another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from timm.optim.lookahead import Lookahead
from torch import nn
from torch.optim import Optimizer

from fer_lightning.errors import FerError


def lookahead(
    params: Iterable[nn.Parameter], *, base: Callable[..., Optimizer], lr: float, alpha: float = 0.5, k: int = 6
) -> Optimizer:
    """Lookahead (Zhang et al. 2019), by timm: every `k` steps the slow weights move by `alpha` towards those of `base`.

    Args:
        params: the trainable parameters.
        base: makes the inner optimizer of `params` and `lr`.
        lr: of the inner optimizer.
        alpha: step size of the slow weights, above 0 to 1.
        k: steps of the inner optimizer between two of the outer one.

    Raises:
        FerError: alpha or k is out of its range.
    """
    if not 0 < alpha <= 1:
        raise FerError(f"optimizer.alpha={alpha}: choose above 0 to 1; 0.5 is usual")
    if k < 1:
        raise FerError(f"optimizer.k={k}: choose 1 step or more; 5 to 10 are usual")
    wrapped: Optimizer = Lookahead(base(params, lr=lr), alpha, k)  # type: ignore[no-untyped-call]
    return wrapped
