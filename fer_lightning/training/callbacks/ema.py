"""Exponential moving average of the weights, for validation, checkpoints and the test."""

from __future__ import annotations

import torch
from torch import Tensor

from fer_lightning.errors import FerError
from fer_lightning.training.callbacks.weight_averaging import Averaging


class Ema(Averaging):
    """Exponential moving average of weights and buffers, updated at every optimiser step.

    The decay after n steps is min(decay, (1 + n) / (10 + n)), as in TensorFlow's ExponentialMovingAverage with
    `num_updates`: Lightning's own EMAWeightAveraging has no such start, and its average still holds two fifths of the
    random first weights after 900 steps of decay 0.999.

    Args:
        decay: weight of the previous average in the long run, above 0 and below 1.

    Raises:
        FerError: decay is out of range.
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 < decay < 1:
            raise FerError(f"callbacks.ema.decay={decay}: choose above 0 and below 1; 0.99 to 0.9999 are usual")
        self.decay = decay
        super().__init__()

    def share(self, updates: Tensor) -> Tensor:
        """1 - decay in the long run, more at first."""
        # the first weights were copied, so `updates` counts from 1
        return torch.clamp(9 / (10 + updates), min=1 - self.decay)
