"""Averages the weights over training; the average is what validates, is saved and tests."""

from __future__ import annotations

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor

from fer_lightning.errors import FerError


class Ema(WeightAveraging):
    """Exponential moving average of weights and buffers, updated at every optimiser step.

    After n steps it keeps min(decay, (1 + n) / (10 + n)) of itself, as TensorFlow's ExponentialMovingAverage with
    `num_updates`: Lightning's own EMAWeightAveraging has no such start, and its average still holds two fifths of the
    random first weights after 900 steps of decay 0.999.

    Args:
        decay: the share of the average that a step keeps in the long run, above 0 and below 1.

    Raises:
        FerError: decay is out of range.
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 < decay < 1:
            raise FerError(f"callbacks.ema.decay={decay}: choose above 0 and below 1; 0.99 to 0.9999 are usual")
        self.decay = decay
        super().__init__(use_buffers=True, avg_fn=self._averaged)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Forgets the average of training: Lightning would swap it in when the chosen checkpoint is validated."""
        super().teardown(trainer, pl_module, stage)
        if stage == "fit":
            self._average_model = None

    def _averaged(self, average: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
        if not average.is_floating_point():  # batch normalisation counts its batches
            return current
        # the first weights were copied, so `updates` counts from 1
        fresh = torch.clamp(9 / (10 + torch.as_tensor(updates, device=average.device)), min=1 - self.decay)
        return torch.lerp(average, current, fresh.to(average.dtype))
